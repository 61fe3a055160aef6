// The claim tried by attack: what the best attacker learns of one pupil is what was charged, and no
// more; and releases that are made wrongly in ways that have been seen elsewhere are caught by the
// same look. Bounds are at 95 % on fixed seeds; a look can falsify, it proves nothing: the proof is
// the exact sampler and the exact sensitivity.
//
// Source: events and Clopper-Pearson bounds, Jagielski, Ullman, Oprea, "Auditing differentially
// private machine learning" (NeurIPS 2020), section 4; the likelihood ratio of a Gaussian mechanism
// is a shift by mu = sqrt(2 rho), Dong, Roth, Su, "Gaussian differential privacy" (JRSS B 2022).
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stats/noise/accounting.h"
#include "stats/noise/psi.h"
#include "stats/tabulate/cube.h"
#include "tests/claims/small_world.h"

namespace polder {
namespace {

using base::Rational;
using stats::noise::Plan;
using testing_support::AnswersOf;
using testing_support::Counts;
using testing_support::SmallRequest;

using Answers = std::vector<std::vector<int64_t>>;

constexpr Counts kOthers = {{{0, 2, 4}, {6, 8, 12}, {3, 20, 40}, {10, 5, 15}}};
constexpr Counts kNobody = {};

Counts Plus(Counts counts, const Counts& more) {
  for (size_t town = 0; town < testing_support::kTowns; ++town) {
    for (size_t kind = 0; kind < testing_support::kKinds; ++kind) {
      counts[town][kind] += more[town][kind];
    }
  }
  return counts;
}

Plan PlanOf(const Rational& rho, int max_kinds) { return Plan::Make(SmallRequest(rho, max_kinds)); }

// What the counts do to the answers, without noise.
Answers PsiOf(const Plan& plan, const Counts& counts) {
  const auto cube = testing_support::CubeOf(counts);
  const stats::tabulate::CubeReader reader(cube);
  const auto& schema = plan.request().schema;
  Answers answers;
  for (const auto& residual : plan.residuals()) {
    const auto members = schema.Members(residual.attributes);
    auto values = reader.Marginal(members);
    std::vector<size_t> sizes;
    for (const size_t i : members) sizes.push_back(schema.dimensions()[i].codes.size());
    stats::noise::ApplyPsi(values, sizes);
    answers.push_back(values);
  }
  return answers;
}

// The logarithm of the likelihood ratio of "in" against "out", but for a constant, in units of its
// standard deviation: what an attacker who knows all others computes. By the plan that was claimed.
class Attacker {
 public:
  Attacker(const Plan& claimed, const Counts& pupil)
      : plan_(claimed), pupil_(PsiOf(claimed, pupil)), others_(PsiOf(claimed, kOthers)) {
    for (size_t a = 0; a < pupil_.size(); ++a) {
      for (const int64_t value : pupil_[a]) {
        cost_ +=
            Rational(base::ToInteger(value * value)) / (2 * plan_.residuals()[a].gamma_squared);
      }
    }
  }

  const Rational& cost() const { return cost_; }

  double Look(const Answers& answers) const {
    double sum = 0;
    for (size_t a = 0; a < answers.size(); ++a) {
      const double gamma_squared = plan_.residuals()[a].gamma_squared.get_d();
      for (size_t cell = 0; cell < answers[a].size(); ++cell) {
        sum += static_cast<double>(pupil_[a][cell] * (answers[a][cell] - others_[a][cell])) /
               gamma_squared;
      }
    }
    return sum / std::sqrt(2 * cost_.get_d());
  }

 private:
  const Plan& plan_;
  Answers pupil_, others_;
  Rational cost_ = 0;
};

// What was seen in many runs without and with the pupil.
struct Seen {
  std::vector<double> out, in;
};

// `made`: the plan that the noise was really drawn for.
Seen Watch(const Plan& made, const Attacker& attacker, const Counts& pupil, int runs) {
  Seen seen;
  for (int run = 0; run < runs; ++run) {
    const std::string name = std::to_string(run);
    seen.out.push_back(attacker.Look(AnswersOf(made, kOthers, "out/" + name).values()));
    seen.in.push_back(attacker.Look(AnswersOf(made, Plus(kOthers, pupil), "in/" + name).values()));
  }
  return seen;
}

// Lower 95 % bound on the shift between the two, in standard deviations.
double LeastShift(const Seen& seen) {
  const auto n = static_cast<double>(seen.out.size());
  const auto mean = [&](const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value / n;
    return sum;
  };
  const auto squares = [&](const std::vector<double>& values, double middle) {
    double sum = 0;
    for (const double value : values) sum += (value - middle) * (value - middle);
    return sum;
  };
  const double out = mean(seen.out), in = mean(seen.in);
  const double sd = std::sqrt((squares(seen.out, out) + squares(seen.in, in)) / (2 * n - 2));
  const double shift = (in - out) / sd;
  return shift - 1.645 * std::sqrt(2 / n + shift * shift / (4 * n));
}

// P(X >= hits) for X binomial.
double UpperTail(int hits, int trials, double p) {
  double sum = 0;
  for (int k = hits; k <= trials; ++k) {
    const double log_choose =
        std::lgamma(trials + 1) - std::lgamma(k + 1) - std::lgamma(trials - k + 1);
    const double term = std::exp(log_choose + k * std::log(p) + (trials - k) * std::log1p(-p));
    sum += term;
    if (k > trials * p && term < 1e-18) break;
  }
  return sum;
}

// One-sided Clopper-Pearson bounds at 97.5 %, so that two of them hold together at 95 %.
double LeastShare(int hits, int trials) {
  if (hits == 0) return 0;
  double low = 0, high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (UpperTail(hits, trials, middle) < 0.025 ? low : high) = middle;
  }
  return low;
}

double LargestShare(int hits, int trials) { return 1 - LeastShare(trials - hits, trials); }

// epsilon is at least this when the event came up so often.
double LeastEpsilon(int in, int out, int trials, double delta) {
  const double excess = LeastShare(in, trials) - delta;
  return excess <= 0 ? 0 : std::max(0.0, std::log(excess / LargestShare(out, trials)));
}

int Above(const std::vector<double>& values, size_t from, size_t to, double limit) {
  return static_cast<int>(std::count_if(values.begin() + static_cast<std::ptrdiff_t>(from),
                                        values.begin() + static_cast<std::ptrdiff_t>(to),
                                        [&](double value) { return value > limit; }));
}

// The best event "above a limit", chosen on one half of the runs and judged on the other.
double LeastEpsilon(const Seen& seen, double delta) {
  const size_t half = seen.out.size() / 2;
  const int trials = static_cast<int>(half);
  double best = -1, limit = 0;
  for (double candidate = -4; candidate < 6; candidate += 0.05) {
    const double found = LeastEpsilon(Above(seen.in, 0, half, candidate),
                                      Above(seen.out, 0, half, candidate), trials, delta);
    if (found > best) {
      best = found;
      limit = candidate;
    }
  }
  return LeastEpsilon(Above(seen.in, half, 2 * half, limit), Above(seen.out, half, 2 * half, limit),
                      trials, delta);
}

double Claimed(const Rational& rho, const Rational& delta) {
  return base::ParseRational(stats::noise::EpsilonOf(rho, delta)).value().get_d();
}

// The worst pupil: two kinds in one town.
constexpr Counts kPupil = {{{1, 1, 0}, {}, {}, {}}};
constexpr Counts kMover = {{{1, 0, 0}, {1, 0, 0}, {}, {}}};
constexpr int kRuns = 20'000;
constexpr int kMutantRuns = 4'000;

TEST(AuditOfTheClaim, TheBestAttackerLearnsWhatWasChargedAndNoMore) {
  const Plan plan = PlanOf(Rational(1, 2), 2);
  const Attacker attacker(plan, kPupil);
  ASSERT_EQ(attacker.cost(), plan.cost());  // nobody can do more than this pupil
  const Seen seen = Watch(plan, attacker, kPupil, kRuns);
  const double mu = std::sqrt(2 * plan.cost().get_d());
  const double least = LeastShift(seen);
  std::printf("mu %.4f, 95 %% lower bound %.4f\n", mu, least);
  EXPECT_GE(least, 0.95 * mu);
  EXPECT_LE(least, mu);
  for (const char* text : {"0.000001", "0.001", "0.01", "0.1", "0.3"}) {
    const Rational delta = base::ParseRational(text).value();
    const double found = LeastEpsilon(seen, delta.get_d());
    const double claimed = Claimed(plan.cost(), delta);
    std::printf("delta %s: epsilon claimed %.4f, at least %.4f\n", text, claimed, found);
    EXPECT_LE(found, claimed) << text;
  }
  // The look has eyes: at this delta it sees more than half of what is claimed.
  EXPECT_GE(LeastEpsilon(seen, 0.01), 0.6 * Claimed(plan.cost(), Rational(1, 100)));
}

TEST(AuditOfTheClaim, WhetherANumberIsHiddenTellsNoMoreThanTheNumberItself) {
  const Plan plan = PlanOf(Rational(1, 2), 2);
  // The true count of kind z in town a is 4; with the pupil 5, which is the threshold.
  const Counts pupil = {{{0, 1, 1}, {}, {}, {}}};
  int in = 0, out = 0, in_true = 0, out_true = 0;
  for (int run = 0; run < kMutantRuns; ++run) {
    const auto hidden = [&](const Counts& counts, const std::string& name) {
      const auto answers = AnswersOf(plan, counts, name).values();
      // The estimate of the cell that is published, but for rounding.
      double estimate = 0;
      for (size_t a = 0; a < answers.size(); ++a) {
        const auto set = plan.residuals()[a].attributes;
        for (size_t cell = 0; cell < answers[a].size(); ++cell) {
          const auto place = plan.request().schema.Place(set, cell);
          double weight = 1;
          size_t next = 0;
          weight *= (set & 1) == 0 ? 0.25 : ((place[next++] == 0 ? 1 : 0) - 0.25) / 4;
          weight *= (set & 2) == 0 ? 1.0 / 3 : ((place[next] == 2 ? 1 : 0) - 1.0 / 3) / 3;
          estimate += weight * static_cast<double>(answers[a][cell]);
        }
      }
      return estimate < 5;
    };
    const std::string name = std::to_string(run);
    in += hidden(Plus(kOthers, pupil), "hide/in/" + name) ? 0 : 1;
    out += hidden(kOthers, "hide/out/" + name) ? 0 : 1;
    in_true += 1;  // the mutant: hidden when the true count is below 5
  }
  const Rational delta(1, 1'000'000);
  const double claimed = Claimed(plan.cost(), delta);
  EXPECT_LE(LeastEpsilon(in, out, kMutantRuns, delta.get_d()), claimed);
  EXPECT_GT(LeastEpsilon(in_true, out_true, kMutantRuns, delta.get_d()), claimed);
}

// --- Releases made wrongly. Each must be caught. ---

double ShiftOf(const Plan& claimed, const Plan& made, const Counts& pupil) {
  return LeastShift(Watch(made, Attacker(claimed, pupil), pupil, kMutantRuns));
}

double MuOf(const Plan& claimed) { return std::sqrt(2 * claimed.cost().get_d()); }

TEST(AuditMutants, TheHonestReleaseIsNotCaughtByTheLookThatCatchesThem) {
  const Plan plan = PlanOf(Rational(1, 2), 2);
  EXPECT_LE(ShiftOf(plan, plan, kPupil), MuOf(plan));
}

TEST(AuditMutants, NoiseForASensitivityThatIsASixthTooSmallIsCaught) {
  // 1.175 times the sensitivity: noise as if a pupil did 1 / 1.175 of what one does.
  const Plan claimed = PlanOf(Rational(1, 2), 2);
  const Plan made = PlanOf(Rational(1, 2) * Rational(1175 * 1175, 1'000'000), 2);
  EXPECT_GT(ShiftOf(claimed, made, kPupil), MuOf(claimed));
}

TEST(AuditMutants, APupilOfTwoKindsChargedAsOneIsCaught) {
  const Plan charged = PlanOf(Rational(1, 2), 1);
  EXPECT_GT(ShiftOf(charged, charged, kPupil), MuOf(charged));
}

TEST(AuditMutants, APupilWhoMovedAndCountsInBothTownsChargedOnceIsCaught) {
  const Plan charged = PlanOf(Rational(1, 2), 1);
  EXPECT_GT(ShiftOf(charged, charged, kMover), MuOf(charged));
}

TEST(AuditMutants, TheSameNoiseOnCorrectedDataIsCaught) {
  // A correction took the pupil out. The attacker subtracts the two releases, which together were
  // charged twice rho.
  const Plan plan = PlanOf(Rational(1, 20), 2);
  const Answers pupil = PsiOf(plan, kPupil);
  const auto tells = [&](const Counts& corrected, const std::string& first,
                         const std::string& second) {
    const auto before = AnswersOf(plan, Plus(kOthers, kPupil), first).values();
    const auto after = AnswersOf(plan, corrected, second).values();
    for (size_t a = 0; a < before.size(); ++a) {
      for (size_t cell = 0; cell < before[a].size(); ++cell) {
        if (before[a][cell] - after[a][cell] != pupil[a][cell]) return 0;
      }
    }
    return 1;
  };
  constexpr int kFew = 500;
  int reused_in = 0, reused_out = 0, fresh_in = 0, fresh_out = 0;
  for (int run = 0; run < kFew; ++run) {
    const std::string first = "first/" + std::to_string(run),
                      other = "again/" + std::to_string(run);
    reused_in += tells(kOthers, first, first);  // the pupil is gone: the difference is the pupil
    reused_out += tells(Plus(kOthers, kPupil), first, first);
    fresh_in += tells(kOthers, first, other);
    fresh_out += tells(Plus(kOthers, kPupil), first, other);
  }
  const Rational delta(1, 1'000'000);
  const double claimed = Claimed(2 * plan.cost(), delta);
  EXPECT_GT(LeastEpsilon(reused_in, reused_out, kFew, delta.get_d()), claimed);
  EXPECT_LE(LeastEpsilon(fresh_in, fresh_out, kFew, delta.get_d()), claimed);
}

}  // namespace
}  // namespace polder
