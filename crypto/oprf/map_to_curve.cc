#include "crypto/oprf/map_to_curve.h"

namespace polder::crypto::oprf {
namespace {

constexpr Field kA = -Field::FromSmall(3);
constexpr Field kZ = -Field::FromSmall(10);

uint64_t MaskIfOdd(const Field& value) { return 0 - (value.ToLimbs()[0] & 1); }

}  // namespace

Projective Sum(const Projective& p, const Projective& q) {
  Field t0 = p.x * q.x;
  Field t1 = p.y * q.y;
  Field t2 = p.z * q.z;
  const Field t3 = (p.x + p.y) * (q.x + q.y) - (t0 + t1);
  const Field t4 = (p.y + p.z) * (q.y + q.z) - (t1 + t2);
  Field y = (p.x + p.z) * (q.x + q.z) - (t0 + t2);
  Field x = y - kCurveB * t2;
  x = x + x + x;
  const Field z = t1 - x;
  x = t1 + x;
  t2 = t2 + t2 + t2;
  y = kCurveB * y - t2 - t0;
  y = y + y + y;
  t0 = t0 + t0 + t0 - t2;
  t1 = t4 * y;
  t2 = t0 * y;
  return {t3 * x - t1, x * z + t2, t4 * z + t3 * t0};
}

Projective MapToCurve(const Field& u) {
  static const Field kRootOfMinusZ = [] {
    const Field ten = Field::FromSmall(10);
    return ten * PowerOfQuarter(ten);
  }();
  const Field zu2 = kZ * u.Squared();
  const Field sum = zu2.Squared() + zu2;
  const Field numerator = kCurveB * (sum + Field::One());
  const Field denominator = kA * Select(sum.MaskIfZero(), kZ, -sum);
  const Field denominator2 = denominator.Squared();
  const Field denominator3 = denominator2 * denominator;
  // The curve's equation at numerator/denominator, as a fraction over the denominator's cube.
  const Field value =
      (numerator.Squared() + kA * denominator2) * numerator + kCurveB * denominator3;
  // sqrt_ratio(value, denominator3)
  const Field product = value * denominator3;
  const Field root = product * PowerOfQuarter(product * denominator3.Squared());
  const uint64_t is_square = MaskIfEqual(root.Squared() * denominator3, value);
  const Field x = Select(is_square, numerator, zu2 * numerator);
  Field y = Select(is_square, root, zu2 * u * (root * kRootOfMinusZ));
  y = Select(MaskIfOdd(u) ^ MaskIfOdd(y), -y, y);
  return {x, y * denominator, denominator};
}

}  // namespace polder::crypto::oprf
