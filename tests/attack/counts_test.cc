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
#include "tests/support/count_regions.h"
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

// The proofs of the whole pattern do not fit the one with a cell more, in any of many tables.
TEST(ExactCounts, OneComplementaryCellLeftOutIsCaughtInAThousandRandomTables) {
  size_t mutants = 0;
  for (uint64_t seed = 1; mutants < 1000; ++seed) {
    ASSERT_LT(seed, 1500u) << "company is hidden too seldom for the test to mean anything";
    const size_t towns = 3 + seed % 4;
    std::vector<CountedRelease> releases{
        WithRules(towns, RandomCells(towns, 7000 + seed), MembersOf(towns))};
    const std::vector<CellStatus> by_rules = releases.back().tables.statuses();
    const Hidden hidden = Hide(releases);
    ASSERT_EQ(Findings(hidden.history, hidden.proofs), 0u) << seed;
    std::vector<size_t> company;
    for (size_t cell = 0; cell < by_rules.size(); ++cell) {
      if (releases.back().tables.statuses()[cell] == CellStatus::kHidden &&
          HasNumber(by_rules[cell])) {
        company.push_back(cell);
      }
    }
    if (company.empty()) continue;
    ++mutants;
    const size_t left_out = company[seed % company.size()];
    releases.back().tables.statuses()[left_out] = by_rules[left_out];
    EXPECT_GT(Findings(CountHistory(releases), hidden.proofs), 0u) << seed << " " << left_out;
  }
}

TEST(ExactCounts, AProofThatIsMissingChangedOrOfAnotherTableIsNone) {
  const size_t towns = 6;
  std::vector<CountedRelease> releases{WithRules(towns, RandomCells(towns, 7), MembersOf(towns))};
  const Hidden hidden = Hide(releases);
  ASSERT_GT(hidden.proofs.size(), 10u);
  const size_t members = hidden.history.members().size();
  for (size_t i = 0; i < hidden.proofs.size(); i += 7) {
    // Of two who are alone in a municipality more than one proof may speak.
    const auto& attacker = hidden.proofs[i].attacker;
    if (!attacker.empty() && attacker.front() >= 2 * members) continue;
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

// Who is the only one in a finest cell knows that count. It finds nobody else's, not even that of
// another who is alone in the same municipality; the proofs against them cannot be left out.
TEST(ExactCounts, SomebodyAloneInACellFindsNobodyElse) {
  size_t alone = 0;
  size_t one_by_one = 0;
  for (uint64_t seed = 1; seed <= 25; ++seed) {
    const size_t towns = 4 + seed % 3;
    std::vector<CountedRelease> releases{
        WithRules(towns, RandomCells(towns, 300 + seed, 0.5), MembersOf(towns))};
    const Hidden hidden = Hide(releases);
    EXPECT_EQ(Findings(hidden.history, hidden.proofs), 0u) << seed;
    EXPECT_EQ(RecoveredBySomebodyAlone(hidden.history), 0u) << seed;
    const auto& leaves = hidden.history.leaves();
    alone += static_cast<size_t>(std::count_if(leaves.begin(), leaves.end(),
                                               [](const auto& leaf) { return leaf.count == 1; }));
    const size_t members = hidden.history.members().size();
    const auto without = [&](size_t from, size_t to) {
      auto fewer = hidden.proofs;
      std::erase_if(fewer, [&](const CountProof& proof) {
        return !proof.attacker.empty() && proof.attacker.front() >= from &&
               proof.attacker.front() < to;
      });
      return Findings(hidden.history, fewer);
    };
    EXPECT_GT(without(members, 2 * members), 0u) << seed;
    one_by_one += without(2 * members, SIZE_MAX) > 0;
  }
  EXPECT_GT(alone, 100u);
  EXPECT_GE(one_by_one, 3u);  // in the others each already has the proof against the rest
}

// Two pupils, each alone in one age band of the same town and kind: the total of the row, shown,
// would tell one the other's. A group's proof that moves somebody in it is none.
TEST(ExactCounts, AProofThatMovesWhoIsAloneIsNoneAgainstThem) {
  size_t tried = 0;
  for (uint64_t seed = 1; seed <= 25 && tried < 20; ++seed) {
    std::vector<CountedRelease> releases{
        WithRules(5, RandomCells(5, 300 + seed, 0.5), MembersOf(5))};
    const Hidden hidden = Hide(releases);
    const size_t members = hidden.history.members().size();
    std::vector<CountProof> forged = hidden.proofs;
    size_t cell = SIZE_MAX;
    for (CountProof& proof : forged) {
      if (proof.attacker.empty() || proof.attacker.front() < 2 * members) continue;
      if (cell == SIZE_MAX) cell = proof.cell;
      if (proof.cell != cell) continue;
      // every proof for this cell that speaks of persons now moves the first of them
      proof.low.emplace_back(proof.attacker.front() - 2 * members, -1);
      ++tried;
    }
    if (cell == SIZE_MAX) continue;
    EXPECT_GT(Findings(hidden.history, forged), 0u) << seed;
  }
  EXPECT_GE(tried, 20u);
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
