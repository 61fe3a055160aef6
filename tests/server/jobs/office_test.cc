#include "server/jobs/office.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "server/jobs/office_ledger.h"
#include "stats/table/published_release.h"
#include "tests/server/jobs/small_region.h"
#include "tests/support/problem_code.h"

namespace polder::server::jobs {
namespace {

using stats::table::PublishedRelease;
using testing_support::CodeOf;

const base::Year kYear(base::Calendar::kAbsence, 2022);

class OfficeTest : public testing::Test {
 protected:
  OfficeTest() : clock_("2023-11-01T09:00:00Z") {
    directory_ = testing::TempDir() + "/polder-office-" +
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    Write("seeds.json", Seeds('1', '2'));
    options_.policy_path = PolicyPath();
    options_.codebook_path = CodebookPath();
    options_.ledger_path = Path("ledger");
    options_.seeds_path = Path("seeds.json");
    options_.out_directory = Path("out");
    for (const std::string& member : TestCodebook().MembersIn(base::Period(kYear))) {
      options_.case_paths.push_back(
          WriteCases(MakeDelivery(member, base::Period(kYear, 1), 40, 9)));
    }
  }

  static std::string Seeds(char one, char two) {
    return R"({"format":"polder-seeds-1","seeds":[")" + std::string(64, one) + "\",\"" +
           std::string(64, two) + "\"]}";
  }
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name), std::ios::binary) << text;
  }
  std::string WriteCases(const stats::cases::Delivery& delivery) {
    const std::string name = delivery.manifest.delivery_id + ".ndjson";
    Write(name, NdjsonOf(delivery));
    return Path(name);
  }
  std::string Out(const std::string& name) const {
    return Slurp(options_.out_directory + "/" + name);
  }
  size_t LedgerLines() const {
    const std::string text = Slurp(options_.ledger_path);
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  std::string directory_;
  TestClock clock_;
  ProtectOptions options_;
};

TEST_F(OfficeTest, AQuarterOfFilesBecomesAMonitorOfTheOffice) {
  const auto result = Protect(options_, clock_);
  const auto release = PublishedRelease::Parse(Out("release.json"));
  EXPECT_EQ(release.header().release_id, result.release_id);
  EXPECT_EQ(release.header().kind, "monitor");
  EXPECT_EQ(release.header().period.Text(), "2022SJ-Q1");
  EXPECT_EQ(release.header().origin, "office");
  EXPECT_FALSE(release.header().demo);
  EXPECT_EQ(release.header().rho, result.charge);
  EXPECT_EQ(result.digest, crypto::digest::Sha256Hex(base::AsBytes(Out("release.json"))));
  EXPECT_THAT(Out("cells.csv"), testing::StartsWith("measure,table,"));
  EXPECT_EQ(release.header().audit_digest,
            crypto::digest::Sha256Hex(base::AsBytes(Out("audit.json"))));
}

TEST_F(OfficeTest, AScopeIsDrawnOnceWhateverTheSecondRunBrings) {
  Protect(options_, clock_);
  const std::string release = Out("release.json");
  const size_t lines = LedgerLines();
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "already-released");
  Write("seeds.json", Seeds('3', '4'));
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "already-released");
  options_.case_paths.pop_back();
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "already-released");
  EXPECT_EQ(Out("release.json"), release);
  EXPECT_EQ(LedgerLines(), lines);
}

TEST_F(OfficeTest, AnInterruptedRunIsRepeatedBitForBitAndChargedOnce) {
  Protect(options_, clock_);
  const std::string release = Out("release.json");
  const std::string ledger = Slurp(options_.ledger_path);
  // cut the ledger after each of its lines, and in the middle of one: the runs that were
  // interrupted
  size_t cuts = 0;
  for (size_t end = ledger.find('\n'); end + 1 < ledger.size(); end = ledger.find('\n', end + 1)) {
    for (const size_t torn : {size_t{0}, size_t{20}}) {
      Write("ledger", ledger.substr(0, end + 1 + torn));
      std::filesystem::remove_all(options_.out_directory);
      clock_.now = clock_.now.Plus(3600);
      Protect(options_, clock_);
      EXPECT_EQ(Out("release.json"), release);
      EXPECT_EQ(LedgerLines(), static_cast<size_t>(std::count(ledger.begin(), ledger.end(), '\n')));
      EXPECT_EQ(CodeOf([&] { OfficeLedger(options_.ledger_path); }), "") << torn;
      ++cuts;
    }
  }
  EXPECT_GE(cuts, 4u);
}

TEST_F(OfficeTest, AnUnfinishedDrawRefusesOtherInput) {
  Protect(options_, clock_);
  const std::string ledger = Slurp(options_.ledger_path);
  Write("ledger", ledger.substr(0, ledger.find('\n') + 1));
  Write("seeds.json", Seeds('3', '4'));
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "other-draw");
  Write("seeds.json", Seeds('1', '2'));
  options_.case_paths.pop_back();
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "other-draw");
}

TEST_F(OfficeTest, ADamagedLedgerStopsEverything) {
  Protect(options_, clock_);
  std::string ledger = Slurp(options_.ledger_path);
  Write("ledger", ledger.substr(ledger.find('\n') + 1));  // the reservation is gone
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "ledger-broken");
  Write("ledger", "nonsense\n" + ledger);
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "ledger-broken");
}

TEST_F(OfficeTest, AnOlderCopyOfTheLedgerStopsEverything) {
  Protect(options_, clock_);
  const std::string ledger = Slurp(options_.ledger_path);
  Write("ledger", "");  // as it was before the release: whole lines, and nothing wrong with any
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "ledger-behind");
  Write("seeds.json", Seeds('3', '4'));
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "ledger-behind");
  std::filesystem::remove(options_.ledger_path);
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "ledger-behind");
  Write("ledger", ledger);
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "already-released");
}

TEST_F(OfficeTest, WhatWasReleasedBeforeIsAuditedAgainstUnasked) {
  for (int quarter = 2; quarter <= 4; ++quarter) {
    for (const std::string& member : TestCodebook().MembersIn(base::Period(kYear))) {
      options_.case_paths.push_back(
          WriteCases(MakeDelivery(member, base::Period(kYear, quarter), 40, 9)));
    }
  }
  options_.kind = policies::disclosure::ReleaseKind::kProvisional;
  const auto first = Protect(options_, clock_);
  options_.kind.reset();
  // the definitive release needs the provisional one: without it nothing is made
  const std::string kept = options_.ledger_path + ".releases/" + first.release_id + ".json";
  std::filesystem::rename(kept, kept + ".away");
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "cannot-read");
  std::filesystem::rename(kept + ".away", kept);
  Protect(options_, clock_);
  EXPECT_EQ(PublishedRelease::Parse(Out("release.json")).header().kind, "definitive");
}

TEST_F(OfficeTest, EveryProblemOfEveryFileIsReportedAtOnceWithItsFile) {
  Write("bad1.ndjson", "{}\n");
  Write("bad2.ndjson", Slurp(options_.case_paths[0]) + "{\"kind\":\"NOPE\"}\n");
  options_.case_paths = {Path("bad1.ndjson"), Path("bad2.ndjson")};
  std::string out, err;
  EXPECT_EQ(RunProtect(options_, clock_, out, err), 1);
  EXPECT_THAT(err, testing::HasSubstr("bad1.ndjson"));
  EXPECT_THAT(err, testing::HasSubstr("bad2.ndjson"));
  EXPECT_EQ(out, "");
  EXPECT_FALSE(std::filesystem::exists(options_.ledger_path));
}

TEST_F(OfficeTest, FaultySeedsAreRefusedBeforeAnythingIsReserved) {
  for (const std::string& text :
       {std::string("{}"), std::string(R"({"format":"polder-seeds-1","seeds":[]})"),
        std::string(R"({"format":"polder-seeds-1","seeds":["abcd"]})"), Seeds('x', '1')}) {
    Write("seeds.json", text);
    std::string out, err;
    EXPECT_EQ(RunProtect(options_, clock_, out, err), 1) << text;
    EXPECT_FALSE(std::filesystem::exists(options_.ledger_path));
  }
}

TEST_F(OfficeTest, AMissingFileIsTheMachinesFault) {
  options_.seeds_path = Path("nowhere");
  std::string out, err;
  EXPECT_EQ(RunProtect(options_, clock_, out, err), 3);
  EXPECT_THAT(err, testing::HasSubstr("nowhere"));
}

TEST_F(OfficeTest, TheYearsBudgetHolds) {
  Protect(options_, clock_);
  auto json = base::ParseJson(Slurp(PolicyPath()));
  json["budget"]["yearlyCap"] = "0.02";  // one monitor of 0.0125 fits, a second does not
  json["budget"]["lines"] = base::Json::array({json["budget"]["lines"][0]});
  json["budget"]["lines"][0]["releasesPerYear"] = 1;
  Write("policy.json", json.dump());
  options_.policy_path = Path("policy.json");
  options_.case_paths.clear();
  for (const std::string& member : TestCodebook().MembersIn(base::Period(kYear))) {
    options_.case_paths.push_back(WriteCases(MakeDelivery(member, base::Period(kYear, 2), 40, 9)));
  }
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "budget-exhausted");
}

TEST_F(OfficeTest, AMadeUpClockIsConfessed) {
  const TestClock made_up("2023-11-01T09:00:00Z", true);
  Protect(options_, made_up);
  EXPECT_TRUE(PublishedRelease::Parse(Out("release.json")).header().demo);
}

TEST_F(OfficeTest, TwoRunsAtOnceAreRefused) {
  const OfficeLedger held(options_.ledger_path);
  EXPECT_EQ(CodeOf([&] { Protect(options_, clock_); }), "ledger-busy");
}

}  // namespace
}  // namespace polder::server::jobs
