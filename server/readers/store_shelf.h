// The region's shelf: public releases of the store, parsed once and kept.
#ifndef POLDER_SERVER_READERS_STORE_SHELF_H_
#define POLDER_SERVER_READERS_STORE_SHELF_H_

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/clock.h"
#include "server/readers/shelf.h"
#include "server/store/store.h"

namespace polder::server::readers {

// Thread-safe. A release is shown only when the store says it is public and its announced hour has
// come: an hour that was set forward by mistake shows nothing early. Released bytes never change,
// so a parsed item stays valid for as long as its digest is the store's. Throws what the store
// throws.
class StoreShelf : public Shelf {
 public:
  StoreShelf(const store::Store& store, const base::Clock& clock) : store_(store), clock_(clock) {}
  std::vector<ItemPtr> All() override;
  ItemPtr Find(std::string_view release_id) override;

 private:
  bool IsPublic(const store::ReleaseRecord& record) const;
  ItemPtr Load(const store::Reader& reader, const store::ReleaseRecord& record);

  const store::Store& store_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, ItemPtr, std::less<>> parsed_;  // by digest
};

}  // namespace polder::server::readers

#endif  // POLDER_SERVER_READERS_STORE_SHELF_H_
