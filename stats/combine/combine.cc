#include "stats/combine/combine.h"

#include <algorithm>
#include <set>
#include <utility>

#include "stats/table/interval.h"

namespace polder::stats::combine {
namespace {

using table::PublishedCell;
using table::PublishedMeasure;
using table::PublishedRelease;
using table::PublishedTable;

constexpr std::string_view kMunicipality = "municipality";
constexpr int64_t kMillion = 1'000'000;

std::string Key(std::string_view measure, std::string_view table,
                const std::vector<std::string>& codes) {
  std::string key = std::string(measure) + "/" + std::string(table);
  for (const std::string& code : codes) key += "/" + code;
  return key;
}

// The same thing counted in the same way, so that the two values estimate one number. Exact counts
// are no estimates.
bool SameMeasure(const PublishedMeasure& a, const PublishedMeasure& b) {
  return !a.exact && !b.exact && a.unit == b.unit && a.clamp == b.clamp &&
         a.max_kinds == b.max_kinds && a.counts_pupils == b.counts_pupils && a.schema == b.schema;
}

// What one release says about a cell.
struct Saying {
  const PublishedRelease* release;
  const PublishedMeasure* measure;
  const PublishedTable* table;
  const PublishedCell* cell;
};

// 1.959964, rounded up, times the deviation, rounded up.
base::Rational NoiseReach(const base::Rational& variance) {
  base::Rational sd(table::DeviationMillionths(variance), kMillion);
  sd.canonicalize();
  return base::Rational(196, 100) * sd;
}

// True when the published interval is the plain one: selection by a threshold did not widen it.
bool FarFromThreshold(const Saying& saying) {
  const table::Interval plain =
      table::IntervalOf(*saying.cell->value, saying.table->VarianceOf(*saying.cell),
                        saying.measure->rounding_deviation, std::nullopt);
  return saying.cell->interval->low >= plain.low;
}

table::Interval IntervalOf(const CombinedCell& cell, const std::vector<Saying>& sayings) {
  // Values are whole, so half a unit is the least that a deviation can hide.
  const base::Rational reach =
      NoiseReach(cell.noise_variance) + std::max(cell.rounding, base::Rational(1, 2));
  const auto whole = [](const base::Integer& number) {
    return std::max<int64_t>(0, base::ToInt64(number).value_or(0));
  };
  table::Interval interval{whole(base::Ceil(cell.estimate - reach)),
                           whole(base::Floor(cell.estimate + reach))};
  if (!std::all_of(sayings.begin(), sayings.end(), FarFromThreshold)) {
    // Being shown says nothing about the upper end that would make it less safe.
    interval.low = sayings.front().cell->interval->low;
  }
  interval.low = std::min(interval.low, std::max<int64_t>(0, cell.value));
  interval.high = std::max(interval.high, cell.value);
  return interval;
}

CombinedCell Combine(const std::vector<Saying>& sayings) {
  CombinedCell combined;
  combined.value = *sayings.front().cell->value;
  base::Rational precision = 0;
  base::Rational weighted = 0;
  const auto total = [](const Saying& saying) {
    const base::Rational& rounding = saying.measure->rounding_deviation;
    return base::Rational(saying.table->VarianceOf(*saying.cell) + rounding * rounding / 3);
  };
  for (const Saying& saying : sayings) {
    precision += 1 / total(saying);
    weighted += base::Rational(base::ToInteger(*saying.cell->value)) / total(saying);
  }
  combined.estimate = weighted / precision;
  combined.variance = 1 / precision;
  for (const Saying& saying : sayings) {
    const base::Rational weight = 1 / (total(saying) * precision);
    combined.noise_variance += weight * weight * saying.table->VarianceOf(*saying.cell);
    combined.rounding += weight * saying.measure->rounding_deviation;
    combined.releases.push_back(saying.release->header().release_id);
    combined.parts.push_back({weight, *saying.cell->value, *saying.cell->interval,
                              saying.table->VarianceOf(*saying.cell),
                              saying.measure->rounding_deviation});
  }
  combined.interval = IntervalOf(combined, sayings);
  return combined;
}

// One other release, seen from the leading one.
class Companion {
 public:
  Companion(const PublishedRelease& leading, const PublishedRelease& other) : release_(&other) {
    for (auto& code : SameDeliveries(leading.header(), other.header())) {
      same_.insert(std::move(code));
    }
    const auto& members = leading.header().members;
    region_same_ = members.size() == other.header().members.size() &&
                   std::all_of(members.begin(), members.end(), [&](const table::Member& member) {
                     return same_.contains(member.municipality);
                   });
  }

  const PublishedRelease& release() const { return *release_; }

  // nullopt when it has no such cell. A cell that it has but may not speak about is given too.
  std::optional<Saying> Find(const Saying& leading, size_t cell) const {
    const PublishedMeasure* measure = release_->FindMeasure(leading.measure->id);
    if (measure == nullptr || !SameMeasure(*measure, *leading.measure)) return std::nullopt;
    const PublishedTable* found = measure->FindTable(leading.table->id);
    if (found == nullptr || found->attributes != leading.table->attributes) return std::nullopt;
    return Saying{release_, measure, found, &found->cells.at(cell)};
  }

  // Whether nothing that the cell counts was corrected in between.
  bool MaySpeak(const Saying& leading) const {
    const auto names = leading.measure->schema.Names(leading.table->attributes);
    const auto at = std::find(names.begin(), names.end(), kMunicipality);
    if (at == names.end()) {
      const auto members = leading.measure->ClassMembers(*leading.table, *leading.cell);
      if (!members) return region_same_;
      return std::all_of(members->begin(), members->end(),
                         [&](const std::string& member) { return same_.contains(member); });
    }
    return same_.contains(leading.cell->codes[static_cast<size_t>(at - names.begin())]);
  }

 private:
  const PublishedRelease* release_;
  std::set<std::string> same_;
  bool region_same_ = false;
};

}  // namespace

std::string Obstacle(const table::ReleaseHeader& a, const table::ReleaseHeader& b) {
  if (a.release_id == b.release_id) return "same-release";
  if (a.region != b.region) return "other-region";
  if (a.period != b.period) return "other-period";
  if (a.policy.digest != b.policy.digest) return "other-policy";
  if (a.codebook.digest != b.codebook.digest) return "other-codebook";
  // Whose deliveries nobody received, nobody can say they are the same.
  if (a.origin != "region" || b.origin != "region") return "not-of-the-service";
  if (a.demo != b.demo) return "demo";
  return "";
}

std::vector<std::string> SameDeliveries(const table::ReleaseHeader& a,
                                        const table::ReleaseHeader& b) {
  std::vector<std::string> same;
  for (const table::Member& member : a.members) {
    const auto found = std::find_if(
        b.members.begin(), b.members.end(),
        [&](const table::Member& other) { return other.municipality == member.municipality; });
    if (found == b.members.end() || found->delivered != member.delivered) continue;
    const bool stated = !member.deliveries_digest.empty() || !member.delivered;
    if (stated && found->deliveries_digest == member.deliveries_digest) {
      same.push_back(member.municipality);
    }
  }
  return same;
}

CombinedRelease::CombinedRelease(const PublishedRelease& leading,
                                 const std::vector<const PublishedRelease*>& others) {
  std::vector<Companion> companions;
  for (const PublishedRelease* other : others) {
    if (Obstacle(leading.header(), other->header()).empty())
      companions.emplace_back(leading, *other);
  }
  std::sort(companions.begin(), companions.end(), [](const Companion& a, const Companion& b) {
    return a.release().header().release_id < b.release().header().release_id;
  });
  for (const PublishedMeasure& measure : leading.measures()) {
    for (const PublishedTable& table : measure.tables) {
      for (size_t c = 0; c < table.cells.size(); ++c) {
        std::vector<Saying> sayings = {{&leading, &measure, &table, &table.cells[c]}};
        bool shown = table.cells[c].value.has_value() && table.variance > 0;
        for (const Companion& companion : companions) {
          const auto saying = companion.Find(sayings.front(), c);
          if (!saying) continue;
          shown = shown && saying->cell->value.has_value() &&
                  saying->table->VarianceOf(*saying->cell) > 0;
          if (companion.MaySpeak(sayings.front())) sayings.push_back(*saying);
        }
        if (!shown || sayings.size() < 2) continue;
        cells_.emplace(Key(measure.id, table.id, table.cells[c].codes), Combine(sayings));
      }
    }
  }
}

const CombinedCell* CombinedRelease::Find(std::string_view measure, std::string_view table,
                                          const std::vector<std::string>& codes) const {
  const auto found = cells_.find(Key(measure, table, codes));
  return found == cells_.end() ? nullptr : &found->second;
}

}  // namespace polder::stats::combine
