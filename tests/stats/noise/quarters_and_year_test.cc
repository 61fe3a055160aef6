// What one plan over the quarters and the year would buy, against noise drawn apart for each. A
// property of the planner: no release is made this way, because a pupil may count in every quarter.
#include <gtest/gtest.h>

#include "stats/noise/plan.h"

namespace polder::stats::noise {
namespace {

using base::Rational;

constexpr table::AttributeSet kYearTable = 0;
constexpr table::AttributeSet kQuarterTable = 1;

// Four quarters and their year; every pupil counts in one quarter. Small rho: gammas are then so
// large that fixing them exactly moves nothing in the first six digits.
const Rational kRho(1, 2'000'000'000);

Plan PlanOfFlow() {
  PlanRequest request;
  request.measure = "persons";
  request.schema = table::Schema({{"quarter", {"Q1", "Q2", "Q3", "Q4"}}});
  request.tables = {{{"year", kYearTable}, 1}, {{"quarter", kQuarterTable}, 1}};
  request.rho = kRho;
  return Plan::Make(request);
}

// In units of what one measurement of sensitivity 1 has under the same budget: 1 / (2 rho).
double Variance(const Plan& plan, table::AttributeSet set) {
  const Rational variance = table::CellVariance(plan.request().schema, plan.residuals(), set);
  return Rational(variance * 2 * kRho).get_d();
}

TEST(QuartersAndYear, CorrelatedNoiseCosts6854102WhereIndependentNoiseCosts8) {
  const Plan plan = PlanOfFlow();
  EXPECT_NEAR(Variance(plan, kQuarterTable), 1.128115, 2e-6);
  EXPECT_NEAR(Variance(plan, kYearTable), 2.341641, 3e-6);
  EXPECT_NEAR(4 * Variance(plan, kQuarterTable) + Variance(plan, kYearTable), 6.854102, 7e-6);
  // Independent: a quarter has 1, the year is their sum.
  EXPECT_LT(4 * Variance(plan, kQuarterTable) + Variance(plan, kYearTable), 4 * 1 + 4);
  // The covariance of two quarters is what is left of the year: negative.
  EXPECT_NEAR((Variance(plan, kYearTable) - 4 * Variance(plan, kQuarterTable)) / 12, -0.180902,
              1e-6);
}

TEST(QuartersAndYear, APupilWhoCountsInEveryQuarterGainsNothingFromIt) {
  // Such a pupil is all ones: it moves the residual of the total by 4 and no other.
  const Plan plan = PlanOfFlow();
  double cost = 0;
  for (const auto& residual : plan.residuals()) {
    if (residual.attributes == kYearTable) {
      cost = Rational(Rational(16) / residual.gamma_squared / (2 * kRho)).get_d();
    }
  }
  EXPECT_NEAR(cost, 6.832816, 7e-6);
  EXPECT_GT(cost, 4);  // what four quarters measured apart cost
}

}  // namespace
}  // namespace polder::stats::noise
