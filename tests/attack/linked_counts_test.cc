// Exact counts of the same cases in releases of another shape: quarters and their year, and a
// region by its old and its new borders. Each pair is one system of sums: protected together
// nothing follows; protected each alone, an attacker who subtracts finds small counts.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/audit/borders.h"
#include "stats/table/count_history.h"
#include "tests/support/count_regions.h"
#include "tests/support/problem_code.h"

namespace polder::tests {
namespace {

using base::Period;
using base::Year;
using policies::disclosure::Unit;
using stats::table::CountedRelease;
using stats::table::CountHistory;
using stats::table::Member;
using stats::table::Redivisions;
using testing_support::CodeOf;

// --- Quarters and the year.

const Year kYear(base::Calendar::kAbsence, 2022);

CountedRelease OfPeriod(size_t towns, const Period& period, const std::vector<int64_t>& cells) {
  CountedRelease release = WithRules(towns, cells, MembersOf(towns));
  release.parts.clear();
  for (const Period& part : stats::table::CountedParts(Unit::kReports, period)) {
    release.parts.push_back(part.Text());
  }
  return release;
}

// Four quarters and the year; the last release is protected with the others in view, or alone.
struct QuartersAndYear {
  std::vector<CountedRelease> releases;
  std::vector<stats::table::CountProof> proofs;  // of the last
};

QuartersAndYear Protected(size_t towns, uint64_t seed, bool together, bool year_first) {
  std::vector<int64_t> year_cells;
  std::vector<std::pair<Period, std::vector<int64_t>>> wanted;
  for (int quarter = 1; quarter <= 4; ++quarter) {
    auto cells = RandomCells(towns, 10 * seed + static_cast<uint64_t>(quarter), 0.6);
    year_cells.insert(year_cells.end(), cells.begin(), cells.end());
    wanted.emplace_back(Period(kYear, quarter), std::move(cells));
  }
  wanted.insert(year_first ? wanted.begin() : wanted.end(), {Period(kYear), year_cells});
  QuartersAndYear made;
  for (const auto& [period, cells] : wanted) {
    std::vector<CountedRelease> view;
    if (together) view = made.releases;
    view.push_back(OfPeriod(towns, period, cells));
    made.proofs = Hide(view).proofs;
    made.releases.push_back(std::move(view.back()));
  }
  return made;
}

// A member or a pair that knows its own quarters knows what a shown year leaves for the others, so
// that after the year not every quarter can be released: then the release is refused, never shown.
TEST(QuartersAndTheirYear, ProtectedTogetherGiveNothingAwayWhicheverComesFirst) {
  size_t passed[2] = {0, 0};
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    for (const bool year_first : {false, true}) {
      if (year_first && seed > 2) continue;
      std::optional<QuartersAndYear> made;
      const std::string code = CodeOf([&] { made = Protected(8, seed, true, year_first); });
      if (!made) {
        EXPECT_EQ(code, "cannot-protect") << seed;
        continue;
      }
      ++passed[year_first];
      const CountHistory history(made->releases);
      EXPECT_EQ(Findings(history, made->proofs), 0u) << seed;
      EXPECT_EQ(Recovered(history), 0u) << seed;
    }
  }
  RecordProperty("quartersFirst", static_cast<int>(passed[0]));
  RecordProperty("yearFirst", static_cast<int>(passed[1]));
  EXPECT_EQ(passed[0], 6u);
}

TEST(QuartersAndTheirYear, ProtectedEachAloneLeakBySubtraction) {
  size_t leaks = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const QuartersAndYear made = Protected(5, seed, false, false);
    for (const CountedRelease& one : made.releases) {
      std::vector<CountedRelease> alone{one};
      EXPECT_EQ(Recovered(CountHistory(alone)), 0u) << "safe by itself";
    }
    leaks += Recovered(CountHistory(made.releases)) > 0;
  }
  EXPECT_GE(leaks, 8u);
}

// The year's leaves are the quarters': a system that took them for others would see no equation.
TEST(QuartersAndTheirYear, ShareTheirLeavesAndPersonsDoNot) {
  const QuartersAndYear made = Protected(5, 1, true, false);
  const CountHistory linked(made.releases);
  std::vector<CountedRelease> year{made.releases.back()};
  EXPECT_LE(linked.leaves().size(), CountHistory(year).leaves().size() + 20);
  EXPECT_EQ(stats::table::CountedParts(Unit::kPersons, Period(kYear)).size(), 1u);
  EXPECT_EQ(stats::table::CountedParts(Unit::kReports, Period(kYear)).size(), 4u);
  EXPECT_EQ(stats::table::CountedParts(Unit::kProcesses, Period(kYear, 2)).size(), 1u);
}

TEST(QuartersAndTheirYear, TheFourthQuarterIsLinkedToTheOthersOnlyThroughTheYear) {
  const std::vector<Period> without{Period(kYear, 1), Period(kYear, 2), Period(kYear, 4)};
  std::vector<Period> with = without;
  with.emplace_back(kYear);
  const auto linked = [&](Unit unit, const std::vector<Period>& earlier) {
    return stats::table::SpeakOfTheSame(unit, Period(kYear, 4), earlier);
  };
  EXPECT_EQ(linked(Unit::kReports, without), (std::vector<bool>{false, false, true}));
  EXPECT_EQ(linked(Unit::kReports, with), (std::vector<bool>{true, true, true, true}));
  EXPECT_EQ(linked(Unit::kPersons, with), (std::vector<bool>{false, false, true, false}));
}

// --- Borders.

// The region by its old borders, and with the last town's cases in the first.
struct ByBorders {
  CountedRelease before;
  CountedRelease after;
  Redivisions redivisions;
};

ByBorders Merged(size_t towns, uint64_t seed) {
  const auto old_cells = RandomCells(towns, seed);
  std::vector<int64_t> new_cells((towns - 1) * kKinds.size() * kAges.size());
  for (size_t kind = 0; kind < kKinds.size(); ++kind) {
    for (size_t town = 0; town < towns; ++town) {
      for (size_t age = 0; age < kAges.size(); ++age) {
        new_cells[CellAt(towns - 1, kind, town == towns - 1 ? 0 : town, age)] +=
            old_cells[CellAt(towns, kind, town, age)];
      }
    }
  }
  return {WithRules(towns, old_cells, MembersOf(towns)),
          WithRules(towns - 1, new_cells, MembersOf(towns - 1)),
          {{Towns(towns).back(), Towns(towns).front()}}};
}

// A town knows its own counts, so that it may compute a small count by the other borders from a
// shown one: then there is no release.
bool PassesOrIsRefused(std::vector<CountedRelease>& releases, const Redivisions& redivisions) {
  std::optional<Hidden> hidden;
  const std::string code = CodeOf([&] { hidden.emplace(Hide(releases, redivisions)); });
  if (!hidden) {
    EXPECT_EQ(code, "cannot-protect");
    return false;
  }
  EXPECT_EQ(Findings(hidden->history, hidden->proofs), 0u);
  EXPECT_EQ(Recovered(hidden->history), 0u);
  return true;
}

TEST(AMerger, ProtectedTogetherGivesNothingAwayAndEachAloneLeaks) {
  size_t leaks = 0;
  size_t passed = 0;
  for (uint64_t seed = 1; seed <= 15; ++seed) {
    ByBorders region = Merged(9, seed);
    std::vector<CountedRelease> releases{region.before};
    Hide(releases);
    std::vector<CountedRelease> alone{region.after};
    Hide(alone);
    EXPECT_EQ(Recovered(CountHistory(alone)), 0u) << "safe by itself";
    alone.insert(alone.begin(), releases.front());
    leaks += Recovered(CountHistory(alone, region.redivisions)) > 0;

    releases.push_back(region.after);
    passed += PassesOrIsRefused(releases, region.redivisions);
  }
  EXPECT_GE(leaks, 3u);
  EXPECT_GE(passed, 5u);
}

TEST(AMerger, WhoTookTheOtherOverKnowsTheCountsOfBoth) {
  ByBorders region = Merged(6, 3);
  std::vector<CountedRelease> releases{region.before};
  Hide(releases);
  releases.push_back(region.after);
  const Hidden hidden = Hide(releases, region.redivisions);
  const auto& names = hidden.history.members();
  const auto at = [&](const std::string& code) {
    return static_cast<size_t>(std::find(names.begin(), names.end(), code) - names.begin());
  };
  std::vector<size_t> both{at(Towns(6).front()), at(Towns(6).back())};
  std::sort(both.begin(), both.end());
  EXPECT_EQ(hidden.history.archives()[at(Towns(6).front())], both);
  EXPECT_EQ(hidden.history.archives()[at(Towns(6).back())],
            std::vector<size_t>{at(Towns(6).back())});
  // Proofs against it cannot be left out.
  auto fewer = hidden.proofs;
  std::erase_if(fewer, [&](const auto& proof) { return proof.attacker == both; });
  EXPECT_GT(Findings(hidden.history, fewer), 0u);
}

size_t BorderFindings(const CountedRelease& before, const CountedRelease& after,
                      const Redivisions& redivisions) {
  base::Problems findings;
  stats::audit::CheckBorders(before, after, redivisions, "/measures/0", findings);
  return findings.size();
}

TEST(Borders, WhereCasesWentMustBeStatedAndMayNotBeStatedWrongly) {
  const ByBorders merged = Merged(6, 5);
  const std::string gone = Towns(6).back();
  EXPECT_EQ(BorderFindings(merged.before, merged.after, merged.redivisions), 0u);
  EXPECT_EQ(BorderFindings(merged.before, merged.after, {}), 1u);
  EXPECT_EQ(BorderFindings(merged.before, merged.after, {{gone, "outside"}}), 1u);
  // The new borders first, the old ones after.
  EXPECT_EQ(BorderFindings(merged.after, merged.before, merged.redivisions), 0u);
  EXPECT_EQ(BorderFindings(merged.after, merged.before, {}), 1u) << "split off";
  // Somebody who left with all cases, and somebody who joined.
  std::vector<int64_t> fewer;
  const auto& all = merged.before.cells;
  for (size_t kind = 0; kind < kKinds.size(); ++kind) {
    for (size_t i = 0; i < 5 * kAges.size(); ++i) fewer.push_back(all[kind * 6 * kAges.size() + i]);
  }
  const CountedRelease without = WithRules(5, fewer, MembersOf(5));
  EXPECT_EQ(BorderFindings(merged.before, without, {{gone, "outside"}}), 0u);
  EXPECT_EQ(BorderFindings(merged.before, without, {}), 1u);
  EXPECT_EQ(BorderFindings(without, merged.before, {}), 0u);
}

TEST(Borders, ATownThatLeavesOrJoinsStaysProtectedAndIsNotWhenEachIsProtectedAlone) {
  size_t leaks = 0;
  size_t passed = 0;
  for (uint64_t seed = 1; seed <= 15; ++seed) {
    const auto cells = RandomCells(9, 50 + seed);
    std::vector<int64_t> fewer;
    for (size_t kind = 0; kind < kKinds.size(); ++kind) {
      for (size_t i = 0; i < 8 * kAges.size(); ++i) {
        fewer.push_back(cells[kind * 9 * kAges.size() + i]);
      }
    }
    const bool leaves = seed % 2 == 0;
    const CountedRelease with = WithRules(9, cells, MembersOf(9));
    const CountedRelease without = WithRules(8, fewer, MembersOf(8));
    const Redivisions redivisions{{Towns(9).back(), "outside"}};
    std::vector<CountedRelease> releases{leaves ? with : without};
    Hide(releases, redivisions);
    std::vector<CountedRelease> alone{leaves ? without : with};
    Hide(alone, redivisions);
    alone.insert(alone.begin(), releases.front());
    leaks += Recovered(CountHistory(alone, redivisions)) > 0;
    releases.push_back(leaves ? without : with);
    passed += PassesOrIsRefused(releases, redivisions);
  }
  EXPECT_GE(leaks, 2u);
  EXPECT_GE(passed, 12u);
}

}  // namespace
}  // namespace polder::tests
