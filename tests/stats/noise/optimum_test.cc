// The optimum is that of the paper, to six digits, and no plan of exact noise claims more than it.
#include "stats/noise/optimum.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace polder::stats::noise {
namespace {

using table::AttributeSet;

table::Schema SchemaOf(const std::vector<size_t>& sizes) {
  std::vector<table::Dimension> dimensions;
  for (size_t i = 0; i < sizes.size(); ++i) {
    dimensions.push_back({"d" + std::to_string(i), {}});
    for (size_t c = 0; c < sizes[i]; ++c) dimensions[i].codes.push_back(std::to_string(c));
  }
  return table::Schema(dimensions);
}

std::vector<AttributeSet> Subsets(size_t attributes, int from, int to) {
  std::vector<AttributeSet> sets;
  for (AttributeSet set = 0; set < AttributeSet{1} << attributes; ++set) {
    const int size = __builtin_popcountll(set);
    if (size >= from && size <= to) sets.push_back(set);
  }
  return sets;
}

// One record in one cell: the coefficient is prod (1 - 1/n_i).
Optimum OneRecord(const std::vector<size_t>& sizes, const std::vector<AttributeSet>& sets,
                  double rho, Objective objective = Objective::kTotal) {
  std::vector<WorkloadTable> workload;
  for (const AttributeSet set : sets) workload.push_back({set, 1});
  const std::vector<AttributeSet> residuals = table::Closure(sets);
  std::vector<double> costs;
  for (const AttributeSet set : residuals) {
    double cost = 1;
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (set >> i & 1) cost *= 1 - 1 / static_cast<double>(sizes[i]);
    }
    costs.push_back(cost);
  }
  return FindOptimum(SchemaOf(sizes), workload, residuals, {costs}, rho, objective);
}

const std::vector<size_t> kCps = {50, 100, 7, 4, 2};
const std::vector<size_t> kAdult = {85, 9, 100, 16, 7, 15, 6, 5, 2, 100, 100, 99, 42, 2};

// Source: the authors' program (dkifer/ResidualPlanner), at rho 0.5.
TEST(Optimum, TotalVarianceIsThatOfTheAuthorsProgram) {
  const std::vector<double> cps = {1.743945, 2.034586, 2.047661, 1.626929, 1.000000};
  const std::vector<double> adult = {3.046823, 6.358720, 10.515270, 14.655760, 17.843621};
  for (int way = 1; way <= 5; ++way) {
    EXPECT_NEAR(OneRecord(kCps, Subsets(5, way, way), 0.5).rmse, cps[static_cast<size_t>(way - 1)],
                1e-6);
  }
  for (int way = 1; way <= 5; ++way) {
    EXPECT_NEAR(OneRecord(kAdult, Subsets(14, way, way), 0.5).rmse,
                adult[static_cast<size_t>(way - 1)], 1e-6);
  }
  EXPECT_NEAR(OneRecord(kCps, Subsets(5, 0, 3), 0.5).rmse, 2.275873, 1e-6);
  const Optimum all = OneRecord(kAdult, Subsets(14, 0, 3), 0.5);
  EXPECT_NEAR(all.rmse, 10.665008, 1e-6);
  EXPECT_NEAR(all.total_variance, 2393511054.730005, 1e-3);
}

// All marginals of at most 5000 cells.
TEST(Optimum, SmallMarginalsMatchInBothObjectives) {
  struct Row {
    std::vector<size_t> sizes;
    double rmse, max_variance;
  };
  for (const Row& row : {Row{kCps, 2.525085, 11.774397}, Row{kAdult, 9.944604, 126.902412}}) {
    std::vector<AttributeSet> small;
    for (const AttributeSet set : Subsets(row.sizes.size(), 0, 14)) {
      size_t cells = 1;
      for (size_t i = 0; i < row.sizes.size() && cells <= 5000; ++i) {
        if (set >> i & 1) cells *= row.sizes[i];
      }
      if (cells <= 5000) small.push_back(set);
    }
    EXPECT_NEAR(OneRecord(row.sizes, small, 0.5).rmse, row.rmse, 1e-6);
    EXPECT_NEAR(OneRecord(row.sizes, small, 0.5, Objective::kMax).max_variance, row.max_variance,
                2e-6);
  }
}

TEST(Optimum, SyntheticTenByTenMatches) {
  const std::vector<std::pair<size_t, double>> published = {
      {2, 1.379084}, {6, 4.275167}, {8, 6.638166}, {10, 9.348111}};
  for (const auto& [attributes, rmse] : published) {
    EXPECT_NEAR(OneRecord(std::vector<size_t>(attributes, 10), Subsets(attributes, 0, 3), 0.5).rmse,
                rmse, 1e-6);
  }
}

TEST(Optimum, LargestVarianceIsTheCertifiedOne) {
  const std::vector<double> cps = {4.346419, 7.897033, 7.705844, 4.140596, 1};
  for (int way = 1; way <= 5; ++way) {
    const Optimum found = OneRecord(kCps, Subsets(5, way, way), 0.5, Objective::kMax);
    EXPECT_NEAR(found.max_variance, cps[static_cast<size_t>(way - 1)], 2e-6) << way;
  }
  EXPECT_NEAR(OneRecord(kCps, Subsets(5, 0, 3), 0.5, Objective::kMax).max_variance, 13.215573,
              1e-5);
  EXPECT_NEAR(OneRecord(kAdult, Subsets(14, 1, 1), 0.5, Objective::kMax).max_variance, 12.046539,
              1e-5);
  EXPECT_NEAR(OneRecord(kAdult, Subsets(14, 2, 2), 0.5, Objective::kMax).max_variance, 67.802126,
              1e-5);
  EXPECT_NEAR(OneRecord(kAdult, Subsets(14, 3, 3), 0.5, Objective::kMax).max_variance, 236.842807,
              1e-5);
}

TEST(Optimum, UnitVectorsOfSmallDomains) {
  const Optimum small = OneRecord({2, 3}, {0b01, 0b10}, 0.5);
  EXPECT_NEAR(small.total_variance, 7.698839384037, 1e-11);
  ASSERT_EQ(small.residual_variance.size(), 3U);
  EXPECT_NEAR(small.residual_variance[0], 3.039507733309, 1e-11);
  EXPECT_NEAR(small.residual_variance[1], 1.961993805296, 1e-11);
  EXPECT_NEAR(small.residual_variance[2], 1.601961233825, 1e-11);
  EXPECT_NEAR(OneRecord({2, 3}, {0b01, 0b10}, 0.5, Objective::kMax).max_variance, 1.565092073,
              1e-8);

  const Optimum two_way = OneRecord({2, 3, 4}, Subsets(3, 0, 2), 0.5);
  EXPECT_NEAR(two_way.total_variance, 92.648444982322, 1e-10);
  // Closure order: {}, 0, 1, 2, 01, 02, 12.
  const std::vector<double> variances = {6.139014826799, 5.40901134022,  4.200871677852,
                                         3.554416810283, 3.929555636081, 3.40309500643,
                                         2.778615437322};
  ASSERT_EQ(two_way.residual_variance.size(), variances.size());
  for (size_t a = 0; a < variances.size(); ++a) {
    EXPECT_NEAR(two_way.residual_variance[a], variances[a], 1e-10) << a;
  }
  EXPECT_NEAR(OneRecord({2, 3, 4}, Subsets(3, 0, 2), 0.5, Objective::kMax).max_variance, 3.1, 1e-6);
}

// With several patterns no other split of the noise does better: random feasible ones never win.
TEST(Optimum, NoRandomPlanUnderTheSamePatternsIsBetter) {
  const std::vector<size_t> sizes = {4, 3};
  const std::vector<WorkloadTable> workload = {{0b01, 2.0}, {0b11, 1.0}};
  const std::vector<AttributeSet> residuals = {0b00, 0b01, 0b10, 0b11};
  const PatternCosts patterns = {{1, 0.75, 2.0 / 3, 0.5}, {4, 1.0, 2.5, 0.7}, {4, 2.6, 0.3, 0.9}};
  const Optimum best =
      FindOptimum(SchemaOf(sizes), workload, residuals, patterns, 0.5, Objective::kTotal);
  const auto loss = [&](const Optimum& plan) {
    return 2.0 * 4 * plan.table_variance[0] + 12 * plan.table_variance[1];
  };
  uint64_t state = 1;
  const auto random = [&] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state >> 11) * 0x1p-53;
  };
  for (int trial = 0; trial < 20000; ++trial) {
    std::vector<double> variances;
    for (const double variance : best.residual_variance) {
      variances.push_back(variance * std::exp((random() - 0.5) * (trial % 2 == 0 ? 2.0 : 0.05)));
    }
    double worst = 0;
    for (const auto& pattern : patterns) {
      double cost = 0;
      for (size_t a = 0; a < variances.size(); ++a) cost += pattern[a] / variances[a];
      worst = std::max(worst, cost);
    }
    for (double& variance : variances) variance *= worst;  // 2 rho = 1
    EXPECT_GE(loss(Evaluate(SchemaOf(sizes), workload, residuals, variances)),
              loss(best) * (1 - 1e-9));
  }
}

}  // namespace
}  // namespace polder::stats::noise
