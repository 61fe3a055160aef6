#include "server/readers/shelf.h"

#include <algorithm>
#include <tuple>

namespace polder::server::readers {

std::vector<ItemPtr> FixedShelf::All() {
  std::vector<ItemPtr> items;
  const base::Instant now = clock_.Now();
  for (const ItemPtr& item : items_) {
    if (item->release.header().public_at <= now) items.push_back(item);
  }
  SortItems(items);
  return items;
}

ItemPtr FixedShelf::Find(std::string_view release_id) {
  for (const ItemPtr& item : All()) {
    if (item->release.header().release_id == release_id) return item;
  }
  return nullptr;
}

void SortItems(std::vector<ItemPtr>& items) {
  std::sort(items.begin(), items.end(), [](const ItemPtr& left, const ItemPtr& right) {
    const auto& a = left->release.header();
    const auto& b = right->release.header();
    return std::tie(a.period, a.made_at, a.release_id) <
           std::tie(b.period, b.made_at, b.release_id);
  });
}

}  // namespace polder::server::readers
