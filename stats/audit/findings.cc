#include "stats/audit/findings.h"

#include <algorithm>
#include <set>

#include "policies/base/json.h"
#include "stats/audit/worlds.h"

namespace polder::stats::audit {
namespace {

using table::CellStatus;

std::string CellPointer(const table::LinkedTables& tables, const std::string& measure,
                        size_t cell) {
  const size_t t = tables.TableOf(cell);
  return base::Pointer(base::Pointer(base::Pointer(measure, "tables"), t) + "/cells",
                       cell - tables.FirstCell(t));
}

// The code of one dimension in a cell, or nothing when the table does not cross it.
std::string CodeIn(const table::LinkedTables& tables, size_t t, size_t cell_in_table,
                   std::string_view dimension) {
  const table::Schema& schema = tables.schema();
  const auto index = schema.IndexOf(dimension);
  const table::AttributeSet set = tables.tables()[t].attributes;
  if (!index || (set >> *index & 1U) == 0) return "";
  const size_t place = schema.Project(set, cell_in_table, table::AttributeSet{1} << *index);
  return schema.dimensions()[*index].codes[place];
}

// The class of municipalities that a cell is of, when its table crosses classes and not
// municipalities.
std::optional<size_t> ClassOf(const table::LinkedTables& tables, size_t t, size_t cell_in_table) {
  const table::Schema& schema = tables.schema();
  const auto town = schema.IndexOf("municipality");
  const auto classes = town ? schema.ClassesOf(*town) : std::nullopt;
  const table::AttributeSet set = tables.tables()[t].attributes;
  if (!classes || (set >> *town & 1U) != 0 || (set >> *classes & 1U) == 0) return std::nullopt;
  return schema.Project(set, cell_in_table, table::AttributeSet{1} << *classes);
}

// A cell of a class misses its delivery exactly when nobody of the class delivered.
void CheckClasses(const table::LinkedTables& tables, const std::set<std::string>& missing,
                  const std::string& pointer, base::Problems& findings) {
  const table::Schema& schema = tables.schema();
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    for (size_t c = 0; c < schema.CellCount(tables.tables()[t].attributes); ++c) {
      const CellStatus status = tables.statuses()[tables.Number(t, c)];
      const auto of = ClassOf(tables, t, c);
      if (!of || status == CellStatus::kNotApplicable) continue;
      const table::Dimension& towns = schema.dimensions()[*schema.IndexOf("municipality")];
      bool all = true;
      for (size_t i = 0; i < towns.codes.size(); ++i) {
        all = all && (towns.groups[i] != *of || missing.contains(towns.codes[i]));
      }
      if (all != (status == CellStatus::kMissingDelivery)) {
        findings.Add("audit-failed", CellPointer(tables, pointer, tables.Number(t, c)),
                     all ? "a class of which nobody delivered would show something"
                         : "a class of which somebody delivered misses no delivery");
      }
    }
  }
}

}  // namespace

std::set<std::string> MissingTowns(const table::LinkedTables& tables,
                                   const std::vector<table::Member>& members) {
  std::set<std::string> missing;
  for (const table::Member& member : members) {
    if (!member.delivered) missing.insert(member.municipality);
  }
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    if (tables.statuses()[cell] != CellStatus::kMissingDelivery) continue;
    const size_t t = tables.TableOf(cell);
    const std::string town = CodeIn(tables, t, cell - tables.FirstCell(t), "municipality");
    if (!town.empty()) missing.insert(town);
  }
  return missing;
}

void CheckRules(const table::LinkedTables& tables, const policies::disclosure::Policy& policy,
                const std::vector<table::Member>& members, const std::string& pointer,
                base::Problems& findings) {
  if (!tables.AddsUp()) {
    findings.Add("audit-failed", pointer,
                 "a total is not the sum of its parts; reconcile the measure again");
  }
  std::set<std::string> missing;
  std::set<std::string> present;
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    const size_t count = tables.schema().CellCount(tables.tables()[t].attributes);
    for (size_t c = 0; c < count; ++c) {
      const size_t cell = tables.Number(t, c);
      const CellStatus status = tables.statuses()[cell];
      const std::string town = CodeIn(tables, t, c, "municipality");
      const std::string kind = CodeIn(tables, t, c, "kind");
      if (status == CellStatus::kMissingDelivery) {
        if (town.empty() && !ClassOf(tables, t, c)) {
          findings.Add("audit-failed", CellPointer(tables, pointer, cell),
                       "only a municipality's cell can miss its delivery");
        }
        if (!town.empty()) missing.insert(town);
      } else if (!town.empty() && status != CellStatus::kNotApplicable) {
        present.insert(town);
      }
      if (!table::HasNumber(status)) continue;
      const auto& rule = policy.RuleOf(kind);
      const bool shown_nought =
          tables.exact && policy.suppression().zeros_published && tables.values()[cell] == 0;
      if (tables.values()[cell] < rule.threshold && !shown_nought) {
        findings.Add("audit-failed", CellPointer(tables, pointer, cell),
                     "a cell under its threshold would show a number");
      }
      const bool nothing_to_hide = shown_nought && table::UnderShownNought(tables, t, c);
      const bool part_of_region = !town.empty() || ClassOf(tables, t, c).has_value();
      if (rule.region_only && part_of_region && !nothing_to_hide) {
        findings.Add("audit-failed", CellPointer(tables, pointer, cell),
                     "a region-only kind would show a number for less than the region");
      }
    }
  }
  for (const std::string& town : missing) {
    if (present.contains(town)) {
      findings.Add("audit-failed", pointer,
                   "municipality \"" + town + "\" misses its delivery in some cells only");
    }
  }
  CheckClasses(tables, MissingTowns(tables, members), pointer, findings);
}

size_t CheckDetermined(const table::LinkedTables& tables, const std::string& pointer,
                       base::Problems& findings) {
  const OtherWorld world = FindOtherWorld(tables);
  for (const size_t cell : world.determined) {
    findings.Add("audit-failed", CellPointer(tables, pointer, cell),
                 "a hidden cell can be computed from the shown ones; hide another with it");
  }
  if (!IsOtherWorld(tables, world)) {
    findings.Add("audit-failed", pointer,
                 "no second set of tables was found that publishes the same; treat every hidden "
                 "cell of this measure as open");
  }
  return static_cast<size_t>(
      std::count(tables.statuses().begin(), tables.statuses().end(), CellStatus::kHidden));
}

table::LinkedTables AsTables(const table::PublishedMeasure& measure) {
  std::vector<table::TableShape> shapes;
  for (const auto& published : measure.tables)
    shapes.push_back({published.id, published.attributes});
  table::LinkedTables tables(measure.id, measure.schema, std::move(shapes));
  for (size_t t = 0; t < measure.tables.size(); ++t) {
    for (size_t c = 0; c < measure.tables[t].cells.size(); ++c) {
      const table::PublishedCell& cell = measure.tables[t].cells[c];
      tables.statuses()[tables.Number(t, c)] = cell.status;
      tables.values()[tables.Number(t, c)] = cell.value.value_or(0);
    }
  }
  tables.residuals() = measure.residuals;
  tables.rounding_deviation = measure.rounding_deviation;
  tables.exact = measure.exact;
  return tables;
}

bool Overlaps(const table::PublishedRelease& release, const base::Period& period) {
  const base::Period& other = release.header().period;
  return other.calendar() == period.calendar() && other.First() <= period.Last() &&
         period.First() <= other.Last();
}

}  // namespace polder::stats::audit
