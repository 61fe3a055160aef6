// What the public may see, and nothing else: the releases whose embargo is over.
//
// Readers know releases only through a `Shelf`. An item was parsed and checked, so everything a
// reader serves is computed from a `PublishedRelease`.
#ifndef POLDER_SERVER_READERS_SHELF_H_
#define POLDER_SERVER_READERS_SHELF_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/clock.h"
#include "stats/table/published_release.h"

namespace polder::server::readers {

struct ShelfItem {
  stats::table::PublishedRelease release;
  std::string digest;      // sha256 of the canonical text, hex
  std::string note;        // the signed note over the digest
  std::string proof;       // tlog-proof: leaf, inclusion path, checkpoint
  std::string audit = {};  // the public part of the audit's certificate, canonical JSON
};

using ItemPtr = std::shared_ptr<const ShelfItem>;

// Thread-safe.
class Shelf {
 public:
  virtual ~Shelf() = default;
  // All public releases by period, then made-at, then id.
  virtual std::vector<ItemPtr> All() = 0;
  // Null when there is none, it is withheld, or it is still under embargo: the three are not told
  // apart.
  virtual ItemPtr Find(std::string_view release_id) = 0;
};

// By period, then made-at, then id.
void SortItems(std::vector<ItemPtr>& items);

// A shelf of given items, those under embargo at `clock` left out: for static sites and tests.
class FixedShelf : public Shelf {
 public:
  FixedShelf(std::vector<ItemPtr> items, const base::Clock& clock)
      : items_(static_cast<std::vector<ItemPtr>&&>(items)), clock_(clock) {}
  std::vector<ItemPtr> All() override;
  ItemPtr Find(std::string_view release_id) override;

 private:
  std::vector<ItemPtr> items_;
  const base::Clock& clock_;
};

}  // namespace polder::server::readers

#endif  // POLDER_SERVER_READERS_SHELF_H_
