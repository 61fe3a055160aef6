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
  EXPECT_EQ(ours.out, "{\"narrow\":[],\"openInFractions\":0,\"recovered\":[],\"undecided\":[]}\n");
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

// The certificate is checked by addition alone, and a changed one is refused.
TEST_F(AttackCommand, TheCertificateOfASafeTableIsCheckedAndAChangedOneIsRefused) {
  ASSERT_EQ(Command({"suppress", "--spec", Path("spec.json"), "--cases", Path("cases.csv"), "--out",
                     Path("ours.csv"), "--report", Path("report.json"), "--certificate",
                     Path("certificate.json")})
                .status,
            kDone);
  const auto check = [&](const std::string& certificate, const std::string& tables) {
    return Attack({"--tables", Path(tables), "--cases", Path("cases.csv"), "--certificate",
                   Path(certificate)});
  };
  const Ended fits = check("certificate.json", "ours.csv");
  ASSERT_EQ(fits.status, kDone) << fits.err;
  // What is checked is what the report says.
  const auto report = nlohmann::json::parse(ReadFile(Path("report.json")));
  const auto found = nlohmann::json::parse(fits.out);
  EXPECT_EQ(found["certificate"], report["certificate"]);
  EXPECT_EQ(found["sensitive"], report["sensitive"]);

  const auto whole = nlohmann::json::parse(ReadFile(Path("certificate.json")));
  ASSERT_GT(whole["proofs"].size(), 50u);
  size_t mutants = 0;
  const auto refused = [&](const nlohmann::json& changed, const std::string& how) {
    WriteFile(Path("changed.json"), changed.dump());
    EXPECT_EQ(check("changed.json", "ours.csv").status, kRefused) << how;
    ++mutants;
  };
  for (size_t i = 0; i < whole["proofs"].size(); i += 37) {
    const std::string which = " of proof " + std::to_string(i);
    auto changed = whole;
    changed["proofs"].erase(i);
    refused(changed, "left out" + which);
    changed = whole;
    auto& high = changed["proofs"][i]["high"];
    auto& list = high.empty() ? changed["proofs"][i]["low"] : high;
    list[0]["change"] = list[0]["change"].get<int64_t>() + 1;
    refused(changed, "does not add up" + which);
    changed = whole;
    auto& twice = changed["proofs"][i][high.empty() ? "low" : "high"];
    twice.push_back(twice[0]);
    refused(changed, "a leaf twice" + which);
    changed = whole;
    changed["proofs"][i]["low"] = changed["proofs"][i]["high"];
    refused(changed, "one table instead of two" + which);
    changed = whole;
    changed["proofs"][i]["attacker"] = nlohmann::json::array({"M1", "M2", "M3"});
    refused(changed, "another attacker" + which);
  }
  EXPECT_GT(mutants, 10u);
  auto other = whole;
  other["width"] = 4;
  refused(other, "another width");
  // Nor does it fit tables that show a cell more.
  EXPECT_EQ(check("certificate.json", "alone.csv").status, kRefused);
  EXPECT_EQ(
      Attack({"--tables", Path("ours.csv"), "--certificate", Path("certificate.json")}).status,
      kWrongUsage)
      << "without the cases nothing can be added up";
}

TEST_F(AttackCommand, TheWitnessOfAnExactPatternIsCheckedToo) {
  auto spec = nlohmann::json::parse(ReadFile(Path("spec.json")));
  spec["protect"] = "exact";
  WriteFile(Path("exact.json"), spec.dump());
  ASSERT_EQ(Command({"suppress", "--spec", Path("exact.json"), "--cases", Path("cases.csv"),
                     "--out", Path("exact.csv"), "--report", Path("report.json"), "--certificate",
                     Path("exact-certificate.json")})
                .status,
            kDone);
  const auto check = [&](const std::string& certificate) {
    return Command({"attack", "--spec", Path("exact.json"), "--tables", Path("exact.csv"),
                    "--cases", Path("cases.csv"), "--certificate", Path(certificate)});
  };
  EXPECT_EQ(check("exact-certificate.json").status, kDone);
  auto changed = nlohmann::json::parse(ReadFile(Path("exact-certificate.json")));
  changed["witness"].erase(0);
  WriteFile(Path("changed.json"), changed.dump());
  EXPECT_EQ(check("changed.json").status, kRefused);
}

// Tables made in the knowledge of what another office publishes withstand whoever reads both.
TEST_F(AttackCommand, TablesMadeWithTheOtherOfficesFiguresWithstandThem) {
  // Every municipality by kind from 5 cases on, as a council reports them.
  const auto parsed = stats::table::ParseCountSpec(ReadFile(Path("spec.json")));
  const auto counts = stats::table::CountCases(parsed.grid, ReadFile(Path("cases.csv")));
  std::string council = "municipality,quarter,count,margin\n";
  size_t told = 0;
  for (const char* municipality : {"M1", "M2", "M4"}) {
    for (const char* quarter : {"Q1", "Q2", "Q3"}) {
      const int64_t count = counts[parsed.grid.CellOf({*parsed.grid.trees()[0].Find(municipality),
                                                       *parsed.grid.trees()[1].Find("Total"),
                                                       *parsed.grid.trees()[2].Find(quarter)})];
      if (count < 5) continue;
      ++told;
      council += std::string(municipality) + "," + quarter + "," + std::to_string(count) + ",0\n";
    }
  }
  ASSERT_GT(told, 4u);
  WriteFile(Path("council.csv"), council);
  const auto suppress = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"suppress",        "--spec",          Path("fewer.json"),
                                      "--cases",         Path("cases.csv"), "--out",
                                      Path("known.csv"), "--report",        Path("report.json")};
    words.insert(words.end(), more.begin(), more.end());
    return Command(words);
  };
  // Our tables have no municipality by quarter; the council's do.
  auto spec = nlohmann::json::parse(ReadFile(Path("spec.json")));
  spec["tables"] = {
      {"municipality", "kind"}, {"kind", "quarter"}, {"municipality", "kind", "quarter"}};
  WriteFile(Path("fewer.json"), spec.dump());
  const auto attack = [&] {
    return Command({"attack", "--spec", Path("fewer.json"), "--tables", Path("known.csv"),
                    "--known", Path("council.csv"), "--cases", Path("cases.csv")});
  };
  ASSERT_EQ(suppress({}).status, kDone);
  EXPECT_EQ(attack().status, kRefused)
      << "made without, they withstand too: the test shows nothing";
  const Ended made = suppress({"--known", Path("council.csv")});
  ASSERT_EQ(made.status, kDone) << made.err;
  const Ended withstood = attack();
  EXPECT_EQ(withstood.status, kDone) << withstood.out;
}

// Two tables that differ only in which of the hidden cells was the small one: the same picture.
TEST_F(AttackCommand, ThePictureDoesNotTellASmallCountFromItsCompany) {
  WriteFile(Path("two.json"),
            R"({"dimensions":[{"column":"m","hierarchy":{"T":["a","b","c"]}},)"
            R"({"column":"k","hierarchy":{"S":["x","y"]}}],"threshold":5,"protect":"exact"})");
  const auto picture = [&](const std::string& name, int ax, int ay, int bx, int by) {
    std::string cases = "m,k\n";
    const auto add = [&](const char* m, const char* k, int count) {
      for (int i = 0; i < count; ++i) cases += std::string(m) + "," + k + "\n";
    };
    add("a", "x", ax);
    add("a", "y", ay);
    add("b", "x", bx);
    add("b", "y", by);
    add("c", "x", 90);
    add("c", "y", 80);
    WriteFile(Path("two.csv"), cases);
    EXPECT_EQ(Command({"suppress", "--spec", Path("two.json"), "--cases", Path("two.csv"), "--out",
                       Path(name + ".csv"), "--report", Path(name + "-report.json"), "--picture",
                       Path(name), "--language", "en"})
                  .status,
              kDone);
    return ReadFile(Path(name));
  };
  // Rows of 22 and 60, columns alike: the small one stands in a/x or in a/y.
  const std::string first = picture("one.svg", 2, 20, 30, 30);
  const std::string second = picture("other.svg", 4, 18, 28, 32);
  const std::string third = picture("third.svg", 18, 4, 14, 46);
  EXPECT_EQ(first, second);
  EXPECT_EQ(first, third);
  EXPECT_EQ(ReadFile(Path("one.svg.csv")), ReadFile(Path("third.svg.csv")));
  EXPECT_NE(first.find("url(#hatch)"), std::string::npos);
  const std::string page = picture("page.html", 2, 20, 30, 30);
  EXPECT_NE(page.find("<html lang=\"en\">"), std::string::npos);
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

// Out of time, nothing is called safe: what is left is undecided, and the answer is no.
TEST_F(AttackCommand, ATimeLimitLeavesCellsUndecidedAndTheAnswerIsNo) {
  ASSERT_EQ(Command({"suppress", "--spec", Path("spec.json"), "--cases", Path("cases.csv"), "--out",
                     Path("ours.csv"), "--report", Path("report.json")})
                .status,
            kDone);
  const Ended ended = Attack({"--tables", Path("ours.csv"), "--time-limit", "0.000001"});
  EXPECT_EQ(ended.status, kRefused);
  const auto found = nlohmann::json::parse(ended.out);
  EXPECT_GT(found["undecided"].size(), 10u);
  EXPECT_TRUE(found["recovered"].empty());
  EXPECT_EQ(Attack({"--tables", Path("ours.csv"), "--time-limit", "600"}).status, kDone);
  for (const char* limit : {"-1", "0", "nan", "inf", "soon", "5s", ""}) {
    EXPECT_EQ(Attack({"--tables", Path("ours.csv"), "--time-limit", limit}).status, kWrongUsage)
        << limit;
  }
  const Ended text = Command({"attack", "--spec", Path("spec.json"), "--tables", Path("ours.csv"),
                              "--time-limit", "0.000001"});
  EXPECT_EQ(text.status, kRefused);
  EXPECT_NE(text.out.find(": undecided\n"), std::string::npos);
}

// Offices leave hidden rows out as often as they empty them.
TEST_F(AttackCommand, ACellThatATableLeavesOutIsAttackedLikeAHiddenOne) {
  WriteFile(Path("row.json"),
            R"({"dimensions":[{"column":"m","hierarchy":{"Total":["a","b","c"]}},)"
            R"({"column":"k","hierarchy":{"Both":["x","y"]}}],"threshold":5})");
  WriteFile(Path("row.csv"), "m,count\nTotal,27\na,20\nb,4\n");
  const Ended ended = Command(
      {"attack", "--spec", Path("row.json"), "--tables", Path("row.csv"), "--format", "json"});
  EXPECT_EQ(ended.status, kRefused);
  const auto found = nlohmann::json::parse(ended.out);
  ASSERT_EQ(found["recovered"].size(), 1u) << ended.out;
  EXPECT_EQ(found["recovered"][0]["cell"], "m=c, k=Both");
  EXPECT_EQ(found["recovered"][0]["count"], 3);
  EXPECT_TRUE(found["undecided"].empty()) << "nobody asked about a table by k";
}

// Neither of two figures shows the count; together they do.
TEST_F(AttackCommand, TwoFiguresOfOneCellThatLeaveASingleCountRecoverIt) {
  WriteFile(Path("met.json"),
            R"({"dimensions":[{"column":"m","hierarchy":{"All":["m1","m2","m3"]}},)"
            R"({"column":"k","hierarchy":{"T":["k1","k2","k3"]}}],"threshold":5})");
  WriteFile(Path("fours.csv"), "m,k,count\nm1,k1,4\nm1,k2,9\n");
  WriteFile(Path("hidden.csv"), "m,k,count,status\nm1,k1,,hidden\nm1,k2,9,value\n");
  WriteFile(Path("left-out.csv"), "m,k,count\nm1,k2,9\n");
  WriteFile(Path("from-four.csv"), "m,k,low,high\nm1,k1,4,7\n");
  WriteFile(Path("at-most-one.csv"), "m,k,low,high\nm1,k1,0,1\n");
  WriteFile(Path("three.csv"), "m,k,count\nm1,k1,3\n");
  WriteFile(Path("from-three.csv"), "m,k,low,high\nm1,k1,3,7\n");
  const auto recovered = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"attack", "--spec", Path("met.json"), "--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    const Ended ended = Command(words);
    const auto found = nlohmann::json::parse(ended.out)["recovered"];
    EXPECT_EQ(ended.status, found.empty() ? kDone : kRefused) << ended.out;
    EXPECT_TRUE(found.empty() || found[0]["cell"] == "m=m1, k=k1") << ended.out;
    return found.size() == 1 ? found[0]["count"].get<int>() : -static_cast<int>(found.size());
  };
  const std::vector<std::string> fours = {"--dialect", "duo", "--tables", Path("fours.csv")};
  const auto with = [](std::vector<std::string> words, const std::string& option,
                       const std::string& file) {
    words.insert(words.end(), {option, file});
    return words;
  };
  EXPECT_EQ(recovered(with(fours, "--known", Path("from-four.csv"))), 4);
  EXPECT_EQ(recovered(with(fours, "--known", Path("from-three.csv"))), 0);
  // The same in two tables that are both attacked.
  EXPECT_EQ(recovered(with(fours, "--tables", Path("from-four.csv"))), 4);
  const std::vector<std::string> hidden = {"--tables", Path("hidden.csv")};
  EXPECT_EQ(recovered(with(hidden, "--known", Path("at-most-one.csv"))), 1);
  EXPECT_EQ(recovered(with(hidden, "--known", Path("three.csv"))), 3);
  const std::vector<std::string> left_out = {"--tables", Path("left-out.csv")};
  EXPECT_EQ(recovered(with(left_out, "--known", Path("three.csv"))), 3);
  // What one of the attacked tables shows is no secret to recover.
  EXPECT_EQ(recovered(with(hidden, "--tables", Path("three.csv"))), 0);
}

// m2 has none of k1, as the tables show; by a they show nothing.
TEST_F(AttackCommand, ACellIsAMembersOwnWhereATotalShowsThatTheRestIsNought) {
  WriteFile(Path("own.json"),
            R"({"dimensions":[{"column":"m","hierarchy":{"All":["m1","m2"]}},)"
            R"({"column":"k","hierarchy":{"T":["k1","k2"]}},)"
            R"({"column":"a","hierarchy":{"U":["a1","a2"]}}],"threshold":5,)"
            R"("protect":"interval","width":1,"insiders":"m","tables":[["m","k"]]})");
  WriteFile(Path("own-cases.csv"),
            "m,k,a\nm1,k1,a1\nm1,k1,a1\nm1,k1,a2\nm2,k2,a1\nm2,k2,a1\nm1,k2,a1\n");
  ASSERT_EQ(Command({"suppress", "--spec", Path("own.json"), "--cases", Path("own-cases.csv"),
                     "--out", Path("own.csv"), "--report", Path("report.json")})
                .status,
            kDone);
  const auto attack = [&](const std::string& tables) {
    return Command({"attack", "--spec", Path("own.json"), "--tables", Path(tables), "--cases",
                    Path("own-cases.csv"), "--format", "json"});
  };
  const std::string ours = ReadFile(Path("own.csv"));
  ASSERT_NE(ours.find("m2,k1,U,0,zero"), std::string::npos) << ours;
  EXPECT_EQ(attack("own.csv").status, kDone) << attack("own.csv").out;
  // A foreign count that is no nought is still recovered: all but m1 in k2 is m2's.
  std::string told = ours;
  told.replace(told.find("All,k2,U,,hidden"), 16, "All,k2,U,3,value");
  WriteFile(Path("told.csv"), told);
  const Ended ended = attack("told.csv");
  EXPECT_EQ(ended.status, kRefused);
  EXPECT_NE(ended.out.find(R"("attacker":["m1"],"cell":"m=m2, k=k2, a=U","count":2)"),
            std::string::npos)
      << ended.out;
}

TEST_F(AttackCommand, TablesAndCasesThatDoNotBelongTogetherAreRefused) {
  WriteFile(Path("other.csv"), ReadFile(Path("cases.csv")) + "M1,abs,Q1,9999\nM1,abs,Q1,9998\n");
  const Ended ended = Attack({"--tables", Path("alone.csv"), "--cases", Path("other.csv")});
  EXPECT_EQ(ended.status, kRefused);
  EXPECT_TRUE(ended.out.empty());
  EXPECT_NE(ended.err.find("tables-contradict"), std::string::npos) << ended.err;
}

TEST_F(AttackCommand, OddFilesAreRefusedAllAtOnceAndNothingIsCalledSafe) {
  WriteFile(Path("empty.csv"), "");
  WriteFile(Path("elsewhere.csv"), "gemeente,soort,count\nX,abs,3\n");
  WriteFile(Path("three.csv"), "municipality,kind,quarter,count\nM1,abs,Q1,3\nM1,abs,Q2,0\n");
  const Ended both = Attack({"--tables", Path("empty.csv"), "--known", Path("elsewhere.csv")});
  EXPECT_EQ(both.status, kRefused);
  EXPECT_TRUE(both.out.empty());
  EXPECT_NE(both.err.find("empty.csv"), std::string::npos) << both.err;
  EXPECT_NE(both.err.find("elsewhere.csv"), std::string::npos) << both.err;
  const Ended dialect = Attack({"--tables", Path("three.csv"), "--dialect", "duo"});
  EXPECT_EQ(dialect.status, kRefused);
  EXPECT_NE(dialect.err.find("wrong-dialect"), std::string::npos) << dialect.err;
  // Figures of another office that say nothing of what is hidden change nothing.
  WriteFile(Path("total.csv"), "municipality,low,high\nM1,0,\n");
  const Ended alone = Attack({"--tables", Path("alone.csv")});
  const Ended known = Attack({"--tables", Path("alone.csv"), "--known", Path("total.csv")});
  EXPECT_EQ(alone.out, known.out);
}

TEST_F(AttackCommand, FaultsOfTheTablesAndOfTheCasesAreToldTogether) {
  WriteFile(Path("faulty.csv"), "town,kind,count,status\nM9,abs,7,value\n");
  WriteFile(Path("faulty_cases.csv"), "town,kind\nM8,abs\n");
  const Ended refused =
      Attack({"--tables", Path("faulty.csv"), "--cases", Path("faulty_cases.csv")});
  EXPECT_EQ(refused.status, kRefused);
  for (const char* file : {"faulty.csv: ", "faulty_cases.csv: "}) {
    EXPECT_NE(refused.err.find(file), std::string::npos) << refused.err;
  }
}

}  // namespace
}  // namespace polder::server::cli
