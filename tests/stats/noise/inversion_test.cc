// The thresholds of inversion are the digits of the distribution function, all of them certain; and
// a number that shares all known digits with one is decided by the digits after.
#include "stats/noise/inversion.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stats/noise/thresholds.h"
#include "tests/stats/noise/law.h"

namespace polder::stats::noise {
namespace {

using base::Integer;
using base::Rational;

// Source: the definition summed with 160 decimal digits in another language.
TEST(Thresholds, AreTheDigitsOfTheDistributionFunction) {
  struct Vector {
    const char* sigma_squared;
    size_t count;  // of thresholds to 127 digits
    std::vector<std::pair<size_t, const char*>> some;
  };
  const std::vector<Vector> vectors = {
      {"1/18446744073709551616", 1, {{0, "170141183460469231731687303715884105727"}}},
      {"1/4",
       7,
       {{0, "133828070971455055454360222095021138247"},
        {1, "170051390751317805404827676013832254740"},
        {3, "170141183460465842089943882678699716450"}}},
      {"1",
       14,
       {{0, "67876511356739684663895651865231133457"},
        {1, "150214881781130436066056461523328697718"},
        {3, "170095135419665454084749626165483162661"},
        {7, "170141183460467512183105119821886438206"}}},
      {"100",
       132,
       {{0, "6787651171991811608129550358789273097"},
        {1, "20295246413069187940040723663812017326"},
        {33, "170004380919430572901142347290234268444"},
        {66, "170141183455575273108823829022765284604"}}},
      {"12345/64",
       182,
       {{0, "4887243244871377994155528652713422513"},
        {1, "14636425682129662104059584087437912321"},
        {45, "169962549607024055902164779442983459995"},
        {91, "170141183452965897874411269086930910633"}}},
      {"10000",
       1307,
       {{0, "678765117199181160812955035878927309"},
        {1, "2036227476782708075794373378286262609"},
        {326, "169954948930032355780364237879216561087"},
        {653, "170141183449648597860349103430115105955"}}},
      {"65536",
       3343,
       {{0, "265142623905930140942560560890205980"},
        {1, "795423825977854057166923656822638980"},
        {835, "169954066186605180586248342638821853060"},
        {1671, "170141183449226756876088771882748008890"}}},
  };
  for (const Vector& vector : vectors) {
    const auto found = Thresholds(base::ParseRational(vector.sigma_squared).value(), 127);
    ASSERT_EQ(found.size(), vector.count) << vector.sigma_squared;
    for (const auto& [m, digits] : vector.some) {
      EXPECT_EQ(found[m], Integer(digits)) << vector.sigma_squared << " at " << m;
    }
    EXPECT_EQ(found.back(), (Integer(1) << 127) - 1);
  }
}

// Fewer digits are the first of more digits, whatever precision either was computed with; and words
// give what numbers of any size give.
TEST(Thresholds, OfFewerDigitsAreTheFirstDigitsOfMore) {
  for (unsigned long i = 1; i <= 150; ++i) {
    Rational sigma_squared(Integer(i * i * i), Integer(1 + i * 37 % 64));
    sigma_squared.canonicalize();
    if (!InversionGaussian::Serves(sigma_squared)) continue;
    const auto words = WordThresholds(sigma_squared);
    const auto longer = Thresholds(sigma_squared, 300);
    ASSERT_GE(longer.size(), words.size());
    for (size_t m = 0; m < words.size(); ++m) {
      ASSERT_EQ(Integer(static_cast<unsigned long>(words[m])), longer[m] >> (300 - 63))
          << sigma_squared << " at " << m;
    }
  }
}

// Bits that a test chooses, then zeros.
class ScriptedLane : public base::RandomLane {
 public:
  explicit ScriptedLane(std::vector<uint64_t> words) : words_(std::move(words)) {}
  void Block(uint64_t, uint64_t block, base::RandomBlock& out) override {
    for (size_t i = 0; i < 8; ++i) {
      const size_t at = 8 * block + i;
      const uint64_t word = at < words_.size() ? words_[at] : 0;
      for (size_t byte = 0; byte < 8; ++byte) {
        out[8 * i + byte] = static_cast<uint8_t>(word >> (8 * (7 - byte)));
      }
    }
  }

 private:
  std::vector<uint64_t> words_;
};

int64_t DrawFrom(const InversionGaussian& gaussian, const std::vector<uint64_t>& words) {
  ScriptedLane lane(words);
  base::BitStream fast(lane, 0), slow(lane, 0);
  const int64_t draw = gaussian.Sample(fast);
  EXPECT_EQ(gaussian.SampleWithoutTable(slow), draw);
  EXPECT_EQ(fast.Bits(64), slow.Bits(64));  // both have read as much
  return draw;
}

// `digits` is U to 63 + 64 n digits; the words that a draw reads for it.
std::vector<uint64_t> WordsOf(const Integer& digits, unsigned count, bool negative) {
  std::vector<uint64_t> words;
  for (unsigned left = 64 * (count - 1); left > 0; left -= 64) {
    const Integer part = (digits >> (left - 64)) % (Integer(1) << 64);
    words.push_back(part.get_ui());
  }
  const Integer first = digits >> (64 * (count - 1));
  words.insert(words.begin(), first.get_ui() << 1 | (negative ? 1 : 0));
  return words;
}

TEST(InversionGaussian, ADigitPastTheTableDecidesWhereTheTableCannot) {
  for (const Rational& sigma_squared : {Rational(1, 4), Rational(100), Rational(12345, 64)}) {
    const InversionGaussian gaussian(sigma_squared);
    for (const unsigned words : {2U, 3U}) {
      const auto thresholds = Thresholds(sigma_squared, 64 * words - 1);
      for (const size_t m : {size_t{0}, size_t{1}, size_t{2}}) {
        const auto place = static_cast<int64_t>(m);
        for (const int sign : {1, -1}) {
          const Integer below = thresholds[m] - 1, above = thresholds[m] + 1;
          ASSERT_EQ(below >> 64, above >> 64);  // they differ in the last word only
          EXPECT_EQ(DrawFrom(gaussian, WordsOf(below, words, sign < 0)), sign * place);
          EXPECT_EQ(DrawFrom(gaussian, WordsOf(above, words, sign < 0)), sign * (place + 1));
        }
      }
    }
  }
}

TEST(InversionGaussian, NeighboursOfAThresholdNeedNoFurtherDigit) {
  const Rational sigma_squared(100);
  const InversionGaussian gaussian(sigma_squared);
  const auto thresholds = Thresholds(sigma_squared, 63);
  for (size_t m = 0; m < 30; ++m) {
    const auto place = static_cast<int64_t>(m);
    // What follows is all ones: it would count if it were read.
    auto below = WordsOf(thresholds[m] - 1, 1, false), above = WordsOf(thresholds[m] + 1, 1, true);
    below.push_back(~uint64_t{0});
    above.push_back(~uint64_t{0});
    EXPECT_EQ(DrawFrom(gaussian, below), place);
    EXPECT_EQ(DrawFrom(gaussian, above), -place - 1);
  }
}

TEST(InversionGaussian, ASourceThatNeverDecidesIsNoSource) {
  const InversionGaussian gaussian(Rational(1));
  ScriptedLane lane(std::vector<uint64_t>(1000, ~uint64_t{0}));
  base::BitStream bits(lane, 0);
  EXPECT_THROW(gaussian.Sample(bits), std::overflow_error);
}

// Nine sigma are drawn from a table, and beyond it the digits go on.
TEST(InversionGaussian, TheTableHasNoEnd) {
  const Rational sigma_squared(4);
  const InversionGaussian gaussian(sigma_squared);
  const auto thresholds = Thresholds(sigma_squared, 191);
  const size_t past = WordThresholds(sigma_squared).size() + 3;
  ASSERT_LT(past, thresholds.size() - 1);
  EXPECT_EQ(DrawFrom(gaussian, WordsOf(thresholds[past] + 1, 3, true)),
            -static_cast<int64_t>(past) - 1);
}

}  // namespace
}  // namespace polder::stats::noise
