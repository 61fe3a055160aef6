// Municipalities in classes of uneven size: the closed form against the dense best linear estimate,
// and a class's total as one more equation that gives hidden members away.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/problem.h"
#include "stats/audit/audit.h"
#include "stats/audit/information.h"
#include "stats/audit/informed.h"
#include "stats/audit/worlds.h"
#include "stats/table/covariance.h"
#include "stats/table/interval.h"
#include "stats/table/known_figures.h"
#include "tests/stats/audit/dense.h"
#include "tests/support/example_tables.h"

namespace polder::stats::audit {
namespace {

using base::Rational;
using table::AttributeSet;
using table::CellStatus;
using table::KnownFigure;
using table::LinkedTables;
using table::Schema;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::DenseInformation;
using tests::DenseVariance;
using tests::kDiscrete;
using tests::Matrix;
using tests::Psi;

// Classes of 3, 2 and 1. Sets: kind 1, municipality 6 (with its class), class 4.
const Schema kUneven(
    {{"kind", {"x", "y"}},
     {"municipality", {"A", "B", "C", "D", "E", "F"}, "sizeClass", {0, 1, 0, 2, 0, 1}},
     {"sizeClass", {"large", "middle", "small"}}});
const std::vector<table::MeasuredResidual> kResiduals = {{0, 5},  {1, 17},  {4, 40},
                                                         {5, 90}, {6, 300}, {7, 700}};

// Cells of the full cross that are not of these municipalities.
std::vector<size_t> UnknownTo(const Schema& schema, const std::vector<size_t>& own) {
  std::vector<size_t> unknown;
  const AttributeSet all = table::WholeSet(schema);
  for (size_t cell = 0; cell < schema.CellCount(all); ++cell) {
    const size_t town = schema.Project(all, cell, 6);
    if (std::find(own.begin(), own.end(), town) == own.end()) unknown.push_back(cell);
  }
  return unknown;
}

std::vector<size_t> LeftOf(const Schema& schema, const std::vector<size_t>& own) {
  std::vector<size_t> left = schema.GroupSizes(1);
  for (const size_t town : own) --left[schema.dimensions()[1].groups[town]];
  return left;
}

const std::vector<std::vector<size_t>> kAttackers = {{},     {0},    {1},    {3},    {0, 2},
                                                     {0, 1}, {1, 5}, {0, 3}, {1, 3}, {3, 1, 5}};

// Every cell of every table for every attacker, with `residuals`.
size_t CompareWithDense(const std::vector<table::MeasuredResidual>& residuals) {
  Information information(kUneven);
  information.Add(residuals);
  const AttributeSet all = table::WholeSet(kUneven);
  size_t compared = 0;
  for (const auto& own : kAttackers) {
    const std::vector<size_t> unknown = UnknownTo(kUneven, own);
    const Matrix dense = DenseInformation(kUneven, residuals, unknown);
    for (const AttributeSet set : {0U, 1U, 4U, 5U, 6U, 7U}) {
      for (size_t cell = 0; cell < kUneven.CellCount(set); ++cell) {
        std::vector<Rational> target;
        for (const size_t at : unknown) {
          target.emplace_back(kUneven.Project(all, at, set) == cell ? 1 : 0);
        }
        const size_t in_class = (set & 4U) == 0 ? 0 : kUneven.Project(set, cell, 4);
        const bool none = std::count(target.begin(), target.end(), 1) == 0;
        if (none && (set & 2U) != 0) continue;  // their own: not asked
        const auto variance = information.BestVariance(set, LeftOf(kUneven, own), in_class);
        if (none) {
          EXPECT_FALSE(variance) << "nothing of the class is unknown";
          continue;
        }
        EXPECT_EQ(variance, DenseVariance(dense, target))
            << set << " " << cell << " " << own.size();
        ++compared;
      }
    }
  }
  return compared;
}

TEST(InformationInClasses, IsTheDenseBestLinearEstimateForEveryCellAndAttacker) {
  EXPECT_GT(CompareWithDense(kResiduals), 200U);
}

TEST(InformationInClasses, CountsWhatWasMeasuredWithoutClassesToo) {
  std::vector<table::MeasuredResidual> residuals = kResiduals;
  residuals.push_back({2, 60});  // municipalities, over all of them at once
  residuals.push_back({3, 80});
  EXPECT_GT(CompareWithDense(residuals), 200U);
}

TEST(InformationInClasses, AnOutsiderDoesNoBetterThanThePublishedVariance) {
  Information information(kUneven);
  information.Add(kResiduals);
  for (size_t cell = 0; cell < 12; ++cell) {
    const auto best =
        information.BestVariance(7, kUneven.GroupSizes(1), kUneven.Project(7, cell, 4));
    EXPECT_EQ(*best * kDiscrete,
              table::Covariance(kUneven, kResiduals, {{7, cell, 1}}, {{7, cell, 1}}));
  }
}

TEST(InformationInClasses, WhatNothingTellsApartCannotBeEstimated) {
  Information information(kUneven);
  information.Add({{0, 5}, {1, 17}, {4, 40}, {5, 90}});  // classes by kind, no municipality
  const std::vector<size_t> all = kUneven.GroupSizes(1);
  EXPECT_TRUE(information.BestVariance(5, all, 0));
  EXPECT_FALSE(information.BestVariance(7, all, 0)) << "one of three";
  EXPECT_TRUE(information.BestVariance(7, all, 2)) << "alone in its class";
  EXPECT_TRUE(information.BestVariance(7, {1, 2, 1}, 0))
      << "the last one that a pair does not know";
}

TEST(InformationInClasses, WhereNothingIsUnknownThereIsNothingToEstimate) {
  Information information(kUneven);
  information.Add(kResiduals);
  for (const AttributeSet set : {0U, 1U, 4U, 7U}) {
    EXPECT_FALSE(information.BestVariance(set, {0, 0, 0}, 0)) << set;
  }
  EXPECT_TRUE(information.BestVariance(1, {0, 1, 0}, 0));
}

TEST(InformationInClasses, OneUnitIsTheLongestAnswerOverAllMunicipalities) {
  Information information(kUneven);
  information.Add(kResiduals);
  Rational worst = 0;
  std::vector<Rational> lengths;
  for (size_t cell = 0; cell < 12; ++cell) {
    Rational length = 0;
    for (const auto& residual : kResiduals) {
      for (const auto& row : Psi(kUneven, residual.attributes)) {
        length += row[cell] * row[cell] * kDiscrete / residual.gamma_squared;
      }
    }
    worst = std::max(worst, length);
    lengths.push_back(length);
  }
  EXPECT_EQ(information.OfOneUnit(), worst);
  EXPECT_LT(*std::min_element(lengths.begin(), lengths.end()), worst) << "classes are uneven";
}

TEST(InformationInClasses, RefusesClassesOfAnythingElse) {
  Information information(
      Schema({{"kind", {"x", "y", "z"}, "sort", {0, 0, 1}}, {"sort", {"s", "t"}}}));
  information.Add({{0, 5}, {2, 9}, {3, 9}});
  EXPECT_THROW(information.BestVariance(3, {2, 1}, 0), base::ProblemError);
  EXPECT_THROW(information.BestVariance(3, 0), base::ProblemError);
}

TEST(InformedInClasses, WithoutKnownFiguresIsTheClosedForm) {
  Information information(kUneven);
  std::vector<table::MeasuredResidual> residuals = kResiduals;
  residuals.push_back({3, 80});
  information.Add(residuals);
  const InformedEstimates estimates(kUneven, information.precision(), {});
  for (const auto& own : kAttackers) {
    for (const AttributeSet set : {1U, 4U, 5U, 7U}) {
      for (size_t cell = 0; cell < kUneven.CellCount(set); ++cell) {
        const size_t in_class = (set & 4U) == 0 ? 0 : kUneven.Project(set, cell, 4);
        const auto closed = information.BestVariance(set, LeftOf(kUneven, own), in_class);
        const bool is_own =
            (set & 2U) != 0 &&
            std::find(own.begin(), own.end(), kUneven.Project(set, cell, 6)) != own.end();
        if (!closed || is_own) continue;
        const InformedBound bound = estimates.For(set, {cell}, own).front();
        ASSERT_TRUE(bound.variance);
        EXPECT_NEAR(bound.variance->get_d() / closed->get_d(), 1, 1e-9) << set << " " << cell;
        EXPECT_LE(*bound.variance, *closed) << "no better than the best";
      }
    }
  }
}

TEST(InformedInClasses, AKnownClassTotalIsAnEquationLikeAnyOther) {
  Information information(kUneven);
  information.Add(kResiduals);
  // What is in class middle is known exactly, by kind: B and F give each other away.
  const InformedEstimates estimates(kUneven, information.precision(),
                                    {{5, 1, 9, 9}, {5, 4, 3, 3}, {7, 8, 10, 14}});
  EXPECT_TRUE(estimates.For(7, {5}, {1}).front().known_elsewhere);  // x in F, by B
  EXPECT_TRUE(estimates.For(5, {1}, {}).front().known_elsewhere);
  const InformedBound bound = estimates.For(7, {5}, {}).front();
  ASSERT_TRUE(bound.variance);
  // Dense: one unit less to know, since x in B is nine minus x in F; likewise for y; and the band.
  std::vector<size_t> unknown = UnknownTo(kUneven, {});
  Matrix m = DenseInformation(kUneven, kResiduals, unknown);
  m[8][8] += Rational(12, 24);
  std::vector<size_t> kept;
  for (size_t i = 0; i < 12; ++i) {
    if (i != 1 && i != 7) kept.push_back(i);
  }
  Matrix reduced;
  std::vector<Rational> target;
  for (const size_t i : kept) {
    auto& row = reduced.emplace_back();
    const auto partner = [](size_t cell) -> size_t {
      return cell == 5 ? 1 : cell == 11 ? 7 : SIZE_MAX;
    };
    for (const size_t j : kept) {
      Rational entry = m[i][j];
      if (partner(i) != SIZE_MAX) entry -= m[partner(i)][j];
      if (partner(j) != SIZE_MAX) entry -= m[i][partner(j)];
      if (partner(i) != SIZE_MAX && partner(j) != SIZE_MAX) entry += m[partner(i)][partner(j)];
      row.push_back(entry);
    }
    target.emplace_back(i == 5 ? 1 : 0);
  }
  EXPECT_NEAR(bound.variance->get_d() / DenseVariance(reduced, target).get_d(), 1, 1e-6);
}

// Kinds x 6 municipalities of 3, 2 and 1, by class, and the totals; everything shown.
LinkedTables ClassTables() {
  const Schema schema({{"kind", {"absolute", "other"}},
                       {"municipality",
                        {"GM0148", "GM0160", "GM0166", "GM0175", "GM0177", "GM0180"},
                        "sizeClass",
                        {0, 1, 0, 2, 0, 1}},
                       {"sizeClass", {"large", "middle", "small"}}});
  LinkedTables tables("persons", schema,
                      {{"municipality-kind", 7}, {"sizeClass-kind", 5}, {"kind", 1}});
  for (const AttributeSet set : schema.Residuals({7})) tables.residuals().push_back({set, 4000});
  const std::vector<int64_t> towns = {3, 30, 40, 50, 44, 35, 21, 22, 23, 24, 25, 26};
  for (size_t cell = 0; cell < 12; ++cell) {
    tables.values()[cell] = towns[cell];
    tables.values()[tables.Number(1, schema.Project(7, cell, 5))] += towns[cell];
    tables.values()[tables.Number(2, schema.Project(7, cell, 1))] += towns[cell];
  }
  return tables;
}

std::vector<base::Problem> FindingsOf(const LinkedTables& tables,
                                      std::vector<table::Member> members = {}) {
  Candidate candidate{tests::SchoolYear(), {tables}};
  candidate.members = std::move(members);
  try {
    Audit(std::move(candidate), tests::ShippedPolicy(), {});
  } catch (const base::ProblemError& error) {
    return error.problems();
  }
  return {};
}

TEST(AuditOfClasses, AClassTotalThatGivesAHiddenMemberAwayIsRefused) {
  // Company in another class: it protects from the region's total, not from the class's.
  LinkedTables tables = ClassTables();
  for (const size_t cell : {0U, 1U, 6U, 7U}) tables.statuses()[cell] = CellStatus::kHidden;
  LinkedTables flat("persons",
                    Schema({{"kind", {"absolute", "other"}},
                            {"municipality", tables.schema().dimensions()[1].codes}}),
                    {{"municipality-kind", 3}, {"kind", 1}});
  for (size_t cell = 0; cell < 12; ++cell) flat.statuses()[cell] = tables.statuses()[cell];
  EXPECT_THAT(FindOtherWorld(flat).determined, IsEmpty()) << "safe as long as no class is shown";
  EXPECT_THAT(FindOtherWorld(tables).determined, ElementsAre(0, 1, 6, 7));
  const auto findings = FindingsOf(tables);
  ASSERT_FALSE(findings.empty());
  EXPECT_THAT(findings.front().detail, HasSubstr("can be computed"));
}

TEST(AuditOfClasses, CompanyInTheClassOrAHiddenClassIsSafe) {
  LinkedTables tables = ClassTables();
  for (const size_t cell : {0U, 2U, 6U, 8U}) tables.statuses()[cell] = CellStatus::kHidden;
  EXPECT_THAT(FindingsOf(tables), IsEmpty());
  LinkedTables wide = ClassTables();  // x of large and middle, and the classes with them
  for (const size_t cell : {0U, 1U}) wide.statuses()[cell] = CellStatus::kHidden;
  for (const size_t cell : {0U, 1U}) wide.statuses()[wide.Number(1, cell)] = CellStatus::kHidden;
  // 30 is over its threshold, as is the class; what matters is that nothing follows.
  EXPECT_THAT(FindOtherWorld(wide).determined, IsEmpty());
  wide.statuses()[wide.Number(1, 1)] = CellStatus::kValue;
  EXPECT_THAT(FindOtherWorld(wide).determined, ElementsAre(0, 1, wide.Number(1, 0)));
}

TEST(AuditOfClasses, APairThatSharesAClassIsAskedAboutTheRestOfIt) {
  LinkedTables tables = ClassTables();
  for (const size_t cell : {0U, 2U, 6U, 8U}) tables.statuses()[cell] = CellStatus::kHidden;
  for (auto& residual : tables.residuals()) {
    // Classes are measured closely, municipalities hardly: only two of a class of three come near.
    const bool of_towns = (residual.attributes & 2U) != 0;
    residual.gamma_squared = of_towns ? Rational(40'000) : Rational(9);
  }
  std::vector<std::string> told;
  for (const auto& finding : FindingsOf(tables)) {
    if (finding.pointer == "/measures/0/tables/0") told.push_back(finding.detail);
  }
  EXPECT_THAT(told, ElementsAre("a pair of members estimates a hidden cell too closely"));
}

TEST(AuditOfClasses, ARegionOnlyKindIsNoClassFigure) {
  const LinkedTables plain = ClassTables();
  std::vector<table::Dimension> dimensions = plain.schema().dimensions();
  dimensions[0].codes = {"absolute", "exemptionOther"};
  LinkedTables tables("persons", Schema(dimensions), plain.tables());
  tables.values() = plain.values();
  tables.residuals() = plain.residuals();
  for (size_t cell = 0; cell < 12; ++cell) tables.statuses()[cell] = CellStatus::kHidden;
  for (size_t cell = 0; cell < 6; ++cell) {
    tables.statuses()[tables.Number(1, cell)] = CellStatus::kHidden;
  }
  EXPECT_THAT(FindingsOf(tables), IsEmpty());
  tables.statuses()[tables.Number(1, 4)] = CellStatus::kValue;
  const auto findings = FindingsOf(tables);
  ASSERT_FALSE(findings.empty());
  EXPECT_THAT(findings.front().detail, HasSubstr("region-only"));
}

TEST(AuditOfClasses, AClassMissesItsDeliveryWhenAllOfItDoes) {
  LinkedTables tables = ClassTables();
  for (const size_t town : {1U, 5U}) {
    for (const size_t kind : {0U, 1U}) {
      const size_t cell = kind * 6 + town;
      tables.statuses()[cell] = CellStatus::kMissingDelivery;
      tables.values()[tables.Number(1, kind * 3 + 1)] = 0;
      tables.values()[tables.Number(2, kind)] -= tables.values()[cell];
      tables.values()[cell] = 0;
      tables.statuses()[tables.Number(1, kind * 3 + 1)] = CellStatus::kMissingDelivery;
    }
  }
  tables.statuses()[0] = tables.statuses()[2] = CellStatus::kHidden;
  tables.statuses()[6] = tables.statuses()[8] = CellStatus::kHidden;
  EXPECT_THAT(FindingsOf(tables), IsEmpty());
  LinkedTables shown = tables;
  shown.statuses()[shown.Number(1, 1)] = CellStatus::kHidden;
  ASSERT_FALSE(FindingsOf(shown).empty());
  EXPECT_THAT(FindingsOf(shown).front().detail, HasSubstr("nobody delivered"));
  LinkedTables half = tables;
  half.statuses()[half.Number(1, 0)] = CellStatus::kMissingDelivery;
  ASSERT_FALSE(FindingsOf(half).empty());
  EXPECT_THAT(FindingsOf(half).front().detail, HasSubstr("somebody delivered"));
}

TEST(AuditOfClasses, WhoDidNotDeliverIsKnownFromTheMembersWhereNoTableCrossesThem) {
  const Schema schema = ClassTables().schema();
  LinkedTables tables("persons", schema, {{"sizeClass-kind", 5}, {"kind", 1}});
  for (const AttributeSet set : schema.Residuals({5})) tables.residuals().push_back({set, 400});
  tables.values() = {2, 80, 35, 3, 66, 24, 117, 93};
  for (const size_t cell : {0U, 1U, 3U, 4U}) tables.statuses()[cell] = CellStatus::kHidden;
  Information information(schema);
  information.Add(tables.residuals());
  for (const std::vector<size_t>& missing : {std::vector<size_t>{}, {0}, {0, 2}}) {
    std::optional<Rational> worst;
    for (size_t member = 0; member < 6; ++member) {
      if (std::count(missing.begin(), missing.end(), member) > 0) continue;
      std::vector<size_t> known = missing;
      known.push_back(member);
      for (const size_t in_class : {0U, 1U}) {
        const auto variance = information.BestVariance(5, LeftOf(schema, known), in_class);
        if (variance && (!worst || *variance < *worst)) worst = variance;
      }
    }
    Candidate candidate{tests::SchoolYear(), {tables}};
    for (size_t town = 0; town < 6; ++town) {
      const bool away = std::count(missing.begin(), missing.end(), town) > 0;
      candidate.members.push_back({schema.dimensions()[1].codes[town], !away, false});
    }
    const auto audited = Audit(std::move(candidate), tests::ShippedPolicy(), {});
    const auto json = base::ParseJson(audited.certificate().document);
    EXPECT_EQ(json["attackers"][1]["smallestStandardError"], table::DeviationTextDown(*worst))
        << missing.size();
  }
}

TEST(KnownInClasses, FiguresOfAllMembersOfAClassGiveItsTotal) {
  const auto policy = tests::ChangedPolicy([](base::Json& json) {
    base::Json figures = base::Json::array();
    for (const char* town : {"GM0148", "GM0166", "GM0177", "GM0160"}) {
      figures.push_back({{"codes", {town, "absolute"}}, {"count", 9}});
    }
    json["known"] = base::Json::array({{{"id", "council"},
                                        {"source", "a council"},
                                        {"measure", "persons"},
                                        {"period", "2022SJ"},
                                        {"attributes", {"municipality", "kind"}},
                                        {"figures", figures}}});
  });
  const Schema schema = ClassTables().schema();
  std::vector<std::pair<AttributeSet, size_t>> places;
  for (const KnownFigure& figure : table::KnownFigures(policy, "persons", tests::SchoolYear(),
                                                       table::KnownOf::kOverlapping, schema)) {
    places.emplace_back(figure.attributes, figure.cell);
    EXPECT_EQ(figure.low, figure.attributes == 5 ? 27 : 9);
  }
  // Four municipalities, and class large of three: B of class middle lacks its other member.
  EXPECT_THAT(places, ::testing::UnorderedElementsAre(std::pair(AttributeSet{7}, size_t{0}),
                                                      std::pair(AttributeSet{7}, size_t{1}),
                                                      std::pair(AttributeSet{7}, size_t{2}),
                                                      std::pair(AttributeSet{7}, size_t{4}),
                                                      std::pair(AttributeSet{5}, size_t{0})));
}

// What other offices tell of two members of a class leaves an outsider where a pair of them is.
TEST(KnownInClasses, AClassOfWhichAllButOneIsKnownTellsOfTheLastOneAsAPairOfItWouldKnow) {
  LinkedTables tables = ClassTables();
  for (const size_t cell : {0U, 2U, 6U, 8U}) tables.statuses()[cell] = CellStatus::kHidden;
  const auto policy = tests::ChangedPolicy([](base::Json& json) {
    base::Json figures = base::Json::array();
    for (const char* town : {"GM0166", "GM0177"}) {
      for (const char* kind : {"absolute", "other"}) {
        figures.push_back({{"codes", {town, kind}}, {"count", 9}});
      }
    }
    json["known"] = base::Json::array({{{"id", "council"},
                                        {"source", "a council"},
                                        {"measure", "persons"},
                                        {"period", "2022SJ"},
                                        {"attributes", {"municipality", "kind"}},
                                        {"figures", figures}}});
  });
  Information information(tables.schema());
  information.Add(tables.residuals());
  const Rational alone = *information.BestVariance(7, {3, 2, 1}, 0);
  const Rational pair = *information.BestVariance(7, {1, 2, 1}, 0);
  ASSERT_LT(pair.get_d(), 0.9 * alone.get_d());
  Candidate candidate{tests::SchoolYear(), {tables}};
  const auto audited = Audit(std::move(candidate), policy, {});
  const auto json = base::ParseJson(audited.certificate().document);
  EXPECT_NEAR(std::stod(json["attackers"][0]["smallestStandardError"].get<std::string>()),
              std::sqrt(pair.get_d()), 1e-4);
  EXPECT_EQ(json["known"]["hiddenCellsTheyGiveAway"], 2);
}

}  // namespace
}  // namespace polder::stats::audit
