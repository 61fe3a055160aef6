#include "policies/base/rational.h"

#include <algorithm>
#include <stdexcept>

namespace polder::base {
namespace {

bool AllDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Integer Digits(std::string_view text) { return Integer(std::string(text), 10); }

Integer PowerOfTen(int exponent) {
  Integer power;
  mpz_ui_pow_ui(power.get_mpz_t(), 10, static_cast<unsigned long>(exponent));
  return power;
}

}  // namespace

std::optional<Rational> ParseRational(std::string_view text) {
  if (text.size() > 200) return std::nullopt;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Rational value;
  if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view top = text.substr(0, slash);
    const std::string_view bottom = text.substr(slash + 1);
    if (!AllDigits(top) || !AllDigits(bottom)) return std::nullopt;
    const Integer denominator = Digits(bottom);
    if (denominator == 0) return std::nullopt;
    value = Rational(Digits(top), denominator);
  } else if (const size_t point = text.find('.'); point != std::string_view::npos) {
    const std::string_view whole = text.substr(0, point);
    const std::string_view part = text.substr(point + 1);
    if (!AllDigits(whole) || !AllDigits(part)) return std::nullopt;
    const Integer scale = PowerOfTen(static_cast<int>(part.size()));
    value = Rational(Digits(whole) * scale + Digits(part), scale);
  } else {
    if (!AllDigits(text)) return std::nullopt;
    value = Rational(Digits(text));
  }
  value.canonicalize();
  if (negative) value = -value;
  return value;
}

std::string ToText(const Rational& value) { return value.get_str(); }
std::string ToText(const Integer& value) { return value.get_str(); }

Integer Floor(const Rational& value) {
  Integer result;
  mpz_fdiv_q(result.get_mpz_t(), value.get_num_mpz_t(), value.get_den_mpz_t());
  return result;
}

Integer Ceil(const Rational& value) {
  Integer result;
  mpz_cdiv_q(result.get_mpz_t(), value.get_num_mpz_t(), value.get_den_mpz_t());
  return result;
}

Integer Round(const Rational& value) {
  const Integer low = Floor(value);
  const Rational rest = value - Rational(low);
  const Rational half(1, 2);
  if (rest < half) return low;
  if (rest > half) return low + 1;
  return mpz_even_p(low.get_mpz_t()) != 0 ? low : Integer(low + 1);
}

std::string ToDecimal(const Rational& value, int digits, Rounding rounding) {
  const Integer scale = PowerOfTen(digits);
  Rational scaled = abs(value) * Rational(scale);
  Integer whole = rounding == Rounding::kDown ? Floor(scaled)
                  : rounding == Rounding::kUp ? Ceil(scaled)
                                              : Round(scaled);
  std::string text = whole.get_str();
  if (digits > 0) {
    const auto places = static_cast<size_t>(digits);
    if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
    text.insert(text.size() - places, 1, '.');
  }
  return value < 0 && whole != 0 ? "-" + text : text;
}

Integer FloorSqrt(const Integer& value) {
  if (value < 0) throw std::domain_error("square root of a negative number");
  Integer root;
  mpz_sqrt(root.get_mpz_t(), value.get_mpz_t());
  return root;
}

Integer CeilSqrt(const Integer& value) {
  const Integer root = FloorSqrt(value);
  return root * root == value ? root : Integer(root + 1);
}

Integer ToInteger(int64_t value) {
  static_assert(sizeof(long) == sizeof(int64_t));
  return Integer(static_cast<long>(value));
}

std::optional<int64_t> ToInt64(const Integer& value) {
  if (!value.fits_slong_p()) return std::nullopt;
  return value.get_si();
}

}  // namespace polder::base
