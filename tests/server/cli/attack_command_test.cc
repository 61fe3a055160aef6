// `polder attack` on the same cases published in three ways.
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "stats/table/spec.h"
#include "tests/server/cli/command.h"

namespace polder::server::cli {
namespace {

using stats::table::CountCell;
using stats::table::CountStatus;

// A region of six municipalities in two subregions, by kind and quarter; most cells are small.
class AttackCommand : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/attack-command-";
    const std::string spec =
        R"({"dimensions":[{"column":"municipality","hierarchy":{"Total":{"S1":["M1","M2","M3"],)"
        R"("S2":["M4","M5","M6"]}}},{"column":"kind","hierarchy":{"Total":["abs","rel","lux"]}},)"
        R"({"column":"quarter","hierarchy":{"Year":["Q1","Q2","Q3"]}}],"threshold":5,)"
        R"("zeros":"published","protect":"interval","width":5,"insiders":"municipality"})";
    WriteFile(Path("spec.json"), spec);
    std::string cases = "municipality,kind,quarter,case\n";
    std::mt19937 random(7);
    int number = 0;
    for (const char* municipality : {"M1", "M2", "M3", "M4", "M5", "M6"}) {
      for (const char* kind : {"abs", "rel", "lux"}) {
        for (const char* quarter : {"Q1", "Q2", "Q3"}) {
          const auto draw = random() % 10;
          const auto count = draw < 2 ? 0 : draw < 5 ? 1 + random() % 4 : 5 + random() % 30;
          for (size_t i = 0; i < count; ++i) {
            cases += std::string(municipality) + "," + kind + "," + quarter + "," +
                     std::to_string(++number) + "\n";
          }
        }
      }
    }
    WriteFile(Path("cases.csv"), cases);
    const auto parsed = stats::table::ParseCountSpec(spec);
    const std::vector<int64_t> counts = stats::table::CountCases(parsed.grid, cases);
    std::string duo = "municipality,kind,quarter,count\n";
    std::vector<CountCell> alone;
    for (size_t cell = 0; cell < counts.size(); ++cell) {
      const int64_t count = counts[cell];
      const bool small = count > 0 && count < 5;
      for (size_t d = 0; d < 3; ++d) {
        duo += parsed.grid.trees()[d].nodes()[parsed.grid.NodeOf(cell, d)].name + ",";
      }
      duo += std::to_string(small ? 4 : count) + "\n";
      alone.push_back({cell, count, count == 0 ? CountStatus::kZero : CountStatus::kValue});
      if (small) alone.back() = {cell, {}, CountStatus::kHidden};
    }
    WriteFile(Path("duo.csv"), duo);
    WriteFile(Path("alone.csv"), stats::table::WriteCountCells(parsed.grid, alone));
  }
  std::string Path(const std::string& name) const { return folder_ + name; }

  Ended Attack(std::vector<std::string> more) const {
    std::vector<std::string> words = {"attack", "--spec", Path("spec.json"), "--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    return Command(words);
  }
  std::string folder_;
};

TEST_F(AttackCommand, RecoversFromFoursAndFromSmallCellsHiddenAloneButNotFromOurs) {
  const Ended duo = Attack({"--dialect", "duo", "--tables", Path("duo.csv")});
  EXPECT_EQ(duo.status, kRefused) << duo.err;
  EXPECT_GT(nlohmann::json::parse(duo.out)["recovered"].size(), 0u);
  const Ended alone = Attack({"--tables", Path("alone.csv")});
  EXPECT_EQ(alone.status, kRefused) << alone.err;
  EXPECT_GT(nlohmann::json::parse(alone.out)["recovered"].size(), 0u);

  ASSERT_EQ(Command({"suppress", "--spec", Path("spec.json"), "--cases", Path("cases.csv"), "--out",
                     Path("ours.csv"), "--report", Path("report.json")})
                .status,
            kDone);
  const Ended ours = Attack({"--tables", Path("ours.csv")});
  EXPECT_EQ(ours.status, kDone) << ours.out;
  EXPECT_EQ(ours.out, "{\"narrow\":[],\"recovered\":[]}\n");
  const Ended inside = Attack({"--tables", Path("ours.csv"), "--cases", Path("cases.csv")});
  EXPECT_EQ(inside.status, kDone) << inside.out;
}

TEST_F(AttackCommand, MembersFindMoreInTablesThatOnlyWithstandOutsiders) {
  const std::string insiders = R"(,"insiders":"municipality")";
  std::string spec = ReadFile(Path("spec.json"));
  WriteFile(Path("outside.json"), spec.erase(spec.find(insiders), insiders.size()));
  ASSERT_EQ(Command({"suppress", "--spec", Path("outside.json"), "--cases", Path("cases.csv"),
                     "--out", Path("outside.csv"), "--report", Path("report.json")})
                .status,
            kDone);
  EXPECT_EQ(Attack({"--tables", Path("outside.csv")}).status, kDone);
  const Ended inside = Attack({"--tables", Path("outside.csv"), "--cases", Path("cases.csv")});
  EXPECT_EQ(inside.status, kRefused);
  const nlohmann::json found = nlohmann::json::parse(inside.out);
  for (const char* list : {"recovered", "narrow"}) {
    for (const auto& entry : found[list]) EXPECT_FALSE(entry["attacker"].empty());
  }
}

TEST_F(AttackCommand, AnotherOfficesFiguresOpenOurTables) {
  ASSERT_EQ(Command({"suppress", "--spec", Path("spec.json"), "--cases", Path("cases.csv"), "--out",
                     Path("ours.csv"), "--report", Path("report.json")})
                .status,
            kDone);
  const Ended ended = Attack({"--tables", Path("ours.csv"), "--known", Path("alone.csv")});
  EXPECT_EQ(ended.status, kRefused);
}

// S1 is M1 and M2, and M2 has none: M1 knows the 3 of S1 because it is its own.
TEST_F(AttackCommand, NobodyRecoversTheirOwnButAPairRecoversTheThird) {
  WriteFile(Path("small.json"),
            R"({"dimensions":[{"column":"m","hierarchy":{"Total":{"S1":["M1","M2"],)"
            R"("S2":["M3","M4"]}}}],"threshold":5,"protect":"interval","insiders":"m"})");
  std::string cases = "m\n";
  for (int i = 0; i < 3; ++i) cases += "M1\n";
  for (int i = 0; i < 20; ++i) cases += "M3\n";
  for (int i = 0; i < 4; ++i) cases += "M4\n";
  WriteFile(Path("small.csv"), cases);
  WriteFile(Path("small-cells.csv"),
            "m,count,status\nTotal,27,value\nS1,,hidden\nM1,,hidden\nM2,0,zero\nS2,,hidden\n"
            "M3,,hidden\nM4,,hidden\n");
  const Ended ended =
      Command({"attack", "--spec", Path("small.json"), "--tables", Path("small-cells.csv"),
               "--cases", Path("small.csv"), "--format", "json"});
  EXPECT_EQ(ended.status, kRefused);
  std::set<std::string> found;
  const nlohmann::json answer = nlohmann::json::parse(ended.out);
  for (const auto& entry : answer["recovered"]) {
    found.insert(entry["cell"].get<std::string>() + " " + entry["attacker"].dump());
  }
  EXPECT_TRUE(found.contains(R"(m=M4 ["M1","M3"])"));
  EXPECT_TRUE(found.contains(R"(m=S1 ["M3","M4"])"));
  EXPECT_FALSE(found.contains(R"(m=S1 ["M1"])"));
  EXPECT_FALSE(found.contains(R"(m=S1 ["M1","M2"])"));
  EXPECT_FALSE(found.contains(R"(m=M1 ["M1"])"));
}

}  // namespace
}  // namespace polder::server::cli
