// Regions of exact counts for tests: random counts, the rules for single cells, the suppressor, the
// audit's findings, and an attacker of the tests' own.
#ifndef POLDER_TESTS_SUPPORT_COUNT_REGIONS_H_
#define POLDER_TESTS_SUPPORT_COUNT_REGIONS_H_

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "policies/base/problem.h"
#include "stats/audit/count_proofs.h"
#include "stats/suppress/hide_counts.h"
#include "stats/suppress/rules.h"
#include "stats/table/count_history.h"
#include "tests/support/example_tables.h"

namespace polder::tests {

inline const std::vector<std::string> kKinds{"absolute", "relative", "holiday", "exemptionHealth",
                                             "exemptionOther"};
inline const std::vector<std::string> kAges{"05-11", "12-15", "16-17", "18-22"};

inline const policies::disclosure::Policy& CountsPolicy() {
  static const policies::disclosure::Policy policy = ShippedPolicy("exact-counts");
  return policy;
}

inline stats::table::LinkedTables TablesOf(size_t towns, const std::vector<int64_t>& cells) {
  const stats::table::Schema schema(
      {{"kind", kKinds}, {"municipality", Towns(towns)}, {"ageBand", kAges}});
  stats::table::LinkedTables tables("persons", schema,
                                    {{"total", 0},
                                     {"kind", 1},
                                     {"municipality", 2},
                                     {"municipality-kind", 3},
                                     {"kind-ageBand", 5}});
  tables.exact = true;
  const auto all = stats::table::WholeSet(schema);
  const size_t size = schema.CellCount(all);
  for (size_t cell = 0; cell < cells.size(); ++cell) {
    for (size_t t = 0; t < tables.tables().size(); ++t) {
      const size_t over = schema.Project(all, cell % size, tables.tables()[t].attributes);
      tables.values()[tables.Number(t, over)] += cells[cell];
    }
  }
  return tables;
}

inline stats::table::CountedRelease WithRules(size_t towns, const std::vector<int64_t>& cells,
                                              const std::vector<stats::table::Member>& members) {
  stats::table::CountedRelease release{TablesOf(towns, cells), cells, members};
  stats::suppress::ApplyCellRules(release.tables,
                                  {CountsPolicy(), ShippedCodebook(), SchoolYear(), members});
  return release;
}

inline std::vector<stats::table::Member> MembersOf(size_t towns,
                                                   const std::string& digest = "first") {
  std::vector<stats::table::Member> members = Delivered(Towns(towns));
  for (stats::table::Member& member : members)
    member.deliveries_digest = digest + member.municipality;
  return members;
}

// Towns of very different size, kinds from frequent to rare.
inline std::vector<int64_t> RandomCells(size_t towns, uint64_t seed, double scale = 1) {
  std::mt19937_64 random(seed);
  std::vector<double> size(towns);
  for (double& one : size) one = std::exp(std::normal_distribution<double>(0, 1)(random));
  std::vector<int64_t> cells;
  for (size_t kind = 0; kind < kKinds.size(); ++kind) {
    for (size_t town = 0; town < towns; ++town) {
      for (size_t age = 0; age < kAges.size(); ++age) {
        const double mean =
            scale * 12 * size[town] / static_cast<double>((kind + 1) * (age % 2 + 1));
        cells.push_back(std::poisson_distribution<int64_t>(mean)(random));
      }
    }
  }
  return cells;
}

inline size_t CellAt(size_t towns, size_t kind, size_t town, size_t age) {
  return (kind * towns + town) * kAges.size() + age;
}

struct Hidden {
  stats::table::CountHistory history;
  std::vector<stats::table::CountProof> proofs;
};

// The last of `releases` gets the statuses that it is published with.
inline Hidden Hide(std::vector<stats::table::CountedRelease>& releases,
                   const stats::table::Redivisions& redivisions = {}) {
  const stats::table::CountHistory before(releases, redivisions);
  auto hidden = stats::suppress::HideCounts(before, CountsPolicy());
  for (const size_t cell : hidden.hidden) {
    releases.back().tables.statuses().at(cell) = stats::table::CellStatus::kHidden;
  }
  return {stats::table::CountHistory(releases, redivisions), std::move(hidden.proofs)};
}

inline size_t Findings(const stats::table::CountHistory& history,
                       const std::vector<stats::table::CountProof>& proofs) {
  base::Problems findings;
  stats::audit::CheckCountProofs(history, proofs, CountsPolicy(), "/measures/0", findings);
  return findings.size();
}

inline size_t HiddenCells(const stats::table::CountedRelease& release) {
  const auto& statuses = release.tables.statuses();
  return static_cast<size_t>(
      std::count(statuses.begin(), statuses.end(), stats::table::CellStatus::kHidden));
}

// An attacker's own program: every shown cell of every release is a sum of leaves; what hidden
// small sums follow, by elimination modulo a prime. Leaves that nobody knows are unknowns, nothing
// else is given.
class Elimination {
 public:
  explicit Elimination(const stats::table::CountHistory& history)
      : unknowns_(history.leaves().size()) {
    for (const auto& cell : history.cells()) {
      if (stats::table::HasNumber(cell.status)) Add(RowOf(cell.leaves));
    }
    for (const auto& sum : history.known()) {
      if (sum.low == sum.high) Add(RowOf(sum.leaves));
    }
  }

  bool Gives(const stats::table::CountHistory::Cell& cell) const {
    return Reduced(RowOf(cell.leaves)).second == 0;
  }
  // Somebody knows the count of one leaf.
  bool GivesTo(size_t leaf, const stats::table::CountHistory::Cell& cell) const {
    Row own = Reduced(RowOf({leaf})).first;
    Row row = Reduced(RowOf(cell.leaves)).first;
    const auto at = std::find_if(own.begin(), own.end(), [](uint64_t v) { return v != 0; });
    if (at == own.end()) return false;
    const auto pivot = static_cast<size_t>(at - own.begin());
    const uint64_t factor = kPrime - row[pivot] * Power(own[pivot], kPrime - 2) % kPrime;
    for (size_t i = 0; i < unknowns_; ++i) row[i] = (row[i] + factor * own[i]) % kPrime;
    return std::all_of(row.begin(), row.end(), [](uint64_t v) { return v == 0; });
  }

 private:
  static constexpr uint64_t kPrime = 2147483647;
  using Row = std::vector<uint64_t>;

  static uint64_t Power(uint64_t base, uint64_t exponent) {
    uint64_t power = 1;
    for (; exponent > 0; exponent >>= 1, base = base * base % kPrime) {
      if (exponent & 1) power = power * base % kPrime;
    }
    return power;
  }
  Row RowOf(const std::vector<size_t>& leaves) const {
    Row row(unknowns_, 0);
    for (const size_t leaf : leaves) row[leaf] = 1;
    return row;
  }
  // The row without what is known, and how many unknowns are left in it.
  std::pair<Row, size_t> Reduced(Row row) const {
    for (const auto& [pivot, known] : rows_) {
      const uint64_t factor = kPrime - row[pivot];
      if (row[pivot] == 0) continue;
      for (size_t i = 0; i < unknowns_; ++i) row[i] = (row[i] + factor * known[i]) % kPrime;
    }
    const auto left = std::count_if(row.begin(), row.end(), [](uint64_t v) { return v != 0; });
    return {std::move(row), static_cast<size_t>(left)};
  }
  void Add(Row added) {
    auto [row, left] = Reduced(std::move(added));
    if (left == 0) return;
    const auto pivot = static_cast<size_t>(
        std::find_if(row.begin(), row.end(), [](uint64_t v) { return v != 0; }) - row.begin());
    const uint64_t inverse = Power(row[pivot], kPrime - 2);
    for (uint64_t& value : row) value = value * inverse % kPrime;
    rows_.emplace_back(pivot, std::move(row));
  }

  size_t unknowns_;
  std::vector<std::pair<size_t, Row>> rows_;  // in the order found
};

// Hidden counts from 1 to their threshold that follow exactly.
inline size_t Recovered(const stats::table::CountHistory& history) {
  const Elimination attacker(history);
  size_t recovered = 0;
  for (const auto& cell : history.cells()) {
    if (stats::table::HasNumber(cell.status) || cell.count == 0) continue;
    if (cell.count >= CountsPolicy().RuleOf(cell.kind).threshold) continue;
    recovered += attacker.Gives(cell);
  }
  return recovered;
}

// Hidden small counts of others that somebody who is alone in a leaf finds exactly.
inline size_t RecoveredBySomebodyAlone(const stats::table::CountHistory& history) {
  const Elimination attacker(history);
  size_t recovered = 0;
  for (size_t leaf = 0; leaf < history.leaves().size(); ++leaf) {
    if (history.leaves()[leaf].count != 1) continue;
    for (const auto& cell : history.cells()) {
      if (stats::table::HasNumber(cell.status) || cell.count == 0) continue;
      if (cell.count >= CountsPolicy().RuleOf(cell.kind).threshold) continue;
      if (cell.leaves == std::vector<size_t>{leaf}) continue;
      recovered += attacker.GivesTo(leaf, cell);
    }
  }
  return recovered;
}

}  // namespace polder::tests

#endif  // POLDER_TESTS_SUPPORT_COUNT_REGIONS_H_
