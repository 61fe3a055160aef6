// The ledger never grants more than the cap, never charges twice, and never gives back.
#include "stats/budget/ledger.h"

#include <functional>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/problem.h"
#include "tests/support/problem_code.h"

namespace polder::stats::budget {
namespace {

using base::Calendar;
using base::NanoRho;
using base::Period;
using base::Year;
using policies::disclosure::ReleaseKind;
using testing_support::CodeOf;

constexpr int64_t kRho = 1'000'000'000;

Reservation Ask(int64_t nano, const std::string& release = "rel-1", const char* period = "2022SJ",
                ReleaseKind kind = ReleaseKind::kProvisional) {
  Reservation reservation;
  reservation.population = "RMC10";
  reservation.period = Period::Parse(period).value();
  reservation.kind = kind;
  reservation.binding = {release, "freeze", "plan", {"operator", "auditor"}};
  reservation.cost = NanoRho(nano);
  return reservation;
}

const Limits kHalf{NanoRho(kRho / 2), std::nullopt};
const Year kYear(Calendar::kAbsence, 2022);

TEST(Ledger, SpendsWhatIsReservedAndRefusesTheBillionthBeyondTheCap) {
  Ledger ledger;
  ledger.Reserve(Ask(kRho / 2 - 1, "a"), kHalf);
  EXPECT_EQ(ledger.Remaining("RMC10", kYear, kHalf.yearly_cap), NanoRho(1));
  EXPECT_EQ(CodeOf([&] { ledger.Reserve(Ask(2, "b"), kHalf); }), "budget-exhausted");
  EXPECT_EQ(ledger.Spent("RMC10", kYear), NanoRho(kRho / 2 - 1));
  EXPECT_EQ(ledger.entries().size(), 1U);
  EXPECT_TRUE(ledger.Reserve(Ask(1, "c"), kHalf).appended);
  EXPECT_EQ(CodeOf([&] { ledger.Reserve(Ask(1, "d"), kHalf); }), "budget-exhausted");
}

TEST(Ledger, TheSameReservationIsChargedOnce) {
  Ledger ledger;
  const Outcome first = ledger.Reserve(Ask(kRho / 4), kHalf);
  const Outcome again = ledger.Reserve(Ask(kRho / 4), kHalf);
  EXPECT_TRUE(first.appended);
  EXPECT_FALSE(again.appended);
  EXPECT_EQ(first.entry.reservation_id, again.entry.reservation_id);
  EXPECT_EQ(ledger.Spent("RMC10", kYear), NanoRho(kRho / 4));
  EXPECT_EQ(ledger.entries().size(), 1U);
}

TEST(Ledger, AnyChangedInputIsAnotherReservationAndChargedAgain) {
  const std::vector<std::function<void(Reservation&)>> changes = {
      [](Reservation& r) { r.binding.release_id = "other"; },
      [](Reservation& r) { r.binding.freeze_digest = "other"; },
      [](Reservation& r) { r.binding.plan_digest = "other"; },
      [](Reservation& r) { r.binding.seed_commitments[0] = "other"; },
      [](Reservation& r) { r.binding.seed_commitments[1] = "other"; },
      [](Reservation& r) { r.kind = ReleaseKind::kDefinitive; },
      [](Reservation& r) { r.cost = NanoRho(kRho / 10 + 1); },
  };
  for (const auto& change : changes) {
    Ledger ledger;
    ledger.Reserve(Ask(kRho / 10), kHalf);
    Reservation other = Ask(kRho / 10);
    change(other);
    EXPECT_TRUE(ledger.Reserve(other, kHalf).appended);
    EXPECT_GE(ledger.Spent("RMC10", kYear), NanoRho(kRho / 5));
  }
}

TEST(Ledger, ARetryAfterACrashAtEveryStepEndsInTheSameLedger) {
  const Stage stages[] = {Stage::kDrawn, Stage::kSealed, Stage::kCommitted};
  for (int crash = 0; crash < 4; ++crash) {
    Ledger ledger;
    std::vector<Entry> stored;
    const auto keep = [&](const Outcome& outcome) {
      if (outcome.appended) stored.push_back(outcome.entry);
      return outcome.entry.reservation_id;
    };
    const auto run = [&](int steps) {
      const std::string id = keep(ledger.Reserve(Ask(kRho / 4), kHalf));
      for (int i = 0; i < steps; ++i) keep(ledger.Advance(id, Ask(0).binding, stages[i]));
    };
    run(crash);
    ledger = Ledger::Replay(stored);  // what was in memory is lost
    run(3);
    ASSERT_EQ(stored.size(), 4U);
    EXPECT_EQ(ledger.StageOf("R000001"), Stage::kCommitted);
    EXPECT_EQ(ledger.Spent("RMC10", kYear), NanoRho(kRho / 4));
    EXPECT_EQ(Ledger::Replay(stored).Spent("RMC10", kYear), NanoRho(kRho / 4));
  }
}

TEST(Ledger, StagesGoInOrderAndBoundToTheirInputs) {
  Ledger ledger;
  const std::string id = ledger.Reserve(Ask(1), kHalf).entry.reservation_id;
  const Binding binding = Ask(1).binding;
  EXPECT_EQ(CodeOf([&] { ledger.Advance(id, binding, Stage::kSealed); }), "stage-out-of-order");
  EXPECT_EQ(CodeOf([&] { ledger.Advance("R000009", binding, Stage::kDrawn); }),
            "unknown-reservation");
  Binding other = binding;
  other.seed_commitments = {"operator"};
  EXPECT_EQ(CodeOf([&] { ledger.Advance(id, other, Stage::kDrawn); }), "binding-differs");
  EXPECT_TRUE(ledger.Advance(id, binding, Stage::kDrawn).appended);
  EXPECT_FALSE(ledger.Advance(id, binding, Stage::kDrawn).appended);
  EXPECT_EQ(ledger.StageOf(id), Stage::kDrawn);
}

TEST(Ledger, AVetoStaysSpentAndEndsTheReservation) {
  for (int steps = 0; steps <= 3; ++steps) {
    Ledger ledger;
    const std::string id = ledger.Reserve(Ask(kRho / 4), kHalf).entry.reservation_id;
    for (int i = 1; i <= steps; ++i) {
      ledger.Advance(id, Ask(1).binding, static_cast<Stage>(i));
    }
    EXPECT_TRUE(ledger.Advance(id, Ask(1).binding, Stage::kWithheld).appended);
    EXPECT_FALSE(ledger.Advance(id, Ask(1).binding, Stage::kWithheld).appended);
    EXPECT_EQ(ledger.Spent("RMC10", kYear), NanoRho(kRho / 4));
    EXPECT_EQ(CodeOf([&] { ledger.Advance(id, Ask(1).binding, Stage::kCommitted); }),
              "reservation-withheld");
    EXPECT_EQ(CodeOf([&] { ledger.Reserve(Ask(kRho / 4), kHalf); }), "reservation-withheld");
  }
}

TEST(Ledger, AVsvYearIsChargedToBothSchoolYears) {
  Ledger ledger;
  ledger.Reserve(Ask(40'000'000, "v1", "2022VSV", ReleaseKind::kVsv), kHalf);
  ledger.Reserve(Ask(40'000'000, "v2", "2023VSV", ReleaseKind::kVsv), kHalf);
  EXPECT_EQ(ledger.Spent("RMC10", Year(Calendar::kAbsence, 2022)), NanoRho(40'000'000));
  EXPECT_EQ(ledger.Spent("RMC10", Year(Calendar::kAbsence, 2023)), NanoRho(80'000'000));
  EXPECT_EQ(ledger.Spent("RMC10", Year(Calendar::kAbsence, 2024)), NanoRho(40'000'000));
  EXPECT_EQ(SchoolYearsOf(Period::Parse("2022VSV-Q1").value()).size(), 1U);
  EXPECT_EQ(SchoolYearsOf(Period::Parse("2022VSV-Q4").value()).size(), 2U);
  EXPECT_EQ(SchoolYearsOf(Period::Parse("2022SJ-Q4").value()).size(), 1U);
}

TEST(Ledger, AVsvReleaseIsRefusedWhenEitherSchoolYearIsFull) {
  Ledger ledger;
  ledger.Reserve(Ask(kRho / 2, "full", "2023SJ"), kHalf);
  EXPECT_EQ(CodeOf([&] { ledger.Reserve(Ask(1, "v", "2022VSV", ReleaseKind::kVsv), kHalf); }),
            "budget-exhausted");
  EXPECT_EQ(ledger.Spent("RMC10", kYear), NanoRho());
}

TEST(Ledger, ALineCannotEatTheBudgetOfAnother) {
  Ledger ledger;
  const Limits monitor{NanoRho(kRho / 2), NanoRho(50'000'000)};
  for (int quarter = 1; quarter <= 4; ++quarter) {
    const std::string period = "2022SJ-Q" + std::to_string(quarter);
    ledger.Reserve(Ask(12'500'000, period, period.c_str(), ReleaseKind::kMonitor), monitor);
  }
  EXPECT_EQ(CodeOf([&] {
              ledger.Reserve(Ask(12'500'000, "once more", "2022SJ-Q4", ReleaseKind::kMonitor),
                             monitor);
            }),
            "budget-exhausted");
  EXPECT_TRUE(ledger.Reserve(Ask(12'500'000, "next", "2023SJ-Q1", ReleaseKind::kMonitor), monitor)
                  .appended);
}

TEST(Ledger, PopulationsDoNotPayForEachOther) {
  Ledger ledger;
  ledger.Reserve(Ask(kRho / 2), kHalf);
  Reservation other = Ask(kRho / 2);
  other.population = "RMC11";
  EXPECT_TRUE(ledger.Reserve(other, kHalf).appended);
}

TEST(Ledger, AmountsAtTheEndOfTheRangeDoNotWrap) {
  Ledger ledger;
  const int64_t most = std::numeric_limits<int64_t>::max();
  const Limits all{NanoRho(most), std::nullopt};
  ledger.Reserve(Ask(most - 5, "a"), all);
  EXPECT_EQ(CodeOf([&] { ledger.Reserve(Ask(6, "b"), all); }), "budget-exhausted");
  EXPECT_EQ(CodeOf([&] { ledger.Reserve(Ask(most, "c"), all); }), "budget-exhausted");
  EXPECT_TRUE(ledger.Reserve(Ask(5, "d"), all).appended);
  EXPECT_EQ(ledger.Remaining("RMC10", kYear, NanoRho(1)), NanoRho());
}

TEST(Ledger, WhatBoundsAPupilOfSeveralIdentifiersGoesByTheirSquare) {
  Ledger ledger;
  ledger.Reserve(Ask(7, "a"), kHalf);
  ledger.Reserve(Ask(4, "b"), kHalf);
  EXPECT_EQ(ledger.Bound("RMC10", kYear, 1), ledger.Spent("RMC10", kYear));
  EXPECT_EQ(ledger.Bound("RMC10", kYear, 2), NanoRho(44));
  EXPECT_EQ(ledger.Bound("RMC10", kYear, 3), NanoRho(99));
  EXPECT_EQ(ledger.Bound("RMC11", kYear, 2), NanoRho());
  EXPECT_THROW(ledger.Bound("RMC10", kYear, 0), std::domain_error);
  EXPECT_THROW(ledger.Bound("RMC10", kYear, int64_t{1} << 31), std::overflow_error);
}

// The smallest amount there is, to the last one that the cap allows.
TEST(Ledger, SpendsOfABillionthFillTheCapAndTheNextIsRefused) {
  Ledger ledger;
  const Limits hundred{NanoRho(100), std::nullopt};
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(ledger.Reserve(Ask(1, "r" + std::to_string(i)), hundred).appended);
  }
  EXPECT_EQ(ledger.Remaining("RMC10", kYear, hundred.yearly_cap), NanoRho());
  EXPECT_EQ(CodeOf([&] { ledger.Reserve(Ask(1, "one more"), hundred); }), "budget-exhausted");
  EXPECT_EQ(Ledger::Replay(ledger.entries()).Spent("RMC10", kYear), NanoRho(100));
  EXPECT_FALSE(ledger.Reserve(Ask(1, "r7"), hundred).appended);
}

TEST(Ledger, AnIncompleteReservationNamesEverythingThatIsMissing) {
  Ledger ledger;
  Reservation empty;
  try {
    ledger.Reserve(empty, kHalf);
    FAIL();
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.problems().size(), 6U);
  }
}

// Exact counts draw nothing. The release is made once all the same, and leaves the budget as it
// was.
TEST(Ledger, AReleaseThatCostsNothingIsReservedOnce) {
  Ledger ledger;
  const Limits nothing{NanoRho(), NanoRho()};
  EXPECT_TRUE(ledger.Reserve(Ask(0, "counts"), nothing).appended);
  EXPECT_FALSE(ledger.Reserve(Ask(0, "counts"), nothing).appended);
  EXPECT_EQ(CodeOf([&] { ledger.Reserve(Ask(1, "noise"), nothing); }), "budget-exhausted");
  // where a line grants something there is noise, and noise for nothing is a fault
  const Limits something{NanoRho(100), NanoRho(100)}, no_line{NanoRho(100), std::nullopt};
  EXPECT_EQ(CodeOf([&] { ledger.Reserve(Ask(0, "free"), something); }), "nothing-to-reserve");
  EXPECT_EQ(CodeOf([&] { ledger.Reserve(Ask(0, "free"), no_line); }), "nothing-to-reserve");
  EXPECT_EQ(Ledger::Replay(ledger.entries()).Spent("RMC10", kYear), NanoRho());
}

TEST(Ledger, AThousandSmallReservationsSumExactly) {
  Ledger ledger;
  const Limits cap{NanoRho(999), std::nullopt};
  int granted = 0;
  for (int i = 0; i < 1100; ++i) {
    granted += CodeOf([&] { ledger.Reserve(Ask(1, std::to_string(i)), cap); }).empty();
  }
  EXPECT_EQ(granted, 999);
}

std::vector<Entry> FullStory() {
  Ledger ledger;
  const std::string id = ledger.Reserve(Ask(kRho / 4), kHalf).entry.reservation_id;
  for (const Stage stage : {Stage::kDrawn, Stage::kSealed, Stage::kCommitted, Stage::kWithheld}) {
    ledger.Advance(id, Ask(1).binding, stage);
  }
  ledger.Reserve(Ask(10, "v", "2022VSV", ReleaseKind::kVsv), kHalf);
  return ledger.entries();
}

TEST(LedgerReplay, TamperedEntriesStopIt) {
  const std::vector<Entry> story = FullStory();
  EXPECT_EQ(Ledger::Replay(story).entries().size(), story.size());
  const std::vector<std::function<void(std::vector<Entry>&)>> tampering = {
      [](auto& e) { e.erase(e.begin()); },
      [](auto& e) { e.erase(e.begin() + 2); },
      [](auto& e) { std::swap(e[1], e[2]); },
      [](auto& e) { e[1].stage = Stage::kCommitted; },
      [](auto& e) { e[0].charges[0].amount = NanoRho(1); },
      [](auto& e) { e[0].charges.clear(); },
      [](auto& e) { e[5].charges.pop_back(); },
      [](auto& e) { e[0].reservation_id = "R000002"; },
      [](auto& e) { e[2].reservation.binding.plan_digest = "x"; },
      [](auto& e) { e[2].charges = e[0].charges; },
      [](auto& e) { e[3].reservation.cost = NanoRho(1); },
      [](auto& e) {
        e.push_back(e[0]);
        e.back().number = e.size();
        e.back().reservation_id = "R000007";
      },
      [](auto& e) {  // a second veto
        e.push_back(e[4]);
        e.back().number = e.size();
      },
      [](auto& e) {  // life after a veto
        e.push_back(e[4]);
        e.back().number = e.size();
        e.back().stage = Stage::kCommitted;
      },
  };
  for (size_t i = 0; i < tampering.size(); ++i) {
    std::vector<Entry> entries = story;
    tampering[i](entries);
    EXPECT_EQ(CodeOf([&] { Ledger::Replay(entries); }), "ledger-broken") << i;
  }
}

TEST(LedgerJson, EveryEntryReadsBackAndHasOneSpelling) {
  for (const Entry& entry : FullStory()) {
    const std::string text = CanonicalEntry(entry);
    EXPECT_EQ(CanonicalEntry(EntryFromJson(base::ParseJson(text))), text);
  }
  std::vector<Entry> read;
  for (const Entry& entry : FullStory()) read.push_back(EntryFromJson(ToJson(entry)));
  EXPECT_EQ(Ledger::Replay(read).Spent("RMC10", kYear), NanoRho(kRho / 4 + 10));
}

TEST(LedgerJson, EveryFaultIsNamed) {
  base::Json json = ToJson(FullStory().front());
  json["nanoRho"] = "-5";
  json["stage"] = "spent";
  json["period"] = "2022";
  json["charges"][0]["schoolYear"] = "2022VSV";
  json["charges"][0]["nanoRho"] = "01";
  json["binding"].erase("planDigest");
  json["extra"] = true;
  try {
    EntryFromJson(json);
    FAIL();
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.problems().size(), 7U);
  }
}

}  // namespace
}  // namespace polder::stats::budget
