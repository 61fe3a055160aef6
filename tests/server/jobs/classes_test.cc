// Size classes from the policy to the document: counted by municipality, measured, hidden, audited
// and stated.
#include <cmath>
#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "server/jobs/pipeline.h"
#include "stats/noise/weigh.h"
#include "stats/table/covariance.h"
#include "stats/table/csv.h"
#include "tests/server/jobs/small_region.h"
#include "tests/support/problem_code.h"

namespace polder::server::jobs {
namespace {

using policies::disclosure::Policy;
using policies::disclosure::ReleaseKind;
using stats::table::CellStatus;
using stats::table::PublishedCell;
using stats::table::PublishedMeasure;
using stats::table::PublishedRelease;
using stats::table::PublishedTable;
using testing_support::CodeOf;

const base::Year kYear(base::Calendar::kAbsence, 2022);

Policy WithClasses(const std::function<void(base::Json&)>& edit = [](base::Json&) {}) {
  base::Json json = base::ParseJson(
      Slurp(polder::tests::SourceDir() + "/policies/data/policies/peer-classes.json"));
  edit(json);
  return Policy::FromJson(json, TestCodebook());
}

PipelineResult Release(const Policy& policy, std::vector<stats::cases::Delivery> deliveries,
                       ReleaseKind kind = ReleaseKind::kDefinitive,
                       const base::Period& period = base::Period(kYear),
                       const std::vector<PublishedRelease>& earlier = {}) {
  const HashSource source("seed");
  PipelineInput input;
  input.question = {&TestCodebook(), &policy, period, kind};
  input.deliveries = std::move(deliveries);
  input.source = &source;
  input.facts.release_id = "RMC10-" + period.Text() + "-classes";
  input.facts.origin = "region";
  input.facts.freeze_digest = std::string(64, 'f');
  input.facts.reservation_id = "R000001";
  input.facts.seed_commitments = {std::string(64, 'a'), std::string(64, 'b')};
  input.facts.made_at = *base::Instant::Parse("2023-10-01T06:00:00Z");
  input.facts.public_at = *base::Instant::Parse("2023-10-08T06:00:00Z");
  input.earlier = earlier;
  return RunPipeline(std::move(input));
}

const PublishedCell& CellOf(const PublishedTable& table, const std::vector<std::string>& codes) {
  for (const PublishedCell& cell : table.cells) {
    if (cell.codes == codes) return cell;
  }
  throw std::out_of_range(codes.front());
}

TEST(SizeClasses, AReleaseStatesThemAndTheirFiguresAddUp) {
  const Policy policy = WithClasses();
  auto deliveries = MakeYear(kYear);
  const auto result = Release(policy, MakeYear(kYear));
  EXPECT_EQ(Release(policy, MakeYear(kYear)).published.release, result.published.release);
  const auto release = PublishedRelease::Parse(result.published.release);
  const PublishedMeasure& measure = *release.FindMeasure("persons");
  const PublishedTable& classes = *measure.FindTable("sizeClass-kind");
  const PublishedTable& towns = *measure.FindTable("municipality-kind");
  EXPECT_EQ(measure.schema.dimensions()[1].codes,
            (std::vector<std::string>{"under-5000", "5000-up"}));
  const auto small = measure.ClassMembers(classes, CellOf(classes, {"under-5000", "absolute"}));
  ASSERT_TRUE(small);
  EXPECT_EQ(small->size(), 6U);
  EXPECT_LE(measure.rounding_deviation, 1);
  for (const std::string code : {"under-5000", "5000-up"}) {
    for (const std::string kind : {"absolute", "relative"}) {
      const PublishedCell& cell = CellOf(classes, {code, kind});
      ASSERT_TRUE(cell.value) << code << kind;
      const auto members = *measure.ClassMembers(classes, cell);
      std::vector<stats::cases::Delivery> theirs;
      int64_t sum = 0;
      for (const auto& delivery : deliveries) {
        if (std::count(members.begin(), members.end(), delivery.manifest.municipality) > 0) {
          theirs.push_back(
              MakeDelivery(delivery.manifest.municipality, delivery.manifest.period, 60, 1));
        }
      }
      for (const std::string& member : members) {
        sum += CellOf(towns, {member, kind}).value.value_or(0);
      }
      // Everything is shown here, so the class is the sum of its members, and near the truth.
      EXPECT_EQ(*cell.value, sum);
      const int64_t truth = CountPersons(theirs, kind);
      EXPECT_NEAR(static_cast<double>(*cell.value), static_cast<double>(truth),
                  6 * std::stod(classes.SdOf(cell)) + 1);
    }
  }
}

TEST(SizeClasses, AClassIsMorePreciseThanTheSumOfItsMembersMeasuredWithoutIt) {
  const Policy with = WithClasses();
  const Policy without = WithClasses([](base::Json& json) {
    auto& tables = json["measures"][0]["tables"];
    tables.erase(4);
    for (auto& line : json["budget"]["lines"]) {
      for (auto& content : line["content"]) {
        if (content["measure"] != "persons" || !content.contains("tables")) continue;
        base::Json kept = base::Json::array();
        for (const auto& table : content["tables"]) {
          if (table != "sizeClass-kind") kept.push_back(table);
        }
        content["tables"] = kept;
      }
    }
  });
  const auto measured = PublishedRelease::Parse(Release(with, MakeYear(kYear)).published.release);
  const auto summed = PublishedRelease::Parse(Release(without, MakeYear(kYear)).published.release);
  const PublishedMeasure& a = *measured.FindMeasure("persons");
  const PublishedMeasure& b = *summed.FindMeasure("persons");
  ASSERT_FALSE(b.schema.IsHierarchical());
  const PublishedTable& classes = *a.FindTable("sizeClass-kind");
  const PublishedCell& cell = CellOf(classes, {"under-5000", "absolute"});
  stats::table::LinearQuery sum;
  const PublishedTable& towns = *b.FindTable("municipality-kind");
  for (size_t c = 0; c < towns.cells.size(); ++c) {
    const auto members = *a.ClassMembers(classes, cell);
    const bool in = std::count(members.begin(), members.end(), towns.cells[c].codes[0]) > 0 &&
                    towns.cells[c].codes[1] == "absolute";
    if (in) sum.push_back({towns.attributes, c, 1});
  }
  ASSERT_EQ(sum.size(), 6U);
  EXPECT_LT(classes.VarianceOf(cell) * base::Rational(7, 4),
            stats::table::Covariance(b.schema, b.residuals, sum, sum))
      << "of six members, with all other tables of the policy";
  // And municipalities pay next to nothing for it: a tenth of their variance at most.
  EXPECT_LT(a.FindTable("municipality-kind")->variance, towns.variance * base::Rational(11, 10));
}

TEST(SizeClasses, EveryCellStatesItsOwnPrecision) {
  const auto release =
      PublishedRelease::Parse(Release(WithClasses(), MakeYear(kYear)).published.release);
  const PublishedMeasure& measure = *release.FindMeasure("persons");
  const PublishedTable& towns = *measure.FindTable("municipality-kind");
  std::set<base::Rational> variances;
  for (size_t c = 0; c < towns.cells.size(); ++c) {
    ASSERT_TRUE(towns.cells[c].variance) << "classes of six and five";
    const stats::table::LinearQuery query = {{towns.attributes, c, 1}};
    EXPECT_EQ(*towns.cells[c].variance,
              stats::table::Covariance(measure.schema, measure.residuals, query, query));
    variances.insert(*towns.cells[c].variance);
  }
  EXPECT_EQ(variances.size(), 2U);
  EXPECT_EQ(*variances.rbegin(), towns.variance);
  for (const PublishedCell& cell : measure.FindTable("sizeClass-kind")->cells) {
    EXPECT_FALSE(cell.variance) << "classes themselves are alike";
  }
  // A number that does not follow is refused, as is one that is not there.
  for (const char* wrong : {"\"variance\":\"1\"", ""}) {
    std::string forged = release.canonical();
    const std::string stated = "\"variance\":\"" + base::ToText(*towns.cells[0].variance) + "\"";
    const auto at = forged.find(stated);
    ASSERT_NE(at, std::string::npos);
    std::string put = wrong;
    if (put.empty()) put = "\"w\":1";
    forged.replace(at, stated.size(), put);
    EXPECT_THROW(PublishedRelease::Parse(forged), base::ProblemError);
  }
  const std::string csv = stats::table::CellsCsv(release);
  EXPECT_NE(csv.find("persons,sizeClass-kind,,under-5000,absolute"), std::string::npos);
  EXPECT_NE(csv.find(towns.cells[0].sd + "\r\n"), std::string::npos);
}

TEST(SizeClasses, AMonitorOfClassesCountsMunicipalitiesItDoesNotShow) {
  std::vector<stats::cases::Delivery> deliveries;
  for (const std::string& member : TestCodebook().MembersIn(base::Period(kYear))) {
    if (member == "GM0193") continue;  // did not deliver
    deliveries.push_back(MakeDelivery(member, base::Period(kYear, 1), 60, 3));
  }
  const auto release = PublishedRelease::Parse(
      Release(WithClasses(), std::move(deliveries), ReleaseKind::kMonitor, base::Period(kYear, 1))
          .published.release);
  const PublishedMeasure& measure = *release.FindMeasure("persons");
  EXPECT_EQ(measure.tables.size(), 3U);
  EXPECT_EQ(measure.schema.Names(measure.tables[2].attributes),
            (std::vector<std::string>{"sizeClass", "kind"}));
  EXPECT_EQ(measure.schema.dimensions()[0].codes.size(), 11U);
  for (const PublishedCell& cell : measure.FindTable("sizeClass-kind")->cells) {
    EXPECT_NE(cell.status, CellStatus::kMissingDelivery) << "somebody of the class delivered";
  }
}

TEST(SizeClasses, AClassOfWhichNobodyDeliveredMissesItsDelivery) {
  std::vector<stats::cases::Delivery> deliveries;
  const Policy policy = WithClasses();
  const std::set<std::string> small = {"GM0244", "GM0246", "GM0175", "GM0180", "GM1896", "GM0148"};
  for (auto& delivery : MakeYear(kYear)) {
    if (!small.contains(delivery.manifest.municipality)) deliveries.push_back(std::move(delivery));
  }
  const auto release =
      PublishedRelease::Parse(Release(policy, std::move(deliveries)).published.release);
  for (const PublishedCell& cell :
       release.FindMeasure("persons")->FindTable("sizeClass-kind")->cells) {
    EXPECT_EQ(cell.status == CellStatus::kMissingDelivery, cell.codes[0] == "under-5000");
  }
}

// Two of six would be called peers and be two municipalities, of which each can take itself away.
TEST(SizeClasses, AClassOfWhichTooFewDeliveredStopsTheReleaseBeforeAnythingIsDrawn) {
  const std::vector<std::string> small = {"GM0244", "GM0246", "GM0175",
                                          "GM0180", "GM1896", "GM0148"};
  for (size_t away = 0; away <= small.size(); ++away) {
    std::vector<stats::cases::Delivery> deliveries;
    for (auto& delivery : MakeYear(kYear)) {
      const auto end = small.begin() + static_cast<std::ptrdiff_t>(away);
      if (std::find(small.begin(), end, delivery.manifest.municipality) == end) {
        deliveries.push_back(std::move(delivery));
      }
    }
    const Policy policy = WithClasses();
    const std::string code = CodeOf([&] { Release(policy, std::move(deliveries)); });
    EXPECT_EQ(code, away > 2 && away < 6 ? "class-incomplete" : "") << away;
  }
}

TEST(SizeClasses, ProvisionalDefinitiveAndMonitorsAreAuditedTogether) {
  const Policy policy = WithClasses();
  const auto first = Release(policy, MakeYear(kYear), ReleaseKind::kProvisional);
  const auto alone = Release(policy, MakeYear(kYear));
  const auto both = Release(policy, MakeYear(kYear), ReleaseKind::kDefinitive, base::Period(kYear),
                            {PublishedRelease::Parse(first.published.release)});
  const auto sd = [](const PipelineResult& result, size_t attacker) {
    const auto json = base::ParseJson(result.published.audit);
    return std::stod(json["attackers"][attacker]["smallestStandardError"].get<std::string>());
  };
  for (const size_t attacker : {0U, 1U, 2U, 3U}) EXPECT_LT(sd(both, attacker), sd(alone, attacker));
}

// What was measured by classes counts also where a later release of the period shows none, and what
// was measured without them where a later one does.
TEST(SizeClasses, ReleasesWithAndWithoutThemAreAuditedTogether) {
  const auto only = [](const std::string& kind, const std::vector<std::string>& tables) {
    return WithClasses([&](base::Json& json) {
      for (auto& line : json["budget"]["lines"]) {
        if (line["kind"] == kind) line["content"][0]["tables"] = tables;
      }
    });
  };
  const std::vector<std::string> flat = {"total", "kind", "municipality", "municipality-kind"};
  for (const std::string kind : {"provisional", "definitive"}) {
    const Policy policy = only(kind, flat);
    const auto first = PublishedRelease::Parse(
        Release(policy, MakeYear(kYear), ReleaseKind::kProvisional).published.release);
    const auto alone = Release(policy, MakeYear(kYear));
    const auto both =
        Release(policy, MakeYear(kYear), ReleaseKind::kDefinitive, base::Period(kYear), {first});
    const auto second = PublishedRelease::Parse(alone.published.release);
    ASSERT_NE(first.FindMeasure("persons")->schema.IsHierarchical(),
              second.FindMeasure("persons")->schema.IsHierarchical());
    for (const size_t attacker : {0U, 1U, 2U}) {
      const auto sd = [&](const PipelineResult& result) {
        const auto json = base::ParseJson(result.published.audit);
        return std::stod(json["attackers"][attacker]["smallestStandardError"].get<std::string>());
      };
      EXPECT_LT(sd(both), 0.95 * sd(alone)) << kind << " " << attacker;
    }
  }
}

// Classes that were others earlier in the period do not fit together: everybody is taken to know
// all but one pupil; and beside what other offices tell, which that bound does not count, it is
// refused.
TEST(SizeClasses, OtherClassesEarlierInThePeriodAreTakenAtTheirWorst) {
  const Policy other = WithClasses([](base::Json& json) { json["peers"]["classLimits"] = {4000}; });
  const auto first = PublishedRelease::Parse(
      Release(other, MakeYear(kYear), ReleaseKind::kProvisional).published.release);
  const auto after = [&](const Policy& policy) {
    return Release(policy, MakeYear(kYear), ReleaseKind::kDefinitive, base::Period(kYear), {first});
  };
  const Policy policy = WithClasses();
  ASSERT_NE(first.FindMeasure("persons")->schema.dimensions()[0],
            PublishedRelease::Parse(Release(policy, MakeYear(kYear)).published.release)
                .FindMeasure("persons")
                ->schema.dimensions()[0]);
  const auto audit = base::ParseJson(after(policy).published.audit);
  std::vector<std::string> errors;
  for (const auto& attacker : audit["attackers"])
    errors.push_back(attacker["smallestStandardError"]);
  ASSERT_EQ(errors.size(), 4U);
  for (const std::string& error : errors) EXPECT_EQ(error, errors.back());

  const auto knowing = [](base::Json& json) {
    const base::Json figures = {{{"codes", {"GM0166", "absolute"}}, {"count", 9}}};
    json["known"] = base::Json::array({{{"id", "council"},
                                        {"source", "a council"},
                                        {"measure", "persons"},
                                        {"period", "2022SJ"},
                                        {"attributes", {"municipality", "kind"}},
                                        {"figures", figures}}});
  };
  const Policy known = WithClasses(knowing);
  EXPECT_EQ(CodeOf([&] { after(known); }), "audit-failed");
  EXPECT_EQ(CodeOf([&] { Release(known, MakeYear(kYear)); }), "");
}

TEST(SizeClasses, ThePlanAndItsChargeAreOfTheseClasses) {
  const Policy six = WithClasses();
  const Policy seven = WithClasses([](base::Json& json) { json["peers"]["classLimits"] = {4000}; });
  const auto plan = [](const Policy& policy) {
    return PlanRelease({&TestCodebook(), &policy, base::Period(kYear), ReleaseKind::kDefinitive});
  };
  const PlannedRelease planned = plan(six);
  EXPECT_NE(planned.digest, plan(seven).digest) << "other classes, another salt";
  base::Rational cost = 0;
  for (const auto& one : planned.plans) {
    EXPECT_EQ(one.cost(), stats::noise::ExactCost(one.request(), one.residuals()));
    cost += one.cost();
  }
  EXPECT_EQ(planned.charge, base::NanoRho::CostOf(cost));
  EXPECT_LE(planned.charge, six.FindBudget(ReleaseKind::kDefinitive)->per_release);
  EXPECT_GE(planned.charge.rho() * 1000,
            six.FindBudget(ReleaseKind::kDefinitive)->per_release.rho() * 999);
  const auto result = Release(six, MakeYear(kYear));
  EXPECT_EQ(AnswersToText(planned, AnswersFromText(planned, result.answers)), result.answers);
  EXPECT_THROW(AnswersFromText(plan(seven), result.answers), base::ProblemError);
}

// A vsv year lies in two school years, so that a pupil may move between classes as one of them
// goes.
TEST(SizeClasses, EveryKindOfReleaseCanBePlannedWithThemWithinItsLine) {
  const Policy policy = WithClasses();
  for (const auto& line : policy.budget()) {
    const bool vsv = line.kind == ReleaseKind::kVsv;
    const base::Year year(vsv ? base::Calendar::kVsv : base::Calendar::kAbsence, 2022);
    const base::Period period =
        line.kind == ReleaseKind::kMonitor ? base::Period(year, 2) : base::Period(year);
    const PlannedRelease planned = PlanRelease({&TestCodebook(), &policy, period, line.kind});
    EXPECT_LE(planned.charge, line.per_release);
    EXPECT_GE(planned.charge.rho() * 1000, line.per_release.rho() * 999);
    const bool by_class =
        planned.canonical.find("\"groupedBy\":\"sizeClass\"") != std::string::npos;
    EXPECT_EQ(by_class, line.kind != ReleaseKind::kSlice) << planned.canonical;
  }
}

TEST(SizeClasses, WhatIsNoPeerGroupIsRefusedBeforeAnythingIsDrawn) {
  const auto refused = [](const std::function<void(base::Json&)>& edit) {
    const Policy policy = WithClasses(edit);
    return CodeOf([&] {
      PlanRelease({&TestCodebook(), &policy, base::Period(kYear), ReleaseKind::kDefinitive});
    });
  };
  EXPECT_EQ(refused([](base::Json& json) {
              json["peers"]["classLimits"] = {4000, 7000};
            }),
            "class-too-small");
  EXPECT_EQ(refused([](base::Json& json) { json["peers"]["largestShare"] = "0.3"; }),
            "class-too-lopsided");
  EXPECT_EQ(refused([](base::Json& json) { json["peers"]["classYear"] = 1999; }),
            "no-public-count");
  EXPECT_EQ(refused([](base::Json& json) {
              json["peers"]["classLimits"] = {1, 5000, 90'000};
            }),
            "");
}

}  // namespace
}  // namespace polder::server::jobs
