#include "stats/compare/compare.h"

#include <algorithm>
#include <set>
#include <utility>

#include "stats/combine/combine.h"
#include "stats/compare/change.h"
#include "stats/compare/yearly_series.h"
#include "stats/table/interval.h"

namespace polder::stats::compare {
namespace {

using policies::codebook::Codebook;
using table::CellStatus;

constexpr std::string_view kMunicipality = "municipality";
constexpr std::string_view kSizeClass = "sizeClass";

std::string_view DenominatorMeasure(base::Calendar calendar) {
  return calendar == base::Calendar::kVsv ? "participants12to22" : "inhabitants5to17";
}

// Sum of the public counts of the municipalities; nullopt when one is missing.
std::optional<int64_t> Denominator(const Codebook& codebook, const base::Year& year,
                                   const std::vector<std::string>& municipalities) {
  int64_t sum = 0;
  for (const std::string& code : municipalities) {
    const auto count =
        codebook.FindPublicCount(DenominatorMeasure(year.calendar()), code, year.start());
    if (!count) return std::nullopt;
    sum += count->count;
  }
  return municipalities.empty() ? std::nullopt : std::optional(sum);
}

bool Holds(const std::vector<std::string>& codes, const std::string& code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::vector<std::string> DeliveredIn(const table::PublishedRelease& release) {
  std::vector<std::string> delivered;
  for (const table::Member& member : release.header().members) {
    if (member.delivered) delivered.push_back(member.municipality);
  }
  return delivered;
}

// The municipality of a cell, or nothing for a region's cell.
std::optional<std::string> TownOf(const Sighting& seen) {
  const auto names = seen.measure->schema.Names(seen.table->attributes);
  const auto at = std::find(names.begin(), names.end(), kMunicipality);
  if (at == names.end()) return std::nullopt;
  return seen.cell->codes[static_cast<size_t>(at - names.begin())];
}

// Who delivered of those that a cell of a class, or else of the region, sums.
std::vector<std::string> DeliveredOf(const Sighting& seen) {
  std::vector<std::string> delivered = DeliveredIn(*seen.release);
  if (const auto members = seen.measure->ClassMembers(*seen.table, *seen.cell)) {
    std::erase_if(delivered, [&](const std::string& code) { return !Holds(*members, code); });
  }
  return delivered;
}

// The release that speaks for a year, and what the others of the year add to it.
struct SpokenYear {
  CellIndex index;
  combine::CombinedRelease combined;

  const combine::CombinedCell* Combined(const Sighting& seen) const {
    return combined.Find(seen.measure->id, seen.table->id, seen.cell->codes);
  }
};

int64_t LeastDenominator(const Sighting& seen, const CompareOptions& options) {
  return seen.release->header().min_rate_denominator.value_or(options.min_rate_denominator);
}

YearPoint PointOf(const Sighting& seen, const combine::CombinedCell* combined,
                  const Codebook& codebook, const CompareOptions& options) {
  const table::ReleaseHeader& header = seen.release->header();
  YearPoint point;
  point.year = header.period.year();
  point.release_id = header.release_id;
  point.release_kind = header.kind;
  point.status = seen.cell->status;
  point.value = seen.cell->value;
  point.interval = seen.cell->interval;
  point.sd = seen.table->SdOf(*seen.cell);
  const auto town = TownOf(seen);
  point.denominator =
      Denominator(codebook, point.year, town ? std::vector<std::string>{*town} : DeliveredOf(seen));
  if (point.value && point.denominator && *point.denominator > 0 &&
      *point.denominator >= LeastDenominator(seen, options)) {
    base::Rational rate(base::ToInteger(*point.value) * 1000, base::ToInteger(*point.denominator));
    rate.canonicalize();
    point.per_thousand = base::ToDecimal(rate, 1);
  }
  if (combined != nullptr) {
    point.combined = {combined->releases, table::DeviationText(combined->variance),
                      combined->interval};
  }
  return point;
}

// Rounding to integers adds an error within the stated deviation; taken as evenly spread.
// Source: variance of a uniform law on [-d, d] is d^2/3.
base::Rational RoundingVariance(const table::PublishedMeasure& measure, size_t values) {
  return measure.rounding_deviation * measure.rounding_deviation *
         base::Rational(base::ToInteger(static_cast<int64_t>(values))) / 3;
}

// The reach of a mean of releases, each selected for itself: squares add up, with the squares of
// the weights.
std::optional<Reach> CombinedReach(const combine::CombinedCell& combined,
                                   const base::Rational& share) {
  Reach reach{base::Rational(0), std::max(base::Rational(0), combined.estimate)};
  bool selected = false;
  for (const combine::Part& part : combined.parts) {
    const base::Rational weight = part.weight * part.weight;
    const auto below = ReachBelow(part.value, part.interval, part.variance, part.rounding, share);
    selected = selected || below.has_value();
    if (below && !below->squared) reach.squared.reset();
    if (!reach.squared) continue;
    const base::Rational& quantile = table::NormalQuantile(table::Level::k97_5);
    *reach.squared +=
        weight * (below ? *below->squared
                        : base::Rational(quantile * quantile *
                                         (part.variance + part.rounding * part.rounding / 3)));
  }
  return selected ? std::optional(reach) : std::nullopt;
}

Side SideOf(const Sighting& seen, const combine::CombinedCell* combined,
            const CompareOptions& options) {
  // Releases that are combined have one policy.
  const base::Rational share =
      seen.release->header().half_width_share.value_or(options.half_width_share);
  const base::Rational& variance = seen.table->VarianceOf(*seen.cell);
  Side side{*seen.cell->value, variance + RoundingVariance(*seen.measure, 1), {}};
  if (combined == nullptr) {
    side.below = ReachBelow(side.value, *seen.cell->interval, variance,
                            seen.measure->rounding_deviation, share);
    return side;
  }
  side.noise_variance = combined->variance;
  side.estimate = combined->estimate;
  side.below = CombinedReach(*combined, share);
  return side;
}

// Why a cell's number cannot be compared; empty when it can.
std::string Obstacle(CellStatus status) {
  if (status == CellStatus::kValue) return "";
  return std::string(table::ToText(status));
}

// Municipalities whose counts are not the same thing in both years.
std::vector<std::string> NotComparable(const table::PublishedRelease& a,
                                       const table::PublishedRelease& b) {
  const auto sound = [](const table::PublishedRelease& release) {
    std::set<std::string> codes;
    for (const table::Member& member : release.header().members) {
      if (member.delivered && !member.conversion) codes.insert(member.municipality);
    }
    return codes;
  };
  const std::set<std::string> in_a = sound(a);
  const std::set<std::string> in_b = sound(b);
  std::vector<std::string> out;
  for (const auto* release : {&a, &b}) {
    for (const table::Member& member : release->header().members) {
      const std::string& code = member.municipality;
      if ((!in_a.contains(code) || !in_b.contains(code)) &&
          std::find(out.begin(), out.end(), code) == out.end()) {
        out.push_back(code);
      }
    }
  }
  return out;
}

// Municipalities of a class that is not the same in both years, but for those `out`. Empty for a
// cell of the region, of which the members are.
std::vector<std::string> OnlyInOneYear(const Sighting& from, const Sighting& to,
                                       const std::vector<std::string>& out) {
  const auto before = from.measure->ClassMembers(*from.table, *from.cell);
  const auto after = to.measure->ClassMembers(*to.table, *to.cell);
  std::vector<std::string> changed;
  if (!before || !after) return changed;
  for (const auto& [one, other] : {std::pair(&*before, &*after), std::pair(&*after, &*before)}) {
    for (const std::string& code : *one) {
      if (!Holds(*other, code) && !Holds(out, code)) changed.push_back(code);
    }
  }
  return changed;
}

// A cell of a class or of the region without some municipalities, or the reason why it cannot be
// had.
struct Reduced {
  Side side;
  std::string obstacle;
};

Reduced Without(const CellIndex& index, const Sighting& seen, const std::vector<std::string>& out,
                const CompareOptions& options) {
  const table::Schema& schema = seen.measure->schema;
  const auto along = schema.IndexOf(kMunicipality);
  if (!along) return {{}, "break"};
  const table::AttributeSet wide =
      schema.Closed(seen.table->attributes | table::AttributeSet{1} << *along);
  const auto members = seen.measure->ClassMembers(*seen.table, *seen.cell);
  const table::PublishedTable* by_town = index.FindOver(*seen.measure, wide);
  if (by_town == nullptr) return {{}, "break"};
  Reduced reduced;
  reduced.side.value = *seen.cell->value;
  reduced.side.below = SideOf(seen, nullptr, options).below;
  std::vector<Reach> taken;
  std::vector<Sighting> parts;
  const size_t towns = schema.dimensions()[*along].codes.size();
  size_t left = towns;
  size_t values = 1;
  const auto names = schema.Names(wide);
  const auto place = static_cast<std::ptrdiff_t>(
      std::find(names.begin(), names.end(), kMunicipality) - names.begin());
  const auto narrow = schema.Names(seen.table->attributes);
  const auto class_place = std::find(narrow.begin(), narrow.end(), kSizeClass) - narrow.begin();
  for (const std::string& code : out) {
    if (members && !Holds(*members, code)) continue;  // in another class in this year
    std::vector<std::string> codes = seen.cell->codes;
    if (members) codes.erase(codes.begin() + class_place);
    codes.insert(codes.begin() + place, code);
    const auto part = index.Find(seen.measure->id, by_town->id, codes);
    if (!part) continue;                                               // no member in this year
    if (part->cell->status == CellStatus::kMissingDelivery) continue;  // nothing in the total
    if (!part->cell->value) return {{}, "hidden"};
    reduced.side.value -= *part->cell->value;
    if (auto below = ReachBelow(*part->cell->value, *part->cell->interval,
                                part->table->VarianceOf(*part->cell),
                                part->measure->rounding_deviation, std::nullopt)) {
      taken.push_back(*std::move(below));
    }
    parts.push_back(*part);
    --left;
    ++values;
  }
  reduced.side.noise_variance =
      (schema.IsHierarchical() ? VarianceOfRest(seen, parts)
                               : VarianceOfSum(*seen.measure, wide, *along, left)) +
      RoundingVariance(*seen.measure, values);
  reduced.side.above = ReachAboveRest(taken, reduced.side.noise_variance);
  return reduced;
}

class Comparer {
 public:
  Comparer(const Codebook& codebook, const CompareOptions& options)
      : codebook_(codebook), options_(options) {}

  Change Between(const SpokenYear& from_year, const Sighting& from, const SpokenYear& to_year,
                 const Sighting& to) const {
    Change change;
    change.from = from.release->header().period.year();
    change.to = to.release->header().period.year();
    if (change.from.Next() != change.to) return Undetermined(change, "year-between");
    for (const Sighting* seen : {&from, &to}) {
      const std::string obstacle = Obstacle(seen->cell->status);
      if (!obstacle.empty()) return Undetermined(WithValues(change, from, to), obstacle);
    }
    Side before = SideOf(from, from_year.Combined(from), options_);
    Side after = SideOf(to, to_year.Combined(to), options_);
    const auto town = TownOf(to);
    std::vector<std::string> counted = {town.value_or("")};
    if (!town) {
      change.left_out = NotComparable(*from.release, *to.release);
      if (from.measure->ClassMembers(*from.table, *from.cell)) {
        const auto before_members = from.measure->ClassMembers(*from.table, *from.cell);
        const auto after_members = to.measure->ClassMembers(*to.table, *to.cell);
        std::erase_if(change.left_out, [&](const std::string& code) {
          return !Holds(*before_members, code) && !(after_members && Holds(*after_members, code));
        });
        if (!OnlyInOneYear(from, to, change.left_out).empty()) {
          return Undetermined(WithValues(change, from, to), "other-members");
        }
      }
      if (!change.left_out.empty()) {
        Reduced less_before = Without(from_year.index, from, change.left_out, options_);
        Reduced less_after = Without(to_year.index, to, change.left_out, options_);
        for (const Reduced* reduced : {&less_before, &less_after}) {
          if (!reduced->obstacle.empty()) return Undetermined(change, reduced->obstacle);
        }
        before = less_before.side;
        after = less_after.side;
      }
      counted = DeliveredOf(to);
      std::erase_if(counted, [&](const std::string& code) {
        return std::find(change.left_out.begin(), change.left_out.end(), code) !=
               change.left_out.end();
      });
    }
    before.denominator = Denominator(codebook_, change.from, counted);
    after.denominator = Denominator(codebook_, change.to, counted);
    CompareOptions options = options_;
    options.min_rate_denominator =
        std::max(LeastDenominator(from, options_), LeastDenominator(to, options_));
    Decide(before, after, options, change);
    return change;
  }

 private:
  static Change Undetermined(Change change, std::string reason) {
    change.word = Word::kUndetermined;
    change.reason = std::move(reason);
    return change;
  }

  // Numbers may stand side by side although no word is said about them.
  static Change WithValues(Change change, const Sighting& from, const Sighting& to) {
    change.from_value = from.cell->value;
    change.to_value = to.cell->value;
    if (change.from_value && change.to_value) {
      change.difference = *change.to_value - *change.from_value;
    }
    return change;
  }

  const Codebook& codebook_;
  const CompareOptions& options_;
};

}  // namespace

std::string_view ToText(Word word) {
  switch (word) {
    case Word::kRose:
      return "rose";
    case Word::kFell:
      return "fell";
    case Word::kComparable:
      return "comparable";
    case Word::kUndetermined:
      break;
  }
  return "undetermined";
}

std::string_view DutchWord(Word word) {
  switch (word) {
    case Word::kRose:
      return "steeg";
    case Word::kFell:
      return "daalde";
    case Word::kComparable:
      return "vergelijkbaar";
    case Word::kUndetermined:
      break;
  }
  return "niet vast te stellen";
}

std::vector<Comparison> CompareYears(const std::vector<const table::PublishedRelease*>& releases,
                                     const Codebook& codebook, const CompareOptions& options) {
  const Comparer comparer(codebook, options);
  std::vector<Comparison> comparisons;
  for (const base::Calendar calendar : {base::Calendar::kAbsence, base::Calendar::kVsv}) {
    std::vector<SpokenYear> years;
    for (const auto* release : OnePerYear(releases, calendar)) {
      years.push_back({CellIndex(*release), combine::CombinedRelease(*release, releases)});
    }
    std::set<std::string> done;
    // From the latest on, so that its order is kept and older cells follow.
    for (size_t y = years.size(); y-- > 0;) {
      for (const table::PublishedMeasure& measure : years[y].index.release().measures()) {
        for (const table::PublishedTable& table : measure.tables) {
          for (const table::PublishedCell& cell : table.cells) {
            Comparison comparison{
                measure.id, measure.unit, table.id, measure.schema.Names(table.attributes),
                cell.codes, {},           {}};
            std::string key = measure.id + "/" + table.id;
            for (const std::string& code : cell.codes) key += "/" + code;
            if (!done.insert(std::move(key)).second) continue;
            std::optional<std::pair<size_t, Sighting>> last;
            for (size_t i = 0; i < years.size(); ++i) {
              const auto seen = years[i].index.Find(measure.id, table.id, cell.codes);
              if (!seen) continue;
              comparison.years.push_back(
                  PointOf(*seen, years[i].Combined(*seen), codebook, options));
              if (last) {
                comparison.changes.push_back(
                    comparer.Between(years[last->first], last->second, years[i], *seen));
              }
              last.emplace(i, *seen);
            }
            comparisons.push_back(std::move(comparison));
          }
        }
      }
    }
  }
  return comparisons;
}

}  // namespace polder::stats::compare
