#include "stats/noise/thresholds.h"

#include <optional>
#include <stdexcept>
#include <utility>

namespace polder::stats::noise {
namespace {

using base::Integer;
using base::Rational;

__extension__ typedef unsigned __int128 Word;

// Numbers of at least 0 as whole multiples of 2^-places, and their products rounded down and up.
struct BigFixed {
  using Int = Integer;

  const Int& From(const Integer& value) const { return value; }
  const Integer& To(const Int& value) const { return value; }
  Int Down(const Int& a, const Int& b) const {
    Int product = a * b;
    mpz_fdiv_q_2exp(product.get_mpz_t(), product.get_mpz_t(), places);
    return product;
  }
  Int Up(const Int& a, const Int& b) const {
    Int product = a * b;
    mpz_cdiv_q_2exp(product.get_mpz_t(), product.get_mpz_t(), places);
    return product;
  }

  unsigned places;
};

// 16 bits before the point: sums stay below 2^10 where inversion serves.
struct WordFixed {
  using Int = Word;

  Int From(const Integer& value) const {
    const Integer high = value >> 64;
    return static_cast<Word>(high.get_ui()) << 64 | value.get_ui();
  }
  Integer To(Int value) const {
    const Integer high(static_cast<unsigned long>(value >> 64));
    return (high << 64) + Integer(static_cast<unsigned long>(value));
  }
  Int Down(Int a, Int b) const { return Product(a, b).first; }
  Int Up(Int a, Int b) const {
    const auto [whole, cut] = Product(a, b);
    return whole + (cut ? 1 : 0);
  }

  static constexpr unsigned places = 112;

 private:
  // The product, and whether anything was cut off. The product of the numbers is below 2^16.
  static std::pair<Word, bool> Product(Int a, Int b) {
    const Word a1 = a >> 64, a0 = static_cast<uint64_t>(a);
    const Word b1 = b >> 64, b0 = static_cast<uint64_t>(b);
    const Word low = a0 * b0;
    const Word middle = a1 * b0 + (low >> 64);  // a1, b1 < 2^64, so none of these wraps
    const Word other = a0 * b1 + static_cast<uint64_t>(middle);
    const Word high = a1 * b1 + (middle >> 64) + (other >> 64);
    const Word rest = other << 64 | static_cast<uint64_t>(low);
    return {high << (128 - places) | rest >> places, (rest << (128 - places)) != 0};
  }
};

// low 2^-places <= value <= high 2^-places.
template <class Int>
struct Enclosed {
  Int low;
  Int high;
};

template <class Fixed, class Int = typename Fixed::Int>
Enclosed<Int> Product(const Enclosed<Int>& a, const Enclosed<Int>& b, const Fixed& fixed) {
  return {fixed.Down(a.low, b.low), fixed.Up(a.high, b.high)};
}

Integer ShiftedUp(const Integer& value, unsigned places) {
  Integer result;
  mpz_cdiv_q_2exp(result.get_mpz_t(), value.get_mpz_t(), places);
  return result;
}

Integer Ceil(const Integer& value, const Integer& divisor) {
  Integer result;
  mpz_cdiv_q(result.get_mpz_t(), value.get_mpz_t(), divisor.get_mpz_t());
  return result;
}

// sum over n of (-y)^n / n! for 0 <= y = scaled 2^-places <= 1/2, off by at most `error`. The
// computed term t_n is less than the true one by at most 2: by less than 1 from cutting and half of
// what its predecessor lacked. The terms beyond the last are below 2 together, as they alternate
// and fall.
Integer ExponentialOfSmall(const Integer& scaled, unsigned places, Integer& error) {
  Integer term = Integer(1) << places, sum = term;
  unsigned long n = 0;
  while (term != 0) {
    ++n;
    term = ((term * scaled) >> places) / n;
    if (n % 2 == 1) {
      sum -= term;
    } else {
      sum += term;
    }
  }
  error = 2 * (n + 1);
  return sum;
}

// exp(-x) for x >= 0: exp(-x / 2^halvings), squared as often.
Enclosed<Integer> ExponentialOf(const Rational& x, unsigned places) {
  unsigned halvings = 1;
  for (Integer whole = base::Ceil(x); whole > 1; whole = ShiftedUp(whole, 1)) ++halvings;
  const BigFixed wide{places + halvings + 16};
  const Rational scaled = x * Rational(Integer(1) << (wide.places - halvings));
  Integer error;
  Enclosed<Integer> value;
  value.low = ExponentialOfSmall(base::Ceil(scaled), wide.places, error) - error;
  value.high = ExponentialOfSmall(base::Floor(scaled), wide.places, error) + error;
  if (value.low < 0) value.low = 0;
  for (unsigned i = 0; i < halvings; ++i) value = Product(value, value, wide);
  return {value.low >> (halvings + 16), ShiftedUp(value.high, halvings + 16)};
}

// nullopt when these places leave a digit open.
template <class Fixed, class Int = typename Fixed::Int>
std::optional<std::vector<Int>> Decided(const Rational& sigma_squared, unsigned digits,
                                        const Fixed& fixed) {
  const Int one = Int(1) << fixed.places;
  const Enclosed<Integer> first = ExponentialOf(1 / (2 * sigma_squared), fixed.places);
  // exp(-k^2 x) for k = 1, 2, ...: each is the one before times exp(-(2k - 1) x), which itself
  // shrinks by exp(-2 x).
  Enclosed<Int> step{fixed.From(first.low), fixed.From(first.high)};
  const Enclosed<Int> shrink = Product(step, step, fixed);
  const Int small = Int(1) << ((fixed.places - digits) / 2);
  Enclosed<Int> weight{one, one};
  std::vector<Enclosed<Int>> sums{weight};
  while (true) {
    weight = Product(weight, step, fixed);
    step = Product(step, shrink, fixed);
    if (weight.high < small) break;
    sums.push_back(
        {Int(sums.back().low + 2 * weight.low), Int(sums.back().high + 2 * weight.high)});
  }
  // What is left out is less than a geometric series: its quotients are at most `step`.
  const Integer big_one = Integer(1) << fixed.places;
  if (step.high >= one) return std::nullopt;
  const Integer rest =
      2 * Ceil(fixed.To(weight.high) << fixed.places, big_one - fixed.To(step.high));
  const Integer square = big_one << fixed.places;
  const Enclosed<Int> inverse{fixed.From(square / (fixed.To(sums.back().high) + rest)),
                              fixed.From(Ceil(square, fixed.To(sums.back().low)))};

  const Int most = (Int(1) << digits) - 1;
  std::vector<Int> thresholds;
  for (const Enclosed<Int>& sum : sums) {
    const Enclosed<Int> share = Product(sum, inverse, fixed);
    const Int low = share.low >> (fixed.places - digits);
    Int high = share.high >> (fixed.places - digits);
    if (high > most) high = most;  // F(m) < 1
    if (low != high) return std::nullopt;
    thresholds.push_back(low);
    if (low == most) return thresholds;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Integer> Thresholds(const Rational& sigma_squared, unsigned digits) {
  for (unsigned places = digits + 96; places <= (1U << 15); places *= 2) {
    if (auto found = Decided(sigma_squared, digits, BigFixed{places})) return *std::move(found);
  }
  throw std::overflow_error("a distribution function too close to a binary fraction");
}

std::vector<uint64_t> WordThresholds(const Rational& sigma_squared) {
  std::vector<uint64_t> thresholds;
  if (const auto words = Decided(sigma_squared, 63, WordFixed{})) {
    for (const Word threshold : *words) thresholds.push_back(static_cast<uint64_t>(threshold));
  } else {
    for (const Integer& threshold : Thresholds(sigma_squared, 63)) {
      thresholds.push_back(threshold.get_ui());
    }
  }
  return thresholds;
}

}  // namespace polder::stats::noise
