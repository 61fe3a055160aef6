#include <algorithm>
#include <cstring>
#include <numeric>
#include <tuple>
#include <type_traits>
#include <utility>

#include "policies/base/problem.h"
#include "stats/tabulate/tabulate.h"

namespace polder::stats::tabulate {
namespace {

using cases::Delivery;
using policies::codebook::Codebook;

template <class Item>
void Wipe(std::vector<Item>& items) {
  static_assert(std::is_trivially_copyable_v<Item>);
  if (!items.empty()) explicit_bzero(static_cast<void*>(items.data()), items.size() * sizeof(Item));
  items.clear();
}

// Wipes what it holds also when an exception passes.
template <class Item>
struct Wiped {
  std::vector<Item> items;
  ~Wiped() { Wipe(items); }
};

// One version of a case, small enough that millions sort quickly.
struct Version {
  std::array<uint8_t, 16> key;
  uint32_t delivery;
  uint32_t position;
  uint32_t rank;  // of the delivery: the latest period last, then the latest arrival
  uint16_t municipality;
};

struct Row {
  std::array<uint8_t, 32> token;
  Episode episode;
};

// The day that decides a week's quarter and year.
constexpr int64_t kThursday = 3;

auto BoundingOrder(const Episode& episode) {
  return std::tuple(episode.opened, episode.municipality, episode.kind, episode.age_band,
                    episode.level, episode.group);
}

uint16_t MunicipalityIndex(const Codebook& codebook, const std::string& code) {
  const auto& all = codebook.municipalities();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const auto& item) { return item.code.code == code; });
  if (found == all.end()) {
    throw base::ProblemError(
        "unknown-municipality", "/manifest/municipality",
        "A delivery comes from a municipality that the codebook lacks; use the "
        "codebook version that the delivery names.");
  }
  return static_cast<uint16_t>(found - all.begin());
}

// Per delivery, its place in the order by period and then arrival.
std::vector<uint32_t> Ranks(const std::vector<Delivery>& deliveries) {
  std::vector<uint32_t> order(deliveries.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return deliveries[a].manifest.period < deliveries[b].manifest.period;
  });
  std::vector<uint32_t> ranks(deliveries.size());
  for (uint32_t i = 0; i < order.size(); ++i) ranks[order[i]] = i;
  return ranks;
}

}  // namespace

class Linker {
 public:
  Linker(std::vector<Delivery> deliveries, const Codebook& codebook, const base::Period& period)
      : deliveries_(std::move(deliveries)), period_(period) {
    const std::vector<std::string> groups = codebook.KindGroupsIn(base::Period(period.year()));
    for (const auto& kind : codebook.kinds()) {
      counted_kind_.push_back(std::find(groups.begin(), groups.end(), kind.group) != groups.end());
    }
    ListVersions(codebook);
    TakeLatest();
    deliveries_.clear();
  }

  LinkedCases Group() {
    std::sort(rows_.items.begin(), rows_.items.end(), [](const Row& a, const Row& b) {
      if (const int order = std::memcmp(a.token.data(), b.token.data(), a.token.size());
          order != 0) {
        return order < 0;
      }
      return BoundingOrder(a.episode) < BoundingOrder(b.episode);
    });
    LinkedCases linked;
    linked.period_ = period_;
    linked.episodes_.reserve(rows_.items.size());
    for (size_t i = 0; i < rows_.items.size(); ++i) {
      if (i == 0 || rows_.items[i].token != rows_.items[i - 1].token) linked.first_.push_back(i);
      linked.episodes_.push_back(rows_.items[i].episode);
    }
    linked.first_.push_back(rows_.items.size());
    return linked;
  }

 private:
  void ListVersions(const Codebook& codebook) {
    const std::vector<uint32_t> ranks = Ranks(deliveries_);
    size_t count = 0;
    for (const Delivery& delivery : deliveries_) count += delivery.cases.size();
    versions_.items.reserve(count);
    for (uint32_t d = 0; d < deliveries_.size(); ++d) {
      if (deliveries_[d].manifest.period.calendar() != period_.calendar()) continue;
      const uint16_t municipality =
          MunicipalityIndex(codebook, deliveries_[d].manifest.municipality);
      for (uint32_t i = 0; i < deliveries_[d].cases.size(); ++i) {
        versions_.items.push_back({deliveries_[d].cases[i].case_key, d, i, ranks[d], municipality});
      }
    }
    std::sort(
        versions_.items.begin(), versions_.items.end(), [](const Version& a, const Version& b) {
          if (a.municipality != b.municipality) return a.municipality < b.municipality;
          if (const int order = std::memcmp(a.key.data(), b.key.data(), a.key.size()); order != 0) {
            return order < 0;
          }
          return std::tie(a.rank, a.position) < std::tie(b.rank, b.position);
        });
  }

  // One row per case and pupil. A key under which two pupils were delivered (a case that was
  // registered for the wrong one first) stays a case of both until the earlier delivery is
  // replaced: if the later pupil took the case away from the earlier one, one pupil's records would
  // move what another one counts for.
  void TakeLatest() {
    size_t count = 0;
    ForEachKnown([&](const Version&, const Version&) { ++count; });
    rows_.items.reserve(count);  // never moved while it grows, so that no copy stays behind
    ForEachKnown([&](const Version& known, const Version& latest) {
      const cases::Case& item = CaseOf(latest);
      if (!counted_kind_.at(item.kind) || !period_.Contains(item.opened.Monday().Plus(kThursday))) {
        return;
      }
      rows_.items.push_back(
          {CaseOf(known).pupil.bytes(),
           {static_cast<int32_t>(item.opened.Monday().days()), latest.municipality, item.kind,
            item.age_band, item.level, item.group, item.opened_by, item.outcome}});
    });
  }

  // Per case and pupil, the last version under that pupil's token of the period's own year, and the
  // version that counts: the same, or the last one that a later year's delivery brought.
  template <class Take>
  void ForEachKnown(Take take) const {
    const std::vector<Version>& versions = versions_.items;
    for (size_t from = 0, to = 0; from < versions.size(); from = to) {
      for (to = from; to < versions.size() && SameCase(versions[from], versions[to]); ++to) {
      }
      for (size_t i = from; i < to; ++i) {
        if (!OfOwnYear(versions[i])) continue;
        const auto end = versions.begin() + static_cast<std::ptrdiff_t>(to);
        const bool again = std::any_of(
            versions.begin() + static_cast<std::ptrdiff_t>(i) + 1, end, [&](const Version& later) {
              return OfOwnYear(later) && CaseOf(later).pupil == CaseOf(versions[i]).pupil;
            });
        if (again) continue;
        take(versions[i], OfOwnYear(versions[to - 1]) ? versions[i] : versions[to - 1]);
      }
    }
  }

  bool OfOwnYear(const Version& version) const {
    return deliveries_[version.delivery].manifest.period.year() == period_.year();
  }
  const cases::Case& CaseOf(const Version& version) const {
    return deliveries_[version.delivery].cases[version.position];
  }
  static bool SameCase(const Version& a, const Version& b) {
    return a.municipality == b.municipality && a.key == b.key;
  }

  std::vector<Delivery> deliveries_;
  base::Period period_;
  std::vector<bool> counted_kind_;  // per kind of the codebook
  Wiped<Version> versions_;
  Wiped<Row> rows_;
};

LinkedCases Link(std::vector<Delivery>&& deliveries, const Codebook& codebook,
                 const base::Period& period) {
  return Linker(std::move(deliveries), codebook, period).Group();
}

LinkedCases LinkedCases::Within(const base::Period& quarter) const {
  LinkedCases part;
  part.period_ = quarter;
  part.episodes_.reserve(episodes_.size());
  for (size_t pupil = 0; pupil + 1 < first_.size(); ++pupil) {
    const size_t from = part.episodes_.size();
    for (size_t i = first_[pupil]; i < first_[pupil + 1]; ++i) {
      const auto thursday = base::Date::FromDays(episodes_[i].opened).Plus(kThursday);
      if (quarter.Contains(thursday)) part.episodes_.push_back(episodes_[i]);
    }
    if (part.episodes_.size() > from) part.first_.push_back(from);
  }
  part.first_.push_back(part.episodes_.size());
  return part;
}

LinkedCases::~LinkedCases() {
  Wipe(episodes_);
  Wipe(first_);
}

}  // namespace polder::stats::tabulate
