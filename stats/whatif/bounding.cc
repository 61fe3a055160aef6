#include "stats/whatif/bounding.h"

#include <algorithm>

#include "stats/whatif/expected.h"

namespace polder::stats::whatif {
namespace {

using base::ToInteger;

const table::PublishedCell* TotalOf(const table::PublishedMeasure* measure) {
  if (measure == nullptr) return nullptr;
  const auto total = std::find_if(measure->tables.begin(), measure->tables.end(),
                                  [](const auto& table) { return table.attributes == 0; });
  return total == measure->tables.end() || total->cells.empty() || !total->cells.front().value
             ? nullptr
             : &total->cells.front();
}

// What a release counted of persons, in pupils' kinds; and the upper end of its interval, or more.
struct Counted {
  int64_t value = 0;
  int64_t high = 0;
};

// The sum of a table that is shown in full.
std::optional<Counted> SumOf(const table::PublishedTable& table) {
  Counted sum;
  for (const table::PublishedCell& cell : table.cells) {
    if (cell.status == table::CellStatus::kNotApplicable) continue;
    if (!cell.value || !cell.interval) return std::nullopt;
    sum.value += *cell.value;
    sum.high += cell.interval->high;
  }
  return sum;
}

// From the total, or where pupils are counted apart, from a table that sums over all kinds.
std::optional<Counted> PersonsOf(const policies::disclosure::Policy& policy,
                                 const table::PublishedRelease& release) {
  for (const auto& measure : policy.measures()) {
    if (measure.counts_dropped || measure.unit != policies::disclosure::Unit::kPersons) continue;
    const table::PublishedMeasure* published = release.FindMeasure(measure.id);
    if (published == nullptr) continue;
    const table::PublishedTable* smallest = nullptr;
    std::optional<Counted> counted;
    for (const table::PublishedTable& table : published->tables) {
      if (smallest != nullptr && smallest->cells.size() <= table.cells.size()) continue;
      if (const auto sum = SumOf(table)) {
        smallest = &table;
        counted = sum;
      }
    }
    if (counted) return counted;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Bounding> BoundingOf(const policies::disclosure::Policy& policy,
                                   const base::Period& period,
                                   const std::vector<table::PublishedRelease>& releases) {
  const auto measure = std::find_if(policy.measures().begin(), policy.measures().end(),
                                    [](const auto& candidate) { return candidate.counts_dropped; });
  if (measure == policy.measures().end()) return std::nullopt;
  const table::PublishedRelease* release = LastWith(releases, period, measure->id);
  if (release == nullptr) return std::nullopt;
  const table::PublishedMeasure* published = release->FindMeasure(measure->id);
  Bounding bounding;
  bounding.release_id = release->header().release_id;
  bounding.kinds_before = published->max_kinds;
  const table::PublishedCell* dropped = TotalOf(published);
  const std::optional<Counted> persons = PersonsOf(policy, *release);
  if (dropped != nullptr) {
    bounding.dropped = dropped->value;
    bounding.interval = dropped->interval;
  }
  if (policy.max_kinds() >= bounding.kinds_before) {
    bounding.extra_at_most = 0;
  } else if (persons) {
    base::Rational lost(ToInteger(persons->high) * (bounding.kinds_before - policy.max_kinds()),
                        bounding.kinds_before);
    lost.canonicalize();
    bounding.extra_at_most = base::ToInt64(base::Ceil(lost));
  }
  if (dropped != nullptr && persons && persons->value > 0) {
    base::Rational share(ToInteger(*dropped->value) * 1000, ToInteger(persons->value));
    share.canonicalize();
    bounding.per_thousand = base::ToDecimal(share, 1);
  }
  return bounding;
}

}  // namespace polder::stats::whatif
