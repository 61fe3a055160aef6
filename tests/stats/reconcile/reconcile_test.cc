// Tables that come out of noise are unbiased, as precise as they say, and add up in whole numbers.
#include "stats/reconcile/reconcile.h"

#include <cmath>
#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/reconcile/rounding.h"
#include "tests/stats/noise/requests.h"
#include "tests/stats/noise/seeded_source.h"

namespace polder::stats::reconcile {
namespace {

using base::Integer;
using base::Rational;
using noise::Noise;
using noise::NoisyAnswers;
using noise::Plan;
using table::AttributeSet;
using tabulate::Cube;
using testing_support::Mix;
using testing_support::SeededSource;

Plan PlanOf(const std::vector<size_t>& sizes, const std::vector<AttributeSet>& sets,
            const Rational& rho) {
  noise::PlanRequest request = testing_support::RequestOf(sizes, sets, rho);
  request.contribution = {1, 2, 1, {}};
  return Plan::Make(request);
}

// Dimension 1 is the kind. total, kind, municipality, municipality-kind, kind-age, kind-group.
const std::vector<size_t> kSizes = {11, 8, 4, 3};
const std::vector<AttributeSet> kStar = {0, 0b10, 0b01, 0b11, 0b110, 0b1010};

Cube CubeOf(const std::vector<size_t>& sizes, uint64_t seed, uint64_t most) {
  Cube cube(sizes);
  std::vector<size_t> place(sizes.size(), 0);
  for (size_t cell = 0; cell < cube.cell_count(); ++cell) {
    size_t rest = cell;
    for (size_t i = sizes.size(); i-- > 0; rest /= sizes[i]) place[i] = rest % sizes[i];
    cube.Add(place, static_cast<int64_t>(Mix(seed + cell) % (most + 1)));
  }
  return cube;
}

NoisyAnswers Answers(const Cube& cube, const Plan& plan, uint64_t seed) {
  return NoisyAnswers::Measure(cube, plan, Noise::Draw(plan, SeededSource(seed)));
}

TEST(Reconcile, WithAlmostNoNoiseTheTablesAreTheCounts) {
  const Plan plan = PlanOf(kSizes, kStar, 1'000'000);
  const Cube cube = CubeOf(kSizes, 1, 9);
  const table::LinkedTables tables = Reconcile(Answers(cube, plan, 1), plan);
  const tabulate::CubeReader reader(cube);
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    const auto truth = reader.Marginal(tables.schema().Members(tables.tables()[t].attributes));
    for (size_t cell = 0; cell < truth.size(); ++cell) {
      EXPECT_EQ(tables.values()[tables.Number(t, cell)], truth[cell]);
    }
  }
  EXPECT_EQ(tables.rounding_deviation, 0);
}

TEST(Reconcile, EveryEquationHoldsAndEveryValueIsWithinOneOfItsEstimate) {
  for (uint64_t seed = 0; seed < 25; ++seed) {
    const Plan plan = PlanOf(kSizes, kStar, Rational(1, static_cast<unsigned long>(2 + 20 * seed)));
    const Cube cube = CubeOf(kSizes, seed, seed % 5);
    const NoisyAnswers answers = Answers(cube, plan, seed);
    const table::LinkedTables tables = Reconcile(answers, plan);
    EXPECT_TRUE(tables.AddsUp());
    EXPECT_GT(tables.rounding_deviation, 0);
    EXPECT_LT(tables.rounding_deviation, 1);
    Rational largest = 0;
    for (size_t t = 0; t < tables.tables().size(); ++t) {
      const auto exact = Estimate(answers, plan, tables.tables()[t].attributes);
      for (size_t cell = 0; cell < exact.size(); ++cell) {
        const Rational value(base::ToInteger(tables.values()[tables.Number(t, cell)]));
        largest = std::max<Rational>(largest, abs(Rational(value - exact[cell])));
      }
    }
    EXPECT_EQ(largest, tables.rounding_deviation);
    EXPECT_EQ(tables.residuals().size(), plan.residuals().size());
    for (const auto status : tables.statuses()) EXPECT_EQ(status, table::CellStatus::kValue);
  }
}

TEST(Estimate, MarginalsAgreeExactly) {
  const Plan plan = PlanOf(kSizes, kStar, Rational(1, 20));
  const NoisyAnswers answers = Answers(CubeOf(kSizes, 3, 4), plan, 3);
  const auto kind = Estimate(answers, plan, 0b10);
  for (const AttributeSet set : {AttributeSet{0b11}, AttributeSet{0b110}, AttributeSet{0b1010}}) {
    const auto crossed = Estimate(answers, plan, set);
    std::vector<Rational> sums(kind.size());
    for (size_t cell = 0; cell < crossed.size(); ++cell) {
      sums[plan.request().schema.Project(set, cell, 0b10)] += crossed[cell];
    }
    EXPECT_EQ(sums, kind);
  }
  EXPECT_THROW(Estimate(answers, plan, 0b101), base::ProblemError);
}

// alpha = 1e-6 per check, fixed seeds.
TEST(Estimate, IsUnbiasedWithTheStatedVariance) {
  const std::vector<size_t> sizes = {3, 2};
  const Plan plan = PlanOf(sizes, {0, 0b10, 0b11}, Rational(1, 50));
  const Cube cube = CubeOf(sizes, 5, 3);
  const table::LinkedTables shape = Reconcile(Answers(cube, plan, 0), plan);
  const tabulate::CubeReader reader(cube);
  constexpr int kRuns = 3000;
  for (size_t t = 0; t < 3; ++t) {
    const AttributeSet set = plan.request().tables[t].shape.attributes;
    const auto truth = reader.Marginal(plan.request().schema.Members(set));
    std::vector<double> sum(truth.size(), 0), squares(truth.size(), 0);
    for (uint64_t run = 0; run < kRuns; ++run) {
      const auto estimate = Estimate(Answers(cube, plan, 1000 + run), plan, set);
      for (size_t cell = 0; cell < truth.size(); ++cell) {
        const double error = estimate[cell].get_d() - static_cast<double>(truth[cell]);
        sum[cell] += error;
        squares[cell] += error * error;
      }
    }
    const double variance = shape.Variance(t).get_d();
    for (size_t cell = 0; cell < truth.size(); ++cell) {
      EXPECT_NEAR(sum[cell] / kRuns, 0, 4.9 * std::sqrt(variance / kRuns));
      EXPECT_NEAR(squares[cell] / kRuns, variance, 4.9 * variance * std::sqrt(2.0 / kRuns));
    }
  }
}

TEST(Reconcile, TruthLiesInTheNinetyFivePercentIntervalAsOftenAsItShould) {
  const Plan plan = PlanOf(kSizes, kStar, Rational(1, 10));
  const Cube cube = CubeOf(kSizes, 8, 2);
  const tabulate::CubeReader reader(cube);
  // Cells of one run are correlated, so one random cell per table and run is looked at.
  constexpr int kRuns = 400;
  int inside = 0, looked = 0, narrow = 0;
  for (uint64_t run = 0; run < kRuns; ++run) {
    const table::LinkedTables tables = Reconcile(Answers(cube, plan, 77 + run), plan);
    const size_t t = run % kStar.size();
    const auto truth = reader.Marginal(tables.schema().Members(kStar[t]));
    const size_t cell = Mix(run) % truth.size();
    const double sd = std::sqrt(tables.Variance(t).get_d());
    const double error =
        std::abs(static_cast<double>(tables.values()[tables.Number(t, cell)] - truth[cell]));
    ++looked;
    inside += error <= 1.96 * sd + 0.5;
    narrow += error <= 0.8 * 1.96 * sd;
  }
  const double spread = std::sqrt(0.95 * 0.05 / looked);
  EXPECT_NEAR(static_cast<double>(inside) / looked, 0.955, 4 * spread);
  // The check can fail: an interval a fifth too narrow is seen to miss.
  EXPECT_LT(static_cast<double>(narrow) / looked, 0.95 - 1.5 * spread);
}

TEST(Reconcile, NegativeEstimatesStayNegative) {
  const Plan plan = PlanOf(kSizes, kStar, Rational(1, 50));
  const Cube empty(kSizes);
  int negative = 0;
  const table::LinkedTables tables = Reconcile(Answers(empty, plan, 4), plan);
  for (const int64_t value : tables.values()) negative += value < 0;
  EXPECT_GT(negative, static_cast<int>(tables.cell_count() / 4));
}

TEST(Reconcile, TablesThatAreNoStarAddUpAsNearAsCanBe) {
  for (const std::vector<AttributeSet>& sets :
       {std::vector<AttributeSet>{0b111}, std::vector<AttributeSet>{0b11, 0b110, 0b101},
        std::vector<AttributeSet>{0b0011, 0b1100}}) {
    const Plan plan = PlanOf({3, 2, 2, 2}, sets, 1);
    const table::LinkedTables tables =
        Reconcile(Answers(CubeOf({3, 2, 2, 2}, 7, 3), plan, 1), plan);
    EXPECT_TRUE(tables.AddsUp());
    EXPECT_EQ(tables.rounding_at_least, tables.rounding_deviation);
    EXPECT_LT(tables.rounding_deviation, 1);
  }
}

TEST(Reconcile, OneTotalAloneAndListsAloneAreRounded) {
  for (const std::vector<AttributeSet>& sets :
       {std::vector<AttributeSet>{0}, std::vector<AttributeSet>{0b1, 0b10, 0},
        std::vector<AttributeSet>{0b11}, std::vector<AttributeSet>{0b11, 0b1}}) {
    const Plan plan = PlanOf({5, 3}, sets, Rational(1, 9));
    const table::LinkedTables tables = Reconcile(Answers(CubeOf({5, 3}, 2, 9), plan, 6), plan);
    EXPECT_TRUE(tables.AddsUp());
    EXPECT_LT(tables.rounding_deviation, 1);
  }
}

TEST(RoundList, LargestRemaindersGoUp) {
  const std::vector<Rational> values = {Rational(5, 2), Rational(-1, 3), Rational(7, 4),
                                        Rational(4)};
  const auto rounded = RoundList(values, 8);
  EXPECT_EQ(rounded, (std::vector<Integer>{2, 0, 2, 4}));
  EXPECT_THROW(RoundList(values, 10), std::domain_error);
  EXPECT_THROW(RoundList(values, 4), std::domain_error);
}

// A bias of a ninth of a pupil in each table of three codes, if the first always went up.
TEST(RoundList, EqualRemaindersFavourNoPlace) {
  std::vector<int> ups(3, 0);
  constexpr int kLists = 3000;
  for (long i = 0; i < kLists; ++i) {
    const std::vector<Integer> floors = {Integer(i % 40 - 7), Integer(3 + i / 40),
                                         Integer(i * i % 23)};
    std::vector<Rational> values;
    for (const Integer& floor : floors) values.push_back(floor + Rational(1, 3));
    const auto rounded = RoundList(values, floors[0] + floors[1] + floors[2] + 1);
    for (size_t place = 0; place < 3; ++place) ups[place] += rounded[place] > floors[place];
    EXPECT_EQ(RoundList(values, floors[0] + floors[1] + floors[2] + 1), rounded);
  }
  EXPECT_EQ(ups[0] + ups[1] + ups[2], kLists);
  for (const int count : ups) {
    EXPECT_NEAR(count, kLists / 3, 4.9 * std::sqrt(kLists * 2.0 / 9));  // alpha 1e-6
  }
}

// Against all 2^cells roundings: when one keeps every cell and every column sum at its floor or
// ceiling, so does RoundTable; and its distance from the table is the least among those.
TEST(RoundTable, FindsARoundingWithinOneWheneverThereIsOne) {
  int possible = 0, impossible = 0;
  for (uint64_t trial = 0; trial < 400; ++trial) {
    const size_t rows = 2 + trial % 2, width = 3;
    std::vector<Rational> cells;
    std::vector<Integer> totals;
    for (size_t r = 0; r < rows; ++r) {
      Rational sum = 0;
      for (size_t c = 0; c < width; ++c) {
        const auto top = static_cast<long>(Mix(trial * 64 + r * 8 + c) % 9) - 2;
        cells.emplace_back(top, 3 + trial % 3);
        cells.back().canonicalize();
        sum += cells.back();
      }
      totals.push_back(Mix(trial * 64 + r) % 2 == 0 ? base::Floor(sum) : base::Ceil(sum));
    }
    const auto within = [&](const std::vector<Integer>& whole) {
      for (size_t c = 0; c < width; ++c) {
        Rational exact = 0, sum = 0;
        for (size_t r = 0; r < rows; ++r) {
          exact += cells[r * width + c];
          sum += whole[r * width + c];
          if (abs(Rational(cells[r * width + c] - whole[r * width + c])) >= 1) return false;
        }
        if (abs(Rational(exact - sum)) >= 1) return false;
      }
      return true;
    };
    bool exists = false;
    for (uint64_t choice = 0; choice < uint64_t{1} << (rows * width); ++choice) {
      std::vector<Integer> whole;
      std::vector<Integer> sums(rows);
      for (size_t i = 0; i < cells.size(); ++i) {
        whole.push_back((choice >> i & 1) != 0 ? base::Ceil(cells[i]) : base::Floor(cells[i]));
        sums[i / width] += whole.back();
      }
      exists = exists || (sums == totals && within(whole));
    }
    const std::vector<Integer> found = RoundTable(cells, totals);
    std::vector<Integer> sums(rows);
    for (size_t i = 0; i < cells.size(); ++i) sums[i / width] += found[i];
    EXPECT_EQ(sums, totals);
    EXPECT_EQ(within(found), exists) << trial;
    (exists ? possible : impossible)++;
  }
  EXPECT_GT(possible, 100);
  EXPECT_GT(impossible, 3);
}

}  // namespace
}  // namespace polder::stats::reconcile
