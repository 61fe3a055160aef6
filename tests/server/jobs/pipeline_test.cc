#include "server/jobs/pipeline.h"

#include <array>
#include <cmath>
#include <functional>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/random/keystream.h"
#include "policies/base/problem.h"
#include "stats/noise/accounting.h"
#include "tests/server/jobs/small_region.h"
#include "tests/support/problem_code.h"

namespace polder::server::jobs {
namespace {

using policies::disclosure::ReleaseKind;
using stats::table::CellStatus;
using stats::table::PublishedRelease;
using testing_support::CodeOf;

const base::Year kYear(base::Calendar::kAbsence, 2022);

Question Definitive() {
  return {&TestCodebook(), &TestPolicy(), base::Period(kYear), ReleaseKind::kDefinitive};
}

PipelineInput Input(const Question& question, std::vector<stats::cases::Delivery> deliveries,
                    const base::RandomSource& source) {
  PipelineInput input;
  input.question = question;
  input.deliveries = std::move(deliveries);
  input.source = &source;
  input.facts.release_id = "RMC10-2022SJ-definitive";
  input.facts.origin = "region";
  input.facts.freeze_digest = std::string(64, 'f');
  input.facts.reservation_id = "R000001";
  input.facts.seed_commitments = {std::string(64, 'a'), std::string(64, 'b')};
  input.facts.made_at = *base::Instant::Parse("2023-10-01T06:00:00Z");
  input.facts.public_at = *base::Instant::Parse("2023-10-08T06:00:00Z");
  return input;
}

PipelineResult MakeRelease(const Question& question, std::vector<stats::cases::Delivery> deliveries,
                           const std::string& seed) {
  const HashSource source(seed);
  return RunPipeline(Input(question, std::move(deliveries), source));
}

int64_t ValueOf(const PublishedRelease& release, const std::string& table,
                const std::vector<std::string>& codes) {
  for (const auto& cell : release.FindMeasure("persons")->FindTable(table)->cells) {
    if (cell.codes == codes) return cell.value.value_or(-1);
  }
  return -2;
}

TEST(Pipeline, TheReleaseIsWholeAndSaysWhatItWasMadeFrom) {
  const auto result = MakeRelease(Definitive(), MakeYear(kYear), "seed");
  const auto release = PublishedRelease::Parse(result.published.release);
  EXPECT_EQ(release.header().release_id, "RMC10-2022SJ-definitive");
  EXPECT_EQ(release.header().kind, "definitive");
  EXPECT_EQ(release.header().rho, result.charge.Text());
  EXPECT_EQ(release.header().rho_two_identifiers, result.charge.OfIdentifiers(2).Text());
  EXPECT_EQ(release.header().epsilon_two_identifiers,
            stats::noise::EpsilonOf(4 * result.charge.rho(), TestPolicy().delta()));
  EXPECT_EQ(release.header().members.size(), 11u);
  EXPECT_EQ(release.header().audit_digest,
            crypto::digest::Sha256Hex(base::AsBytes(result.published.audit)));
  EXPECT_EQ(result.published.digest,
            crypto::digest::Sha256Hex(base::AsBytes(result.published.release)));
  ASSERT_EQ(release.measures().size(), 4u);
  for (const auto& measure : release.measures()) {
    // Shipped tables are stars: whole numbers within 1, with what was proven beside it, and an
    // interval that needs no normal law.
    EXPECT_LT(measure.rounding_deviation, 1) << measure.id;
    ASSERT_TRUE(measure.rounding_at_least) << measure.id;
    EXPECT_LE(*measure.rounding_at_least, measure.rounding_deviation);
    for (const auto& table : measure.tables) {
      EXPECT_GE(static_cast<double>(table.guaranteed.value()), 2.71 * std::stod(table.sd) - 1);
    }
  }
}

TEST(Pipeline, FiguresLieWhereTheNoiseSaysTheyDo) {
  auto deliveries = MakeYear(kYear);
  const int64_t absolute = CountPersons(deliveries, "absolute");
  const int64_t relative = CountPersons(deliveries, "relative");
  const auto release = PublishedRelease::Parse(
      MakeRelease(Definitive(), std::move(deliveries), "seed").published.release);
  const auto* table = release.FindMeasure("persons")->FindTable("kind");
  const double reach = 6 * std::stod(table->sd) + 1;
  EXPECT_NEAR(static_cast<double>(ValueOf(release, "kind", {"absolute"})),
              static_cast<double>(absolute), reach);
  EXPECT_NEAR(static_cast<double>(ValueOf(release, "kind", {"relative"})),
              static_cast<double>(relative), reach);
}

policies::disclosure::Policy Edited(const std::function<void(base::Json&)>& edit) {
  base::Json json = base::ParseJson(Slurp(PolicyPath()));
  edit(json);
  return policies::disclosure::Policy::FromJson(json, TestCodebook());
}

// Tables without the kind as a measure of pupils, all the way to the document and back.
TEST(Pipeline, PupilsAreCountedApartWhereThatIsTheMorePrecise) {
  const auto better = Edited([](base::Json& json) { json["measures"][0]["anyKind"] = "better"; });
  const Question question{&TestCodebook(), &better, base::Period(kYear), ReleaseKind::kDefinitive};
  std::set<std::array<uint8_t, 32>> distinct;
  for (const auto& delivery : MakeYear(kYear)) {
    for (const auto& item : delivery.cases) distinct.insert(item.pupil.bytes());
  }
  const auto result = MakeRelease(question, MakeYear(kYear), "seed");
  EXPECT_EQ(MakeRelease(question, MakeYear(kYear), "seed").published.release,
            result.published.release);
  const auto release = PublishedRelease::Parse(result.published.release);
  const auto* kinds = release.FindMeasure("persons");
  const auto* pupils = release.FindMeasure("persons.pupils");
  ASSERT_NE(kinds, nullptr);
  ASSERT_NE(pupils, nullptr);
  EXPECT_EQ(kinds->FindTable("total"), nullptr);
  EXPECT_EQ(kinds->FindTable("municipality"), nullptr);
  EXPECT_NE(kinds->FindTable("municipality-kind"), nullptr);
  EXPECT_FALSE(kinds->counts_pupils);
  EXPECT_TRUE(pupils->counts_pupils);
  ASSERT_EQ(pupils->tables.size(), 2U);
  for (const auto* measure : {kinds, pupils}) {
    ASSERT_TRUE(measure->weighing.has_value());
    EXPECT_EQ(measure->weighing->taken, "apart");
    EXPECT_LT(*base::ParseRational(measure->weighing->apart),
              *base::ParseRational(measure->weighing->joint));
  }
  const auto* total = pupils->FindTable("total");
  EXPECT_NEAR(static_cast<double>(*total->cells.front().value),
              static_cast<double>(distinct.size()), 6 * std::stod(total->sd) + 1);
  // The total of pupils and that over kinds are far apart here, so that neither passes for the
  // other.
  const auto joint =
      PublishedRelease::Parse(MakeRelease(Definitive(), MakeYear(kYear), "seed").published.release);
  EXPECT_GT(ValueOf(joint, "total", {}), *total->cells.front().value + 300);
  EXPECT_EQ(joint.FindMeasure("persons")->weighing->taken, "joint");
  // More precise where it was meant to be, and within the line.
  EXPECT_LT(std::stod(total->sd), std::stod(joint.FindMeasure("persons")->FindTable("total")->sd));
  EXPECT_LE(result.charge, better.FindBudget(ReleaseKind::kDefinitive)->per_release);

  const PlannedRelease planned = PlanRelease(question);
  EXPECT_EQ(AnswersToText(planned, AnswersFromText(planned, result.answers)), result.answers);
  // Readers of the document take no other word for what is counted.
  std::string forged = result.published.release;
  const auto at = forged.find("\"counts\":\"pupils\"");
  ASSERT_NE(at, std::string::npos);
  forged.replace(at, 17, "\"counts\":\"kinds!\"");
  EXPECT_THROW(PublishedRelease::Parse(forged), base::ProblemError);
}

// Two tables that share two attributes, and a table of three: no star.
TEST(Pipeline, TablesOfThreeAttributesAddUpHideAndPassTheAudit) {
  const auto policy = Edited([](base::Json& json) {
    json["measures"][0]["tables"] = base::Json::array(
        {{{"id", "total"}, {"attributes", base::Json::array()}, {"weight", "1"}},
         {{"id", "kind"}, {"attributes", {"kind"}}, {"weight", "1"}},
         {{"id", "municipality-kind"}, {"attributes", {"municipality", "kind"}}, {"weight", "1"}},
         {{"id", "level-ageBand"}, {"attributes", {"level", "ageBand"}}, {"weight", "1"}},
         {{"id", "kind-ageBand-group"},
          {"attributes", {"kind", "ageBand", "group"}},
          {"weight", "1/10"}}});
    for (auto& line : json["budget"]["lines"]) {
      for (auto& content : line["content"]) {
        if (content["measure"] == "persons") content.erase("tables");
      }
    }
  });
  const Question question{&TestCodebook(), &policy, base::Period(kYear), ReleaseKind::kDefinitive};
  const auto release =
      PublishedRelease::Parse(MakeRelease(question, MakeYear(kYear), "seed").published.release);
  const auto* measure = release.FindMeasure("persons");
  const auto* fine = measure->FindTable("kind-ageBand-group");
  ASSERT_NE(fine, nullptr);
  size_t shown = 0, hidden = 0;
  for (const auto& cell : fine->cells) {
    shown += cell.value.has_value();
    hidden += cell.status == CellStatus::kHidden;
  }
  EXPECT_GT(shown, 10U);
  EXPECT_GT(hidden, 10U);
  EXPECT_LT(measure->rounding_deviation, 2);
}

TEST(Pipeline, TheSameQuestionHasTheSameAnswer) {
  const Question monitor{&TestCodebook(), &TestPolicy(), base::Period(kYear, 1),
                         ReleaseKind::kMonitor};
  std::set<std::string> answers;
  for (int i = 0; i < 100; ++i) {
    std::vector<stats::cases::Delivery> deliveries;
    for (const std::string& member : TestCodebook().MembersIn(base::Period(kYear))) {
      deliveries.push_back(MakeDelivery(member, base::Period(kYear, 1), 20, 3));
    }
    answers.insert(MakeRelease(monitor, std::move(deliveries), "seed").published.release);
  }
  EXPECT_EQ(answers.size(), 1u);
}

TEST(Pipeline, AnotherSeedGivesOtherFiguresAndTheSameStatements) {
  const auto one =
      PublishedRelease::Parse(MakeRelease(Definitive(), MakeYear(kYear), "one").published.release);
  const auto two =
      PublishedRelease::Parse(MakeRelease(Definitive(), MakeYear(kYear), "two").published.release);
  EXPECT_NE(one.canonical(), two.canonical());
  EXPECT_EQ(one.measures()[0].tables[0].sd, two.measures()[0].tables[0].sd);
  EXPECT_EQ(one.header().plan_digest, two.header().plan_digest);
}

TEST(Pipeline, AllNoiseIsDrawnBeforeAnythingIsCounted) {
  std::vector<std::string> stages;
  std::set<std::string> opened_while_counting;
  class Watching : public base::RandomSource {
   public:
    Watching(std::vector<std::string>& stages, std::set<std::string>& late)
        : stages_(stages), late_(late) {}
    std::unique_ptr<base::RandomLane> Open(std::string_view info) const override {
      ++opened;
      if (stages_.empty() || stages_.back() != "draw") late_.insert(std::string(info));
      return source_.Open(info);
    }
    mutable size_t opened = 0;

   private:
    HashSource source_{"seed"};
    std::vector<std::string>& stages_;
    std::set<std::string>& late_;
  };
  const Watching source(stages, opened_while_counting);
  auto input = Input(Definitive(), MakeYear(kYear), source);
  input.progress = [&](std::string_view stage) { stages.emplace_back(stage); };
  RunPipeline(std::move(input));
  EXPECT_EQ(stages, PipelineStages());
  EXPECT_GT(source.opened, 4u);
  EXPECT_THAT(opened_while_counting, testing::IsEmpty());
}

TEST(Pipeline, TheChargeUsesTheLineAndNeverMore) {
  const auto planned = PlanRelease(Definitive());
  const auto line = TestPolicy().FindBudget(ReleaseKind::kDefinitive)->per_release;
  EXPECT_LE(planned.charge, line);
  EXPECT_GE(planned.charge.nano() * 1000, line.nano() * 999);
  EXPECT_EQ(planned.digest.size(), 64u);
  EXPECT_EQ(PlanRelease(Definitive()).canonical, planned.canonical);
}

TEST(Pipeline, APeriodThatIsNotTheKindsIsRefused) {
  Question question = Definitive();
  question.period = base::Period(kYear, 2);
  EXPECT_EQ(CodeOf([&] { PlanRelease(question); }), "wrong-period");
  question = Definitive();
  question.kind = ReleaseKind::kMonitor;
  EXPECT_EQ(CodeOf([&] { PlanRelease(question); }), "wrong-period");
  question = Definitive();
  question.kind = ReleaseKind::kVsv;
  EXPECT_EQ(CodeOf([&] { PlanRelease(question); }), "wrong-period");
}

TEST(Pipeline, AMemberThatMissesAQuarterIsMissingAndCountsNowhere) {
  auto complete = MakeYear(kYear);
  const std::string late = complete.back().manifest.municipality;
  complete.pop_back();
  const auto release = PublishedRelease::Parse(
      MakeRelease(Definitive(), std::move(complete), "seed").published.release);
  for (const auto& member : release.header().members) {
    EXPECT_EQ(member.delivered, member.municipality != late);
  }
  for (const auto& cell : release.FindMeasure("persons")->FindTable("municipality")->cells) {
    EXPECT_EQ(cell.status == CellStatus::kMissingDelivery, cell.codes[0] == late);
  }
  // the same figures as when it had not delivered at all
  std::vector<stats::cases::Delivery> none;
  for (auto& delivery : MakeYear(kYear)) {
    if (delivery.manifest.municipality != late) none.push_back(std::move(delivery));
  }
  EXPECT_EQ(MakeRelease(Definitive(), std::move(none), "seed").published.release,
            release.canonical());
}

TEST(Pipeline, AReplacedDeliveryCountsNowhere) {
  const std::string member = TestCodebook().MembersIn(base::Period(kYear)).front();
  auto deliveries = MakeYear(kYear);
  auto wrong = MakeDelivery(member, base::Period(kYear, 1), 500, 77);
  wrong.manifest.delivery_id = "wrong";
  wrong.manifest.conversion = true;
  deliveries.front().manifest.replaces = "wrong";
  deliveries.insert(deliveries.begin(), std::move(wrong));
  EXPECT_EQ(MakeRelease(Definitive(), std::move(deliveries), "seed").published.release,
            MakeRelease(Definitive(), MakeYear(kYear), "seed").published.release);
}

TEST(Pipeline, ADeclaredConversionMarksTheMembersCellsAsABreak) {
  auto deliveries = MakeYear(kYear);
  deliveries.front().manifest.conversion = true;
  const std::string member = deliveries.front().manifest.municipality;
  const auto release = PublishedRelease::Parse(
      MakeRelease(Definitive(), std::move(deliveries), "seed").published.release);
  for (const auto& cell : release.FindMeasure("persons")->FindTable("municipality")->cells) {
    if (cell.codes[0] == member) {
      EXPECT_TRUE(cell.status == CellStatus::kBreak || cell.status == CellStatus::kHidden);
    } else {
      EXPECT_NE(cell.status, CellStatus::kBreak);
    }
  }
}

TEST(Pipeline, AnswersComeBackFromTextOnlyUnderTheirOwnPlan) {
  const auto planned = PlanRelease(Definitive());
  const HashSource source("seed");
  const auto answers = DrawAndMeasure(Definitive(), planned, MakeYear(kYear, 20), source);
  const std::string text = AnswersToText(planned, answers);
  EXPECT_EQ(AnswersToText(planned, AnswersFromText(planned, text)), text);
  Question provisional = Definitive();
  provisional.kind = ReleaseKind::kProvisional;
  EXPECT_EQ(CodeOf([&] { AnswersFromText(PlanRelease(provisional), text); }), "other-plan");
  std::string other = text;  // of a plan with the same shape
  other.replace(other.find(planned.digest), 64, std::string(64, '0'));
  EXPECT_EQ(CodeOf([&] { AnswersFromText(planned, other); }), "other-plan");
  EXPECT_NE(CodeOf([&] { AnswersFromText(planned, text.substr(0, text.size() / 2)); }), "");
}

TEST(Pipeline, EveryPartOfTheBindingChangesTheSalt) {
  const NoiseBinding binding{"p", "c", "plan", "freeze", "release", "reservation"};
  std::set<base::Bytes> salts{NoiseSalt(binding)};
  for (std::string NoiseBinding::*part :
       {&NoiseBinding::policy_digest, &NoiseBinding::codebook_digest, &NoiseBinding::plan_digest,
        &NoiseBinding::freeze_digest, &NoiseBinding::release_id, &NoiseBinding::reservation_id}) {
    NoiseBinding other = binding;
    other.*part += "x";
    salts.insert(NoiseSalt(other));
  }
  EXPECT_EQ(salts.size(), 7u);
  // framing: moving a byte over a border is another salt
  EXPECT_NE(NoiseSalt({"ab", "c", "", "", "", ""}), NoiseSalt({"a", "bc", "", "", "", ""}));
}

// Remembers which lanes a draw opened.
class WatchedSource : public base::RandomSource {
 public:
  std::unique_ptr<base::RandomLane> Open(std::string_view info) const override {
    opened.emplace(info);
    return source_.Open(info);
  }
  mutable std::set<std::string> opened;

 private:
  HashSource source_{"watched"};
};

// Not one lane, measure, residual or cell keeps a bit of its noise.
TEST(Pipeline, OneChangedByteOfAnyPinnedInputOrSeedChangesEveryDraw) {
  const Question question = Definitive();
  const WatchedSource watched;
  for (const auto& plan : PlanRelease(question).plans) {
    static_cast<void>(stats::noise::Noise::Draw(plan, watched));
  }
  ASSERT_GT(watched.opened.size(), 8u) << "measures and residuals have lanes of their own";
  const std::string digest(64, 'a');
  const NoiseBinding binding{digest, digest, digest, digest, "2022SJ-definitive-1", "R000001"};
  const auto blocks = [&](const NoiseBinding& bound, uint8_t operators, uint8_t auditors) {
    std::vector<crypto::digest::SecretBytes> seeds;
    for (const uint8_t byte : {operators, auditors}) {
      base::Bytes seed(32, 9);
      seed[31] = byte;
      seeds.push_back(crypto::digest::SecretBytes::CopyOf(base::ByteView(seed)));
    }
    const crypto::random::Keystream source(seeds, NoiseSalt(bound));
    std::vector<base::RandomBlock> all;
    for (const std::string& info : watched.opened) {
      const auto lane = source.Open(info);
      for (uint64_t position = 0; position < 16; ++position) {
        lane->Block(position, 0, all.emplace_back());
      }
    }
    return all;
  };
  const auto before = blocks(binding, 1, 2);
  EXPECT_EQ(blocks(binding, 1, 2), before);
  const auto expect_all_other = [&](const char* what, const std::vector<base::RandomBlock>& after) {
    ASSERT_EQ(after.size(), before.size());
    for (size_t i = 0; i < before.size(); ++i) EXPECT_NE(after[i], before[i]) << what << " " << i;
  };
  expect_all_other("operator", blocks(binding, 3, 2));
  expect_all_other("auditor", blocks(binding, 1, 3));
  expect_all_other("exchanged", blocks(binding, 2, 1));
  for (std::string NoiseBinding::*part :
       {&NoiseBinding::policy_digest, &NoiseBinding::codebook_digest, &NoiseBinding::plan_digest,
        &NoiseBinding::freeze_digest, &NoiseBinding::release_id, &NoiseBinding::reservation_id}) {
    for (const bool last : {false, true}) {
      NoiseBinding other = binding;
      std::string& text = other.*part;
      char& byte = last ? text.back() : text.front();
      byte = byte == '7' ? '8' : '7';
      expect_all_other(text.c_str(), blocks(other, 1, 2));
    }
  }
}

TEST(Pipeline, EarlierReleasesOfTheYearAreTakenIntoAccount) {
  Question provisional = Definitive();
  provisional.kind = ReleaseKind::kProvisional;
  const auto first = MakeRelease(provisional, MakeYear(kYear), "first");
  const HashSource source("second");
  auto input = Input(Definitive(), MakeYear(kYear), source);
  input.earlier.push_back(PublishedRelease::Parse(first.published.release));
  const auto second = RunPipeline(std::move(input));
  EXPECT_NO_THROW(PublishedRelease::Parse(second.published.release));
}

}  // namespace
}  // namespace polder::server::jobs
