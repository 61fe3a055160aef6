#include "stats/audit/information.h"

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "tests/stats/audit/dense.h"

namespace polder::stats::audit {
namespace {

using base::Rational;
using table::AttributeSet;
using table::Schema;

Rational DenseVariance(const Schema& schema, const std::vector<table::MeasuredResidual>& residuals,
                       const std::vector<size_t>& unknown, const std::vector<Rational>& target) {
  return tests::DenseVariance(tests::DenseInformation(schema, residuals, unknown), target);
}

const Schema kTwo({{"kind", {"x", "y"}}, {"municipality", {"A", "B", "C", "D"}}});
const std::vector<table::MeasuredResidual> kResiduals = {{0, 5}, {1, 17}, {2, 40}, {3, 90}};

TEST(Information, TheClosedFormIsTheDenseBestLinearEstimateForEveryAttacker) {
  Information information(kTwo);
  information.Add(kResiduals);
  for (size_t known = 0; known < 4; ++known) {
    std::vector<size_t> unknown;
    for (size_t cell = 0; cell < 8; ++cell) {
      if (cell % 4 >= known) unknown.push_back(cell);  // kind slowest, municipality fastest
    }
    std::vector<Rational> cell(unknown.size(), 0);
    cell.back() = 1;
    EXPECT_EQ(information.BestVariance(3, known), DenseVariance(kTwo, kResiduals, unknown, cell))
        << known;
    std::vector<Rational> kind(unknown.size(), 0), town(unknown.size(), 0);
    for (size_t i = 0; i < unknown.size(); ++i) {
      if (unknown[i] >= 4) kind[i] = 1;
      if (unknown[i] % 4 == 3) town[i] = 1;
    }
    EXPECT_EQ(information.BestVariance(1, known), DenseVariance(kTwo, kResiduals, unknown, kind))
        << known;
    EXPECT_EQ(information.BestVariance(2, known), DenseVariance(kTwo, kResiduals, unknown, town))
        << known;
    EXPECT_EQ(information.BestVariance(0, known),
              DenseVariance(kTwo, kResiduals, unknown, std::vector<Rational>(unknown.size(), 1)))
        << known;
  }
  EXPECT_FALSE(information.BestVariance(3, 4));
}

TEST(Information, AnOutsiderDoesNoBetterThanThePublishedVariance) {
  Information information(kTwo);
  information.Add(kResiduals);
  const Rational published = table::CellVariance(kTwo, kResiduals, 3);
  EXPECT_EQ(*information.BestVariance(3, 0) * Rational(1'000'001, 1'000'000), published);
}

TEST(Information, KnowingMoreNeverHurtsAndNeverBeatsTheBoundForAnyKnowledge) {
  Information information(kTwo);
  information.Add(kResiduals);
  const Rational bound = 1 / information.OfOneUnit();
  for (AttributeSet set = 0; set < 4; ++set) {
    Rational before = *information.BestVariance(set, 0);
    for (size_t known = 0; known < 4; ++known) {
      const Rational variance = *information.BestVariance(set, known);
      EXPECT_LE(variance, before);
      EXPECT_GE(variance, bound);
      before = variance;
    }
  }
}

TEST(Information, OneUnitIsTheSquaredLengthOfItsAnswers) {
  Information information(kTwo);
  information.Add(kResiduals);
  Rational expected = 0;
  for (const auto& residual : kResiduals) {
    for (const auto& row : tests::Psi(kTwo, residual.attributes)) {
      expected += row[5] * row[5] / residual.gamma_squared;
    }
  }
  EXPECT_EQ(information.OfOneUnit(), expected * Rational(1'000'001, 1'000'000));
}

TEST(Information, ASecondReleaseOfThePeriodAddsUp) {
  Information once(kTwo), twice(kTwo);
  once.Add(kResiduals);
  twice.Add(kResiduals);
  twice.Add(kResiduals);
  EXPECT_EQ(*twice.BestVariance(3, 1) * 2, *once.BestVariance(3, 1));
}

TEST(Information, RefusesNoiseTooSmallForItsParameterToBeItsVariance) {
  Information information(kTwo);
  EXPECT_THROW(information.Add({{0, Rational(1, 4)}}), base::ProblemError);
}

}  // namespace
}  // namespace polder::stats::audit
