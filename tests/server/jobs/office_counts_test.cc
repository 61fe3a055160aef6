// `polder protect` with exact counts, more than once of a year: the counts behind earlier releases
// are kept beside the ledger, and the releases are proved safe together.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "server/jobs/office.h"
#include "server/jobs/replay.h"
#include "stats/table/published_release.h"
#include "tests/server/jobs/small_region.h"
#include "tests/support/problem_code.h"

namespace polder::server::jobs {
namespace {

using policies::disclosure::ReleaseKind;
using stats::table::PublishedRelease;
using testing_support::CodeOf;

const base::Year kYear(base::Calendar::kAbsence, 2022);

class OfficeCountsTest : public testing::Test {
 protected:
  OfficeCountsTest() : clock_("2023-11-01T09:00:00Z") {
    directory_ = testing::TempDir() + "/polder-office-counts-" +
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    Write("seeds.json", R"({"format":"polder-seeds-1","seeds":[")" + std::string(64, '1') +
                            "\",\"" + std::string(64, '2') + "\"]}");
    options_.policy_path = Path("policy.json");
    options_.codebook_path = CodebookPath();
    options_.ledger_path = Path("ledger");
    options_.seeds_path = Path("seeds.json");
  }

  // Reports, of quarters, provisional and definitive.
  void UsePolicy(const std::string& unit) {
    base::Json json = base::ParseJson(
        Slurp(std::filesystem::path(PolicyPath()).parent_path().string() + "/exact-counts.json"));
    base::Json monitor = json["budget"]["lines"][0];
    monitor["kind"] = "monitor";
    monitor["releasesPerYear"] = 4;
    json["budget"]["lines"].push_back(monitor);
    json["measures"][0]["id"] = unit;
    json["measures"][0]["unit"] = unit;
    for (auto& line : json["budget"]["lines"]) line["content"][0]["measure"] = unit;
    Write("policy.json", json.dump());
  }

  // The first member's deliveries are larger when corrected.
  void GiveCases(const std::vector<int>& quarters, bool corrected) {
    options_.case_paths.clear();
    bool first = true;
    for (const std::string& member : TestCodebook().MembersIn(base::Period(kYear))) {
      for (const int quarter : quarters) {
        auto delivery =
            MakeDelivery(member, base::Period(kYear, quarter), first && corrected ? 43 : 40, 9);
        if (first && corrected) delivery.manifest.delivery_id += "-again";
        Write(delivery.manifest.delivery_id + ".ndjson", NdjsonOf(delivery));
        options_.case_paths.push_back(Path(delivery.manifest.delivery_id + ".ndjson"));
      }
      first = false;
    }
  }

  base::Json Released(ReleaseKind kind, const base::Period& period) {
    options_.kind = kind;
    options_.period = period;
    options_.out_directory =
        Path(std::string(policies::disclosure::ToText(kind)) + "-" + period.Text());
    Protect(options_, clock_);
    return base::ParseJson(Slurp(options_.out_directory + "/audit.json"))["counts"][0];
  }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name), std::ios::binary) << text;
  }

  std::string directory_;
  TestClock clock_;
  ProtectOptions options_;
};

const std::vector<int> kAll{1, 2, 3, 4};

TEST_F(OfficeCountsTest, AFirstReleaseAndItsCorrectionAreProvedTogetherAndMadeAgain) {
  UsePolicy("persons");
  GiveCases(kAll, false);
  EXPECT_EQ(Released(ReleaseKind::kProvisional, base::Period(kYear))["earlierReleases"], 0);
  GiveCases(kAll, true);
  EXPECT_EQ(Released(ReleaseKind::kDefinitive, base::Period(kYear))["earlierReleases"], 1);
  const auto result = ReplayFiles(options_, options_.out_directory + "/release.json");
  EXPECT_EQ(result.verdict, Verdict::kMatch);
  // What is kept is for its owner only.
  for (const auto& kept : std::filesystem::directory_iterator(options_.ledger_path + ".releases")) {
    if (kept.path().extension() != ".counts") continue;
    EXPECT_EQ(kept.status().permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
}

TEST_F(OfficeCountsTest, WithoutTheCountsOfTheFirstTheCorrectionIsRefused) {
  UsePolicy("persons");
  GiveCases(kAll, false);
  Released(ReleaseKind::kProvisional, base::Period(kYear));
  for (const auto& kept : std::filesystem::directory_iterator(options_.ledger_path + ".releases")) {
    if (kept.path().extension() == ".counts") std::filesystem::remove(kept.path());
  }
  GiveCases(kAll, true);
  EXPECT_EQ(CodeOf([&] { Released(ReleaseKind::kDefinitive, base::Period(kYear)); }),
            "audit-failed");
}

TEST_F(OfficeCountsTest, QuartersAndThenTheYearAreProvedTogether) {
  UsePolicy("reports");
  for (const int quarter : kAll) {
    GiveCases({quarter}, false);
    EXPECT_EQ(Released(ReleaseKind::kMonitor, base::Period(kYear, quarter))["earlierReleases"], 0);
  }
  GiveCases(kAll, false);
  EXPECT_EQ(Released(ReleaseKind::kProvisional, base::Period(kYear))["earlierReleases"], 4);
}

}  // namespace
}  // namespace polder::server::jobs
