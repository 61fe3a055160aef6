// Exact counts, released over and over: what is hidden, what proves it, and that the audit sees a
// release that leaks, whoever made it.
#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/audit/count_proofs.h"
#include "stats/suppress/hide_counts.h"
#include "stats/suppress/rules.h"
#include "stats/table/count_history.h"
#include "tests/support/example_tables.h"
#include "tests/support/problem_code.h"

namespace polder::tests {
namespace {

using policies::disclosure::Policy;
using stats::table::CellStatus;
using stats::table::CountedRelease;
using stats::table::CountHistory;
using stats::table::CountProof;
using stats::table::HasNumber;
using stats::table::LinkedTables;
using stats::table::Member;
using testing_support::CodeOf;

const std::vector<std::string> kKinds{"absolute", "relative", "holiday", "exemptionHealth",
                                      "exemptionOther"};
const std::vector<std::string> kAges{"05-11", "12-15", "16-17", "18-22"};

const Policy& CountsPolicy() {
  static const Policy policy = ShippedPolicy("exact-counts");
  return policy;
}

LinkedTables TablesOf(size_t towns, const std::vector<int64_t>& cells) {
  const stats::table::Schema schema(
      {{"kind", kKinds}, {"municipality", Towns(towns)}, {"ageBand", kAges}});
  LinkedTables tables("persons", schema,
                      {{"total", 0},
                       {"kind", 1},
                       {"municipality", 2},
                       {"municipality-kind", 3},
                       {"kind-ageBand", 5}});
  tables.exact = true;
  const auto all = stats::table::WholeSet(schema);
  for (size_t cell = 0; cell < cells.size(); ++cell) {
    for (size_t t = 0; t < tables.tables().size(); ++t) {
      const size_t part = schema.Project(all, cell, tables.tables()[t].attributes);
      tables.values()[tables.Number(t, part)] += cells[cell];
    }
  }
  return tables;
}

CountedRelease WithRules(size_t towns, const std::vector<int64_t>& cells,
                         const std::vector<Member>& members) {
  CountedRelease release{TablesOf(towns, cells), cells, members};
  stats::suppress::ApplyCellRules(release.tables,
                                  {CountsPolicy(), ShippedCodebook(), SchoolYear(), members});
  return release;
}

std::vector<Member> MembersOf(size_t towns, const std::string& digest = "first") {
  std::vector<Member> members = Delivered(Towns(towns));
  for (Member& member : members) member.deliveries_digest = digest + member.municipality;
  return members;
}

// Towns of very different size, kinds from frequent to rare.
std::vector<int64_t> RandomCells(size_t towns, uint64_t seed, double scale = 1) {
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

size_t CellAt(size_t towns, size_t kind, size_t town, size_t age) {
  return (kind * towns + town) * kAges.size() + age;
}

struct Hidden {
  CountHistory history;
  std::vector<CountProof> proofs;
};

// The last of `releases` gets the statuses that it is published with.
Hidden Hide(std::vector<CountedRelease>& releases) {
  const CountHistory before(releases);
  auto hidden = stats::suppress::HideCounts(before, CountsPolicy());
  for (const size_t cell : hidden.hidden) {
    releases.back().tables.statuses().at(cell) = CellStatus::kHidden;
  }
  return {CountHistory(releases), std::move(hidden.proofs)};
}

size_t Findings(const CountHistory& history, const std::vector<CountProof>& proofs) {
  base::Problems findings;
  stats::audit::CheckCountProofs(history, proofs, CountsPolicy(), "/measures/0", findings);
  return findings.size();
}

size_t HiddenCells(const CountedRelease& release) {
  const auto& statuses = release.tables.statuses();
  return static_cast<size_t>(std::count(statuses.begin(), statuses.end(), CellStatus::kHidden));
}

TEST(ExactCounts, EveryRegionIsHiddenWithProofsThatAddUpAndMostOfItIsShown) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const size_t towns = 4 + seed % 8;
    std::vector<CountedRelease> releases{
        WithRules(towns, RandomCells(towns, seed), MembersOf(towns))};
    const Hidden hidden = Hide(releases);
    EXPECT_EQ(Findings(hidden.history, hidden.proofs), 0u) << seed;
    EXPECT_GT(HiddenCells(releases.back()), 0u);
    EXPECT_LT(HiddenCells(releases.back()), releases.back().tables.cell_count() * 3 / 4) << seed;
  }
}

TEST(ExactCounts, ACellShownThatWasHiddenForAnotherIsFoundEveryTime) {
  size_t tried = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const size_t towns = 5;
    std::vector<CountedRelease> releases{
        WithRules(towns, RandomCells(towns, seed), MembersOf(towns))};
    const std::vector<CellStatus> by_rules = releases.back().tables.statuses();
    const Hidden hidden = Hide(releases);
    for (size_t cell = 0; cell < by_rules.size(); ++cell) {
      auto& status = releases.back().tables.statuses()[cell];
      if (status != CellStatus::kHidden || !HasNumber(by_rules[cell])) continue;
      // The pattern with one complementary cell left out, and the proofs that the suppressor
      // wrote for the whole one: at least one of them moves the cell, or nobody needed it.
      status = by_rules[cell];
      const CountHistory mutant(releases);
      EXPECT_GT(Findings(mutant, hidden.proofs), 0u) << seed << " " << cell;
      status = CellStatus::kHidden;
      ++tried;
    }
  }
  EXPECT_GT(tried, 300u);
}

TEST(ExactCounts, AProofThatIsMissingChangedOrOfAnotherTableIsNone) {
  const size_t towns = 6;
  std::vector<CountedRelease> releases{WithRules(towns, RandomCells(towns, 7), MembersOf(towns))};
  const Hidden hidden = Hide(releases);
  ASSERT_GT(hidden.proofs.size(), 10u);
  for (size_t i = 0; i < hidden.proofs.size(); i += 7) {
    auto fewer = hidden.proofs;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_GT(Findings(hidden.history, fewer), 0u) << i;
    auto changed = hidden.proofs;
    auto& change = changed[i].high.empty() ? changed[i].low : changed[i].high;
    change.front().second += 1;  // no longer adds up
    EXPECT_GT(Findings(hidden.history, changed), 0u) << i;
    auto twice = hidden.proofs;  // a leaf named twice could hide a negative count
    auto& doubled = twice[i].high.empty() ? twice[i].low : twice[i].high;
    doubled.push_back(doubled.front());
    EXPECT_GT(Findings(hidden.history, twice), 0u) << i;
    auto other = hidden.proofs;
    other[i].cell = hidden.history.cells().size();
    EXPECT_GT(Findings(hidden.history, other), 0u) << i;
  }
}

TEST(ExactCounts, WhatAMemberKnowsDoesNotMoveInTheProofsAgainstIt) {
  const size_t towns = 6;
  std::vector<CountedRelease> releases{WithRules(towns, RandomCells(towns, 11), MembersOf(towns))};
  const Hidden hidden = Hide(releases);
  // An outsider's proof passed off as one against a member whose own counts it moves.
  size_t tried = 0;
  for (size_t i = 0; i < hidden.proofs.size(); ++i) {
    if (hidden.proofs[i].attacker.size() != 1) continue;
    const size_t member = hidden.proofs[i].attacker.front();
    for (const CountProof& other : hidden.proofs) {
      if (other.cell != hidden.proofs[i].cell || !other.attacker.empty()) continue;
      const bool moves_own =
          std::any_of(other.low.begin(), other.low.end(), [&](const auto& change) {
            return hidden.history.leaves()[change.first].member == member;
          });
      if (!moves_own) continue;
      auto forged = hidden.proofs;
      forged[i].low = other.low;
      forged[i].high = other.high;
      EXPECT_GT(Findings(hidden.history, forged), 0u);
      ++tried;
    }
  }
  EXPECT_GT(tried, 5u);
}

// --- Two releases of one period.

struct TwoReleases {
  std::vector<CountedRelease> releases;
  std::vector<CountProof> proofs;  // of the second
};

// The region first, then with a member's deliveries replaced: a few of its counts differ.
TwoReleases Corrected(size_t towns, uint64_t seed, bool together) {
  std::vector<int64_t> cells = RandomCells(towns, seed);
  std::vector<Member> members = MembersOf(towns);
  std::vector<CountedRelease> releases{WithRules(towns, cells, members)};
  Hide(releases);
  std::mt19937_64 random(seed ^ 0x5bd1e995);
  for (size_t kind = 0; kind < kKinds.size(); ++kind) {
    for (size_t age = 0; age < kAges.size(); ++age) {
      cells[CellAt(towns, kind, 2, age)] += static_cast<int64_t>(random() % 3);
    }
  }
  members[2].deliveries_digest = "replaced";
  CountedRelease second = WithRules(towns, cells, members);
  if (together) {
    releases.push_back(std::move(second));
    auto hidden = Hide(releases);
    return {std::move(releases), std::move(hidden.proofs)};
  }
  std::vector<CountedRelease> alone{std::move(second)};
  auto hidden = Hide(alone);
  releases.push_back(std::move(alone.front()));
  return {std::move(releases), std::move(hidden.proofs)};
}

// An attacker's own program: every shown cell of every release is a sum of leaves; what hidden
// small sums follow, by elimination modulo a prime. Leaves that nobody knows are unknowns, nothing
// else is given.
class Elimination {
 public:
  explicit Elimination(const CountHistory& history) : unknowns_(history.leaves().size()) {
    for (const auto& cell : history.cells()) {
      if (HasNumber(cell.status)) Add(RowOf(cell));
    }
  }

  bool Gives(const CountHistory::Cell& cell) const { return Reduced(RowOf(cell)).second == 0; }

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
  Row RowOf(const CountHistory::Cell& cell) const {
    Row row(unknowns_, 0);
    for (const size_t leaf : cell.leaves) row[leaf] = 1;
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
size_t Recovered(const CountHistory& history) {
  const Elimination attacker(history);
  size_t recovered = 0;
  for (const auto& cell : history.cells()) {
    if (HasNumber(cell.status) || cell.count == 0) continue;
    if (cell.count >= CountsPolicy().RuleOf(cell.kind).threshold) continue;
    recovered += attacker.Gives(cell);
  }
  return recovered;
}

TEST(ExactCounts, ReleasesOfOnePeriodProtectedTogetherPassAndEachAloneLeaks) {
  size_t leaks = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    const TwoReleases together = Corrected(6, seed, true);
    const CountHistory joint(together.releases);
    EXPECT_EQ(Findings(joint, together.proofs), 0u) << seed;
    EXPECT_EQ(Recovered(joint), 0u) << seed;
    const TwoReleases alone = Corrected(6, seed, false);
    std::vector<CountedRelease> second{alone.releases.back()};
    EXPECT_EQ(Recovered(CountHistory(second)), 0u) << "safe by itself";
    leaks += Recovered(CountHistory(alone.releases)) > 0;
  }
  EXPECT_GE(leaks, 2u);
}

TEST(ExactCounts, WhatAnEarlierReleaseShowsThatMustNowStayHiddenStopsTheRelease) {
  const size_t towns = 5;
  std::vector<CountedRelease> releases{WithRules(towns, RandomCells(towns, 3), MembersOf(towns))};
  Hide(releases);
  // Someone published the sensitive cells all the same.
  auto& tables = releases.front().tables;
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    if (tables.statuses()[cell] == CellStatus::kHidden) {
      tables.statuses()[cell] = CellStatus::kValue;
    }
  }
  releases.push_back(WithRules(towns, RandomCells(towns, 3), MembersOf(towns)));
  EXPECT_EQ(CodeOf([&] { Hide(releases); }), "cannot-protect");
}

TEST(ExactCounts, TheSameTablesGiveTheSamePattern) {
  const size_t towns = 8;
  std::vector<CountedRelease> one{WithRules(towns, RandomCells(towns, 5), MembersOf(towns))};
  std::vector<CountedRelease> two{WithRules(towns, RandomCells(towns, 5), MembersOf(towns))};
  Hide(one);
  Hide(two);
  EXPECT_EQ(one.front().tables.statuses(), two.front().tables.statuses());
}

}  // namespace
}  // namespace polder::tests
