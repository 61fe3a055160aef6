// Reconstruction and covariance against generalised least squares with dense matrices.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <eigen3/Eigen/Dense>
#include <gtest/gtest.h>

#include "stats/noise/psi.h"
#include "stats/reconcile/estimate.h"
#include "stats/table/covariance.h"
#include "tests/stats/noise/seeded_source.h"

namespace polder::stats::reconcile {
namespace {

using base::Rational;
using table::AttributeSet;
using table::Schema;

table::Dimension Plain(const std::string& name, size_t codes) {
  table::Dimension dimension{name, {}};
  for (size_t c = 0; c < codes; ++c) dimension.codes.push_back(std::to_string(c));
  return dimension;
}

// Every closed set of at most `most` attributes.
std::vector<AttributeSet> SetsUpTo(const Schema& schema, size_t most) {
  std::vector<AttributeSet> sets;
  for (AttributeSet set = 0; set < AttributeSet{1} << schema.size(); ++set) {
    if (schema.IsClosed(set) && schema.Members(set).size() <= most) sets.push_back(set);
  }
  return sets;
}

// Which cells of the finest cross a cell of a table sums.
Eigen::MatrixXd Sums(const Schema& schema, AttributeSet finest, AttributeSet set) {
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(schema.CellCount(set)),
                                               static_cast<Eigen::Index>(schema.CellCount(finest)));
  for (size_t cell = 0; cell < schema.CellCount(finest); ++cell) {
    sums(static_cast<Eigen::Index>(schema.Project(finest, cell, set)),
         static_cast<Eigen::Index>(cell)) = 1;
  }
  return sums;
}

void CompareWithDense(const Schema& schema, size_t ways, size_t pairs) {
  AttributeSet finest = 0;
  for (const size_t i : schema.Base()) finest |= schema.Closed(AttributeSet{1} << i);
  noise::PlanRequest request;
  request.measure = "persons";
  request.schema = schema;
  const std::vector<AttributeSet> sets = SetsUpTo(schema, ways);
  for (const AttributeSet set : sets) request.tables.push_back({{std::to_string(set), set}, 1});
  request.rho = Rational(1, 2);
  const noise::Plan plan = noise::Plan::Make(request);
  std::vector<size_t> sizes;
  for (const size_t i : schema.Base()) sizes.push_back(schema.dimensions()[i].codes.size());
  const tabulate::Cube empty(sizes);
  const auto answers = noise::NoisyAnswers::Measure(
      empty, plan, noise::Noise::Draw(plan, testing_support::SeededSource(3)));

  // Whitened measurements H x = m; the estimate is H^+ m with H^+ = H' (H H')^+.
  Eigen::Index rows = 0;
  for (const auto& values : answers.values()) rows += static_cast<Eigen::Index>(values.size());
  Eigen::MatrixXd h(rows, static_cast<Eigen::Index>(schema.CellCount(finest)));
  Eigen::VectorXd m(rows);
  Eigen::Index row = 0;
  for (size_t a = 0; a < plan.residuals().size(); ++a) {
    const auto& residual = plan.residuals()[a];
    const double sd = std::sqrt(residual.gamma_squared.get_d());
    const Eigen::MatrixXd sums = Sums(schema, finest, residual.attributes);
    for (Eigen::Index column = 0; column < h.cols(); ++column) {
      std::vector<double> one(static_cast<size_t>(sums.rows()));
      for (Eigen::Index i = 0; i < sums.rows(); ++i) one[static_cast<size_t>(i)] = sums(i, column);
      noise::ApplyPsi(one, noise::AxesOf(schema, residual.attributes));
      for (Eigen::Index i = 0; i < sums.rows(); ++i) {
        h(row + i, column) = one[static_cast<size_t>(i)] / sd;
      }
    }
    for (const int64_t answer : answers.values()[a]) m(row++) = static_cast<double>(answer) / sd;
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> gram(h * h.transpose());
  Eigen::VectorXd inverse = gram.eigenvalues();
  const double largest = inverse.maxCoeff();
  for (double& value : inverse) value = value > 1e-10 * largest ? 1 / value : 0;
  const Eigen::MatrixXd pseudo =
      gram.eigenvectors() * inverse.asDiagonal() * gram.eigenvectors().transpose();
  const Eigen::VectorXd fitted = h.transpose() * (pseudo * m);

  const auto estimates = Estimates(answers, plan, sets);
  for (size_t t = 0; t < sets.size(); ++t) {
    const Eigen::VectorXd dense = Sums(schema, finest, sets[t]) * fitted;
    const double scale = std::max(1.0, dense.cwiseAbs().maxCoeff());
    for (size_t cell = 0; cell < estimates[t].size(); ++cell) {
      ASSERT_NEAR(estimates[t][cell].get_d(), dense(static_cast<Eigen::Index>(cell)), 1e-9 * scale);
    }
  }
  for (size_t p = 0; p < pairs; ++p) {
    const AttributeSet set_a = sets[(p * 7 + 3) % sets.size()], set_b = sets[p % sets.size()];
    const size_t cell_a = p * 31 % schema.CellCount(set_a);
    const size_t cell_b = p * 17 % schema.CellCount(set_b);
    const auto influence = [&](AttributeSet set, size_t cell) -> Eigen::VectorXd {
      return pseudo *
             (h * Sums(schema, finest, set).row(static_cast<Eigen::Index>(cell)).transpose());
    };
    const Eigen::VectorXd left = influence(set_a, cell_a), right = influence(set_b, cell_b);
    const Rational exact =
        table::Covariance(schema, plan.residuals(), {{set_a, cell_a, 1}}, {{set_b, cell_b, 1}});
    EXPECT_NEAR(exact.get_d(), left.dot(right), 1e-9 * left.norm() * right.norm()) << p;
    const Rational both = table::Covariance(schema, plan.residuals(),
                                            {{set_a, cell_a, Rational(1, 3)}, {set_b, cell_b, -2}},
                                            {{set_a, cell_a, Rational(1, 3)}, {set_b, cell_b, -2}});
    EXPECT_NEAR(both.get_d(), (left / 3 - 2 * right).squaredNorm(), 1e-9 * both.get_d()) << p;
  }
}

TEST(LeastSquares, ReconstructionAndCovarianceOfASmallCubeAreThoseOfDenseMatrices) {
  CompareWithDense(Schema({Plain("a", 2), Plain("b", 3), Plain("c", 4)}), 2, 40);
  CompareWithDense(Schema({Plain("a", 2), Plain("b", 3), Plain("c", 4)}), 3, 40);
}

// 11 x 6 x 4 x 3 x 2 = 1584 cells; municipalities in three uneven size classes, whose dimension
// stands first so that a residual's order is not its table's.
TEST(LeastSquares, ReconstructionAndCovarianceWithAHierarchyAreThoseOfDenseMatrices) {
  table::Dimension municipality = Plain("municipality", 11);
  municipality.grouped_by = "class";
  municipality.groups = {0, 1, 2, 2, 1, 0, 2, 2, 1, 2, 2};
  CompareWithDense(Schema({Plain("class", 3), Plain("kind", 6), municipality, Plain("age", 4),
                           Plain("group", 3), Plain("sex", 2)}),
                   2, 30);
}

}  // namespace
}  // namespace polder::stats::reconcile
