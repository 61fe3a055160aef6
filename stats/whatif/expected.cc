#include "stats/whatif/expected.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace polder::stats::whatif {
namespace {

using Codes = std::vector<std::string>;

const table::PublishedTable* TableOver(const table::PublishedMeasure& measure,
                                       const std::vector<std::string>& names) {
  const auto found = std::find_if(
      measure.tables.begin(), measure.tables.end(),
      [&](const auto& candidate) { return measure.schema.Names(candidate.attributes) == names; });
  return found == measure.tables.end() ? nullptr : &*found;
}

const table::PublishedCell* CellOf(const table::PublishedTable& table, const Codes& codes) {
  const auto found = std::find_if(table.cells.begin(), table.cells.end(),
                                  [&](const auto& cell) { return cell.codes == codes; });
  return found == table.cells.end() ? nullptr : &*found;
}

// An even part, for a hidden cell, of what the total without attribute `dropped` leaves over;
// nullopt when no such total is shown.
std::optional<double> PartOfTotal(const table::PublishedMeasure& measure,
                                  const table::PublishedTable& table, const Codes& codes,
                                  size_t dropped) {
  std::vector<std::string> names = measure.schema.Names(table.attributes);
  const auto without = [&](Codes list) {
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(dropped));
    return list;
  };
  const table::PublishedTable* totals = TableOver(measure, without(names));
  if (totals == nullptr) return std::nullopt;
  const table::PublishedCell* total = CellOf(*totals, without(codes));
  if (total == nullptr || !total->value) return std::nullopt;
  int64_t left = *total->value;
  double hidden = 0;
  for (const table::PublishedCell& cell : table.cells) {
    if (without(cell.codes) != without(codes)) continue;
    if (cell.value) left -= *cell.value;
    if (cell.status == table::CellStatus::kHidden) ++hidden;
  }
  return std::max(0.0, static_cast<double>(left)) / std::max(1.0, hidden);
}

double OfHidden(const table::PublishedMeasure& measure, const table::PublishedTable& table,
                const Codes& codes, const policies::disclosure::Policy& policy) {
  std::vector<double> parts;
  const std::vector<std::string> names = measure.schema.Names(table.attributes);
  for (size_t i = 0; i < names.size(); ++i) {
    if (const auto part = PartOfTotal(measure, table, codes, i)) parts.push_back(*part);
  }
  if (parts.empty()) {
    const auto kind = std::find(names.begin(), names.end(), "kind");
    const std::string group =
        kind == names.end() ? "" : codes[static_cast<size_t>(kind - names.begin())];
    return static_cast<double>(policy.RuleOf(group).threshold) / 2;
  }
  return std::accumulate(parts.begin(), parts.end(), 0.0) / static_cast<double>(parts.size());
}

// Those that a cell counts: of its size class, or all.
std::vector<std::string> MembersOf(const table::Schema& schema, table::AttributeSet set,
                                   size_t cell, const std::vector<std::string>& members) {
  const auto towns = schema.IndexOf("municipality");
  const auto classes = towns ? schema.ClassesOf(*towns) : std::nullopt;
  if (!classes || (set >> *classes & 1U) == 0) return members;
  const size_t code = schema.Project(set, cell, table::AttributeSet{1} << *classes);
  const table::Dimension& dimension = schema.dimensions()[*towns];
  std::vector<std::string> of_class;
  for (size_t i = 0; i < dimension.codes.size(); ++i) {
    if (dimension.groups[i] == code) of_class.push_back(dimension.codes[i]);
  }
  return of_class;
}

}  // namespace

std::string_view ToText(Origin origin) {
  switch (origin) {
    case Origin::kRelease:
      return "release";
    case Origin::kRates:
      return "rates";
    case Origin::kNone:
      break;
  }
  return "none";
}

const table::PublishedRelease* LastWith(const std::vector<table::PublishedRelease>& releases,
                                        const base::Period& period, std::string_view measure) {
  const table::PublishedRelease* last = nullptr;
  const auto when = [](const table::PublishedRelease& release) {
    return std::tuple(release.header().period.First(), release.header().made_at);
  };
  for (const table::PublishedRelease& release : releases) {
    const base::Period& of = release.header().period;
    if (of.calendar() != period.calendar() || of.IsYear() != period.IsYear()) continue;
    if (release.FindMeasure(measure) == nullptr) continue;
    if (last == nullptr || when(*last) <= when(release)) last = &release;
  }
  return last;
}

std::vector<ExpectedTable> Expect(const noise::PlanRequest& request,
                                  const policies::disclosure::Policy& policy,
                                  const policies::codebook::Codebook& codebook,
                                  const base::Period& period,
                                  const std::vector<table::PublishedRelease>& releases) {
  const auto* spec = policy.FindMeasure(request.measure);
  const table::PublishedRelease* last = LastWith(releases, period, request.measure);
  const table::PublishedMeasure* published =
      last == nullptr ? nullptr : last->FindMeasure(request.measure);
  const std::vector<std::string> members = codebook.MembersIn(period);
  std::vector<ExpectedTable> expected;
  for (const noise::PlannedTable& planned : request.tables) {
    const table::AttributeSet set = planned.shape.attributes;
    const std::vector<std::string> names = request.schema.Names(set);
    const table::PublishedTable* shown =
        published == nullptr ? nullptr : TableOver(*published, names);
    ExpectedTable& table = expected.emplace_back();
    if (shown != nullptr) {
      table.origin = Origin::kRelease;
      table.release_id = last->header().release_id;
    } else if (spec != nullptr && !spec->counts_dropped) {
      table.origin = Origin::kRates;
    } else {
      continue;
    }
    const std::vector<size_t> dimensions = request.schema.Members(set);
    for (size_t number = 0; number < request.schema.CellCount(set); ++number) {
      const std::vector<size_t> place = request.schema.Place(set, number);
      Codes codes;
      std::map<std::string, std::string, std::less<>> by_name;
      for (size_t i = 0; i < names.size(); ++i) {
        codes.push_back(request.schema.dimensions()[dimensions[i]].codes[place[i]]);
        by_name[names[i]] = codes.back();
      }
      const table::PublishedCell* cell = shown == nullptr ? nullptr : CellOf(*shown, codes);
      if (cell != nullptr && cell->value) {
        table.counts.push_back(static_cast<double>(*cell->value));
      } else if (cell != nullptr && cell->status == table::CellStatus::kHidden) {
        table.counts.push_back(OfHidden(*published, *shown, codes, policy));
      } else if (cell != nullptr && cell->status == table::CellStatus::kNotApplicable) {
        table.counts.push_back(0);
      } else if (spec != nullptr && !spec->counts_dropped) {
        table.counts.push_back(ExpectedCount(codebook, period, spec->unit,
                                             MembersOf(request.schema, set, number, members),
                                             by_name));
      } else {
        table.counts.push_back(0);
      }
    }
  }
  return expected;
}

}  // namespace polder::stats::whatif
