// What a key holder remembers: which keys it has, and how much each member asked of them.
//
// The batches are the quota: what a member may still ask is what its quota leaves beside their sum,
// so that nothing but this file has to survive. A batch's size is a padded one (a multiple of
// kBatchStep) and never the number of pupils in it; its digest is of blinded points, which are
// random. The wrapped keys stand in a KeyStore, a file of their own.
#ifndef POLDER_SERVER_STORE_HOLDER_STORE_H_
#define POLDER_SERVER_STORE_HOLDER_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "server/store/records.h"

namespace polder::server::store {

// Thread-safe; several processes may share the file. Everything in it is append-only.
class HolderStore {
 public:
  // Sizes are multiples of this: a batch that is not padded is counted as if it were.
  static constexpr uint64_t kBatchStep = 64;

  struct Key {
    std::string id;
    std::string domain;
    base::Bytes public_key;
    base::Instant created_at;
    base::Instant destroyable_from;  // end of the correction window
    std::optional<base::Instant> destroyed_at = {};
  };
  struct Batch {
    std::string key_id;
    std::string member;  // municipality
    std::string period;  // of the quota, as 2026-Q4
    uint64_t size = 0;
    Hash digest{};
  };
  enum class Charge {
    kCharged,
    kRepeated,   // the same batch was charged before: nothing is added
    kExhausted,  // nothing is added
  };

  // Opens or makes the file, readable by its owner only. Throws "store-unavailable".
  static std::unique_ptr<HolderStore> Open(const std::string& path);
  ~HolderStore();
  HolderStore(const HolderStore&) = delete;
  HolderStore& operator=(const HolderStore&) = delete;

  // One key per domain, ever: throws "store-conflict" when the domain had one.
  void AddKey(const Key& key);
  std::optional<Key> FindKey(std::string_view id) const;
  std::vector<Key> Keys() const;  // in the order made
  // False when it is marked already. Cannot be taken back.
  bool MarkDestroyed(std::string_view id, base::Instant at);

  // Adds the batch unless the member's batches under this key in this period would exceed `quota`:
  // decided and written under the write lock, on disk before it returns. Throws
  // "store-unavailable"; then nothing may be evaluated.
  Charge ChargeBatch(const Batch& batch, uint64_t quota, base::Instant at);
  uint64_t Charged(std::string_view key_id, std::string_view member, std::string_view period) const;

 private:
  class State;
  explicit HolderStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace polder::server::store

#endif  // POLDER_SERVER_STORE_HOLDER_STORE_H_
