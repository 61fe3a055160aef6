#include "stats/reconcile/fraction.h"

#include <limits>
#include <numeric>

namespace polder::stats::reconcile {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

Wide Gcd(Wide a, Wide b) {
  if (a < 0) a = -a;
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

}  // namespace

int64_t Fraction::Floor() const {
  const int64_t quotient = above_ / below_;
  return above_ % below_ < 0 ? quotient - 1 : quotient;
}

Fraction Fraction::Of(Wide above, Wide below) {
  if (below != 1) {
    const Wide common = Gcd(above, below);
    above /= common;
    below /= common;
  }
  if (above > kMost || above < -kMost || below > kMost) throw OutOfRoom();
  Fraction result;
  result.above_ = static_cast<int64_t>(above);
  result.below_ = static_cast<int64_t>(below);
  return result;
}

Fraction Fraction::PlusProduct(const Fraction& a, const Fraction& b) const {
  const Wide product = static_cast<Wide>(a.above_) * b.above_;
  if (below_ == 1 && a.below_ == 1 && b.below_ == 1) {
    Wide sum = 0;
    if (__builtin_add_overflow(product, static_cast<Wide>(above_), &sum)) throw OutOfRoom();
    return Of(sum, 1);
  }
  const Wide under = static_cast<Wide>(a.below_) * b.below_;
  Wide left = 0, right = 0, sum = 0, below = 0;
  if (__builtin_mul_overflow(static_cast<Wide>(above_), under, &left) ||
      __builtin_mul_overflow(product, static_cast<Wide>(below_), &right) ||
      __builtin_add_overflow(left, right, &sum) ||
      __builtin_mul_overflow(under, static_cast<Wide>(below_), &below)) {
    throw OutOfRoom();
  }
  return Of(sum, below);
}

Fraction Fraction::operator-() const {
  Fraction result = *this;
  result.above_ = -above_;
  return result;
}

Fraction Fraction::Inverse() const {
  if (above_ == 0) throw OutOfRoom();
  Fraction result;
  result.above_ = above_ < 0 ? -below_ : below_;
  result.below_ = above_ < 0 ? -above_ : above_;
  return result;
}

}  // namespace polder::stats::reconcile
