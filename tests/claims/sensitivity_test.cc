// Everything that one pupil can change, tried out: on a small cube every contribution that bounding
// allows moves the product's answers by exactly its image under the linear map, and the dearest of
// them is what the ledger is charged.
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "policies/base/nano_rho.h"
#include "stats/budget/ledger.h"
#include "tests/claims/small_world.h"

namespace polder {
namespace {

using base::Integer;
using base::Rational;
using stats::noise::Plan;
using testing_support::AnswersOf;
using testing_support::Counts;
using testing_support::kKinds;
using testing_support::kTowns;
using testing_support::SmallRequest;

constexpr Counts kOthers = {{{0, 2, 4}, {6, 8, 12}, {3, 20, 40}, {10, 5, 15}}};

// Calls `visit` with every contribution of one pupil: nothing, or up to `kinds` kinds in one town
// with 1 to `units` units each.
void EveryContribution(int kinds, int64_t units, const std::function<void(const Counts&)>& visit) {
  visit(Counts{});
  for (size_t town = 0; town < kTowns; ++town) {
    Counts counts = {};
    const std::function<void(size_t, int)> choose = [&](size_t kind, int left) {
      if (kind == kKinds) {
        if (left < kinds) visit(counts);
        return;
      }
      choose(kind + 1, left);
      if (left == 0) return;
      for (int64_t count = 1; count <= units; ++count) {
        counts[town][kind] = count;
        choose(kind + 1, left - 1);
      }
      counts[town][kind] = 0;
    };
    choose(0, kinds);
  }
}

Counts Plus(Counts counts, const Counts& more) {
  for (size_t town = 0; town < kTowns; ++town) {
    for (size_t kind = 0; kind < kKinds; ++kind) counts[town][kind] += more[town][kind];
  }
  return counts;
}

// The linear map written out: entry y of residual A is the sum over cells x of the product of
// (n_i [x_i = y_i] - 1) over i in A.
int64_t Moved(const Counts& difference, size_t set, const std::vector<size_t>& at) {
  int64_t sum = 0;
  for (size_t town = 0; town < kTowns; ++town) {
    for (size_t kind = 0; kind < kKinds; ++kind) {
      int64_t factor = 1;
      size_t next = 0;
      if ((set & 1) != 0) factor *= (town == at[next++] ? static_cast<int64_t>(kTowns) : 0) - 1;
      if ((set & 2) != 0) factor *= (kind == at[next] ? static_cast<int64_t>(kKinds) : 0) - 1;
      sum += factor * difference[town][kind];
    }
  }
  return sum;
}

// What the ledger holds after a reservation at the plan's cost.
base::NanoRho Charged(const Plan& plan) {
  stats::budget::Reservation reservation;
  reservation.population = "RMC10";
  reservation.period = base::Period::Parse("2022SJ").value();
  reservation.kind = policies::disclosure::ReleaseKind::kDefinitive;
  reservation.binding = {"release", "freeze", "plan", {"operator", "auditor"}};
  reservation.cost = base::NanoRho::CostOf(plan.cost());
  stats::budget::Ledger ledger;
  ledger.Reserve(reservation, {base::NanoRho(1'000'000'000), std::nullopt});
  return ledger.Spent("RMC10", reservation.period.year());
}

struct Tried {
  size_t differences = 0;
  Rational dearest = 0;
};

// With or without: the pupil's records of the year on one side, what stays of them on the other.
Tried TryAll(const Plan& plan, const std::vector<std::pair<Counts, Counts>>& pairs) {
  Tried tried;
  for (const auto& [with, without] : pairs) {
    const auto more = AnswersOf(plan, Plus(kOthers, with), "the same noise").values();
    const auto less = AnswersOf(plan, Plus(kOthers, without), "the same noise").values();
    Counts difference = with;
    for (size_t town = 0; town < kTowns; ++town) {
      for (size_t kind = 0; kind < kKinds; ++kind) difference[town][kind] -= without[town][kind];
    }
    Rational cost = 0;
    for (size_t a = 0; a < more.size(); ++a) {
      const auto& residual = plan.residuals()[a];
      for (size_t cell = 0; cell < more[a].size(); ++cell) {
        const int64_t moved = Moved(difference, residual.attributes,
                                    plan.request().schema.Place(residual.attributes, cell));
        EXPECT_EQ(more[a][cell] - less[a][cell], moved);
        cost += Rational(base::ToInteger(moved * moved)) / (2 * residual.gamma_squared);
      }
    }
    EXPECT_LE(cost, plan.cost());
    tried.dearest = std::max(tried.dearest, cost);
    ++tried.differences;
  }
  return tried;
}

std::vector<std::pair<Counts, Counts>> InOrOut(int kinds, int64_t units) {
  std::vector<std::pair<Counts, Counts>> pairs;
  EveryContribution(kinds, units,
                    [&](const Counts& counts) { pairs.emplace_back(counts, Counts{}); });
  return pairs;
}

TEST(Sensitivity, OfPersonsOverEveryAllowedPatternIsExactlyWhatTheLedgerIsCharged) {
  for (const int kinds : {1, 2, 3}) {
    const Plan plan = Plan::Make(SmallRequest(Rational(1, 4), kinds));
    const Tried tried = TryAll(plan, InOrOut(kinds, 1));
    EXPECT_EQ(tried.differences, kinds == 1 ? 13U : kinds == 2 ? 25U : 29U);
    EXPECT_EQ(tried.dearest, plan.cost()) << kinds;
    EXPECT_EQ(Charged(plan), base::NanoRho::CostOf(tried.dearest));
  }
}

TEST(Sensitivity, OfReportsAndProcessesIsTheClampsAndExactlyWhatTheLedgerIsCharged) {
  for (const int64_t clamp : {2, 3}) {
    const Plan plan = Plan::Make(SmallRequest(Rational(1, 4), 2, clamp));
    const Tried tried = TryAll(plan, InOrOut(2, clamp));
    EXPECT_EQ(tried.dearest, plan.cost()) << clamp;
    EXPECT_EQ(Charged(plan), base::NanoRho::CostOf(tried.dearest));
  }
}

// A vsv year: without the records of one school year the pupil counts by those of the other, in
// whatever town and kinds.
TEST(Sensitivity, OfAPupilOfWhomAPartStaysIsExactlyWhatTheLedgerIsCharged) {
  auto request = SmallRequest(Rational(1, 4), 2);
  request.contribution.partly_kept = true;
  const Plan plan = Plan::Make(request);
  std::vector<std::pair<Counts, Counts>> pairs;
  EveryContribution(2, 1, [&](const Counts& with) {
    EveryContribution(2, 1, [&](const Counts& without) { pairs.emplace_back(with, without); });
  });
  const Tried tried = TryAll(plan, pairs);
  EXPECT_EQ(tried.differences, 625U);
  EXPECT_EQ(tried.dearest, plan.cost());
  EXPECT_EQ(Charged(plan), base::NanoRho::CostOf(tried.dearest));
}

// A pupil who moves counts in the first town only (tabulate_test). One who counted in both would
// cost more than is charged: the rule is needed.
TEST(Sensitivity, OfAPupilWhoCountsInTwoTownsWouldBeMoreThanIsCharged) {
  const Plan plan = Plan::Make(SmallRequest(Rational(1, 4), 1));
  const Counts both = {{{1, 0, 0}, {1, 0, 0}, {}, {}}};
  Rational cost = 0;
  for (const auto& residual : plan.residuals()) {
    for (size_t cell = 0; cell < plan.request().schema.CellCount(residual.attributes); ++cell) {
      const int64_t moved =
          Moved(both, residual.attributes, plan.request().schema.Place(residual.attributes, cell));
      cost += Rational(base::ToInteger(moved * moved)) / (2 * residual.gamma_squared);
    }
  }
  EXPECT_GT(cost, plan.cost());
}

// A pupil who was delivered under two numbers is two tokens, each bounded as a pupil. Of everything
// that the two together can be the dearest costs exactly four times the charge, which is what the
// ledger says of such a pupil; the charge alone would be too little.
TEST(Sensitivity, OfAPupilUnderTwoIdentifiersIsExactlyTheBoundThatIsStated) {
  for (const int kinds : {1, 2}) {
    const Plan plan = Plan::Make(SmallRequest(Rational(1, 4), kinds));
    Rational dearest = 0;
    size_t beyond = 0;
    EveryContribution(kinds, 1, [&](const Counts& first) {
      EveryContribution(kinds, 1, [&](const Counts& second) {
        const Counts both = Plus(first, second);
        Rational cost = 0;
        for (const auto& residual : plan.residuals()) {
          const size_t cells = plan.request().schema.CellCount(residual.attributes);
          for (size_t cell = 0; cell < cells; ++cell) {
            const int64_t moved = Moved(both, residual.attributes,
                                        plan.request().schema.Place(residual.attributes, cell));
            cost += Rational(base::ToInteger(moved * moved)) / (2 * residual.gamma_squared);
          }
        }
        beyond += cost > plan.cost() ? 1U : 0U;
        dearest = std::max(dearest, cost);
      });
    });
    EXPECT_EQ(dearest, 4 * plan.cost()) << kinds;
    EXPECT_GT(beyond, 0U);
    EXPECT_GE(Charged(plan).OfIdentifiers(2), base::NanoRho::CostOf(dearest));
    EXPECT_LE(Charged(plan).OfIdentifiers(2).nano() - base::NanoRho::CostOf(dearest).nano(), 3);
  }
}

// Which bits are read, and how many, is a matter of the keystream alone.
class Watching : public base::RandomSource {
 public:
  std::unique_ptr<base::RandomLane> Open(std::string_view info) const override {
    class Lane : public base::RandomLane {
     public:
      Lane(std::string info, std::unique_ptr<base::RandomLane> lane, std::vector<std::string>& read)
          : info_(std::move(info)), lane_(std::move(lane)), read_(read) {}
      void Block(uint64_t position, uint64_t block, base::RandomBlock& out) override {
        read_.push_back(info_ + "/" + std::to_string(position) + "/" + std::to_string(block));
        lane_->Block(position, block, out);
      }

     private:
      std::string info_;
      std::unique_ptr<base::RandomLane> lane_;
      std::vector<std::string>& read_;
    };
    return std::make_unique<Lane>(std::string(info), stream_.Open(info), read);
  }
  mutable std::vector<std::string> read;

 private:
  crypto::random::Keystream stream_ = testing_support::StreamOf("watched");
};

TEST(Sensitivity, TheSameBitsAreReadWhateverTheCounts) {
  const Plan plan = Plan::Make(SmallRequest(Rational(1, 4), 2));
  std::set<std::vector<std::string>> reads;
  EveryContribution(2, 1, [&](const Counts& counts) {
    const Watching source;
    stats::noise::NoisyAnswers::Measure(testing_support::CubeOf(Plus(kOthers, counts)), plan,
                                        stats::noise::Noise::Draw(plan, source));
    reads.insert(source.read);
  });
  EXPECT_EQ(reads.size(), 1U);
  EXPECT_EQ(reads.begin()->size(), 20U);  // a block for each of the 20 draws
}

}  // namespace
}  // namespace polder
