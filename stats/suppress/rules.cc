#include "stats/suppress/rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "stats/table/count_history.h"
#include "stats/table/interval.h"

namespace polder::stats::suppress {
namespace {

using table::CellStatus;

constexpr std::string_view kMunicipality = "municipality";
constexpr std::string_view kSizeClass = "sizeClass";
constexpr std::string_view kKind = "kind";
constexpr std::string_view kAgeBand = "ageBand";
constexpr std::string_view kGroup = "group";

// The two figures that the law has a council report every year. Source: Leerplichtwet 1969 art. 25.
constexpr std::array<std::string_view, 2> kMainKinds = {"absolute", "relative"};

// Costs are ordered by class: a sum of cheaper cells never outweighs one of the next class.
constexpr uint64_t kDetail = 1;
constexpr uint64_t kTotal = 1'000'000'000;
constexpr uint64_t kMainFigure = 100 * kTotal;
// Everyone reads the region's figure; one small municipality more without a number costs less.
constexpr uint64_t kMainTotal = 100'000 * kMainFigure;
constexpr int64_t kLargestValue = 1'000'000;

// The codes of one cell, by the attributes that rules look at.
struct CellCodes {
  std::optional<std::string_view> municipality, size_class, kind, age_band, group;

  bool PartOfRegion() const { return municipality || size_class; }
};

CellCodes CodesOf(const table::Schema& schema, table::AttributeSet set, size_t cell_in_table) {
  CellCodes codes;
  const std::vector<size_t> dimensions = schema.Members(set);
  const std::vector<size_t> place = schema.Place(set, cell_in_table);
  for (size_t j = 0; j < dimensions.size(); ++j) {
    const table::Dimension& dimension = schema.dimensions()[dimensions[j]];
    const std::string_view code = dimension.codes[place[j]];
    if (dimension.name == kMunicipality) codes.municipality = code;
    if (dimension.name == kSizeClass) codes.size_class = code;
    if (dimension.name == kKind) codes.kind = code;
    if (dimension.name == kAgeBand) codes.age_band = code;
    if (dimension.name == kGroup) codes.group = code;
  }
  return codes;
}

// True when no kind of the group can occur at that age.
bool AgeImpossible(const RuleContext& context, std::string_view kind_group, std::string_view band) {
  const auto& bands = context.codebook.age_bands();
  const auto found = std::find_if(bands.begin(), bands.end(), [&](const auto& candidate) {
    return candidate.code.code == band;
  });
  if (found == bands.end()) return false;
  const auto& kinds = context.codebook.kinds();
  return std::none_of(kinds.begin(), kinds.end(), [&](const auto& kind) {
    return kind.group == kind_group && context.codebook.AgePossible(kind, *found, context.period);
  });
}

bool NotApplicable(const RuleContext& context, const CellCodes& codes) {
  if (codes.kind && codes.age_band && AgeImpossible(context, *codes.kind, *codes.age_band)) {
    return true;
  }
  return codes.group && context.codebook.groups().Has(*codes.group) &&
         !context.codebook.groups().ValidIn(*codes.group, context.period);
}

const table::Member* MemberOf(const RuleContext& context, const CellCodes& codes) {
  if (!codes.municipality) return nullptr;
  const auto found =
      std::find_if(context.members.begin(), context.members.end(),
                   [&](const auto& member) { return member.municipality == *codes.municipality; });
  return found == context.members.end() ? nullptr : &*found;
}

// The classes of municipalities of which nobody delivered: they have no figure.
std::set<std::string_view> MissingClasses(const table::Schema& schema, const RuleContext& context) {
  std::set<std::string_view> missing;
  const auto towns = schema.IndexOf(kMunicipality);
  const auto classes = towns ? schema.ClassesOf(*towns) : std::nullopt;
  if (!classes) return missing;
  const table::Dimension& dimension = schema.dimensions()[*towns];
  const auto& codes = schema.dimensions()[*classes].codes;
  missing.insert(codes.begin(), codes.end());
  for (size_t i = 0; i < dimension.codes.size(); ++i) {
    CellCodes town;
    town.municipality = dimension.codes[i];
    const table::Member* member = MemberOf(context, town);
    if (member != nullptr && member->delivered) missing.erase(codes[dimension.groups[i]]);
  }
  return missing;
}

bool Imprecise(const RuleContext& context, int64_t value, int64_t half_width) {
  return base::Rational(base::ToInteger(half_width)) >
         context.policy.precision().half_width_share * base::Rational(base::ToInteger(value));
}

CellStatus StatusOf(const RuleContext& context, const CellCodes& codes, int64_t value,
                    int64_t half_width, bool exact,
                    const std::set<std::string_view>& missing_classes) {
  // An exact count of what cannot occur is nought, or else somebody erred: then the cell is one
  // like any other, since the totals hold what is in it.
  if (NotApplicable(context, codes) && !(exact && value != 0)) return CellStatus::kNotApplicable;
  const bool shows_nought = exact && context.policy.suppression().zeros_published;
  const table::Member* member = MemberOf(context, codes);
  // A municipality without a member line has delivered nothing that anyone vouches for.
  if (codes.municipality && (member == nullptr || !member->delivered)) {
    return CellStatus::kMissingDelivery;
  }
  if (codes.size_class && missing_classes.contains(*codes.size_class)) {
    return CellStatus::kMissingDelivery;
  }
  const auto& rule = context.policy.RuleOf(codes.kind.value_or(""));
  if (value < rule.threshold && !(value == 0 && shows_nought)) return CellStatus::kHidden;
  if (rule.region_only && codes.PartOfRegion()) return CellStatus::kHidden;
  if (member != nullptr && member->conversion) return CellStatus::kBreak;
  if (Imprecise(context, value, half_width)) return CellStatus::kImprecise;
  return CellStatus::kValue;
}

// Cells that earlier releases show a number for, as "table/code/code".
std::set<std::string> ShownBefore(const std::string& measure,
                                  const std::vector<table::PublishedRelease>& earlier) {
  std::set<std::string> shown;
  for (const table::PublishedRelease& release : earlier) {
    const table::PublishedMeasure* found = release.FindMeasure(measure);
    if (found == nullptr) continue;
    for (const table::PublishedTable& table : found->tables) {
      for (const table::PublishedCell& cell : table.cells) {
        if (!cell.value) continue;
        std::string key = table.id;
        for (const std::string& code : cell.codes) key += "/" + code;
        shown.insert(std::move(key));
      }
    }
  }
  return shown;
}

}  // namespace

void ApplyCellRules(table::LinkedTables& tables, const RuleContext& context) {
  const table::Schema& schema = tables.schema();
  const std::set<std::string_view> missing_classes = MissingClasses(schema, context);
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    const table::AttributeSet set = tables.tables()[t].attributes;
    const table::TableVariance variances =
        tables.exact ? table::TableVariance() : tables.Variances(t);
    std::map<base::Rational, int64_t> half_widths;
    const auto half_width = [&](size_t cell) {
      if (tables.exact) return int64_t{0};
      const auto [at, inserted] = half_widths.try_emplace(variances.Of(cell));
      if (inserted) at->second = table::HalfWidth(at->first, tables.rounding_deviation);
      return at->second;
    };
    const size_t count = schema.CellCount(set);
    for (size_t cell = 0; cell < count; ++cell) {
      const size_t number = tables.Number(t, cell);
      tables.statuses()[number] =
          StatusOf(context, CodesOf(schema, set, cell), tables.values()[number], half_width(cell),
                   tables.exact, missing_classes);
    }
  }
  // A kind that is shown for the region only, and of which the region shows that there is nothing:
  // hiding the noughts under it would hide what everyone knows.
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    for (size_t cell = 0; cell < schema.CellCount(tables.tables()[t].attributes); ++cell) {
      CellStatus& status = tables.statuses()[tables.Number(t, cell)];
      if (status == CellStatus::kHidden && table::UnderShownNought(tables, t, cell)) {
        status = CellStatus::kValue;
      }
    }
  }
}

std::vector<uint64_t> HidingCosts(const table::LinkedTables& tables, const RuleContext& context,
                                  const std::vector<table::PublishedRelease>& earlier) {
  const table::Schema& schema = tables.schema();
  const std::set<std::string> shown = ShownBefore(tables.measure(), earlier);
  const auto* measure = context.policy.FindMeasure(tables.measure());
  const bool yearly_persons = context.period.IsYear() && measure != nullptr &&
                              measure->unit == policies::disclosure::Unit::kPersons &&
                              !measure->counts_dropped;
  std::vector<uint64_t> costs(tables.cell_count());
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    const table::AttributeSet set = tables.tables()[t].attributes;
    const std::vector<std::string> names = schema.Names(set);
    const size_t count = schema.CellCount(set);
    for (size_t cell = 0; cell < count; ++cell) {
      const CellCodes codes = CodesOf(schema, set, cell);
      const bool main = codes.kind && std::find(kMainKinds.begin(), kMainKinds.end(),
                                                *codes.kind) != kMainKinds.end();
      const size_t number = tables.Number(t, cell);
      const int64_t size = std::clamp<int64_t>(tables.values()[number], 0, kLargestValue);
      uint64_t cost = kDetail + static_cast<uint64_t>(size);
      if (names.size() < 2) cost += main || names.empty() ? kMainTotal : kTotal;
      if (names.size() == 2 && main && codes.PartOfRegion() && yearly_persons) cost += kMainFigure;
      std::string key = tables.tables()[t].id;
      for (size_t j = 0; j < names.size(); ++j) {
        const table::Dimension& dimension = schema.dimensions()[schema.Members(set)[j]];
        key += "/" + dimension.codes[schema.Place(set, cell)[j]];
      }
      if (shown.contains(key)) cost += cost / 8;
      costs[number] = cost;
    }
  }
  return costs;
}

}  // namespace polder::stats::suppress
