#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "crypto/seal/seal.h"
#include "policies/base/problem.h"
#include "server/govern/documents.h"
#include "server/jobs/release_inputs.h"
#include "stats/cases/delivery.h"

namespace polder::server::jobs {
namespace {

using policies::codebook::Codebook;

[[noreturn]] void Removed(const std::string& list) {
  throw base::ProblemError("code-removed", "/" + list,
                           "a delivery uses a code that the codebook of this release does not "
                           "have; keep codes in the codebook and end their validity instead");
}

// From position to position, by code.
template <typename Position>
class Translation {
 public:
  template <typename From, typename To>
  Translation(std::string list, const From& from, const To& to) : list_(std::move(list)) {
    std::map<std::string, size_t> places;
    for (size_t i = 0; i < to.size(); ++i) places[CodeOf(to[i])] = i;
    for (const auto& entry : from) {
      const auto found = places.find(CodeOf(entry));
      to_.push_back(found == places.end() ? kNone : found->second);
    }
  }
  void Apply(Position& position) const {
    const size_t place = to_.at(position);
    if (place == kNone) Removed(list_);
    position = static_cast<Position>(place);
  }

 private:
  static constexpr size_t kNone = std::numeric_limits<size_t>::max();
  static std::string CodeOf(const policies::codebook::Code& code) { return code.code; }
  template <typename Entry>
  static std::string CodeOf(const Entry& entry) {
    return entry.code.code;
  }

  std::string list_;
  std::vector<size_t> to_;
};

stats::cases::Delivery Open(const SealedAccess& access, const store::DeliveryRecord& record,
                            base::ByteView sealed, const Codebook& codebook) {
  const auto key =
      access.open_delivery_key(record.municipality, record.period.year(), record.key_id);
  const auto plain = crypto::seal::Unseal(
      sealed, key,
      base::AsBytes(store::DeliveryContext(record.municipality, record.period.Text(), record.id)));
  try {
    return stats::cases::ReadDelivery(crypto::seal::WithoutPadding(plain.text()), codebook);
  } catch (const base::ProblemError&) {
    // its own problems could say something about another's delivery to whoever reads the job
    throw base::ProblemError("delivery-unreadable", "/deliveries",
                             "a sealed delivery of " + record.municipality +
                                 " cannot be read any more; ask for it again as a replacement");
  }
}

}  // namespace

void Translate(stats::cases::Delivery& delivery, const Codebook& from, const Codebook& to) {
  const Translation<uint16_t> kinds("kinds", from.kinds(), to.kinds());
  const Translation<uint8_t> ages("ageBands", from.age_bands(), to.age_bands());
  const Translation<uint8_t> levels("levels", from.levels().codes(), to.levels().codes());
  const Translation<uint8_t> groups("groups", from.groups().codes(), to.groups().codes());
  const Translation<uint8_t> opened("openedBy", from.opened_by().codes(), to.opened_by().codes());
  const Translation<uint8_t> outcomes("outcomes", from.outcomes().codes(), to.outcomes().codes());
  const Translation<uint8_t> spans("durations", from.durations().codes(), to.durations().codes());
  for (auto& item : delivery.cases) {
    kinds.Apply(item.kind);
    ages.Apply(item.age_band);
    levels.Apply(item.level);
    groups.Apply(item.group);
    opened.Apply(item.opened_by);
    outcomes.Apply(item.outcome);
    spans.Apply(item.duration);
  }
}

std::vector<stats::cases::Delivery> UnsealDeliveries(const SealedAccess& access,
                                                     const ReleaseInputs& inputs) {
  std::vector<stats::cases::Delivery> deliveries;
  std::map<std::string, Codebook> other;  // codebooks that older deliveries were validated against
  for (const auto& pinned : inputs.freeze.deliveries) {
    std::optional<store::DeliveryRecord> record;
    base::Bytes sealed;
    access.store.Read([&](const store::Reader& reader) {
      record = reader.FindDelivery(pinned.sequence);
      if (!record) {
        throw base::ProblemError("delivery-changed", "/freeze/deliveries",
                                 "a pinned delivery is not in the store any more");
      }
      sealed = reader.SealedDelivery(pinned.sequence);
      const std::string& digest = record->codebook_digest;
      if (digest != inputs.freeze.codebook_digest && !other.contains(digest)) {
        other.emplace(digest, govern::ReadCodebook(reader, digest));
      }
    });
    const auto found = other.find(record->codebook_digest);
    const Codebook& codebook = found == other.end() ? inputs.codebook : found->second;
    deliveries.push_back(Open(access, *record, sealed, codebook));
    if (found != other.end()) Translate(deliveries.back(), codebook, inputs.codebook);
  }
  return deliveries;
}

}  // namespace polder::server::jobs
