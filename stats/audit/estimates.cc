#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "policies/base/json.h"
#include "stats/audit/findings.h"
#include "stats/audit/information.h"
#include "stats/audit/informed.h"
#include "stats/table/known_figures.h"

namespace polder::stats::audit {
namespace {

using table::AttributeSet;
using table::CellStatus;

// Positions of the codes of municipalities that everybody knows to have no counts.
std::set<size_t> Missing(const table::LinkedTables& tables,
                         const std::vector<table::Member>& members) {
  const auto municipality = tables.schema().IndexOf("municipality");
  std::set<size_t> missing;
  if (!municipality) return missing;
  const auto& codes = tables.schema().dimensions()[*municipality].codes;
  for (const std::string& town : MissingTowns(tables, members)) {
    const auto found = std::find(codes.begin(), codes.end(), town);
    if (found != codes.end()) missing.insert(static_cast<size_t>(found - codes.begin()));
  }
  return missing;
}

// The schema, with the classes that another measure of the same municipalities has.
table::Schema WithTheirClasses(const table::Schema& schema,
                               const std::vector<const table::PublishedMeasure*>& others) {
  const auto town = schema.IndexOf("municipality");
  if (!town || schema.IsHierarchical()) return schema;
  for (const table::PublishedMeasure* other : others) {
    const auto theirs = other->schema.IndexOf("municipality");
    const auto classes = theirs ? other->schema.ClassesOf(*theirs) : std::nullopt;
    if (!classes) continue;
    std::vector<table::Dimension> dimensions = schema.dimensions();
    if (other->schema.dimensions()[*theirs].codes != dimensions[*town].codes) continue;
    dimensions[*town] = other->schema.dimensions()[*theirs];
    dimensions.push_back(other->schema.dimensions()[*classes]);
    return table::Schema(std::move(dimensions));
  }
  return schema;
}

// The residuals of a measure over dimensions that `schema` has as well. Those that tell other
// attributes apart say nothing about sums over these. Measured without classes, municipalities stay
// a set that does not hold them. nullopt when the two speak of other cells: other codes, or other
// classes of municipalities.
std::optional<std::vector<table::MeasuredResidual>> Seen(const table::PublishedMeasure& measure,
                                                         const table::Schema& schema) {
  std::vector<std::optional<size_t>> places;
  for (const table::Dimension& dimension : measure.schema.dimensions()) {
    const auto found = schema.IndexOf(dimension.name);
    places.push_back(found);
    if (!found) continue;
    const table::Dimension& ours = schema.dimensions()[*found];
    const bool same_classes = dimension.grouped_by.empty() || dimension == ours;
    if (dimension.codes != ours.codes || !same_classes) return std::nullopt;
  }
  std::vector<table::MeasuredResidual> seen;
  for (const table::MeasuredResidual& residual : measure.residuals) {
    AttributeSet set = 0;
    bool all = true;
    for (size_t i = 0; i < places.size(); ++i) {
      if ((residual.attributes >> i & 1U) == 0) continue;
      all = all && places[i].has_value();
      if (places[i]) set |= AttributeSet{1} << *places[i];
    }
    if (all) seen.push_back({set, residual.gamma_squared});
  }
  return seen;
}

struct Gathered {
  Information information;
  // Some earlier release speaks of other cells, so that it does not fit the closed form. Only the
  // bound for any knowledge counts what it tells.
  bool apart = false;
};

// Everything measured about one measure in overlapping releases, as far as it is about dimensions
// that both have. A measurement of a part of the period counts as one of the whole, which only
// helps the attacker.
Gathered Gather(const table::LinkedTables& tables, const base::Period& period,
                const std::vector<table::PublishedRelease>& earlier) {
  std::vector<const table::PublishedMeasure*> others;
  for (const table::PublishedRelease& release : earlier) {
    const table::PublishedMeasure* measure = release.FindMeasure(tables.measure());
    if (measure != nullptr && Overlaps(release, period)) others.push_back(measure);
  }
  const table::Schema schema = WithTheirClasses(tables.schema(), others);
  Gathered gathered{Information(schema)};
  gathered.information.Add(tables.residuals());  // dimensions that were added stand last
  for (const table::PublishedMeasure* measure : others) {
    if (measure->exact) continue;
    const auto seen = Seen(*measure, schema);
    gathered.apart = gathered.apart || !seen;
    if (seen) gathered.information.Add(*seen);
  }
  return gathered;
}

// One pupil with one case is one unit in every measure: what all of them together say about it.
base::Rational OfOnePupil(const Candidate& candidate,
                          const std::vector<table::PublishedRelease>& earlier) {
  base::Rational information = 0;
  const auto add = [&](const table::Schema& schema,
                       const std::vector<table::MeasuredResidual>& residuals) {
    Information one(schema);
    one.Add(residuals);
    information += one.OfOneUnit();
  };
  for (const table::LinkedTables& tables : candidate.measures) {
    if (tables.exact) continue;  // proved by intervals, not by noise
    add(tables.schema(), tables.residuals());
  }
  for (const table::PublishedRelease& release : earlier) {
    if (!Overlaps(release, candidate.period)) continue;
    for (const table::PublishedMeasure& measure : release.measures()) {
      if (measure.exact) continue;
      add(measure.schema, measure.residuals);
    }
  }
  return information;
}

// Holds the hidden cells of one measure against the least variance, per class of attacker.
class Judge {
 public:
  Judge(const base::Rational& least, std::set<size_t> missing, std::string pointer,
        SmallestVariances& smallest, base::Problems& findings)
      : least_(least),
        missing_(std::move(missing)),
        pointer_(std::move(pointer)),
        smallest_(smallest),
        findings_(findings) {}

  // By symmetry of the measurements the variance depends only on how many municipalities an
  // attacker knows, not on which: one solve stands for every member, one for every pair.
  void WithoutKnown(const table::LinkedTables& tables, const Information& gathered) {
    for (size_t t = 0; t < tables.tables().size(); ++t) {
      if (Hidden(tables, t).empty()) continue;
      for (size_t own = 0; own < kClasses; ++own) {
        const auto variance =
            gathered.BestVariance(tables.tables()[t].attributes, missing_.size() + own);
        if (variance) Take(t, own, *variance);
      }
    }
  }

  // What cannot be weighed: everybody is taken to know as much as the bound for any knowledge says.
  void AsIfAllWereKnown(const table::LinkedTables& tables) {
    if (!smallest_.any_knowledge) return;
    const base::Rational bound = *smallest_.any_knowledge;
    for (size_t t = 0; t < tables.tables().size(); ++t) {
      if (Hidden(tables, t).empty()) continue;
      for (size_t own = 0; own < kClasses; ++own) Take(t, own, bound);
    }
  }

  // Uneven classes make members unlike each other: all that matters of an attacker is how many
  // municipalities of each class it knows, and of a cell, in which class it lies.
  void WithClasses(const table::LinkedTables& tables, const Information& gathered) {
    const table::Schema& schema = gathered.schema();
    const size_t town = *schema.IndexOf("municipality");
    const AttributeSet classes = AttributeSet{1} << *schema.ClassesOf(town);
    const std::vector<size_t>& groups = schema.dimensions()[town].groups;
    std::vector<size_t> there = schema.GroupSizes(town);
    for (const size_t away : missing_) --there[groups[away]];
    std::set<std::pair<size_t, std::vector<size_t>>> readers;  // how many they know, what is left
    for (const std::vector<size_t>& own : Attackers(groups.size())) {
      std::vector<size_t> left = there;
      for (const size_t mine : own) --left[groups[mine]];
      readers.emplace(own.size(), std::move(left));
    }
    for (size_t t = 0; t < tables.tables().size(); ++t) {
      const AttributeSet set = schema.Closed(tables.tables()[t].attributes);
      std::set<size_t> hidden_in;
      for (const size_t cell : Hidden(tables, t)) {
        hidden_in.insert((set & classes) != 0 ? schema.Project(set, cell, classes) : 0);
      }
      for (const auto& [own, left] : readers) {
        for (const size_t in_class : hidden_in) {
          const auto variance = gathered.BestVariance(set, left, in_class);
          if (variance) Take(t, own, *variance);
        }
      }
    }
  }

  // Known figures single cells out: every attacker and every hidden cell by itself.
  void WithKnown(const table::LinkedTables& tables, const Information& gathered,
                 const std::vector<table::KnownFigure>& known) {
    const table::Schema& schema = gathered.schema();
    const auto municipality = schema.IndexOf("municipality");
    const AttributeSet town = municipality ? AttributeSet{1} << *municipality : 0;
    const size_t towns = municipality ? schema.dimensions()[*municipality].codes.size() : 0;
    const InformedEstimates estimates(schema, gathered.precision(), known);
    for (const std::vector<size_t>& own : Attackers(towns)) {
      std::vector<size_t> theirs(missing_.begin(), missing_.end());
      theirs.insert(theirs.end(), own.begin(), own.end());
      for (size_t t = 0; t < tables.tables().size(); ++t) {
        const AttributeSet set = schema.Closed(tables.tables()[t].attributes);
        std::vector<size_t> cells;
        for (const size_t cell : Hidden(tables, t)) {
          const bool is_own =
              (set & town) != 0 && std::find(theirs.begin(), theirs.end(),
                                             schema.Project(set, cell, town)) != theirs.end();
          if (!is_own) cells.push_back(cell);
        }
        if (cells.empty()) continue;
        for (const InformedBound& bound : estimates.For(set, cells, theirs)) {
          if (bound.known_elsewhere && own.empty()) ++smallest_.known_elsewhere;
          if (bound.variance) Take(t, own.size(), *bound.variance);
        }
      }
    }
  }

 private:
  static constexpr size_t kClasses = 3;  // outsider, member, pair

  static std::vector<size_t> Hidden(const table::LinkedTables& tables, size_t table) {
    std::vector<size_t> cells;
    const size_t count = tables.schema().CellCount(tables.tables()[table].attributes);
    for (size_t cell = 0; cell < count; ++cell) {
      if (tables.statuses()[tables.Number(table, cell)] == CellStatus::kHidden) {
        cells.push_back(cell);
      }
    }
    return cells;
  }

  std::vector<std::vector<size_t>> Attackers(size_t towns) const {
    std::vector<std::vector<size_t>> attackers = {{}};
    for (size_t a = 0; a < towns; ++a) {
      if (missing_.contains(a)) continue;
      attackers.push_back({a});
      for (size_t b = 0; b < a; ++b) {
        if (!missing_.contains(b)) attackers.push_back({b, a});
      }
    }
    return attackers;
  }

  void Take(size_t table, size_t own, const base::Rational& variance) {
    const std::array<std::optional<base::Rational>*, kClasses> classes = {
        &smallest_.outsider, &smallest_.member, &smallest_.pair};
    smallest_.Lower(*classes.at(own), variance);
    if (variance >= least_ || !told_.insert({table, own}).second) return;
    findings_.Add("audit-failed", base::Pointer(pointer_ + "/tables", table),
                  own == 0   ? "an outsider estimates a hidden cell too closely"
                  : own == 1 ? "a member estimates a hidden cell too closely"
                             : "a pair of members estimates a hidden cell too closely");
  }

  const base::Rational& least_;
  const std::set<size_t> missing_;
  const std::string pointer_;
  SmallestVariances& smallest_;
  base::Problems& findings_;
  std::set<std::pair<size_t, size_t>> told_;
};

}  // namespace

void CheckEstimates(const Candidate& candidate, const policies::disclosure::Policy& policy,
                    const std::vector<table::PublishedRelease>& earlier,
                    SmallestVariances& smallest, base::Problems& findings) {
  const base::Rational least = policy.audit().min_hidden_sd * policy.audit().min_hidden_sd;
  const base::Rational one_pupil = OfOnePupil(candidate, earlier);
  if (one_pupil > 0) smallest.Lower(smallest.any_knowledge, 1 / one_pupil);
  if (one_pupil <= 0 || 1 / one_pupil < least) {
    findings.Add(
        "audit-failed", "/measures",
        "someone who knows everything but one pupil estimates that pupil's cell too closely "
        "from all releases of the period; the policy's minHiddenSd needs less budget");
  }

  for (size_t m = 0; m < candidate.measures.size(); ++m) {
    const table::LinkedTables& tables = candidate.measures[m];
    if (tables.exact) continue;
    const auto [gathered, apart] = Gather(tables, candidate.period, earlier);
    const std::vector<table::KnownFigure> known =
        table::KnownFigures(policy, tables.measure(), candidate.period,
                            table::KnownOf::kOverlapping, gathered.schema());
    Judge judge(least, Missing(tables, candidate.members), base::Pointer("/measures", m), smallest,
                findings);
    if (apart && !known.empty()) {
      findings.Add("audit-failed", base::Pointer("/measures", m),
                   "an earlier release of this period has other codes or size classes, and what it "
                   "tells beside the policy's known figures cannot be weighed; keep the size "
                   "classes (peers.classLimits, peers.classYear) for the whole period");
      continue;
    }
    if (apart) judge.AsIfAllWereKnown(tables);
    if (known.empty() && gathered.schema().IsHierarchical()) {
      judge.WithClasses(tables, gathered);
    } else if (known.empty()) {
      judge.WithoutKnown(tables, gathered);
    } else {
      smallest.known_figures += known.size();
      judge.WithKnown(tables, gathered, known);
    }
  }
}

}  // namespace polder::stats::audit
