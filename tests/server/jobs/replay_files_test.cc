// A replay over files: what `polder protect` made, made again from the same files.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "server/jobs/replay.h"
#include "stats/table/public_audit.h"
#include "stats/table/published_release.h"
#include "tests/server/jobs/small_region.h"
#include "tests/support/problem_code.h"

namespace polder::server::jobs {
namespace {

using testing_support::CodeOf;

const base::Year kYear(base::Calendar::kAbsence, 2022);

class ReplayFilesTest : public testing::Test {
 protected:
  ReplayFilesTest() : clock_("2023-11-01T09:00:00Z") {
    directory_ = testing::TempDir() + "/polder-replay-files-" +
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    Write("seeds.json", R"({"format":"polder-seeds-1","seeds":[")" + std::string(64, '1') +
                            "\",\"" + std::string(64, '2') + "\"]}");
    options_.policy_path = PolicyPath();
    options_.codebook_path = CodebookPath();
    options_.ledger_path = Path("ledger");
    options_.seeds_path = Path("seeds.json");
    options_.out_directory = Path("out");
    AddQuarter(1);
  }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }
  void AddQuarter(int quarter) {
    for (const std::string& member : TestCodebook().MembersIn(base::Period(kYear))) {
      const auto delivery = MakeDelivery(member, base::Period(kYear, quarter), 40, 9);
      options_.case_paths.push_back(
          Write(delivery.manifest.delivery_id + ".ndjson", NdjsonOf(delivery)));
    }
  }
  std::string Release() const { return Path("out/release.json"); }
  Verdict VerdictOf(const ProtectOptions& options) {
    return ReplayFiles(options, Release()).verdict;
  }

  std::string directory_;
  TestClock clock_;
  ProtectOptions options_;
};

TEST_F(ReplayFilesTest, TheSameFilesMatchWithTheLedgerAndWithoutIt) {
  Protect(options_, clock_);
  const std::string ledger = Slurp(options_.ledger_path);
  EXPECT_EQ(VerdictOf(options_), Verdict::kMatch);
  EXPECT_EQ(Slurp(options_.ledger_path), ledger);
  options_.ledger_path.clear();
  options_.out_directory.clear();
  EXPECT_EQ(VerdictOf(options_), Verdict::kMatch);
}

TEST_F(ReplayFilesTest, AByteOfTheReleaseIsAMismatch) {
  Protect(options_, clock_);
  const std::string text = Slurp(Release());
  size_t tried = 0;
  for (const std::string part : {"\"value\":", "\"madeAt\":\"", "\"status\":\"", "\"rho\":\""}) {
    const size_t at = text.find(part);
    ASSERT_NE(at, std::string::npos) << part;
    std::string changed = text;
    char& byte = changed[at + part.size()];
    byte = byte == '1' ? '2' : '1';
    Write("out/release.json", changed);
    EXPECT_EQ(VerdictOf(options_), Verdict::kMismatch) << part;
    ++tried;
  }
  Write("out/release.json", text + "\n");
  EXPECT_EQ(VerdictOf(options_), Verdict::kMismatch);
  EXPECT_EQ(tried, 4u);
}

TEST_F(ReplayFilesTest, AnotherSeedCaseOrderOrPolicyIsAMismatch) {
  Protect(options_, clock_);
  auto other = options_;
  other.seeds_path =
      Write("other.json", R"({"format":"polder-seeds-1","seeds":[")" + std::string(64, '1') +
                              "\",\"" + std::string(64, '3') + "\"]}");
  EXPECT_EQ(VerdictOf(other), Verdict::kMismatch);
  other = options_;
  other.ledger_path.clear();
  std::swap(other.case_paths[0], other.case_paths[1]);
  EXPECT_EQ(VerdictOf(other), Verdict::kMismatch);
  auto policy = base::ParseJson(Slurp(PolicyPath()));
  policy["version"] = "9";
  other = options_;
  other.policy_path = Write("policy.json", policy.dump());
  EXPECT_EQ(VerdictOf(other), Verdict::kMismatch);
}

TEST_F(ReplayFilesTest, ALaterReleaseOfTheYearChangesNoVerdict) {
  Protect(options_, clock_);
  const auto first = options_;
  const std::string first_release = Slurp(Release());
  options_.case_paths.clear();
  AddQuarter(2);
  Protect(options_, clock_);
  EXPECT_EQ(VerdictOf(options_), Verdict::kMatch);
  Write("out/release.json", first_release);
  EXPECT_EQ(VerdictOf(first), Verdict::kMatch);
}

// From files to a release and back, with tables that are no star and pupils counted apart: made
// again bit for bit, read as a release, adding up, and with the audit's public part in agreement.
TEST_F(ReplayFilesTest, ATableOfThreeAttributesAndPupilsApartAreMadeAgainBitForBit) {
  auto policy = base::ParseJson(Slurp(PolicyPath()));
  policy["measures"][0]["anyKind"] = "pupils";
  policy["measures"][0]["tables"].push_back({{"id", "kind-ageBand-group"},
                                             {"attributes", {"kind", "ageBand", "group"}},
                                             {"weight", "1/10"}});
  policy["budget"]["lines"][0]["content"][0]["tables"] = {"total", "kind", "kind-ageBand",
                                                          "kind-ageBand-group"};
  options_.policy_path = Write("policy.json", policy.dump());
  Protect(options_, clock_);
  EXPECT_EQ(VerdictOf(options_), Verdict::kMatch);
  const auto release = stats::table::PublishedRelease::Parse(Slurp(Release()));
  const auto* pupils = release.FindMeasure("persons.pupils");
  ASSERT_NE(pupils, nullptr);
  EXPECT_TRUE(pupils->counts_pupils);
  const auto* persons = release.FindMeasure("persons");
  const auto* fine = persons->FindTable("kind-ageBand-group");
  ASSERT_NE(fine, nullptr);
  EXPECT_LT(persons->rounding_deviation, 1);
  EXPECT_GT(persons->rounding_deviation, 0);
  // Where all parts of a cell of kind and age band are shown, they are its number.
  const auto* coarse = persons->FindTable("kind-ageBand");
  size_t sums = 0, shown = 0;
  for (const auto& total : coarse->cells) {
    int64_t sum = 0;
    bool whole = total.value.has_value();
    for (const auto& cell : fine->cells) {
      if (cell.codes[0] != total.codes[0] || cell.codes[1] != total.codes[1]) continue;
      whole = whole && cell.value.has_value();
      shown += cell.value.has_value() ? 1U : 0U;
      sum += cell.value.value_or(0);
    }
    if (!whole) continue;
    EXPECT_EQ(sum, *total.value);
    ++sums;
  }
  EXPECT_GT(shown, 0U);
  std::printf("%zu cells of three attributes shown, %zu of their totals checked\n", shown, sums);
  // What polder-verify asks of the two documents.
  base::Problems problems;
  stats::table::CheckPublicAudit(Slurp(Path("out/audit.json")), release, {}, problems);
  EXPECT_TRUE(problems.empty());
}

// A definitive release with size classes; its ledger, its audit, and other classes.
TEST_F(ReplayFilesTest, SizeClassesAreMadeAgainBitForBitAndOtherClassesAreAnotherRelease) {
  for (const int quarter : {2, 3, 4}) AddQuarter(quarter);
  options_.kind = policies::disclosure::ReleaseKind::kDefinitive;
  options_.policy_path = polder::tests::SourceDir() + "/policies/data/policies/peer-classes.json";
  Protect(options_, clock_);
  EXPECT_EQ(VerdictOf(options_), Verdict::kMatch);
  const auto release = stats::table::PublishedRelease::Parse(Slurp(Release()));
  ASSERT_NE(release.FindMeasure("persons")->FindTable("sizeClass-kind"), nullptr);
  ASSERT_NE(release.header().min_hidden_sd, "") << "something is hidden";
  base::Problems problems;
  const std::string audit = Slurp(Path("out/audit.json"));
  stats::table::CheckPublicAudit(audit, release, {}, problems);
  EXPECT_TRUE(problems.empty());
  // The claim about someone who knows all but one pupil is held against the classes: a larger
  // standard error than the residuals allow is found.
  auto boast = base::ParseJson(audit);
  boast["attackers"][3]["smallestStandardError"] = "2.9";
  stats::table::CheckPublicAudit(base::CanonicalJson(boast), release, {}, problems);
  EXPECT_FALSE(problems.empty());
  auto policy = base::ParseJson(Slurp(options_.policy_path));
  policy["peers"]["classLimits"] = {4000};
  options_.policy_path = Write("policy.json", policy.dump());
  EXPECT_EQ(VerdictOf(options_), Verdict::kMismatch);
}

TEST_F(ReplayFilesTest, AReleaseThatTheLedgerNeverChargedIsAMismatch) {
  Protect(options_, clock_);
  const std::string ledger = Slurp(options_.ledger_path);
  Write("ledger", "");
  EXPECT_EQ(VerdictOf(options_), Verdict::kMismatch);
  Write("ledger", ledger.substr(0, ledger.find('\n') + 1));  // reserved, never finished
  EXPECT_EQ(VerdictOf(options_), Verdict::kMismatch);
}

TEST_F(ReplayFilesTest, AFileThatIsNotThereGivesNoVerdict) {
  Protect(options_, clock_);
  for (auto member :
       {&ProtectOptions::seeds_path, &ProtectOptions::policy_path, &ProtectOptions::ledger_path}) {
    auto without = options_;
    without.*member = Path("nowhere");
    EXPECT_EQ(CodeOf([&] { VerdictOf(without); }), "cannot-read");
  }
  EXPECT_FALSE(std::filesystem::exists(Path("nowhere")));
}

}  // namespace
}  // namespace polder::server::jobs
