// Certified enclosures of the natural logarithm, in fixed-point whole numbers.
#include <stdexcept>

#include "stats/noise/accounting.h"

namespace polder::stats::noise {
namespace {

using base::Integer;
using base::Rational;

constexpr unsigned kPrecision = 288;  // bits after the point

// 2 atanh(top / bottom) * 2^kPrecision, for |top / bottom| <= 1/3; off by less than 2^10.
// Every term is cut by less than 2, there are at most 95, and the power series beyond them is below
// one unit, as 9^-95 < 2^-300.
Integer DoubledAtanh(const Integer& top, const Integer& bottom) {
  const Integer z = (top << kPrecision) / bottom;
  const Integer square = (z * z) >> kPrecision;
  Integer power = z, sum = z;
  for (unsigned long n = 3; n < 190 && power != 0; n += 2) {
    power = (power * square) / (Integer(1) << kPrecision);
    sum += power / n;
  }
  return sum * 2;
}

}  // namespace

Enclosure Logarithm(const Rational& value) {
  if (value <= 0) throw std::domain_error("logarithm of a number that is not positive");
  // value = m 2^k with 1/2 < m < 2; ln m = 2 atanh((m - 1) / (m + 1)).
  Integer top = value.get_num();
  Integer bottom = value.get_den();
  const long k = static_cast<long>(mpz_sizeinbase(top.get_mpz_t(), 2)) -
                 static_cast<long>(mpz_sizeinbase(bottom.get_mpz_t(), 2));
  if (k > 0) bottom <<= static_cast<unsigned long>(k);
  if (k < 0) top <<= static_cast<unsigned long>(-k);
  const Integer about = DoubledAtanh(top - bottom, top + bottom) + DoubledAtanh(1, 3) * Integer(k);
  const Integer error = (Integer(k < 0 ? -k : k) + 1) << 10U;
  Enclosure result{Rational(about - error, Integer(1) << kPrecision),
                   Rational(about + error, Integer(1) << kPrecision)};
  result.low.canonicalize();
  result.high.canonicalize();
  return result;
}

}  // namespace polder::stats::noise
