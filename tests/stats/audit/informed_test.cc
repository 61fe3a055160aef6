// The bound for attackers with other offices' figures, against the best linear estimate computed
// another way: the dense system with a multiplier per known sum, eliminated over the rationals.
#include "stats/audit/informed.h"

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "stats/audit/information.h"
#include "tests/stats/audit/dense.h"

namespace polder::stats::audit {
namespace {

using base::Rational;
using table::AttributeSet;
using table::KnownFigure;
using table::Schema;
using tests::Matrix;

const Schema kThree({{"kind", {"x", "y", "z"}},
                     {"municipality", {"A", "B", "C", "D"}},
                     {"ageBand", {"young", "old"}}});
// kind x municipality and kind x age band; never all three.
const std::vector<table::MeasuredResidual> kResiduals = {{0, 5},   {1, 17}, {2, 40},
                                                         {3, 310}, {4, 11}, {5, 90}};

// [M K'; K 0] [x; l] = [target; 0]: the variance is target' x. The system is made regular by next
// to no information about every single count, and next to no error in what is known exactly.
Rational DenseVariance(const Schema& schema, const std::vector<table::MeasuredResidual>& residuals,
                       const std::vector<KnownFigure>& known, const std::vector<size_t>& own,
                       AttributeSet set, size_t cell) {
  const AttributeSet all = table::WholeSet(schema);
  std::vector<size_t> unknown;
  for (size_t c = 0; c < schema.CellCount(all); ++c) {
    if (std::find(own.begin(), own.end(), schema.Place(all, c)[1]) == own.end()) {
      unknown.push_back(c);
    }
  }
  const size_t n = unknown.size();
  const auto indicator = [&](AttributeSet of, size_t at) {
    std::vector<Rational> row(n, 0);
    for (size_t i = 0; i < n; ++i) row[i] = schema.Project(all, unknown[i], of) == at ? 1 : 0;
    return row;
  };
  Matrix information = tests::DenseInformation(schema, residuals, unknown);
  for (size_t i = 0; i < n; ++i) information[i][i] += Rational(1, 1'000'000'000'000);
  Matrix exact;
  for (const KnownFigure& figure : known) {
    if (!figure.high) continue;
    const auto row = indicator(figure.attributes, figure.cell);
    if (figure.IsExact()) {
      exact.push_back(row);
      continue;
    }
    const int64_t width = *figure.high - figure.low + 1;
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) {
        information[i][j] += row[i] * row[j] * Rational(12) / base::ToInteger(width * width - 1);
      }
    }
  }
  const size_t size = n + exact.size();
  std::vector<Rational> target = indicator(set, cell);
  target.resize(size, 0);
  Matrix m(size, std::vector<Rational>(size, 0));
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) m[i][j] = information[i][j];
    for (size_t k = 0; k < exact.size(); ++k) m[i][n + k] = m[n + k][i] = exact[k][i];
  }
  for (size_t k = 0; k < exact.size(); ++k) m[n + k][n + k] = Rational(-1, 1'000'000'000'000);
  return tests::DenseVariance(std::move(m), target);
}

struct Instance {
  const char* name;
  std::vector<KnownFigure> known;
};

std::vector<Instance> Instances() {
  const auto exact = [](AttributeSet set, size_t cell) { return KnownFigure{set, cell, 9, 9}; };
  std::vector<KnownFigure> all_towns;
  for (size_t town = 0; town < 4; ++town) all_towns.push_back(exact(2, town));
  std::vector<KnownFigure> mixed = all_towns;
  mixed.push_back(exact(3, 1));               // x in B
  mixed.push_back({3, 6, 1, 4});              // a band: y in C
  mixed.push_back({1, 2, 10, std::nullopt});  // without an end: tells no estimate anything
  return {{"a published cell", {exact(1, 0)}},
          {"the neighbours of a cell", {exact(3, 0), exact(3, 1), exact(3, 2)}},
          {"every town", all_towns},
          {"rounded to five", {{3, 3, 8, 12}, {3, 2, 8, 12}}},
          {"towns, a cell, a band", mixed}};
}

TEST(InformedEstimates, AreTheDenseBestLinearEstimatesOfEveryAttackerAndNeverAboveThem) {
  Information information(kThree);
  information.Add(kResiduals);
  const std::vector<std::vector<size_t>> attackers = {{}, {2}, {0, 1}, {1, 3}};
  size_t compared = 0;
  for (const Instance& instance : Instances()) {
    const InformedEstimates estimates(kThree, information.precision(), instance.known);
    for (const auto& own : attackers) {
      for (const AttributeSet set : {AttributeSet{1}, AttributeSet{3}, AttributeSet{5}}) {
        for (const size_t cell : {size_t{2}, size_t{5}}) {
          if (cell >= kThree.CellCount(set)) continue;
          if (set == 3 && std::find(own.begin(), own.end(), cell % 4) != own.end()) continue;
          const InformedBound bound = estimates.For(set, {cell}, own).front();
          const Rational dense = DenseVariance(kThree, kResiduals, instance.known, own, set, cell);
          const std::string where = std::string(instance.name) + " set " + std::to_string(set) +
                                    " cell " + std::to_string(cell) + " by " +
                                    std::to_string(own.size());
          if (bound.known_elsewhere) {
            EXPECT_LT(dense, Rational(1, 1000)) << where;
            continue;
          }
          ASSERT_TRUE(bound.variance) << where;
          ++compared;
          EXPECT_NEAR(bound.variance->get_d() / dense.get_d(), 1, 1e-6) << where;
          EXPECT_LE(*bound.variance, dense * Rational(1'000'001, 1'000'000)) << where;
        }
      }
    }
  }
  EXPECT_GT(compared, 60U);
}

// Four attributes of which no two tables cross more than two: the search is over their cells, and
// finds what the dense system over the whole cross finds.
TEST(InformedEstimates, OverLeanTablesAreThoseOfTheWholeCross) {
  const Schema four({{"kind", {"x", "y"}},
                     {"municipality", {"A", "B", "C"}},
                     {"ageBand", {"young", "old"}},
                     {"group", {"p", "q", "r"}}});
  const std::vector<table::MeasuredResidual> residuals = {{0, 5},  {1, 17}, {2, 40}, {3, 31},
                                                          {4, 11}, {5, 9},  {8, 20}, {9, 25}};
  Information information(four);
  information.Add(residuals);
  const auto exact = [](AttributeSet set, size_t cell) { return KnownFigure{set, cell, 9, 9}; };
  // Municipalities by age, a group, a kind in a municipality, and bands of three attributes.
  const std::vector<KnownFigure> known = {exact(6, 0), exact(6, 1),  exact(6, 3),  exact(8, 1),
                                          exact(3, 4), {7, 2, 1, 4}, {12, 3, 0, 6}};
  const InformedEstimates estimates(four, information.precision(), known);
  size_t compared = 0;
  for (const auto& own : std::vector<std::vector<size_t>>{{}, {1}, {0, 2}}) {
    for (const auto& [set, cell] :
         std::vector<std::pair<AttributeSet, size_t>>{{1, 1}, {3, 2}, {3, 5}, {5, 1}, {9, 4}}) {
      if (set == 3 && std::find(own.begin(), own.end(), cell % 3) != own.end()) continue;
      const InformedBound bound = estimates.For(set, {cell}, own).front();
      if (bound.known_elsewhere) continue;
      const Rational dense = DenseVariance(four, residuals, known, own, set, cell);
      ++compared;
      ASSERT_TRUE(bound.variance);
      EXPECT_NEAR(bound.variance->get_d() / dense.get_d(), 1, 1e-6) << set << " " << own.size();
      EXPECT_LE(*bound.variance, dense * Rational(1'000'001, 1'000'000)) << set;
    }
  }
  EXPECT_GT(compared, 9U);
}

// Thirty municipalities; the cross of the four attributes has 14,400 cells, the tables have 368.
TEST(InformedEstimates, ARegionsLeanTablesAreWeighedWhateverTheirCross) {
  const auto codes = [](const std::string& prefix, int count) {
    std::vector<std::string> made;
    for (int i = 0; i < count; ++i) made.push_back(prefix + std::to_string(i));
    return made;
  };
  const Schema region({{"kind", codes("k", 8)},
                       {"municipality", codes("m", 30)},
                       {"ageBand", codes("a", 6)},
                       {"group", codes("g", 10)}});
  Information information(region);
  information.Add({{0, 5}, {1, 17}, {2, 40}, {3, 310}, {4, 20}, {5, 90}, {8, 30}, {9, 200}});
  // A band without an end asks for the whole cross and tells no estimate anything.
  const InformedEstimates alone(region, information.precision(), {{9, 3, 5, std::nullopt}});
  for (const AttributeSet set : {AttributeSet{1}, AttributeSet{3}, AttributeSet{5}}) {
    for (const std::vector<size_t>& own : {std::vector<size_t>{}, {0}, {0, 1}}) {
      const InformedBound bound = alone.For(set, {3}, own).front();
      const Rational closed = *information.BestVariance(set, own.size());
      EXPECT_NEAR(bound.variance->get_d() / closed.get_d(), 1, 1e-6) << set << " " << own.size();
      EXPECT_LE(*bound.variance, closed);
    }
  }
  // DUO publishes every municipality by kind but the small ones, a council its groups.
  std::vector<KnownFigure> known;
  for (size_t cell = 0; cell < 240; ++cell) {
    known.push_back({3, cell, 9, 9});
    if (cell % 7 == 0) known.back() = {3, cell, 1, 4};
  }
  for (size_t group = 0; group < 10; ++group) known.push_back({10, 40 + group, 9, 9});
  const InformedEstimates informed(region, information.precision(), known);
  size_t given_away = 0;
  for (const std::vector<size_t>& own : {std::vector<size_t>{}, {0}, {0, 1}}) {
    for (const InformedBound& bound : informed.For(9, {0, 17, 41, 79}, own)) {
      ASSERT_TRUE(bound.variance);
      EXPECT_GT(*bound.variance, 0);
      EXPECT_LT(*bound.variance, *information.BestVariance(9, own.size()));
    }
    for (const InformedBound& bound : informed.For(3, {65, 70}, own)) {
      given_away += bound.known_elsewhere ? 1U : 0U;
      if (!bound.known_elsewhere) {
        EXPECT_GT(*bound.variance, 0);
      }
    }
  }
  EXPECT_EQ(given_away, 3U) << "what is not banded is known, whoever asks";
}

TEST(InformedEstimates, WithoutKnownFiguresAreTheClosedForm) {
  Information information(kThree);
  information.Add(kResiduals);
  const InformedEstimates estimates(kThree, information.precision(), {});
  for (const AttributeSet set : {AttributeSet{1}, AttributeSet{3}, AttributeSet{5}}) {
    for (const std::vector<size_t>& own : {std::vector<size_t>{}, {0}, {0, 1}}) {
      const InformedBound bound = estimates.For(set, {3 % kThree.CellCount(set)}, own).front();
      const Rational closed = *information.BestVariance(set, own.size());
      EXPECT_NEAR(bound.variance->get_d() / closed.get_d(), 1, 1e-9) << set << " " << own.size();
      EXPECT_LE(*bound.variance, closed) << "no better than the best";
    }
  }
}

TEST(InformedEstimates, WhatKnownFiguresGiveAwayByThemselvesIsSaidSo) {
  Information information(kThree);
  information.Add(kResiduals);
  // The row x and three of its four towns: the fourth follows without us.
  const std::vector<KnownFigure> known = {{1, 0, 20, 20}, {3, 0, 5, 5}, {3, 1, 5, 5}, {3, 2, 7, 7}};
  const InformedEstimates estimates(kThree, information.precision(), known);
  EXPECT_TRUE(estimates.For(3, {3}, {}).front().known_elsewhere);
  EXPECT_FALSE(estimates.For(3, {4}, {}).front().known_elsewhere);
  // With two of its towns unknown it takes a member, who has one of them.
  const InformedEstimates fewer(kThree, information.precision(), {known[0], known[1], known[2]});
  EXPECT_FALSE(fewer.For(3, {3}, {}).front().known_elsewhere);
  EXPECT_TRUE(fewer.For(3, {3}, {2}).front().known_elsewhere);
}

// A cell next to one that is known exactly is estimated more closely: it shares its noise.
TEST(InformedEstimates, APublishedCellThatIsKnownExactlyTellsOfItsNeighbours) {
  Information information(kThree);
  information.Add(kResiduals);
  const InformedEstimates alone(kThree, information.precision(), {});
  const std::vector<KnownFigure> known = {{3, 0, 9, 9}, {3, 1, 9, 9}, {3, 2, 9, 9}};
  const InformedEstimates informed(kThree, information.precision(), known);
  EXPECT_LT(*informed.For(3, {3}, {}).front().variance,
            *alone.For(3, {3}, {}).front().variance * Rational(9, 10));
}

TEST(InformedEstimates, RefuseWhatTheyCannotWeigh) {
  Information information(kThree);
  std::vector<std::string> many;
  for (int i = 0; i < 70; ++i) many.push_back("c" + std::to_string(i));
  const Schema large({{"kind", many}, {"municipality", many}});
  const InformedEstimates estimates(large, information.precision(), {});
  EXPECT_THROW(estimates.For(3, {0}, {}), base::ProblemError);
}

}  // namespace
}  // namespace polder::stats::audit
