// Wrapped keys, in a small file of their own.
//
// A delivery is erased by destroying its key; a municipality's year by destroying the key that
// wraps those. That only works when no copy of the data carries the keys along, so they never stand
// in the store's file or its backups. Keys here are wrapped (crypto/seal) under the root key, which
// is in neither file.
#ifndef POLDER_SERVER_STORE_KEY_STORE_H_
#define POLDER_SERVER_STORE_KEY_STORE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "server/store/records.h"

namespace polder::server::store {

// Thread-safe; several processes may share the file.
class KeyStore {
 public:
  // Opens or makes the file, readable by its owner only. Throws "store-unavailable".
  static std::unique_ptr<KeyStore> Open(const std::string& path);
  ~KeyStore();
  KeyStore(const KeyStore&) = delete;
  KeyStore& operator=(const KeyStore&) = delete;

  // Stores `wrapped` under `id` unless there is a key already; returns the one that stands. Two who
  // make the same key at once so end up with one. Throws "key-destroyed" when the id was shredded.
  base::Bytes PutIfAbsent(std::string_view id, base::ByteView wrapped, base::Instant at);
  // nullopt when there never was such a key; throws "key-destroyed" when it was shredded.
  std::optional<base::Bytes> Find(std::string_view id) const;
  // Overwrites the key in the file (SQLite secure_delete, then the WAL is truncated) and keeps only
  // that it was. False when there was no key.
  bool Shred(std::string_view id, base::Instant at);
  // Replaces every living key by what `rewrap` makes of it, or leaves it where that gives nothing:
  // all in one transaction, so that whoever is stopped half-way changed nothing. What stood there
  // is overwritten as by Shred. Rethrows what `rewrap` throws. Returns how many were replaced.
  using Rewrapping =
      std::function<std::optional<base::Bytes>(const std::string& id, base::ByteView wrapped)>;
  size_t Rewrap(const Rewrapping& rewrap);
  // How much of the region's log stood when this file was last known to have forgotten everything
  // that the log says was erased. Travels with the file, so that a copy shows how old it is.
  struct LogMark {
    uint64_t size = 0;
    Hash root{};
  };
  std::optional<LogMark> Mark() const;
  // Raises the mark; a smaller one changes nothing. Before this, whatever those leaves say was
  // erased has been shredded here. Throws "store-conflict" for another root of the same size.
  void RaiseMark(const LogMark& mark, base::Instant at);
  // From now on a mark below `leaves` is that of an older copy: PutIfAbsent, Find and Rewrap throw
  // "keys-behind" until RaiseMark has reached it. Ids and Shred work, so that it can be.
  void RequireMark(uint64_t leaves);

  // Ids of living keys that begin with `prefix`.
  std::vector<std::string> Ids(std::string_view prefix) const;

 private:
  class State;
  explicit KeyStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace polder::server::store

#endif  // POLDER_SERVER_STORE_KEY_STORE_H_
