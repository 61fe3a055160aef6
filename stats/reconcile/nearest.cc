#include "stats/reconcile/nearest.h"

#include <algorithm>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "policies/base/problem.h"
#include "stats/reconcile/whole_search.h"
#include "stats/table/marginal_system.h"

namespace polder::stats::reconcile {
namespace {

using base::Integer;
using base::Rational;
using table::AttributeSet;
using table::Schema;

int64_t Small(const Integer& value) {
  const auto small = base::ToInt64(value);
  // Room for differences.
  if (!small || *small > (int64_t{1} << 60) || *small < -(int64_t{1} << 60)) {
    throw base::ProblemError("answers-out-of-range", "", "A cell exceeds 60 bits.");
  }
  return *small;
}

Rational Distance(const Integer& whole, const Rational& value) {
  return abs(Rational(whole - value));
}

// The search's word is not taken for it: any two tables must agree on what they share.
void CheckAgreement(const Schema& schema, const std::vector<AttributeSet>& tables,
                    const NearestWholes& nearest) {
  const auto totals = [&](AttributeSet set, AttributeSet common) {
    std::vector<Integer> sums(schema.CellCount(common));
    const std::vector<Integer>& wholes = nearest.wholes.at(set);
    for (size_t cell = 0; cell < wholes.size(); ++cell) {
      sums[schema.Project(set, cell, common)] += wholes[cell];
    }
    return sums;
  };
  for (const AttributeSet a : tables) {
    for (const AttributeSet b : tables) {
      if (a < b && totals(a, a & b) != totals(b, a & b)) {
        throw std::logic_error("whole numbers that do not add up");
      }
    }
  }
}

class Nearest {
 public:
  Nearest(const Schema& schema, const std::vector<AttributeSet>& tables,
          const std::function<std::vector<Rational>(AttributeSet)>& estimates,
          const NearestLimits& limits)
      : limits_(limits),
        system_(table::MakeMarginalSystem(schema, tables, limits.cells)),
        values_(system_.count),
        bounded_(system_.count, false),
        start_(system_.count) {
    const uint64_t free = system_.count - system_.relations.size();
    if (free * system_.relations.size() > limits.coefficients) {
      throw base::ProblemError("too-many-cells", "/tables",
                               "tables that cross each other like this are too large to be made "
                               "to add up; publish fewer or smaller tables, or tables that all "
                               "cross one attribute");
    }
    for (const AttributeSet set : system_.order) {
      const std::vector<Rational> exact = estimates(set);
      std::copy(exact.begin(), exact.end(),
                values_.begin() + static_cast<std::ptrdiff_t>(system_.first.at(set)));
    }
    for (const AttributeSet set : tables) {
      const auto from = bounded_.begin() + static_cast<std::ptrdiff_t>(system_.first.at(set));
      std::fill_n(from, schema.CellCount(set), true);
    }
    // Corner cells to the nearest, the rest as it follows.
    for (size_t i = 0; i < system_.count; ++i) start_[i] = base::Round(values_[i]);
    for (const table::Relation& relation : system_.relations) {
      Integer& sum = start_[relation.variable] = 0;
      for (const auto& [corner, coefficient] : relation.terms) {
        sum += base::ToInteger(coefficient) * start_[corner];
      }
    }
    best_ = start_;
    deviation_ = Deviation(start_);
    for (size_t i = 0; i < system_.count; ++i) {
      if (bounded_[i]) {
        at_least_ = std::max(at_least_, Distance(base::Round(values_[i]), values_[i]));
      }
    }
    search_.emplace(system_.count, system_.relations, bounded_);
  }

  NearestWholes Solve(Aim aim, const std::vector<AttributeSet>& tables, const Schema& schema) {
    ReachSome();
    if (aim == Aim::kLeast || deviation_ >= 1) Improve();
    NearestWholes result{{}, deviation_, at_least_};
    for (const AttributeSet set : tables) {
      const auto from = best_.begin() + static_cast<std::ptrdiff_t>(system_.first.at(set));
      result.wholes[set].assign(from, from + static_cast<std::ptrdiff_t>(schema.CellCount(set)));
    }
    return result;
  }

 private:
  Rational Deviation(const std::vector<Integer>& wholes) const {
    Rational largest = 0;
    for (size_t i = 0; i < wholes.size(); ++i) {
      if (bounded_[i]) largest = std::max(largest, Distance(wholes[i], values_[i]));
    }
    return largest;
  }

  // Every distance that a whole number can have from an estimate, between the two bounds.
  std::vector<Rational> Distances(const Rational& least, const Rational& below) const {
    std::set<Rational> distances;
    for (size_t i = 0; i < values_.size(); ++i) {
      if (!bounded_[i]) continue;
      const Rational up = base::Ceil(values_[i]) - values_[i];
      const Rational down = values_[i] - base::Floor(values_[i]);
      for (const Rational& first : {up, down}) {
        for (Rational at = first; at < below; at += 1) {
          if (at >= least) distances.insert(at);
        }
      }
    }
    return {distances.begin(), distances.end()};
  }

  // Whole numbers no further than `most` from the estimates.
  Verdict Ask(const Rational& most) {
    std::vector<int64_t> low(values_.size(), 0), high(values_.size(), 0);
    for (size_t i = 0; i < values_.size(); ++i) {
      if (!bounded_[i]) continue;
      low[i] = Small(base::Ceil(values_[i] - most) - start_[i]);
      high[i] = Small(base::Floor(values_[i] + most) - start_[i]);
    }
    const Verdict verdict = search_->Find(low, high, limits_.effort);
    if (verdict == Verdict::kFound) Take(search_->values());
    return verdict;
  }

  void Take(const std::vector<int64_t>& moves) {
    std::vector<Integer> wholes = start_;
    for (size_t i = 0; i < wholes.size(); ++i) wholes[i] += base::ToInteger(moves[i]);
    const Rational deviation = Deviation(wholes);
    if (deviation >= deviation_) throw std::logic_error("a search that finds no nearer numbers");
    deviation_ = deviation;
    best_ = std::move(wholes);
  }

  // Makes the deviation small by whole steps: under 1, under 2, …
  void ReachSome() {
    for (long step = 1; deviation_ >= step; ++step) {
      const std::vector<Rational> distances = Distances(at_least_, step);
      if (distances.empty()) continue;
      const Verdict verdict = Ask(distances.back());
      if (verdict == Verdict::kFound) return;
      if (verdict == Verdict::kNone) {
        const std::vector<Rational> further = Distances(at_least_, step + 1);
        at_least_ = *std::upper_bound(further.begin(), further.end(), distances.back());
      }
    }
  }

  // Halves the list of possible deviations until the least one is found. Where the effort did not
  // suffice the search goes on above, and what it finds is as good as it is proven.
  void Improve() {
    const std::vector<Rational> distances = Distances(at_least_, deviation_);
    auto from = distances.begin();
    auto unproven = from;
    while (from != distances.end() && *from < deviation_) {
      const auto end = std::lower_bound(from, distances.end(), deviation_);
      const auto middle = from + (end - from) / 2;
      const Verdict verdict = Ask(*middle);
      if (verdict == Verdict::kFound) continue;
      from = middle + 1;
      // None within a bound is none within a smaller one.
      if (verdict == Verdict::kNone) unproven = from;
    }
    // Bounds passed over without an answer: how far up can it be proven that there are none?
    auto open = std::lower_bound(distances.begin(), distances.end(), deviation_);
    while (unproven < open) {
      const auto middle = unproven + (open - unproven) / 2;
      const Verdict verdict = Ask(*middle);
      if (verdict == Verdict::kNone) {
        unproven = middle + 1;
      } else {
        open = middle;
      }
    }
    at_least_ = unproven == distances.end() ? deviation_ : std::min(*unproven, deviation_);
  }

  const NearestLimits& limits_;
  table::MarginalSystem system_;
  std::vector<Rational> values_;
  std::vector<bool> bounded_;
  std::vector<Integer> start_, best_;
  Rational deviation_ = 0, at_least_ = 0;
  std::optional<WholeSearch> search_;
};

}  // namespace

NearestWholes FindNearest(const Schema& schema, const std::vector<AttributeSet>& tables,
                          const std::function<std::vector<Rational>(AttributeSet)>& estimates,
                          Aim aim, const NearestLimits& limits) {
  NearestWholes nearest = Nearest(schema, tables, estimates, limits).Solve(aim, tables, schema);
  CheckAgreement(schema, tables, nearest);
  return nearest;
}

}  // namespace polder::stats::reconcile
