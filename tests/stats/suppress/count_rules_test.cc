// The rules for single exact counts, at their boundaries.
#include "stats/suppress/count_rules.h"

#include <gtest/gtest.h>

#include "policies/base/problem.h"
#include "tests/stats/suppress/count_examples.h"

namespace polder::stats::suppress {
namespace {

using tests::CountExample;
using tests::MakeExample;

constexpr char kRow[] = R"([{"column":"row","hierarchy":{"Total":["a","b","c"]}}])";
constexpr char kRest[] = R"("threshold":5,"protect":"exact")";

// Total, a, b, c.
std::vector<bool> Sensitive(const std::string& rest, const std::vector<int64_t>& leaves) {
  const CountExample example = MakeExample(kRow, rest, leaves);
  return SensitiveCells(example.spec, example.counts,
                        StructuralZeros(example.spec, example.counts));
}

TEST(CountRules, SmallIsFromOneToOneUnderTheThreshold) {
  const CountExample example = MakeExample(kRow, kRest, {0, 0, 9});
  EXPECT_FALSE(IsSmall(example.spec, 0));
  EXPECT_TRUE(IsSmall(example.spec, 1));
  EXPECT_TRUE(IsSmall(example.spec, 4));
  EXPECT_FALSE(IsSmall(example.spec, 5));
}

TEST(CountRules, AProtectedNoughtIsSmall) {
  EXPECT_EQ(Sensitive(std::string(kRest) + R"(,"zeros":"protected")", {0, 5, 9}),
            (std::vector<bool>{false, true, false, false}));
  EXPECT_EQ(Sensitive(kRest, {0, 5, 9}), std::vector<bool>(4));
}

TEST(CountRules, AThresholdOfOneProtectsNothing) {
  EXPECT_EQ(Sensitive(R"("threshold":1,"protect":"exact")", {1, 2, 3}), std::vector<bool>(4));
}

TEST(CountRules, AFullCellTellsOfEachOne) {
  const std::string full = std::string(kRest) + R"(,"fullCells":true)";
  EXPECT_EQ(Sensitive(full, {40, 0, 0}), (std::vector<bool>{false, true, false, false}));
  EXPECT_EQ(Sensitive(full, {40, 0, 5}), std::vector<bool>(4));
  EXPECT_EQ(Sensitive(full, {0, 0, 0}), std::vector<bool>(4));
}

TEST(CountRules, AGroupIsDisclosedWhenAllButAFewStandInOneCell) {
  const std::string group = std::string(kRest) + R"(,"groupDisclosure":true)";
  // 40 of 44: the 4 others are told by the two together. 40 of 45: they are 5.
  EXPECT_EQ(Sensitive(group, {40, 4, 0}), (std::vector<bool>{false, true, true, false}));
  EXPECT_EQ(Sensitive(group, {40, 5, 0}), std::vector<bool>(4));
  EXPECT_EQ(Sensitive(group, {40, 0, 0}), std::vector<bool>(4));
  // Nobody stands in a nought, however few stand beside it.
  EXPECT_EQ(Sensitive(group, {3, 0, 0}), (std::vector<bool>{true, true, false, false}));
}

TEST(CountRules, WhatCannotOccurIsPublicAndAsksForNoProtection) {
  const std::string rest =
      std::string(kRest) + R"(,"zeros":"protected","structuralZeros":[{"row":"a"}])";
  EXPECT_EQ(Sensitive(rest, {0, 5, 9}), std::vector<bool>(4));
  const std::string all = std::string(kRest) +
                          R"(,"zeros":"protected","structuralZeros":[{"row":"a"},{"row":"b"},)" +
                          R"({"row":"c"}]})";
  EXPECT_EQ(Sensitive(all.substr(0, all.size() - 1), {0, 0, 0}), std::vector<bool>(4))
      << "a sum of nothing but such cells";
  try {
    Sensitive(rest, {1, 5, 9});
    FAIL() << "a case where none can occur";
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.code(), "structural-zero-counted");
    EXPECT_EQ(std::string(error.what()).find('1'), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace polder::stats::suppress
