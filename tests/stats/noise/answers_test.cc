// Answers are the counts, linearly, plus noise that depends on the keystream and on nothing else.
#include "stats/noise/answers.h"

#include <cmath>
#include <map>
#include <mutex>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/problem.h"
#include "stats/noise/psi.h"
#include "tests/stats/noise/seeded_source.h"

namespace polder::stats::noise {
namespace {

using base::Rational;
using tabulate::Cube;
using testing_support::SeededLane;
using testing_support::SeededSource;

Plan SmallPlan(const std::string& measure = "persons", const Rational& rho = Rational(1, 4)) {
  PlanRequest request;
  request.measure = measure;
  request.schema = table::Schema({{"municipality", {"a", "b", "c"}}, {"kind", {"x", "y"}}});
  request.tables = {{{"total", 0}, 1}, {{"kind", 2}, 1}, {{"municipality-kind", 3}, 1}};
  request.contribution = {1, 2, 1, {}};
  request.rho = rho;
  return Plan::Make(request);
}

Cube SmallCube(int64_t scale) {
  Cube cube({3, 2});
  for (size_t m = 0; m < 3; ++m) {
    for (size_t k = 0; k < 2; ++k) {
      cube.Add({m, k}, scale * static_cast<int64_t>(1 + 10 * m + 100 * k));
    }
  }
  return cube;
}

TEST(NoisyAnswers, DifferByExactlyPsiOfTheDifferenceWhenTheNoiseIsTheSame) {
  const Plan plan = SmallPlan();
  const SeededSource source(42);
  const auto before = NoisyAnswers::Measure(SmallCube(1), plan, Noise::Draw(plan, source));
  Cube more = SmallCube(1);
  more.Add({1, 1}, 1);
  const auto after = NoisyAnswers::Measure(more, plan, Noise::Draw(plan, source));
  for (size_t a = 0; a < plan.residuals().size(); ++a) {
    const auto set = plan.residuals()[a].attributes;
    const auto members = plan.request().schema.Members(set);
    std::vector<size_t> sizes, place;
    for (const size_t i : members) {
      sizes.push_back(i == 0 ? 3 : 2);
      place.push_back(1);
    }
    std::vector<int64_t> expected(plan.request().schema.CellCount(set), 0);
    expected[plan.request().schema.CellAt(set, place)] = 1;
    ApplyPsi(expected, sizes);
    for (size_t cell = 0; cell < expected.size(); ++cell) {
      EXPECT_EQ(after.values()[a][cell] - before.values()[a][cell], expected[cell]);
    }
  }
}

// Psi against the matrix written out: kron of (n I - J).
TEST(Psi, EqualsTheKroneckerProductWrittenOut) {
  const std::vector<size_t> sizes = {2, 3, 4};
  std::vector<int64_t> values(24);
  for (size_t i = 0; i < 24; ++i) values[i] = static_cast<int64_t>(i * i % 17) - 5;
  std::vector<int64_t> expected(24, 0);
  const auto entry = [](size_t n, size_t i, size_t j) {
    return static_cast<int64_t>(i == j ? n : 0) - 1;
  };
  for (size_t i = 0; i < 24; ++i) {
    for (size_t j = 0; j < 24; ++j) {
      expected[i] += entry(2, i / 12, j / 12) * entry(3, i / 4 % 3, j / 4 % 3) *
                     entry(4, i % 4, j % 4) * values[j];
    }
  }
  ApplyPsi(values, sizes);
  EXPECT_EQ(values, expected);
}

// Records which (info, position, block) are read.
class WatchedSource : public base::RandomSource {
 public:
  using Address = std::tuple<std::string, uint64_t, uint64_t>;
  std::unique_ptr<base::RandomLane> Open(std::string_view info) const override {
    class Lane : public base::RandomLane {
     public:
      Lane(std::string info, std::vector<Address>& read)
          : info_(info), read_(read), inner_(1, info) {}
      void Block(uint64_t position, uint64_t block, base::RandomBlock& out) override {
        read_.emplace_back(info_, position, block);
        inner_.Block(position, block, out);
      }

     private:
      std::string info_;
      std::vector<Address>& read_;
      SeededLane inner_;
    };
    return std::make_unique<Lane>(std::string(info), read);
  }
  mutable std::vector<Address> read;
};

TEST(Noise, ReadsEveryAddressOnceAndNeverSharesOneBetweenCellsResidualsOrMeasures) {
  const WatchedSource source;
  Noise::Draw(SmallPlan("persons"), source);
  Noise::Draw(SmallPlan("reports"), source);
  std::set<WatchedSource::Address> distinct(source.read.begin(), source.read.end());
  EXPECT_EQ(distinct.size(), source.read.size());
  std::set<std::string> infos;
  for (const auto& [info, position, block] : source.read) infos.insert(info);
  EXPECT_EQ(infos, (std::set<std::string>{
                       "polder-noise-2/persons/", "polder-noise-2/persons/municipality",
                       "polder-noise-2/persons/kind", "polder-noise-2/persons/municipality+kind",
                       "polder-noise-2/reports/", "polder-noise-2/reports/municipality",
                       "polder-noise-2/reports/kind", "polder-noise-2/reports/municipality+kind"}));
}

TEST(Noise, TheKeystreamReadDoesNotDependOnTheCounts) {
  // Noise exists before a cube is at hand: Draw takes none. What is left to show is that measuring
  // reads nothing more.
  const Plan plan = SmallPlan();
  const WatchedSource source;
  Noise noise = Noise::Draw(plan, source);
  const size_t drawn = source.read.size();
  NoisyAnswers::Measure(SmallCube(1000), plan, std::move(noise));
  EXPECT_EQ(source.read.size(), drawn);
}

TEST(Noise, AnotherSeedChangesEveryResidual) {
  const Plan plan = SmallPlan("persons", Rational(1, 1'000'000));  // sd far above 1
  const auto one = NoisyAnswers::Measure(SmallCube(1), plan, Noise::Draw(plan, SeededSource(1)));
  const auto same = NoisyAnswers::Measure(SmallCube(1), plan, Noise::Draw(plan, SeededSource(1)));
  const auto two = NoisyAnswers::Measure(SmallCube(1), plan, Noise::Draw(plan, SeededSource(2)));
  EXPECT_EQ(one.values(), same.values());
  for (size_t a = 0; a < one.values().size(); ++a) {
    for (size_t cell = 0; cell < one.values()[a].size(); ++cell) {
      EXPECT_NE(one.values()[a][cell], two.values()[a][cell]);
    }
  }
}

// The best that anyone can do to tell whether one pupil is in: the likelihood ratio along that
// pupil's contribution. Its mean moves by 2 rho against a variance of 2 rho; rho is what was
// charged. Alpha = 1e-6, fixed seeds.
TEST(NoisyAnswers, AnAttackerWhoKnowsAllOthersLearnsWhatWasChargedAndNoMore) {
  const Plan plan = SmallPlan("persons", Rational(1, 8));
  // The worst pupil of this plan: two kinds in one municipality.
  Cube pupil({3, 2});
  pupil.Add({1, 0}, 1);
  pupil.Add({1, 1}, 1);
  const tabulate::CubeReader worst(pupil);
  std::vector<std::vector<int64_t>> direction;
  Rational cost = 0;
  for (const auto& residual : plan.residuals()) {
    std::vector<int64_t> values =
        worst.Marginal(plan.request().schema.Members(residual.attributes));
    std::vector<size_t> sizes;
    for (const size_t i : plan.request().schema.Members(residual.attributes)) {
      sizes.push_back(i == 0 ? 3 : 2);
    }
    ApplyPsi(values, sizes);
    for (const int64_t value : values) {
      cost += Rational(base::ToInteger(value * value)) / (2 * residual.gamma_squared);
    }
    direction.push_back(values);
  }
  EXPECT_EQ(cost, plan.cost());
  const Cube without({3, 2});
  const auto statistic = [&](const Cube& cube, uint64_t seed) {
    const auto answers =
        NoisyAnswers::Measure(cube, plan, Noise::Draw(plan, SeededSource(seed))).values();
    double sum = 0;
    for (size_t a = 0; a < answers.size(); ++a) {
      for (size_t cell = 0; cell < answers[a].size(); ++cell) {
        sum += static_cast<double>(direction[a][cell] * answers[a][cell]) /
               plan.residuals()[a].gamma_squared.get_d();
      }
    }
    return sum;
  };
  constexpr uint64_t kRuns = 1500;
  double mean_in = 0, mean_out = 0, squares = 0;
  for (uint64_t run = 0; run < kRuns; ++run) {
    const double out = statistic(without, 10'000 + run);
    mean_out += out / kRuns;
    squares += out * out / kRuns;
    mean_in += statistic(pupil, 50'000 + run) / kRuns;
  }
  const double expected = 2 * plan.cost().get_d();
  EXPECT_NEAR(squares, expected, 4.9 * expected * std::sqrt(2.0 / kRuns));
  EXPECT_NEAR(mean_out, 0, 4.9 * std::sqrt(expected / kRuns));
  EXPECT_NEAR(mean_in, expected, 4.9 * std::sqrt(expected / kRuns));
}

TEST(NoisyAnswers, NoiseOfAnotherPlanAndACubeOfAnotherShapeAreRefused) {
  const Plan plan = SmallPlan();
  const SeededSource source(1);
  EXPECT_THROW(NoisyAnswers::Measure(SmallCube(1), plan,
                                     Noise::Draw(SmallPlan("persons", Rational(1, 2)), source)),
               base::ProblemError);
  EXPECT_THROW(NoisyAnswers::Measure(Cube({2, 3}), plan, Noise::Draw(plan, source)),
               base::ProblemError);
}

TEST(NoisyAnswers, CountsBeyondExactAnswersAreRefusedNotWrapped) {
  const Plan plan = SmallPlan();
  Cube cube({3, 2});
  cube.Add({0, 0}, int64_t{1} << 61);
  EXPECT_THROW(NoisyAnswers::Measure(cube, plan, Noise::Draw(plan, SeededSource(1))),
               base::ProblemError);
}

TEST(NoisyAnswers, JsonReadsBackAndRefusesWhatDoesNotFit) {
  const Plan plan = SmallPlan();
  const auto answers =
      NoisyAnswers::Measure(SmallCube(3), plan, Noise::Draw(plan, SeededSource(9)));
  const base::Json json = answers.ToJson();
  EXPECT_EQ(NoisyAnswers::FromJson(json, plan).values(), answers.values());
  EXPECT_EQ(NoisyAnswers::FromJson(base::ParseJson(base::CanonicalJson(json)), plan).values(),
            answers.values());
  auto broken = json;
  broken["residuals"].erase(0);
  EXPECT_THROW(NoisyAnswers::FromJson(broken, plan), base::ProblemError);
  broken = json;
  broken["residuals"].push_back(base::Json::array());
  EXPECT_THROW(NoisyAnswers::FromJson(broken, plan), base::ProblemError);
  broken = json;
  broken["residuals"][1][0] = "7";
  EXPECT_THROW(NoisyAnswers::FromJson(broken, plan), base::ProblemError);
  broken = json;
  broken["residuals"][1][0] = 7.5;
  EXPECT_THROW(NoisyAnswers::FromJson(broken, plan), base::ProblemError);
  broken = json;
  broken["format"] = "polder-answers-2";
  EXPECT_THROW(NoisyAnswers::FromJson(broken, plan), base::ProblemError);
  broken = json;
  broken["more"] = 1;
  EXPECT_THROW(NoisyAnswers::FromJson(broken, plan), base::ProblemError);
}

}  // namespace
}  // namespace polder::stats::noise
