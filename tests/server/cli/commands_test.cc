// The contract of the commands: what they print, and how they end.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "policies/base/rational.h"
#include "server/cli/cli.h"
#include "server/cli/url.h"
#include "tests/server/cli/command.h"

namespace polder::server::cli {
namespace {

std::string InTemp(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "polder-cli-" + name;
  WriteFile(path, text);
  return path;
}

TEST(Commands, EveryOneHasHelp) {
  for (const char* name : {"init", "serve", "work", "act", "generate", "protect", "yearly", "plan",
                           "account", "sample", "replay"}) {
    const Ended ended = Command({name, "--help"});
    EXPECT_EQ(ended.status, kDone) << name;
    EXPECT_NE(ended.out.find("--"), std::string::npos) << name;
  }
}

TEST(Commands, WrongUsageIsTwoAndSaysWhy) {
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {},
           {"nothing"},
           {"account"},
           {"account", "--delta", "0.1"},
           {"account", "--rho", "1", "--epsilon", "1", "--delta", "0.1"},
           {"sample", "--sigma2", "1"},
           {"plan", "--workload"},
           {"serve", "--config", "x", "--role", "king"},
           {"replay", "--config", "x"},
           {"replay", "--release", "x", "--seeds", "s", "--cases", "c", "--policy", "p"},
           {"replay", "--release", "x", "--config", "x", "--seeds", "s"}}) {
    const Ended ended = Command(wrong);
    EXPECT_EQ(ended.status, kWrongUsage);
    EXPECT_FALSE(ended.err.empty());
  }
}

TEST(Commands, AFileThatCannotBeReadIsThreeAndAnInputThatIsWrongIsOne) {
  EXPECT_EQ(Command({"plan", "--workload", "/nonexistent/workload"}).status, kFailed);
  EXPECT_EQ(Command({"plan", "--workload", InTemp("bad", "{\"rho\":\"x\"}")}).status, kRefused);
  EXPECT_EQ(Command({"account", "--rho", "-1", "--delta", "0.1"}).status, kRefused);
  EXPECT_EQ(Command({"sample", "--sigma2", "0", "--seed", std::string(64, 'a')}).status, kRefused);
  EXPECT_EQ(Command({"sample", "--sigma2", "1", "--seed", "abc"}).status, kRefused);
}

TEST(Commands, ProblemsComeAllAtOnceAlsoAsJson) {
  const std::string path = InTemp(
      "workload", R"({"attributes":{"M":0},"marginals":[["X"]],"weights":"both","rho":"y"})");
  const Ended ended = Command({"plan", "--workload", path, "--format", "json"});
  EXPECT_EQ(ended.status, kRefused);
  std::set<std::string> pointers;
  const base::Json answer = base::ParseJson(ended.err);
  for (const auto& error : answer["errors"]) pointers.insert(error["pointer"]);
  EXPECT_EQ(pointers,
            (std::set<std::string>{"/attributes/M", "/marginals/0/0", "/weights", "/rho"}));
}

// What is wrong with a workload is said once, at its place, and never guessed away.
TEST(Plan, OddWorkloadsAreRefusedWithEveryPlace) {
  const auto refused = [](const std::string& workload) {
    const Ended ended =
        Command({"plan", "--workload", InTemp("odd", workload), "--format", "json"});
    EXPECT_EQ(ended.status, kRefused) << workload;
    std::set<std::string> found;
    const base::Json answer = base::ParseJson(ended.err);
    for (const auto& error : answer["errors"]) {
      found.insert(error["code"].get<std::string>() + " " + error["pointer"].get<std::string>());
    }
    return found;
  };
  using Found = std::set<std::string>;
  EXPECT_EQ(refused(R"({"attributes":{"M":3,"S":2},"marginals":[["M"],["S","M"],["M","S"],["M"],
                       ["M","M"],["T"],"M",[1]],"rho":"0"})"),
            (Found{"duplicate /marginals/2", "duplicate /marginals/3", "duplicate /marginals/4",
                   "duplicate-attribute /marginals/4/1", "unknown-code /marginals/5/0",
                   "wrong-type /marginals/6", "wrong-type /marginals/7/0", "duplicate /marginals/7",
                   "rho-out-of-range /rho"}));
  EXPECT_EQ(refused(R"({"attributes":{"M":3},"marginals":[],"rho":"-1/2"})"),
            (Found{"no-tables /marginals", "rho-out-of-range /rho"}));
  EXPECT_EQ(refused(R"({"attributes":{"M":3},"marginals":[[]],"upTo":2,"rho":"1"})"),
            (Found{"wrong-workload /marginals"}));
  EXPECT_EQ(refused(R"({"attributes":{"M":"3"},"upTo":-1,"objective":"least","rho":0.5})"),
            (Found{"out-of-range /attributes/M", "out-of-range /upTo", "unknown-code /objective",
                   "wrong-number /rho"}));
}

// rho as 1/2 and as 0.5 is one budget; an attribute of one code splits nothing; upTo has the total.
TEST(Plan, FormsOfOneWorkloadGiveOnePlan) {
  const auto planned = [](const std::string& workload) {
    const Ended ended =
        Command({"plan", "--workload", InTemp("form", workload), "--format", "json"});
    EXPECT_EQ(ended.status, kDone) << ended.err;
    return base::ParseJson(ended.out);
  };
  const base::Json decimal = planned(R"({"attributes":{"A":2,"B":3},"upTo":1,"rho":"0.5"})");
  EXPECT_EQ(decimal,
            planned(R"({"attributes":{"A":2,"B":3},"marginals":[[],["A"],["B"]],"rho":"1/2"})"));
  EXPECT_EQ(decimal["marginals"].size(), 3U);
  const base::Json one = planned(R"({"attributes":{"A":2,"B":3,"C":1},"upTo":1,"rho":"0.5"})");
  EXPECT_EQ(one["marginals"].size(), 4U);
  EXPECT_EQ(one["measurements"].size(), 3U);
  // Small noise: the variance stated is that of the discrete law, not its parameter.
  const base::Json sharp = planned(R"({"attributes":{"A":2},"marginals":[[]],"rho":"2"})");
  EXPECT_NEAR(sharp["marginals"][0]["cellVariance"].get<double>(), 0.215012675088138, 1e-6);
  // Both objectives and both weights are certified.
  for (const char* weights : {"cell", "marginal"}) {
    for (const char* objective : {"total", "max"}) {
      const base::Json plan =
          planned(R"({"attributes":{"A":5,"B":7,"C":2},"upTo":2,"rho":"1/3","weights":")" +
                  std::string(weights) + R"(","objective":")" + objective + R"("})");
      EXPECT_LE(plan["ideal"]["relativeGap"].get<double>(), 1e-9) << weights << objective;
    }
  }
}

// Canonne, Kamath, Steinke 2020, corollary 13, computed independently at 60 digits.
TEST(Account, PrintsOneNumberOfTwelveDigitsOnTheSafeSide) {
  const Ended epsilon = Command({"account", "--rho", "0.25", "--delta", "0.000001"});
  EXPECT_EQ(epsilon.out, "3.54229130048\n");
  std::string number = epsilon.out;
  number.pop_back();
  const Ended rho = Command({"account", "--epsilon", number, "--delta", "0.000001"});
  EXPECT_NEAR(std::atof(rho.out.c_str()), 0.25, 1e-11);
  const Ended same = Command({"account", "--rho", "1/4", "--delta", "1/1000000"});
  EXPECT_EQ(same.out, epsilon.out);
  for (const char* delta : {"1e-6", "1E-06", "10e-7", "0.01e-4"}) {
    EXPECT_EQ(Command({"account", "--rho", "25e-2", "--delta", delta}).out, epsilon.out) << delta;
  }
  EXPECT_EQ(Command({"account", "--rho", "0", "--delta", "1e-6"}).out, "0\n");
}

// A line for people on stderr, nothing on stdout, and never another number than was asked for.
TEST(Account, WhatIsNoQuestionIsRefusedWithAReason) {
  const std::vector<std::pair<std::string, std::string>> questions = {
      {"--rho", "1e7"},   {"--rho", "-0.1"},     {"--rho", "nan"},   {"--rho", "inf"},
      {"--rho", "1e"},    {"--rho", "1e1000"},   {"--rho", "1/0"},   {"--rho", "1/2e1"},
      {"--rho", "0x10"},  {"--rho", "0.1e0.5"},  {"--rho", ""},      {"--rho", " 1"},
      {"--epsilon", "0"}, {"--epsilon", "1e99"}, {"--epsilon", "-1"}};
  for (const auto& [option, value] : questions) {
    const Ended ended = Command({"account", option, value, "--delta", "1e-6"});
    EXPECT_TRUE(ended.status == kRefused || ended.status == kWrongUsage) << option << value;
    EXPECT_EQ(ended.out, "") << option << value;
    EXPECT_NE(ended.err, "") << option << value;
  }
  for (const char* delta : {"0", "1", "2", "-1e-6", "1e-101", "nan"}) {
    for (const char* option : {"--rho", "--epsilon"}) {
      const Ended ended = Command({"account", option, "0.5", "--delta", delta});
      EXPECT_EQ(ended.status, kRefused) << delta;
      EXPECT_EQ(ended.out, "") << delta;
    }
  }
  EXPECT_EQ(Command({"account", "--delta", "1e-6"}).status, kWrongUsage);
  EXPECT_EQ(Command({"account", "--rho", "1", "--epsilon", "1", "--delta", "1e-6"}).status, kWrongUsage);
  // The least and the most that there is an answer to.
  EXPECT_EQ(Command({"account", "--rho", "1e-9", "--delta", "1e-100"}).status, kDone);
  EXPECT_EQ(Command({"account", "--rho", "1e6", "--delta", "1e-100"}).status, kDone);
}

TEST(Sample, IsTheSameForTheSameSeedAndNoOther) {
  const std::vector<std::string> base = {"sample", "--sigma2", "7/2", "--count", "1000", "--seed"};
  auto with = [&](char digit) {
    std::vector<std::string> words = base;
    words.push_back(std::string(64, digit));
    return Command(words).out;
  };
  EXPECT_EQ(with('a'), with('a'));
  EXPECT_NE(with('a'), with('b'));
  std::istringstream lines(with('a'));
  double square = 0;
  int count = 0;
  for (long value; lines >> value; ++count) square += static_cast<double>(value * value);
  EXPECT_EQ(count, 1000);
  EXPECT_NEAR(square / 1000, 3.5, 0.8);  // five standard errors of the variance of 1000 draws
}

TEST(PlanCommand, GivesExactNoiseWithinTheBudgetAndTheFiguresOfTheTables) {
  const std::string path = InTemp(
      "plan",
      R"({"attributes":{"M":11,"S":3},"marginals":[[],["M"],["M","S"]],"weights":"cell","rho":"0.5"})");
  const Ended ended = Command({"plan", "--workload", path, "--format", "json"});
  ASSERT_EQ(ended.status, kDone) << ended.err;
  const base::Json plan = base::ParseJson(ended.out);
  const auto rho = base::ParseRational(plan["actual"]["rho"].get<std::string>());
  EXPECT_LE(*rho, base::Rational(1, 2));
  EXPECT_GE(*rho, base::Rational(999, 2000));
  double total = 0;
  double cells = 0;
  for (const auto& marginal : plan["marginals"]) {
    total += marginal["cells"].get<double>() * marginal["cellVariance"].get<double>();
    cells += marginal["cells"].get<double>();
  }
  EXPECT_EQ(cells, 1 + 11 + 33);
  EXPECT_NEAR(total, plan["actual"]["totalVariance"].get<double>(), 1e-6 * total);
  EXPECT_NEAR(std::sqrt(total / cells), plan["actual"]["rmse"].get<double>(), 1e-9);
  EXPECT_GE(plan["actual"]["rmse"].get<double>(), plan["ideal"]["rmse"].get<double>() * (1 - 1e-9));
  EXPECT_LE(plan["actual"]["rmse"].get<double>(), plan["ideal"]["rmse"].get<double>() * 1.001);
  // A residual of S alone is measured too: the table of M and S needs it.
  EXPECT_EQ(plan["measurements"].size(), 4U);
}

TEST(Files, ASecretIsItsOwnersOnlyAndAnOldFileIsReplacedWhole) {
  const std::string path = InTemp("secret", "old");
  WriteFile(path, "new", true);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(ReadFile(path), "new");
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
  EXPECT_THROW(WriteFile(path + "/below-a-file", "x"), base::ProblemError);
  EXPECT_THROW(ReadFile(testing::TempDir()), base::ProblemError);
}

TEST(Url, IsHttpsWithAHostAndPerhapsAPort) {
  EXPECT_EQ(ParseUrl("https://polder.example").port, 443);
  EXPECT_EQ(ParseUrl("https://127.0.0.1:8443/").port, 8443);
  EXPECT_EQ(ParseUrl("https://[::1]:9").host, "::1");
  for (const char* wrong :
       {"http://a", "https://", "https://a:0", "https://a:65536", "https://a:x",
        "https://a:", "https://a/b", "https://u@a", "https://[::1", "https://[::1]9"}) {
    EXPECT_THROW(ParseUrl(wrong), base::ProblemError) << wrong;
  }
}

}  // namespace
}  // namespace polder::server::cli
