// Attackers who also read what DUO, CBS and the councils publish.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "stats/suppress/suppress.h"
#include "stats/table/known_figures.h"
#include "tests/support/count_regions.h"
#include "tests/support/example_release.h"
#include "tests/support/problem_code.h"
#include "tests/support/region_tables.h"

namespace polder::tests {
namespace {

using policies::disclosure::ReleaseKind;
using stats::table::AttributeSet;
using stats::table::CellStatus;
using stats::table::CountedRelease;
using stats::table::CountHistory;
using stats::table::KnownFigure;
using stats::table::LinkedTables;
using testing_support::CodeOf;

// A council's report: exact figures of one municipality by age band, over all kinds. No table of
// ours crosses the two.
std::vector<KnownFigure> CouncilReport(const CountedRelease& release, size_t town) {
  const auto& schema = release.tables.schema();
  const AttributeSet set = 2 | 4;
  std::vector<int64_t> counts(schema.CellCount(set));
  for (size_t cell = 0; cell < release.cells.size(); ++cell) {
    counts[schema.Project(stats::table::WholeSet(schema), cell, set)] += release.cells[cell];
  }
  std::vector<KnownFigure> figures;
  for (size_t cell = 0; cell < counts.size(); ++cell) {
    if (schema.Project(set, cell, 2) == town && counts[cell] >= 5) {
      figures.push_back({set, cell, counts[cell], counts[cell]});
    }
  }
  return figures;
}

// Exact figures of single kinds in single municipalities: what DUO has of a few of them.
std::vector<KnownFigure> SomeKinds(const CountedRelease& release, size_t every) {
  const auto& schema = release.tables.schema();
  std::vector<KnownFigure> figures;
  for (size_t t = 0; t < release.tables.tables().size(); ++t) {
    if (release.tables.tables()[t].id != "kind-ageBand") continue;
    const AttributeSet set = release.tables.tables()[t].attributes;
    for (size_t cell = 0; cell < schema.CellCount(set); cell += every) {
      const int64_t count = release.tables.values()[release.tables.Number(t, cell)];
      if (count >= 5) figures.push_back({set, cell, count, count});
    }
  }
  return figures;
}

TEST(KnownFigures, ProtectionWithoutThemLeaksAndWithThemDoesNot) {
  size_t refused_alone = 0;
  size_t recovered_alone = 0;
  size_t stopped = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    const size_t towns = 5;
    std::vector<CountedRelease> alone{WithRules(towns, RandomCells(towns, seed), MembersOf(towns))};
    std::vector<KnownFigure> known = CouncilReport(alone.front(), seed % towns);
    const auto more = SomeKinds(alone.front(), 2);
    known.insert(known.end(), more.begin(), more.end());
    std::vector<CountedRelease> together = alone;
    const Hidden blind = Hide(alone);
    EXPECT_EQ(Findings(blind.history, blind.proofs), 0u);
    alone.front().known = known;  // now the attacker reads the other office's table too
    const CountHistory attacked(alone);
    refused_alone += Findings(attacked, blind.proofs) > 0;
    recovered_alone += Recovered(attacked);

    together.front().known = known;
    try {
      const Hidden sighted = Hide(together);
      base::Problems findings;
      const auto widths = stats::audit::CheckCountProofs(sighted.history, sighted.proofs,
                                                         CountsPolicy(), "/measures/0", findings);
      EXPECT_TRUE(findings.empty()) << seed;
      // What the other office gives away by itself is all that follows.
      EXPECT_LE(Recovered(sighted.history), widths.known_elsewhere) << seed;
    } catch (const base::ProblemError& error) {
      EXPECT_EQ(error.code(), "cannot-protect");
      ++stopped;
    }
  }
  EXPECT_GT(refused_alone, 15u);
  EXPECT_GT(recovered_alone, 0u);
  EXPECT_LT(stopped, 15u);  // nothing can be done there, and nothing is published
}

TEST(KnownFigures, WhatAnotherOfficeHasPublishedIsHiddenAllTheSameAndSaidToBeBeyondProtection) {
  const size_t towns = 6;
  std::vector<CountedRelease> releases{WithRules(towns, RandomCells(towns, 4), MembersOf(towns))};
  const auto& tables = releases.front().tables;
  const auto& schema = tables.schema();
  size_t crossed = 0;
  while (tables.tables()[crossed].id != "municipality-kind") ++crossed;
  std::vector<KnownFigure> known;
  for (size_t cell = 0; cell < schema.CellCount(3) && known.size() < 2; ++cell) {
    const int64_t count = tables.values()[tables.Number(crossed, cell)];
    if (count < 1 || count > 4 || schema.Project(3, cell, 1) >= 3) continue;
    if (known.empty()) {
      known.push_back({3, cell, count, count});
    } else {
      known.push_back({3, cell, 1, 4});  // "1 to 4"
    }
  }
  ASSERT_EQ(known.size(), 2u);
  releases.front().known = known;
  const Hidden hidden = Hide(releases);
  base::Problems findings;
  const auto widths = stats::audit::CheckCountProofs(hidden.history, hidden.proofs, CountsPolicy(),
                                                     "/measures/0", findings);
  EXPECT_TRUE(findings.empty());
  EXPECT_EQ(widths.known_elsewhere, 2u);
  for (const KnownFigure& figure : known) {
    EXPECT_EQ(
        releases.front().tables.statuses()[releases.front().tables.Number(crossed, figure.cell)],
        CellStatus::kHidden);
  }
}

// --- Noise.

// The policy of the whole year's definitive release, with known figures about persons.
policies::disclosure::Policy WithKnown(const nlohmann::json& figures,
                                       const std::vector<std::string>& attributes,
                                       const std::string& least,
                                       const nlohmann::json& totals = {}) {
  return ChangedPolicy([&](base::Json& json) {
    json["audit"]["minHiddenSd"] = least;
    if (figures.empty()) return;
    base::Json known = {{"id", "duo"},        {"source", "DUO"},          {"measure", "persons"},
                        {"period", "2022SJ"}, {"attributes", attributes}, {"figures", figures}};
    json["known"] = base::Json::array({known});
    for (const auto& table : totals) json["known"].push_back(table);
  });
}

std::string VerdictOf(const policies::disclosure::Policy& policy, std::vector<LinkedTables> tables,
                      std::string* certificate = nullptr) {
  return CodeOf([&] {
    const auto audited = stats::audit::Audit({SchoolYear(), std::move(tables)}, policy, {});
    if (certificate != nullptr) *certificate = audited.certificate().document;
  });
}

class KnownUnderNoise : public testing::Test {
 protected:
  void SetUp() override {
    const auto policy = ShippedPolicy();
    tables_ = RegionTables(policy, ReleaseKind::kDefinitive, SchoolYear(), 7, 9);
    stats::suppress::Suppress(tables_, policy, ShippedCodebook(), SchoolYear(),
                              Delivered(Towns(11)), {});
    std::string certificate;
    ASSERT_EQ(VerdictOf(policy, tables_, &certificate), "");
    const auto document = nlohmann::json::parse(certificate);
    for (const auto& attacker : document["attackers"]) {
      if (attacker["class"] == "outsider") outsider_ = attacker["smallestStandardError"];
      if (attacker["class"] == "anyKnowledge") strictest_ = attacker["smallestStandardError"];
    }
  }

  // Every shown municipality x kind cell, exact: its noise is known, and part of the others' noise.
  nlohmann::json EveryShownCell() const {
    nlohmann::json figures = nlohmann::json::array();
    const LinkedTables& persons = tables_.front();
    const auto& schema = persons.schema();
    for (size_t t = 0; t < persons.tables().size(); ++t) {
      if (persons.tables()[t].id != "municipality-kind") continue;
      const AttributeSet set = persons.tables()[t].attributes;
      for (size_t cell = 0; cell < schema.CellCount(set); ++cell) {
        const size_t number = persons.Number(t, cell);
        if (!stats::table::HasNumber(persons.statuses()[number])) continue;
        const auto members = schema.Members(set);
        const auto place = schema.Place(set, cell);
        std::map<std::string, std::string> codes;
        for (size_t i = 0; i < members.size(); ++i) {
          const auto& dimension = schema.dimensions()[members[i]];
          codes[dimension.name] = dimension.codes[place[i]];
        }
        figures.push_back({{"codes", {codes.at("municipality"), codes.at("kind")}},
                           {"count", std::max<int64_t>(0, persons.values()[number])}});
      }
    }
    return figures;
  }

  // Exact totals of every municipality and every kind.
  nlohmann::json Totals() const {
    nlohmann::json tables = nlohmann::json::array();
    const LinkedTables& persons = tables_.front();
    for (const char* name : {"municipality", "kind"}) {
      const auto at = *persons.schema().IndexOf(name);
      nlohmann::json figures = nlohmann::json::array();
      for (const std::string& code : persons.schema().dimensions()[at].codes) {
        figures.push_back({{"codes", {code}}, {"count", 500}});
      }
      tables.push_back({{"id", std::string("totals-") + name},
                        {"source", "annual reports"},
                        {"measure", "persons"},
                        {"period", "2022SJ"},
                        {"attributes", {name}},
                        {"figures", figures}});
    }
    return tables;
  }

  std::vector<LinkedTables> tables_;
  std::string outsider_;
  std::string strictest_;  // the largest minHiddenSd that the release alone bears
};

TEST_F(KnownUnderNoise, ExactFiguresOfShownCellsTellOfTheHiddenOnesAndTheAuditSees) {
  std::string certificate;
  const nlohmann::json figures = EveryShownCell();
  ASSERT_GT(figures.size(), 20u);
  // As strict as the release alone just bears.
  EXPECT_EQ(VerdictOf(WithKnown({}, {}, strictest_), tables_), "");
  EXPECT_EQ(VerdictOf(WithKnown(figures, {"municipality", "kind"}, strictest_, Totals()), tables_),
            "audit-failed");
  EXPECT_EQ(VerdictOf(WithKnown(figures, {"municipality", "kind"}, "0.01"), tables_, &certificate),
            "");
  const auto document = nlohmann::json::parse(certificate);
  EXPECT_GE(document["known"]["figures"].get<size_t>(), figures.size());
  for (const auto& attacker : document["attackers"]) {
    if (attacker["class"] != "outsider") continue;
    EXPECT_LT(*base::ParseRational(attacker["smallestStandardError"].get<std::string>()),
              *base::ParseRational(outsider_));
  }
}

TEST_F(KnownUnderNoise, RoundedFiguresTellLess) {
  nlohmann::json figures = EveryShownCell();
  const auto error = [&](int64_t margin) {
    for (auto& figure : figures) figure["margin"] = margin;
    std::string certificate;
    EXPECT_EQ(
        VerdictOf(WithKnown(figures, {"municipality", "kind"}, "0.01"), tables_, &certificate), "");
    const std::string text =
        nlohmann::json::parse(certificate)["attackers"][0]["smallestStandardError"];
    return *base::ParseRational(text);
  };
  const base::Rational exact = error(0), far = error(5);
  EXPECT_LT(exact, far);
  EXPECT_LE(far, *base::ParseRational(outsider_));
}

TEST_F(KnownUnderNoise, FiguresOfAnotherPeriodOrMeasureTellNothing) {
  const nlohmann::json figures = EveryShownCell();
  for (const char* other : {"2021SJ", "2023SJ-Q1"}) {
    auto policy = ChangedPolicy([&](base::Json& json) {
      json["audit"]["minHiddenSd"] = strictest_;
      base::Json known = {{"id", "duo"},
                          {"source", "DUO"},
                          {"measure", "persons"},
                          {"period", other},
                          {"attributes", {"municipality", "kind"}},
                          {"figures", figures}};
      json["known"] = base::Json::array({known});
    });
    EXPECT_EQ(VerdictOf(policy, tables_), "") << other;
  }
}

}  // namespace
}  // namespace polder::tests
