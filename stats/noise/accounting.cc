#include "stats/noise/accounting.h"

#include <cmath>
#include <functional>

#include "policies/base/problem.h"

namespace polder::stats::noise {
namespace {

using base::Integer;
using base::Rational;
using base::Rounding;

constexpr int kDigits = 12;

void CheckDelta(const Rational& delta) {
  Integer most;
  mpz_ui_pow_ui(most.get_mpz_t(), 10, 100);
  if (delta >= 1 || delta <= 0 || delta * most < 1) {
    throw base::ProblemError("delta-out-of-range", "/delta",
                             "delta must lie below 1 and be at least 10^-100.");
  }
}

// The place of the least value of a function with one valley on [-40, 90]: where to look for alpha
// - 1, by its logarithm. Any place is a valid proof; this one is a good one.
double Valley(const std::function<long double(long double)>& height) {
  const long double ratio = (std::sqrt(5.0L) - 1) / 2;
  long double low = -40, high = 90;
  long double left = high - ratio * (high - low), right = low + ratio * (high - low);
  long double at_left = height(left), at_right = height(right);
  for (int i = 0; i < 160; ++i) {
    if (at_left <= at_right) {
      high = right;
      right = left;
      at_right = at_left;
      left = high - ratio * (high - low);
      at_left = height(left);
    } else {
      low = left;
      left = right;
      at_left = at_right;
      right = low + ratio * (high - low);
      at_right = height(right);
    }
  }
  return static_cast<double>((low + high) / 2);
}

// alpha - 1 as an exact number.
Rational ExcessAt(double place) { return Rational(std::exp(place)); }

// ln(1/delta) from above, without the loss that a subnormal double would bring.
long double MinusLogOf(const Rational& delta) {
  long exponent = 0;
  const double mantissa = mpz_get_d_2exp(&exponent, delta.get_num_mpz_t());
  long lower = 0;
  const double bottom = mpz_get_d_2exp(&lower, delta.get_den_mpz_t());
  return -(std::log(static_cast<long double>(mantissa) / static_cast<long double>(bottom)) +
           static_cast<long double>(exponent - lower) * std::log(2.0L));
}

}  // namespace

std::string SignificantDigits(const Rational& value, int digits, Rounding rounding) {
  if (value == 0) return "0";
  Integer limit;
  mpz_ui_pow_ui(limit.get_mpz_t(), 10, static_cast<unsigned long>(digits));
  // The most places after the point for which the digits are not more than asked.
  int places = 0;
  Rational scaled = value;
  while (scaled * 10 < limit) {
    scaled *= 10;
    ++places;
  }
  std::string text = base::ToDecimal(value, places, rounding);
  // Rounding up may have carried into one digit more: 9.999 to 10.00.
  if (places > 0 && base::ParseRational(text).value() * (scaled / value) >= limit) {
    text = base::ToDecimal(value, places - 1, rounding);
  }
  return text;
}

std::string EpsilonOf(const Rational& rho, const Rational& delta) {
  CheckDelta(delta);
  if (rho < 0 || rho > 1'000'000) {
    throw base::ProblemError("rho-out-of-range", "/rho", "rho must lie from 0 to 1000000.");
  }
  if (rho == 0) return "0";
  const auto r = static_cast<long double>(rho.get_d());
  const long double d = MinusLogOf(delta);
  const double place = Valley([&](long double x) {
    const long double excess = std::exp(x);
    const long double log_alpha = std::log1p(excess);
    return (1 + excess) * r + x - log_alpha + (d - log_alpha) / excess;
  });
  const Rational excess = ExcessAt(place);
  const Rational alpha = excess + 1;
  const Rational epsilon = alpha * rho + Logarithm(excess / alpha).high -
                           (Logarithm(delta).low + Logarithm(alpha).low) / excess;
  return epsilon <= 0 ? "0" : SignificantDigits(epsilon, kDigits, Rounding::kUp);
}

std::string RhoOf(const Rational& epsilon, const Rational& delta) {
  CheckDelta(delta);
  if (epsilon <= 0 || epsilon > 1'000'000) {
    throw base::ProblemError("epsilon-out-of-range", "/epsilon",
                             "epsilon must lie above 0 and be at most 1000000.");
  }
  const auto e = static_cast<long double>(epsilon.get_d());
  const long double d = MinusLogOf(delta);
  const double place = Valley([&](long double x) {
    const long double excess = std::exp(x);
    const long double log_alpha = std::log1p(excess);
    return -(e - x + log_alpha - (d - log_alpha) / excess) / (1 + excess);
  });
  const Rational excess = ExcessAt(place);
  const Rational alpha = excess + 1;
  const Rational rho = (epsilon - Logarithm(excess / alpha).high +
                        (Logarithm(delta).low + Logarithm(alpha).low) / excess) /
                       alpha;
  return rho <= 0 ? "0" : SignificantDigits(rho, kDigits, Rounding::kDown);
}

}  // namespace polder::stats::noise
