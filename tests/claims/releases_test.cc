// What is said about the errors of a release, held against many releases: covariances, bias, and
// how often intervals hold the truth. Everything between counts and published integers is the
// product's: plan, keystream, draws, answers, estimates, whole numbers, intervals, changes.
//
// POLDER_RELEASES says how many releases are made (20 000 unless it is set; the long run makes
// 200 000). Seeds are fixed.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stats/compare/change.h"
#include "stats/reconcile/reconcile.h"
#include "stats/table/covariance.h"
#include "stats/table/interval.h"
#include "tests/claims/small_world.h"

namespace polder {
namespace {

using base::Rational;
using stats::compare::Change;
using stats::compare::Side;
using stats::noise::Plan;
using stats::table::Interval;
using testing_support::Counts;
using testing_support::kKinds;
using testing_support::kTowns;

constexpr int64_t kThreshold = 5;
const Rational kShare(1, 2);
// Two years; every way of being near the threshold in one, both or neither of them.
constexpr Counts kFirst = {{{0, 2, 4}, {6, 8, 12}, {3, 20, 40}, {10, 5, 15}}};
constexpr Counts kSecond = {{{0, 20, 4}, {0, 8, 30}, {3, 2, 40}, {40, 5, 0}}};

// Every cell of every table, as the tables number them.
struct Cell {
  size_t table;
  size_t place;
  int64_t first = 0, second = 0;  // the truth of both years
};

std::vector<Cell> CellsOf(const Plan& plan) {
  const auto& schema = plan.request().schema;
  std::vector<Cell> cells;
  for (size_t t = 0; t < plan.request().tables.size(); ++t) {
    const auto set = plan.request().tables[t].shape.attributes;
    const size_t from = cells.size();
    for (size_t c = 0; c < schema.CellCount(set); ++c) cells.push_back({t, c});
    for (size_t town = 0; town < kTowns; ++town) {
      for (size_t kind = 0; kind < kKinds; ++kind) {
        Cell& cell = cells[from + schema.Project(3, schema.CellAt(3, {town, kind}), set)];
        cell.first += kFirst[town][kind];
        cell.second += kSecond[town][kind];
      }
    }
  }
  return cells;
}

struct Share {
  double all = 0, inside = 0;
  void Count(bool holds) {
    all += 1;
    inside += holds ? 1 : 0;
  }
  double value() const { return inside / all; }
  // Binomial standard deviations above `expected`.
  double Z(double expected) const {
    return (value() - expected) / std::sqrt(expected * (1 - expected) / all);
  }
};

constexpr std::array<double, 3> kQuantiles = {1.644853626951, 1.959963984540, 2.575829303549};

struct Query {
  std::vector<std::pair<size_t, int>> terms;  // cell, coefficient
};

// What is counted over all releases of one year or of both.
struct Tally {
  std::vector<std::array<Share, 3>> estimate;  // the estimate, at 90, 95 and 99 %
  std::vector<Share> unselected;               // the published integer, plain interval
  std::vector<Share> shown;                    // of those that the threshold lets through
  std::vector<Share> shown_plain;              // what a plain interval would do there
  std::vector<Share> change, change_plain, precise_change;
  std::vector<double> error;                        // sum of the published integers' errors
  std::vector<double> placed, placed_squared;       // of what whole numbers add to the estimates
  std::vector<double> product, square_a, square_b;  // of the queries' errors
  Share total;                                      // |noise| <= 8 on the plain total
  double releases = 0;
};

// One test, so that the releases are made once.
class SimulatedReleases : public testing::Test {
 protected:
  static void CovariancesOfTwentyPairsOfQueriesAreTheStatedOnes();
  static void PublishedNumbersAreNotBiased();
  static void EstimatesLieWithinTheirErrorAsOftenAsTheExactLawSays();
  static void PlainIntervalsOfPublishedNumbersHoldTheTruthAtLeastAsOftenAsTheySay();
  static void IntervalsOfShownNumbersHoldTheTruthWhateverItIs();
  static void IntervalsOfChangesBetweenShownNumbersHoldTheTruthWhateverItIs();

  void SetUp() override {
    plan_ = std::make_unique<Plan>(Plan::Make(testing_support::SmallRequest(Rational(1, 10), 2)));
    cells_ = CellsOf(*plan_);
    std::mt19937 random(20260101);
    for (int i = 0; i < 40; ++i) {
      Query query;
      const size_t terms = 1 + random() % 4;
      for (size_t t = 0; t < terms; ++t) {
        const int coefficient = 1 + static_cast<int>(random() % 3);
        query.terms.emplace_back(random() % cells_.size(),
                                 random() % 2 == 0 ? coefficient : -coefficient);
      }
      queries_.push_back(query);
    }
    const char* asked = std::getenv("POLDER_RELEASES");
    const int pairs = (asked == nullptr ? 20'000 : std::atoi(asked)) / 2;
    tally_ = std::make_unique<Tally>();
    for (auto* shares : {&tally_->unselected, &tally_->shown, &tally_->shown_plain, &tally_->change,
                         &tally_->change_plain, &tally_->precise_change}) {
      shares->resize(shares == &tally_->change || shares == &tally_->change_plain ||
                             shares == &tally_->precise_change
                         ? cells_.size()
                         : 2 * cells_.size());
    }
    tally_->estimate.resize(cells_.size());
    for (auto* sums : {&tally_->error, &tally_->placed, &tally_->placed_squared}) {
      sums->resize(cells_.size());
    }
    for (auto* sums : {&tally_->product, &tally_->square_a, &tally_->square_b}) sums->resize(20);
    for (int pair = 0; pair < pairs; ++pair) {
      const auto first = Release(kFirst, "first/" + std::to_string(pair), false);
      const auto second = Release(kSecond, "second/" + std::to_string(pair), true);
      Changes(first, second);
      if (pair % 10'000 == 9'999) {
        std::printf("%d of %d releases\n", 2 * (pair + 1), 2 * pairs);
        std::fflush(stdout);
      }
    }
  }

  struct Shown {
    int64_t value;
    Rational rounding;
    Interval interval;
  };

  static Rational VarianceOf(const Cell& cell) {
    static std::map<size_t, Rational> known;
    auto& variance = known[cell.table];
    if (variance == 0) {
      const auto set = plan_->request().tables[cell.table].shape.attributes;
      variance = stats::table::Covariance(plan_->request().schema, plan_->residuals(),
                                          {{set, 0, 1}}, {{set, 0, 1}});
    }
    return variance;
  }

  static std::vector<Shown> Release(const Counts& counts, const std::string& run, bool second) {
    const auto answers = testing_support::AnswersOf(*plan_, counts, run);
    std::vector<stats::table::AttributeSet> sets;
    for (const auto& table : plan_->request().tables) sets.push_back(table.shape.attributes);
    const auto estimates = stats::reconcile::Estimates(answers, *plan_, sets);
    const auto tables = stats::reconcile::Reconcile(answers, *plan_);
    std::vector<double> errors;
    std::vector<Shown> published;
    for (size_t i = 0; i < cells_.size(); ++i) {
      const Cell& cell = cells_[i];
      const int64_t truth = second ? cell.second : cell.first;
      const Rational variance = VarianceOf(cell);
      errors.push_back(
          Rational(estimates[cell.table][cell.place] - base::ToInteger(truth)).get_d());
      const double sd = std::sqrt(variance.get_d());
      for (size_t level = 0; level < kQuantiles.size(); ++level) {
        tally_->estimate[i][level].Count(std::abs(errors.back()) <= kQuantiles[level] * sd);
      }
      const int64_t value = tables.values()[tables.Number(cell.table, cell.place)];
      tally_->error[i] += static_cast<double>(value - truth);
      const double placed = static_cast<double>(value - truth) - errors.back();
      tally_->placed[i] += placed;
      tally_->placed_squared[i] += placed * placed;
      const auto holds = [&](const Interval& interval) {
        return interval.low <= truth && truth <= interval.high;
      };
      const Interval plain =
          stats::table::IntervalOf(value, variance, tables.rounding_deviation, std::nullopt);
      const size_t at = 2 * i + (second ? 1 : 0);
      tally_->unselected[at].Count(holds(plain));
      const Interval interval =
          stats::table::IntervalOf(value, variance, tables.rounding_deviation, kThreshold);
      if (value >= kThreshold) {
        tally_->shown[at].Count(holds(interval));
        tally_->shown_plain[at].Count(holds(plain));
      }
      if (cell.table == 0) tally_->total.Count(std::abs(value - truth) <= 8);
      published.push_back({value, tables.rounding_deviation, interval});
    }
    const auto query = [&](size_t q) {
      double sum = 0;
      for (const auto& [cell, coefficient] : queries_[q].terms) sum += coefficient * errors[cell];
      return sum;
    };
    for (size_t q = 0; q < 20; ++q) {
      const double a = query(2 * q), b = query(2 * q + 1);
      tally_->product[q] += a * b;
      tally_->square_a[q] += a * a;
      tally_->square_b[q] += b * b;
    }
    tally_->releases += 1;
    return published;
  }

  static bool Holds(const Side& from, const Side& to, int64_t truth) {
    Change change;
    Decide(from, to, {}, change);
    const Rational exact(base::ToInteger(truth));
    return *base::ParseRational(change.noise->low) <= exact &&
           exact <= *base::ParseRational(change.noise->high);
  }

  static void Changes(const std::vector<Shown>& first, const std::vector<Shown>& second) {
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (first[i].value < kThreshold || second[i].value < kThreshold) continue;
      const Rational variance = VarianceOf(cells_[i]);
      const int64_t truth = cells_[i].second - cells_[i].first;
      const auto side = [&](const Shown& shown, const std::optional<Rational>& share) {
        Side made{shown.value, variance + shown.rounding * shown.rounding / 3, {}};
        made.below = stats::compare::ReachBelow(shown.value, shown.interval, variance,
                                                shown.rounding, share);
        return made;
      };
      const Side from = side(first[i], {}), to = side(second[i], {});
      tally_->change[i].Count(Holds(from, to, truth));
      Side plain_from = from, plain_to = to;
      plain_from.below.reset();
      plain_to.below.reset();
      tally_->change_plain[i].Count(Holds(plain_from, plain_to, truth));
      const auto precise = [&](const Shown& shown) {
        const int64_t half = stats::table::HalfWidth(variance, shown.rounding);
        return Rational(base::ToInteger(half)) <= kShare * base::ToInteger(shown.value);
      };
      if (precise(first[i]) && precise(second[i])) {
        tally_->precise_change[i].Count(
            Holds(side(first[i], kShare), side(second[i], kShare), truth));
      }
    }
  }

  static std::string NameOf(size_t cell) {
    return plan_->request().tables[cells_[cell].table].shape.id + " " +
           std::to_string(cells_[cell].first) + " to " + std::to_string(cells_[cell].second);
  }

  static inline std::unique_ptr<Plan> plan_;
  static inline std::unique_ptr<Tally> tally_;
  static inline std::vector<Cell> cells_;
  static inline std::vector<Query> queries_;
};

// --- The formula of covariances ---

// Standard errors by which the pair's empirical covariance differs from `expected`, when the
// variances are the stated ones.
double CovarianceZ(double mean_product, double expected, double variance_a, double variance_b,
                   double n) {
  return (mean_product - expected) / std::sqrt((variance_a * variance_b + expected * expected) / n);
}

void SimulatedReleases::CovariancesOfTwentyPairsOfQueriesAreTheStatedOnes() {
  double worst_mutant = 0;
  for (size_t q = 0; q < 20; ++q) {
    const auto linear = [&](size_t number) {
      stats::table::LinearQuery query;
      for (const auto& [cell, coefficient] : queries_[number].terms) {
        query.push_back({plan_->request().tables[cells_[cell].table].shape.attributes,
                         cells_[cell].place, coefficient});
      }
      return query;
    };
    const auto a = linear(2 * q), b = linear(2 * q + 1);
    const auto stated = [&](const auto& left, const auto& right) {
      return stats::table::Covariance(plan_->request().schema, plan_->residuals(), left, right)
          .get_d();
    };
    const double n = tally_->releases;
    const double z =
        CovarianceZ(tally_->product[q] / n, stated(a, b), stated(a, a), stated(b, b), n);
    EXPECT_LT(std::abs(z), 5) << q;
    EXPECT_LT(
        std::abs(CovarianceZ(tally_->square_a[q] / n, stated(a, a), stated(a, a), stated(a, a), n)),
        5)
        << q;
    // A formula that is a sixteenth off would be seen in some query.
    worst_mutant = std::max(worst_mutant,
                            std::abs(CovarianceZ(tally_->square_a[q] / n, 17.0 / 16 * stated(a, a),
                                                 stated(a, a), stated(a, a), n)));
  }
  EXPECT_GT(worst_mutant, 5);
}

// The estimates are linear in noise whose law is symmetric, so they have no bias at all (the law
// itself: sampler_test). What whole numbers add to them has a spread of about half a count, not of
// the noise, so that even few releases show a bias of a hundredth in it.
void SimulatedReleases::PublishedNumbersAreNotBiased() {
  const double n = tally_->releases;
  double worst = 0, certain = 0;
  for (size_t i = 0; i < cells_.size(); ++i) {
    const double bias = tally_->placed[i] / n;
    const double se = std::sqrt((tally_->placed_squared[i] / n - bias * bias) / n);
    worst = std::max(worst, std::abs(bias));
    certain = std::max(certain, std::abs(bias) + 5 * se);
    EXPECT_LT(std::abs(bias) + 5 * se, 0.05) << NameOf(i);
    // The same of the whole error, as near as this many releases show it.
    const double sd = std::sqrt(VarianceOf(cells_[i]).get_d() + 1.0 / 3);
    EXPECT_LT(std::abs(tally_->error[i] / n), 0.05 + 5 * sd / std::sqrt(n)) << NameOf(i);
    EXPECT_LT(std::abs(tally_->error[i] / n - bias), 5 * sd / std::sqrt(n)) << NameOf(i);
  }
  std::printf("bias at most %.5f in any cell, with five standard errors %.5f\n", worst, certain);
}

// --- The exact coverage of an estimate, by convolution of the discrete laws ---

// Distribution of sum c_j Z_j on the lattice of 1/144, for the cell (0, 0) of the table: index
// `reach` is nought.
std::vector<double> ErrorLaw(const Plan& plan, stats::table::AttributeSet table) {
  constexpr int kLattice = 144;
  const std::array<double, 2> sizes = {kTowns, kKinds};
  struct Term {
    int64_t step;
    std::vector<double> law;
  };
  std::vector<Term> terms;
  size_t reach = 0;
  for (const auto& residual : plan.residuals()) {
    if ((residual.attributes & ~table) != 0) continue;
    const double gamma_squared = residual.gamma_squared.get_d();
    const auto wide = static_cast<int64_t>(9 * std::sqrt(gamma_squared)) + 3;
    std::vector<double> law;
    double sum = 0;
    for (int64_t z = -wide; z <= wide; ++z) {
      law.push_back(std::exp(-static_cast<double>(z * z) / (2 * gamma_squared)));
      sum += law.back();
    }
    for (double& weight : law) weight /= sum;
    const size_t rows = (residual.attributes & 1) != 0 ? kTowns : 1;
    const size_t columns = (residual.attributes & 2) != 0 ? kKinds : 1;
    for (size_t row = 0; row < rows; ++row) {
      for (size_t column = 0; column < columns; ++column) {
        double coefficient = 1;
        for (size_t i = 0; i < 2; ++i) {
          const double n = sizes[i];
          const size_t code = i == 0 ? row : column;
          if ((residual.attributes >> i & 1) != 0) {
            coefficient *= ((code == 0 ? 1 : 0) - 1 / n) / n;
          } else if ((table >> i & 1) != 0) {
            coefficient /= n;
          }
        }
        const auto step = static_cast<int64_t>(std::llround(coefficient * kLattice));
        EXPECT_NEAR(static_cast<double>(step), coefficient * kLattice, 1e-9);
        reach += static_cast<size_t>(std::abs(step) * wide);
        terms.push_back({step, law});
      }
    }
  }
  std::vector<double> sum(2 * reach + 1, 0);
  sum[reach] = 1;
  size_t used = 0;
  for (const Term& term : terms) {
    const auto wide = static_cast<int64_t>(term.law.size() / 2);
    std::vector<double> next(sum.size(), 0);
    for (size_t at = reach - used; at <= reach + used; ++at) {
      if (sum[at] == 0) continue;
      for (int64_t z = -wide; z <= wide; ++z) {
        next[static_cast<size_t>(static_cast<int64_t>(at) + term.step * z)] +=
            sum[at] * term.law[static_cast<size_t>(z + wide)];
      }
    }
    used += static_cast<size_t>(std::abs(term.step) * wide);
    sum = std::move(next);
  }
  return sum;
}

double Within(const std::vector<double>& law, double reach) {
  const auto middle = static_cast<int64_t>(law.size() / 2);
  const auto wide = std::min(middle, static_cast<int64_t>(std::floor(reach * 144 + 1e-9)));
  double sum = 0;
  for (int64_t k = -wide; k <= wide; ++k) sum += law[static_cast<size_t>(middle + k)];
  return sum;
}

void SimulatedReleases::EstimatesLieWithinTheirErrorAsOftenAsTheExactLawSays() {
  for (size_t t = 0; t < plan_->request().tables.size(); ++t) {
    const auto law = ErrorLaw(*plan_, plan_->request().tables[t].shape.attributes);
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (cells_[i].table != t) continue;
      const double sd = std::sqrt(VarianceOf(cells_[i]).get_d());
      for (size_t level = 0; level < kQuantiles.size(); ++level) {
        const double exact = Within(law, kQuantiles[level] * sd);
        EXPECT_LT(std::abs(tally_->estimate[i][level].Z(exact)), 4)
            << NameOf(i) << " at level " << level << ": " << tally_->estimate[i][level].value()
            << " instead of " << exact;
      }
    }
  }
  // The total is a whole number as measured: the published number is the answer itself.
  const auto law = ErrorLaw(*plan_, 0);
  EXPECT_LT(std::abs(tally_->total.Z(Within(law, 8))), 4);
}

void SimulatedReleases::PlainIntervalsOfPublishedNumbersHoldTheTruthAtLeastAsOftenAsTheySay() {
  for (size_t at = 0; at < tally_->unselected.size(); ++at) {
    EXPECT_GT(tally_->unselected[at].Z(0.95), -4)
        << NameOf(at / 2) << ": " << tally_->unselected[at].value();
  }
}

// --- What is shown is selected ---

constexpr double kEnough = 200;

void SimulatedReleases::IntervalsOfShownNumbersHoldTheTruthWhateverItIs() {
  double worst_plain = 1;
  for (size_t at = 0; at < tally_->shown.size(); ++at) {
    const Share& shown = tally_->shown[at];
    if (shown.all < kEnough) continue;
    std::printf("%-28s year %zu: shown %7.0f, %.4f (a plain interval: %.4f)\n",
                NameOf(at / 2).c_str(), at % 2 + 1, shown.all, shown.value(),
                tally_->shown_plain[at].value());
    EXPECT_GT(shown.Z(0.94), -4) << NameOf(at / 2);
    worst_plain = std::min(worst_plain, tally_->shown_plain[at].value());
  }
  EXPECT_LT(worst_plain, 0.9);  // without the adjustment it would not be so
}

void SimulatedReleases::IntervalsOfChangesBetweenShownNumbersHoldTheTruthWhateverItIs() {
  double worst_plain = 1;
  for (size_t i = 0; i < cells_.size(); ++i) {
    const Share& change = tally_->change[i];
    if (change.all < kEnough) continue;
    std::printf("%-28s both shown %7.0f, %.4f (a plain interval: %.4f); precise %7.0f, %.4f\n",
                NameOf(i).c_str(), change.all, change.value(), tally_->change_plain[i].value(),
                tally_->precise_change[i].all, tally_->precise_change[i].value());
    EXPECT_GT(change.Z(0.965), -4) << NameOf(i);
    worst_plain = std::min(worst_plain, tally_->change_plain[i].value());
    if (tally_->precise_change[i].all >= kEnough) {
      EXPECT_GT(tally_->precise_change[i].Z(0.965), -4) << NameOf(i);
    }
  }
  EXPECT_LT(worst_plain, 0.96);  // without the adjustment it would be less than is said
}

TEST_F(SimulatedReleases, ErrorsAndIntervalsAreWhatIsSaidOfThem) {
  CovariancesOfTwentyPairsOfQueriesAreTheStatedOnes();
  PublishedNumbersAreNotBiased();
  EstimatesLieWithinTheirErrorAsOftenAsTheExactLawSays();
  PlainIntervalsOfPublishedNumbersHoldTheTruthAtLeastAsOftenAsTheySay();
  IntervalsOfShownNumbersHoldTheTruthWhateverItIs();
  IntervalsOfChangesBetweenShownNumbersHoldTheTruthWhateverItIs();
}

}  // namespace
}  // namespace polder
