#include "stats/audit/audit.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/problem.h"
#include "stats/audit/worlds.h"
#include "tests/support/example_tables.h"

namespace polder::stats::audit {
namespace {

using table::CellStatus;
using table::LinkedTables;
using ::testing::HasSubstr;
using tests::Example;

// Hides by the thresholds alone, then everything in whole rows and columns of them: a blunt pattern
// that is safe, made without the suppressor.
LinkedTables Blunt(const Example& example) {
  LinkedTables tables = tests::RandomTables(example);
  const auto policy = tests::ShippedPolicy();
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    const size_t t = tables.TableOf(cell);
    const auto set = tables.tables()[t].attributes;
    const bool detail = (set & 1) != 0 && set != 1;
    if (detail || tables.values()[cell] < 30) tables.statuses()[cell] = CellStatus::kHidden;
  }
  return tables;
}

std::vector<base::Problem> FindingsOf(const LinkedTables& tables,
                                      const policies::disclosure::Policy& policy) {
  Candidate candidate{tests::SchoolYear(), {tables}};
  try {
    Audit(std::move(candidate), policy, {});
  } catch (const base::ProblemError& error) {
    return error.problems();
  }
  return {};
}

TEST(Audit, PassesASafePatternAndCertifiesItWithoutNamingACell) {
  const LinkedTables tables = Blunt({});
  Candidate candidate{tests::SchoolYear(), {tables}};
  const AuditedTables audited = Audit(std::move(candidate), tests::ShippedPolicy(), {});
  EXPECT_GT(audited.certificate().hidden_cells, 100U);
  const auto json = base::ParseJson(audited.certificate().document);
  EXPECT_EQ(json["format"], "polder-audit-1");
  EXPECT_EQ(json["attackers"].size(), 4U);
  for (const auto& town : tests::Towns(11)) {
    EXPECT_THAT(audited.certificate().document, ::testing::Not(HasSubstr(town)));
  }
  EXPECT_GE(base::ParseRational(audited.certificate().smallest_standard_error).value(),
            base::Rational(3, 2));
}

TEST(Audit, FindsTheOneComplementaryCellThatWasLeftOut) {
  LinkedTables tables("persons",
                      table::Schema({{"kind", {"absolute", "other"}},
                                     {"municipality", {"GM0148", "GM0160", "GM0166"}}}),
                      {{"municipality-kind", 3}, {"kind", 1}, {"municipality", 2}});
  for (const auto set : table::Closure({3})) tables.residuals().push_back({set, 4000});
  tables.values() = {3, 30, 40, 20, 4, 50, 73, 74, 23, 34, 90};
  for (const size_t cell : {0U, 1U, 3U, 4U}) tables.statuses()[cell] = CellStatus::kHidden;
  EXPECT_TRUE(FindingsOf(tables, tests::ShippedPolicy()).empty());
  for (const size_t left_out : {1U, 3U}) {
    LinkedTables broken = tables;
    broken.statuses()[left_out] = CellStatus::kValue;
    const auto findings = FindingsOf(broken, tests::ShippedPolicy());
    ASSERT_FALSE(findings.empty()) << left_out;
    EXPECT_EQ(findings.front().code, "audit-failed");
    EXPECT_THAT(findings.front().pointer, HasSubstr("/measures/0/tables/0/cells/"));
  }
}

TEST(Audit, FindsEveryNumberThatARuleForbids) {
  const LinkedTables tables = Blunt({.scale = 5});
  const auto policy = tests::ShippedPolicy();
  size_t shown = 0;
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    if (tables.statuses()[cell] != CellStatus::kHidden) continue;
    LinkedTables broken = tables;
    broken.statuses()[cell] = CellStatus::kImprecise;
    const size_t t = tables.TableOf(cell);
    const auto set = tables.tables()[t].attributes;
    const size_t place = cell - tables.FirstCell(t);
    const std::string kind =
        (set & 1) == 0
            ? ""
            : tables.schema().dimensions()[0].codes[tables.schema().Project(set, place, 1)];
    const bool town = (set & 2) != 0;
    const auto& rule = policy.RuleOf(kind);
    if (tables.values()[cell] >= rule.threshold && !(rule.region_only && town)) continue;
    ++shown;
    EXPECT_FALSE(FindingsOf(broken, policy).empty()) << cell;
  }
  EXPECT_GT(shown, 10U);
}

TEST(Audit, FindsTablesThatDoNotAddUp) {
  LinkedTables tables = Blunt({});
  ++tables.values()[0];
  EXPECT_FALSE(FindingsOf(tables, tests::ShippedPolicy()).empty());
}

TEST(Audit, FindsAHalfMissingMunicipality) {
  LinkedTables tables = Blunt({});
  size_t t = 0;
  while (tables.tables()[t].id != "municipality-kind") ++t;
  tables.statuses()[tables.Number(t, 3)] = CellStatus::kMissingDelivery;
  EXPECT_FALSE(FindingsOf(tables, tests::ShippedPolicy()).empty());
}

TEST(Audit, RefusesEstimatesCloserThanThePolicyAllows) {
  LinkedTables tables = Blunt({});
  EXPECT_TRUE(FindingsOf(tables, tests::ShippedPolicy()).empty());
  for (auto& residual : tables.residuals()) residual.gamma_squared /= 9;  // a third of the sd
  const auto findings = FindingsOf(tables, tests::ShippedPolicy());
  ASSERT_FALSE(findings.empty());
  EXPECT_THAT(findings.front().detail, HasSubstr("too closely"));
}

TEST(Audit, RefusesWhatOnlySomeoneWhoKnowsAllButOnePupilCouldDo) {
  LinkedTables tables = Blunt({});
  for (auto& residual : tables.residuals()) residual.gamma_squared *= base::Rational(9, 25);
  const auto findings = FindingsOf(tables, tests::ShippedPolicy());
  ASSERT_EQ(findings.size(), 1U);  // outsiders, members and pairs stay far enough away
  EXPECT_THAT(findings.front().detail, HasSubstr("everything but one pupil"));
}

TEST(Audit, RefusesNoiseTooSmallToReasonAbout) {
  LinkedTables tables = Blunt({});
  for (auto& residual : tables.residuals()) residual.gamma_squared /= 36;
  const auto findings = FindingsOf(tables, tests::ShippedPolicy());
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings.front().code, "audit-failed");
  EXPECT_THAT(findings.front().detail, HasSubstr("unit noise"));
}

TEST(Audit, CollectsAllFindingsAndNamesNoCount) {
  LinkedTables tables = tests::RandomTables({.seed = 9});
  const auto findings = FindingsOf(tables, tests::ShippedPolicy());
  EXPECT_GT(findings.size(), 3U);
  for (const auto& finding : findings) {
    EXPECT_THAT(finding.detail, ::testing::Not(::testing::ContainsRegex("[0-9]")))
        << finding.detail;
  }
}

TEST(Audit, NothingHiddenMeansNoStandardErrorToState) {
  LinkedTables tables("persons", table::Schema({{"kind", {"absolute", "other"}}}),
                      {{"total", 0}, {"kind", 1}});
  tables.residuals() = {{0, 9}, {1, 36}};
  tables.values() = {90, 40, 50};
  Candidate candidate{tests::SchoolYear(), {tables}};
  const AuditedTables audited = Audit(std::move(candidate), tests::ShippedPolicy(), {});
  EXPECT_EQ(audited.certificate().hidden_cells, 0U);
  EXPECT_EQ(audited.certificate().smallest_standard_error, "");
}

TEST(Audit, AWholeCountryTakesSeconds) {
  const LinkedTables tables = Blunt({.towns = 342});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(FindingsOf(tables, tests::ShippedPolicy()).empty());
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  RecordProperty("seconds", std::to_string(seconds));
  EXPECT_LT(seconds, 30);
}

}  // namespace
}  // namespace polder::stats::audit
