// `polder simulate` against a release that `polder protect` really made.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "server/cli/cli.h"
#include "server/jobs/office.h"
#include "stats/table/published_release.h"
#include "tests/server/cli/command.h"
#include "tests/server/jobs/small_region.h"

namespace polder::server::cli {
namespace {

Ended Simulate(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "simulate");
  return Command(arguments);
}

// The definitive release of a small region, made by the pipeline under the shipped policy.
std::string MakeRelease() {
  const std::string folder = testing::TempDir() + "/polder-simulate";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder + "/" + name, std::ios::binary) << text;
    return folder + "/" + name;
  };
  const base::Year year(base::Calendar::kAbsence, 2022);
  jobs::ProtectOptions options;
  options.policy_path = jobs::PolicyPath();
  options.codebook_path = jobs::CodebookPath();
  options.ledger_path = folder + "/ledger";
  options.seeds_path =
      write("seeds.json", R"({"format":"polder-seeds-1","seeds":[")" + std::string(64, '5') +
                              "\",\"" + std::string(64, '6') + "\"]}");
  options.out_directory = folder + "/out";
  for (const std::string& member : jobs::TestCodebook().MembersIn(base::Period(year))) {
    for (int quarter = 1; quarter <= 4; ++quarter) {
      const auto delivery = jobs::MakeDelivery(member, base::Period(year, quarter), 40, 9);
      options.case_paths.push_back(
          write(delivery.manifest.delivery_id + ".ndjson", jobs::NdjsonOf(delivery)));
    }
  }
  jobs::Protect(options, jobs::TestClock("2023-11-01T09:00:00Z"));
  return options.out_directory + "/release.json";
}

class SimulateCommand : public testing::Test {
 protected:
  static void SetUpTestSuite() { release_ = new std::string(MakeRelease()); }
  static void TearDownTestSuite() { delete release_; }
  static std::string* release_;
};
std::string* SimulateCommand::release_ = nullptr;

TEST_F(SimulateCommand, SdAndHalfWidthAreThoseOfTheReleaseMadeUnderThePolicy) {
  const auto release = stats::table::PublishedRelease::Parse(ReadFile(*release_));
  const Ended ended = Simulate({"--policy", jobs::PolicyPath(), "--release", *release_, "--draws",
                                "2", "--format", "json", "--quiet"});
  ASSERT_EQ(ended.status, kDone) << ended.err;
  const base::Json report = base::ParseJson(ended.out);
  EXPECT_EQ(report["period"], "2022SJ");
  const base::Json& scenario = report["scenarios"][0];
  EXPECT_EQ(scenario["costs"]["release"]["rho"], release.header().rho);
  size_t tables = 0;
  size_t numbers = 0;
  for (const base::Json& table : scenario["tables"]) {
    const auto* measure = release.FindMeasure(table["measure"].get<std::string>());
    ASSERT_NE(measure, nullptr);
    const auto* published = measure->FindTable(table["table"].get<std::string>());
    ASSERT_NE(published, nullptr);
    ++tables;
    EXPECT_EQ(table["sd"], published->sd);
    EXPECT_EQ(table["expectedFrom"], "release");
    for (const auto& cell : published->cells) {
      if (!cell.value) continue;
      ++numbers;
      // The upper end is the plain one whatever the threshold.
      EXPECT_EQ(table["halfWidth"], cell.interval->high - *cell.value) << published->id;
    }
  }
  size_t made = 0;
  for (const auto& measure : release.measures()) made += measure.tables.size();
  EXPECT_EQ(tables, made);
  EXPECT_GT(numbers, 50u);
  const auto& dropped = release.FindMeasure("dropped")->tables.front().cells.front();
  if (dropped.value) {
    EXPECT_EQ(scenario["bounding"]["dropped"], *dropped.value);
  } else {
    EXPECT_TRUE(scenario["bounding"]["dropped"].is_null());
  }
  EXPECT_EQ(scenario["bounding"]["kindsPerPupil"], 2);
}

TEST_F(SimulateCommand, SharesHiddenAreNearThoseOfTheReleaseItself) {
  const auto release = stats::table::PublishedRelease::Parse(ReadFile(*release_));
  const Ended ended = Simulate({"--policy", jobs::PolicyPath(), "--release", *release_, "--draws",
                                "30", "--format", "json", "--quiet"});
  const base::Json report = base::ParseJson(ended.out);
  for (const base::Json& table : report["scenarios"][0]["tables"]) {
    if (table["measure"] != "persons" || table["table"] != "municipality-kind") continue;
    const auto* published = release.FindMeasure("persons")->FindTable("municipality-kind");
    double hidden = 0;
    for (const auto& cell : published->cells) {
      hidden += cell.status == stats::table::CellStatus::kHidden;
    }
    const double share = hidden / static_cast<double>(published->cells.size());
    EXPECT_NEAR(table["shares"]["hidden"].get<double>(), share, 0.15);
    EXPECT_GE(table["shares"]["hidden"].get<double>(),
              table["shares"]["hiddenByRule"].get<double>());
    return;
  }
  FAIL() << "no table municipality-kind";
}

TEST_F(SimulateCommand, WritesTableAndPictureAndShowsProgressAndNamesWhatIsRefused) {
  const std::string out = testing::TempDir() + "/polder-simulate-out";
  std::filesystem::remove_all(out);
  const Ended ended = Simulate(
      {"--policy", jobs::PolicyPath(), "--budgets", "0.25,50", "--draws", "1", "--out", out});
  EXPECT_EQ(ended.status, kDone);
  EXPECT_THAT(ended.err, testing::HasSubstr("simulate: 100%"));
  EXPECT_THAT(ended.out, testing::HasSubstr("default rho 50: /budget/yearlyCap"));
  EXPECT_EQ(ReadFile(out + "/whatif.txt"), ended.out);
  EXPECT_EQ(base::ParseJson(ReadFile(out + "/whatif.json"))["format"], "polder-whatif-1");
  EXPECT_THAT(ReadFile(out + "/whatif.csv"), testing::HasSubstr("default rho 0.25,"));
  EXPECT_THAT(ReadFile(out + "/whatif.svg"), testing::HasSubstr("</svg>"));
}

TEST_F(SimulateCommand, EndsAsEveryCommandDoes) {
  EXPECT_EQ(Simulate({}).status, kWrongUsage);
  EXPECT_EQ(Simulate({"--help"}).status, kDone);
  EXPECT_EQ(Simulate({"--policy", "/nonexistent"}).status, kFailed);
  EXPECT_EQ(Simulate({"--policy", jobs::PolicyPath(), "--budgets", "much"}).status, kRefused);
  EXPECT_EQ(Simulate({"--policy", jobs::PolicyPath(), "--period", "2022"}).status, kRefused);
  EXPECT_EQ(
      Simulate({"--policy", jobs::PolicyPath(), "--kind", "monitor", "--period", "2022SJ"}).status,
      kRefused);
  const Ended none =
      Simulate({"--policy", jobs::PolicyPath(), "--kinds-per-pupil", "9", "--draws", "0"});
  EXPECT_EQ(none.status, kRefused);
  EXPECT_THAT(none.err, testing::HasSubstr("every policy was refused"));
}

}  // namespace
}  // namespace polder::server::cli
