// `polder suppress` from outside: its contract, and what it is given by people who err.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "policies/base/bytes.h"
#include "policies/base/json.h"
#include "tests/server/cli/command.h"

namespace polder::server::cli {
namespace {

class SuppressCommand : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/suppress-command-";
    WriteFile(Path("spec.json"), Spec(R"("protect":"exact")"));
    std::string cases = "id,town,kind,note\n";
    const auto add = [&](const std::string& town, const std::string& kind, int count) {
      for (int i = 0; i < count; ++i) cases += "x," + town + "," + kind + ",\"a, \"\"b\"\"\"\n";
    };
    add("M1", "abs", 10);
    add("M2", "abs", 8);
    add("M3", "abs", 1);
    add("M1", "rel", 20);
    add("M2", "rel", 2);
    add("M3", "rel", 30);
    WriteFile(Path("cases.csv"), cases);
  }
  static std::string Spec(const std::string& rest) {
    return R"({"dimensions":[{"column":"town","hierarchy":{"Total":{"S1":["M1","M2"],"S2":{"M3":null}}}},)"
           R"({"column":"kind","hierarchy":{"All":{"abs":{},"rel":[]}}}],"threshold":5,)" +
           rest + "}";
  }
  std::string Path(const std::string& name) const { return folder_ + name; }
  Ended Suppress(const std::string& spec, const std::string& cases,
                 const std::vector<std::string>& more = {}) const {
    std::remove(Path("out.csv").c_str());
    std::vector<std::string> words = {"suppress",      "--spec",    Path(spec),
                                      "--cases",       Path(cases), "--out",
                                      Path("out.csv"), "--report",  Path("report.json")};
    words.insert(words.end(), more.begin(), more.end());
    return Command(words);
  }
  bool Wrote() const {
    try {
      ReadFile(Path("out.csv"));
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }
  std::string folder_;
};

TEST_F(SuppressCommand, WritesTheFullCrossInNodeOrderAndWhatItCost) {
  ASSERT_EQ(Suppress("spec.json", "cases.csv").status, kDone);
  const std::string out = ReadFile(Path("out.csv"));
  EXPECT_EQ(out.rfind("town,kind,count,status\r\nTotal,All,71,value\r\nTotal,abs,", 0), 0u) << out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1 + 6 * 3);
  EXPECT_NE(out.find("M3,abs,,hidden"), std::string::npos);
  const nlohmann::json report = nlohmann::json::parse(ReadFile(Path("report.json")));
  EXPECT_EQ(report["cells"], 18);
  EXPECT_GE(report["sensitive"], 2);
  EXPECT_GE(report["hiddenCells"], report["sensitive"]);
  for (const char* field : {"hiddenSum", "cpuSeconds", "certificate"}) {
    EXPECT_TRUE(report.contains(field)) << field;
  }
}

TEST_F(SuppressCommand, GivesTheSameBytesWhateverTheOrderOfTheRowsAndTheLineEnds) {
  for (const char* protect : {R"("protect":"exact")", R"("protect":"interval","width":5)"}) {
    WriteFile(Path("spec.json"), Spec(protect));
    ASSERT_EQ(Suppress("spec.json", "cases.csv").status, kDone);
    const std::string first = ReadFile(Path("out.csv"));
    const std::string cases = ReadFile(Path("cases.csv"));
    std::vector<std::string> lines;
    for (size_t at = 0; at < cases.size(); at = cases.find('\n', at) + 1) {
      lines.push_back(cases.substr(at, cases.find('\n', at) - at));
    }
    std::string turned = "\xEF\xBB\xBF" + lines.front() + "\r\n";
    for (size_t i = lines.size(); --i > 0;) turned += lines[i] + "\r\n";
    WriteFile(Path("turned.csv"), turned);
    ASSERT_EQ(Suppress("spec.json", "turned.csv").status, kDone);
    EXPECT_EQ(ReadFile(Path("out.csv")), first);
  }
}

TEST_F(SuppressCommand, NamesEveryLineWithAnUnknownCodeAndWritesNothing) {
  WriteFile(Path("wrong.csv"), "town,kind\nM1,abs\nM9,abs\nS1,abs\nM2,lux\n\"M1\"x,abs\n");
  const Ended text = Suppress("spec.json", "wrong.csv");
  EXPECT_EQ(text.status, kRefused) << text.err;
  for (const char* line : {"3", "4", "5", "6"}) {
    EXPECT_NE(text.err.find(line), std::string::npos) << line << ": " << text.err;
  }
  EXPECT_FALSE(Wrote());
}

TEST_F(SuppressCommand, RefusesHostileInputWithoutOutput) {
  WriteFile(Path("empty.csv"), "");
  EXPECT_EQ(Suppress("spec.json", "empty.csv").status, kRefused);
  WriteFile(Path("other.csv"), "a,b\n1,2\n");
  EXPECT_EQ(Suppress("spec.json", "other.csv").status, kRefused);
  WriteFile(
      Path("twice.json"),
      R"({"dimensions":[{"column":"town","hierarchy":{"M1":null,"S":["M1"]}}],"threshold":5})");
  const Ended twice = Suppress("twice.json", "cases.csv");
  EXPECT_EQ(twice.status, kRefused);
  EXPECT_NE(twice.err.find("stands once in a dimension"), std::string::npos) << twice.err;
  WriteFile(Path("broken.json"), "{\"dimensions\":");
  EXPECT_EQ(Suppress("broken.json", "cases.csv").status, kRefused);
  EXPECT_FALSE(Wrote());
}

TEST_F(SuppressCommand, WithoutTimeThePatternIsSafeAndSaysSo) {
  ASSERT_EQ(Suppress("spec.json", "cases.csv").status, kDone);
  const auto sum = nlohmann::json::parse(ReadFile(Path("report.json")))["hiddenSum"].get<int64_t>();
  ASSERT_EQ(Suppress("spec.json", "cases.csv", {"--time-limit", "0"}).status, kDone);
  const nlohmann::json report = nlohmann::json::parse(ReadFile(Path("report.json")));
  EXPECT_EQ(report["finished"], false);
  EXPECT_GT(report["hiddenSum"].get<int64_t>(), sum);
}

TEST_F(SuppressCommand, SaysWhichCellAnEarlierTableGivesAway) {
  WriteFile(Path("before.csv"), "town,kind,count,status\nM3,abs,1,value\n");
  WriteFile(Path("spec.json"),
            Spec(R"("protect":"exact","previous":[")" + Path("before.csv") + "\"]"));
  const Ended ended = Suppress("spec.json", "cases.csv");
  EXPECT_EQ(ended.status, kRefused);
  EXPECT_NE(ended.err.find("town=S2, kind=abs"), std::string::npos) << ended.err;
  EXPECT_FALSE(Wrote());
}

TEST_F(SuppressCommand, TablesOfNothingOrOfOneCaseAreTables) {
  WriteFile(Path("none.csv"), "town,kind");
  ASSERT_EQ(Suppress("spec.json", "none.csv").status, kDone);
  std::string out = ReadFile(Path("out.csv"));
  EXPECT_NE(out.find("Total,All,0,zero"), std::string::npos) << out;
  EXPECT_EQ(out.find("hidden"), std::string::npos) << out;

  WriteFile(Path("one.csv"), "town,kind\nM1,abs\n");
  for (const char* protect :
       {R"("protect":"exact")", R"("protect":"interval","insiders":"town")"}) {
    WriteFile(Path("spec.json"), Spec(protect));
    ASSERT_EQ(Suppress("spec.json", "one.csv").status, kDone);
    out = ReadFile(Path("out.csv"));
    EXPECT_EQ(out.find("value"), std::string::npos) << out;  // every total is that one case
    EXPECT_NE(out.find("M2,abs,0,zero"), std::string::npos) << out;
  }

  WriteFile(Path("spec.json"),
            R"({"dimensions":[{"column":"town","hierarchy":["M1"]}],"threshold":5})");
  ASSERT_EQ(Suppress("spec.json", "one.csv").status, kDone);
  EXPECT_EQ(ReadFile(Path("out.csv")), "town,count,status\r\nM1,,hidden\r\n");
}

TEST_F(SuppressCommand, ProtectedNoughtsHideATableOfNothing) {
  WriteFile(Path("none.csv"), "town,kind\n");
  WriteFile(Path("spec.json"), Spec(R"("zeros":"protected","protect":"interval")"));
  ASSERT_EQ(Suppress("spec.json", "none.csv").status, kDone);
  EXPECT_EQ(ReadFile(Path("out.csv")).find(",0,"), std::string::npos);
}

TEST_F(SuppressCommand, AThresholdOfOneHidesNothingAndOfNoughtIsRefused) {
  const auto with = [&](const std::string& threshold) {
    std::string spec = Spec(R"("protect":"exact")");
    spec.replace(spec.find(":5,") + 1, 1, threshold);
    WriteFile(Path("limit.json"), spec);
    return Suppress("limit.json", "cases.csv");
  };
  ASSERT_EQ(with("1").status, kDone);
  EXPECT_EQ(ReadFile(Path("out.csv")).find("hidden"), std::string::npos);
  for (const char* threshold : {"0", "-1", "2.5", "\"5\"", "null", "9007199254740993"}) {
    const Ended ended = with(threshold);
    EXPECT_EQ(ended.status, kRefused) << threshold;
    EXPECT_NE(ended.err.find("/threshold"), std::string::npos) << threshold << ended.err;
    EXPECT_FALSE(Wrote()) << threshold;
  }
}

TEST_F(SuppressCommand, SaysEveryFaultOfTheSpecificationByItsPointer) {
  WriteFile(
      Path("spec.json"),
      R"({"dimensions":[{"column":"town","hierarchy":{"Total":["M1","M2","M3"]}}],"threshold":0,)"
      R"("protect":"intervall","zeros":"some","width":0,"insiders":"city","tresholds":5})");
  const Ended ended = Suppress("spec.json", "cases.csv");
  EXPECT_EQ(ended.status, kRefused);
  for (const char* pointer :
       {"/threshold: ", "/protect: ", "/zeros: ", "/width: ", "/insiders: ", "/tresholds: "}) {
    EXPECT_NE(ended.err.find(pointer), std::string::npos) << pointer << ended.err;
  }
}

TEST_F(SuppressCommand, SaysTheFaultsOfAllFilesAtOnceByFileAndLine) {
  WriteFile(Path("wrong.csv"), "town,kind\nM1,abs\nM9,abs\nM1\n");
  WriteFile(Path("before.csv"),
            "town,kind,count,status\nM1,abs,-3,value\nM2,abs,9007199254740993,value\n"
            "M2,rel,9223372036854775808,value\nM3,abs,2.5,value\nM1,rel,9007199254740992,value\n");
  WriteFile(Path("other.csv"), "town,kind,count\nM8,abs,4\n");
  WriteFile(Path("spec.json"),
            Spec(R"("protect":"exact","previous":[")" + Path("before.csv") + "\"]"));
  const Ended ended = Suppress("spec.json", "wrong.csv", {"--known", Path("other.csv")});
  EXPECT_EQ(ended.status, kRefused);
  for (const auto& [file, line] :
       std::vector<std::pair<std::string, std::string>>{{"wrong.csv", "line 3 (town): "},
                                                        {"wrong.csv", "line 4: "},
                                                        {"before.csv", "line 2 (status): "},
                                                        {"before.csv", "line 3 (status): "},
                                                        {"before.csv", "line 4 (status): "},
                                                        {"before.csv", "line 5 (status): "},
                                                        {"other.csv", "line 2 (town): "}}) {
    EXPECT_NE(ended.err.find(line + Path(file)), std::string::npos) << line << file << ended.err;
  }
  EXPECT_EQ(ended.err.find("line 6"), std::string::npos) << ended.err;  // 2^53 still is a count
  EXPECT_FALSE(Wrote());
}

TEST_F(SuppressCommand, HeaderLinesThatLackAColumnOrHaveItTwiceAreRefusedWithAHint) {
  for (const auto& [header, hint] :
       std::vector<std::pair<std::string, std::string>>{{"town;kind", "separated by commas"},
                                                        {"town\tkind", "separated by commas"},
                                                        {"town, kind", "capitals and spaces"},
                                                        {"Town,Kind", "capitals and spaces"},
                                                        {"town,kind,town", "twice"}}) {
    WriteFile(Path("head.csv"), header + "\n");
    const Ended ended = Suppress("spec.json", "head.csv");
    EXPECT_EQ(ended.status, kRefused) << header;
    EXPECT_NE(ended.err.find(hint), std::string::npos) << header << ended.err;
  }
}

TEST_F(SuppressCommand, NeverWritesOverAnInputAnotherOutputOrADevice) {
  const std::string cases = ReadFile(Path("cases.csv"));
  const auto ended = [&](const std::string& out, const std::string& report) {
    return Command({"suppress", "--spec", Path("spec.json"), "--cases", Path("cases.csv"), "--out",
                    out, "--report", report});
  };
  EXPECT_EQ(ended(Path("cases.csv"), Path("report.json")).status, kRefused);
  EXPECT_EQ(ReadFile(Path("cases.csv")), cases);
  EXPECT_EQ(ended(Path("same"), Path("same")).status, kRefused);
  EXPECT_FALSE(std::filesystem::exists(Path("same")));
  EXPECT_EQ(ended("/dev/null", "/dev/null").status, kDone);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST_F(SuppressCommand, ATimeLimitIsANumberOfSeconds) {
  for (const char* limit : {"-1", "nan", "inf", "soon", "5s", ""}) {
    EXPECT_EQ(Suppress("spec.json", "cases.csv", {"--time-limit", limit}).status, kWrongUsage)
        << limit;
  }
  EXPECT_EQ(Suppress("spec.json", "cases.csv", {"--time-limit", "1e3"}).status, kDone);
}

TEST_F(SuppressCommand, TheCertificateIsCanonicalAndTheReportHasItsDigest) {
  for (const char* protect : {R"("protect":"exact")", R"("protect":"interval","width":5)",
                              R"("protect":"interval","width":5,"insiders":"town")"}) {
    WriteFile(Path("spec.json"), Spec(protect));
    ASSERT_EQ(Suppress("spec.json", "cases.csv", {"--certificate", Path("proof.json")}).status,
              kDone);
    const std::string text = ReadFile(Path("proof.json"));
    EXPECT_EQ(base::CanonicalJson(base::ParseJson(text)), text);
    const auto told = nlohmann::json::parse(ReadFile(Path("report.json")))["certificate"];
    EXPECT_EQ(told["digest"], "sha256:" + crypto::digest::Sha256Hex(base::AsBytes(text)));
    // The same digest when nobody asks for the file.
    ASSERT_EQ(Suppress("spec.json", "cases.csv").status, kDone);
    EXPECT_EQ(nlohmann::json::parse(ReadFile(Path("report.json")))["certificate"], told);
  }
}

TEST_F(SuppressCommand, TheCertificateIsItsOwnersAlone) {
  WriteFile(Path("proof.json.part"), "left behind, for all to read");
  ASSERT_EQ(Suppress("spec.json", "cases.csv", {"--certificate", Path("proof.json")}).status,
            kDone);
  EXPECT_EQ(std::filesystem::status(Path("proof.json")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(SuppressCommand, WithoutASafePatternThereIsNoCertificateEither) {
  WriteFile(Path("before.csv"), "town,kind,count,status\nM3,abs,1,value\n");
  WriteFile(Path("spec.json"),
            Spec(R"("protect":"interval","previous":[")" + Path("before.csv") + "\"]"));
  EXPECT_EQ(Suppress("spec.json", "cases.csv", {"--certificate", Path("none.json")}).status,
            kRefused);
  EXPECT_FALSE(std::filesystem::exists(Path("none.json")));
  const auto folder = std::filesystem::path(Path("")).parent_path();
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const std::string name = file.path().filename().string();
    EXPECT_EQ(name.find("none.json"), std::string::npos) << "a draft is left: " << name;
  }
}

TEST_F(SuppressCommand, NoEarlierTableAndNoDraftOfAnotherIsWrittenOver) {
  ASSERT_EQ(Suppress("spec.json", "cases.csv").status, kDone);
  const std::string before = ReadFile(Path("out.csv"));
  WriteFile(Path("before.csv"), before);
  WriteFile(Path("again.json"),
            Spec(R"("protect":"exact","previous":[")" + Path("before.csv") + "\"]"));
  const Ended refused =
      Command({"suppress", "--spec", Path("again.json"), "--cases", Path("cases.csv"), "--out",
               Path("before.csv"), "--report", Path("report.json")});
  EXPECT_EQ(refused.status, kRefused);
  EXPECT_NE(refused.err.find("a name of its own"), std::string::npos) << refused.err;
  EXPECT_EQ(ReadFile(Path("before.csv")), before);

  const std::string cases = ReadFile(Path("cases.csv"));
  WriteFile(Path("y.csv.part"), cases);
  EXPECT_EQ(Command({"suppress", "--spec", Path("spec.json"), "--cases", Path("y.csv.part"),
                     "--out", Path("y.csv"), "--report", Path("report.json")})
                .status,
            kDone);
  EXPECT_EQ(ReadFile(Path("y.csv.part")), cases);
  EXPECT_EQ(ReadFile(Path("y.csv")), before);
  std::remove(Path("y.csv.part").c_str());
}

// Noughts beside a small total, and sums of nothing but cells that cannot occur, are no secrets:
// the suppressor shows them, and the checker, which is of another make, agrees.
TEST_F(SuppressCommand, ItsCertificatesAreAcceptedUnderTheFurtherRulesToo) {
  const std::string dimension =
      R"({"dimensions":[{"column":"a","hierarchy":{"T":{"g":["a1","a2"],"h":["a3","a4","a5"]}}}],)";
  const std::vector<std::pair<std::string, std::string>> all = {
      {R"("threshold":5,"protect":"interval","groupDisclosure":true})", "a1\na1\na1\n"},
      {R"("threshold":3,"protect":"interval","width":3,"zeros":"protected",)"
       R"("structuralZeros":[{"a":"a1"},{"a":"a2"}]})",
       "a3\na3\na3\na3\na3\na3\na4\na4\na4\na4\na4\na4\na5\na5\na5\na5\na5\na5\na5\n"}};
  for (const auto& [rest, rows] : all) {
    WriteFile(Path("rule.json"), dimension + rest);
    WriteFile(Path("rule.csv"), "a\n" + rows);
    ASSERT_EQ(Suppress("rule.json", "rule.csv", {"--certificate", Path("rule.proof")}).status,
              kDone);
    const Ended checked =
        Command({"attack", "--spec", Path("rule.json"), "--tables", Path("out.csv"), "--cases",
                 Path("rule.csv"), "--certificate", Path("rule.proof")});
    EXPECT_EQ(checked.status, kDone) << rest << checked.out << checked.err;
  }
}

TEST_F(SuppressCommand, WhatAnotherOfficeTellsOfAFullCellIsBeyondProtection) {
  WriteFile(Path("full.json"),
            R"({"dimensions":[{"column":"a","hierarchy":{"T":["a1","a2","a3"]}},)"
            R"({"column":"b","hierarchy":{"U":["b1","b2"]}}],"threshold":5,"protect":"exact",)"
            R"("fullCells":true})");
  std::string rows = "a,b\n";
  const auto add = [&](const std::string& row, int count) {
    for (int i = 0; i < count; ++i) rows += row + "\n";
  };
  add("a1,b1", 20);
  add("a2,b1", 11);
  add("a2,b2", 12);
  add("a3,b1", 13);
  add("a3,b2", 14);
  WriteFile(Path("full.csv"), rows);
  WriteFile(Path("told.csv"), "a,b,count\na1,b1,20\n");
  EXPECT_EQ(Suppress("full.json", "full.csv", {"--known", Path("told.csv")}).status, kDone);
  const auto report = nlohmann::json::parse(ReadFile(Path("report.json")));
  EXPECT_EQ(report["knownElsewhere"], 1);
  EXPECT_NE(ReadFile(Path("out.csv")).find("a1,b1,,hidden"), std::string::npos);
}

TEST_F(SuppressCommand, WhatIsKeptIsAList) {
  WriteFile(Path("keep.json"), Spec(R"("protect":"exact","keep":{"town":"Total"})"));
  const Ended refused = Suppress("keep.json", "cases.csv");
  EXPECT_EQ(refused.status, kRefused);
  EXPECT_NE(refused.err.find("lists of nodes"), std::string::npos) << refused.err;
}

TEST_F(SuppressCommand, AFolderIsNoFileToWrite) {
  EXPECT_EQ(Suppress("spec.json", "cases.csv", {"--picture", testing::TempDir()}).status, 3);
  EXPECT_FALSE(Wrote());
}

}  // namespace
}  // namespace polder::server::cli
