// What rho means in words that people know: epsilon at a delta, and back. Rounded to the side that
// never promises too much.
//
// Source: Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy" (NeurIPS
// 2020), corollary 13: rho-zCDP implies (epsilon, delta) for every alpha > 1 with
//   epsilon = alpha rho + ln(1 - 1/alpha) + (ln(1/delta) - ln alpha) / (alpha - 1).
// Every alpha is a valid proof, so the search for the best one may be inexact; the bound at the
// alpha found is evaluated with certified enclosures of the logarithms.
#ifndef POLDER_STATS_NOISE_ACCOUNTING_H_
#define POLDER_STATS_NOISE_ACCOUNTING_H_

#include <string>

#include "policies/base/rational.h"

namespace polder::stats::noise {

// Decimal text of 12 significant digits, rounded up: (epsilon, delta)-DP holds for whatever is
// rho-zCDP. "0" when rho is 0. Throws ProblemError "rho-out-of-range" (0 to 10^6) or
// "delta-out-of-range" (10^-100 to below 1).
std::string EpsilonOf(const base::Rational& rho, const base::Rational& delta);

// Decimal text of 12 significant digits, rounded down: whatever is rho-zCDP for this rho is
// (epsilon, delta)-DP. Throws ProblemError "epsilon-out-of-range" (above 0, at most 10^6) or
// "delta-out-of-range".
std::string RhoOf(const base::Rational& epsilon, const base::Rational& delta);

// ln(value) lies in [low, high], which are less than 2^-150 apart relative to max(1, |ln value|).
// Throws std::domain_error unless value > 0.
struct Enclosure {
  base::Rational low;
  base::Rational high;
};
Enclosure Logarithm(const base::Rational& value);

// `digits` significant decimal digits of a non-negative value, plain notation, rounded as asked.
std::string SignificantDigits(const base::Rational& value, int digits, base::Rounding rounding);

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_ACCOUNTING_H_
