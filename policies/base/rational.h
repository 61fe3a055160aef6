// Exact numbers. From count to noise to ledger nothing is rounded silently: integers and rationals
// of any size (GMP).
#ifndef POLDER_POLICIES_BASE_RATIONAL_H_
#define POLDER_POLICIES_BASE_RATIONAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <gmpxx.h>

namespace polder::base {

using Integer = mpz_class;
using Rational = mpq_class;

// "12", "-3", "0.25", "1/4": at most 200 characters, no exponent, no white space, no plus sign.
// nullopt when malformed or when the denominator is zero. The result is in lowest terms.
std::optional<Rational> ParseRational(std::string_view text);

// In lowest terms: "3" or "p/q". ParseRational reads it back.
std::string ToText(const Rational& value);
std::string ToText(const Integer& value);

Integer Floor(const Rational& value);
Integer Ceil(const Rational& value);
// To the nearest integer, halves to even, so that rounding has no direction.
Integer Round(const Rational& value);

// Decimal text with `digits` digits after the point, rounded towards zero, away from zero or to
// nearest: for people and for bounds that must stay on the safe side.
enum class Rounding { kDown, kUp, kNearest };
std::string ToDecimal(const Rational& value, int digits, Rounding rounding = Rounding::kNearest);

// floor(sqrt(value)) and the smallest integer whose square is at least `value`. Throws
// std::domain_error when negative.
Integer FloorSqrt(const Integer& value);
Integer CeilSqrt(const Integer& value);

Integer ToInteger(int64_t value);
// nullopt when it does not fit.
std::optional<int64_t> ToInt64(const Integer& value);

}  // namespace polder::base

#endif  // POLDER_POLICIES_BASE_RATIONAL_H_
