#include "server/readers/store_shelf.h"

#include "crypto/digest/digest.h"
#include "crypto/log/merkle.h"
#include "crypto/log/proof.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"

namespace polder::server::readers {
namespace {

// The stored proof is as old as the release. Under a checkpoint that a quorum cosigned, where there
// is one, it says more: that others saw the log.
std::string Witnessed(const store::Reader& reader, const store::ReleaseRecord& record) {
  auto proof = crypto::log::ParseProof(record.proof);
  const auto cosigned = reader.CosignedOver(record.log_index);
  if (!proof || !cosigned) return record.proof;
  proof->path = crypto::log::InclusionProof(reader.LeafHashes(cosigned->size), proof->index);
  proof->checkpoint = cosigned->note;
  return crypto::log::WriteProof(*proof);
}

}  // namespace

bool StoreShelf::IsPublic(const store::ReleaseRecord& record) const {
  return record.state == store::ReleaseState::kPublic && record.public_at <= clock_.Now();
}

ItemPtr StoreShelf::Load(const store::Reader& reader, const store::ReleaseRecord& record) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = parsed_.find(record.digest); found != parsed_.end()) return found->second;
  const auto whole = reader.FindRelease(record.id);
  if (!whole || crypto::digest::Sha256Hex(base::AsBytes(whole->canonical)) != record.digest) {
    throw base::ProblemError("store-damaged", "",
                             "a stored release does not have its own digest; restore the store "
                             "from a backup and run its check");
  }
  auto item = std::make_shared<const ShelfItem>(
      ShelfItem{.release = stats::table::PublishedRelease::Parse(whole->canonical),
                .digest = whole->digest,
                .note = whole->note,
                .proof = Witnessed(reader, *whole),
                .audit = whole->certificate});
  parsed_.emplace(record.digest, item);
  return item;
}

std::vector<ItemPtr> StoreShelf::All() {
  std::vector<ItemPtr> items;
  store_.Read([&](const store::Reader& reader) {
    items.clear();
    for (const store::ReleaseRecord& record : reader.Releases()) {
      if (IsPublic(record)) items.push_back(Load(reader, record));
    }
  });
  SortItems(items);
  return items;
}

ItemPtr StoreShelf::Find(std::string_view release_id) {
  ItemPtr item;
  store_.Read([&](const store::Reader& reader) {
    const auto record = reader.FindRelease(release_id);
    if (record && IsPublic(*record)) item = Load(reader, *record);
  });
  return item;
}

}  // namespace polder::server::readers
