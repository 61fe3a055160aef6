#include "crypto/oprf/hash_to_curve.h"

#include <algorithm>
#include <array>

#include "crypto/digest/digest.h"

namespace polder::crypto::oprf {
namespace {

using digest::Digest;

constexpr size_t kBlock = 64;  // of SHA-256
constexpr size_t kWide = 48;   // bytes for one field element or scalar

// (X : Y : Z) stands for (X/Z, Y/Z).
struct Projective {
  Field x, y, z;
};

// The sum of any two points, equal, opposite or the identity too, always by the same steps.
// Source: Renes, Costello and Batina, "Complete addition formulas for prime order elliptic curves",
// Algorithm 4 (a = -3).
Projective Sum(const Projective& p, const Projective& q) {
  Field t0 = p.x * q.x;
  Field t1 = p.y * q.y;
  Field t2 = p.z * q.z;
  const Field t3 = (p.x + p.y) * (q.x + q.y) - (t0 + t1);
  const Field t4 = (p.y + p.z) * (q.y + q.z) - (t1 + t2);
  Field y = (p.x + p.z) * (q.x + q.z) - (t0 + t2);
  Field x = y - kCurveB * t2;
  x = x + x + x;
  Field z = t1 - x;
  x = t1 + x;
  t2 = t2 + t2 + t2;
  y = kCurveB * y - t2 - t0;
  y = y + y + y;
  t0 = t0 + t0 + t0 - t2;
  t1 = t4 * y;
  t2 = t0 * y;
  return {t3 * x - t1, x * z + t2, t4 * z + t3 * t0};
}

uint64_t MaskIfOdd(const Field& value) { return 0 - (value.ToLimbs()[0] & 1); }

// The simplified map of Shallue, van de Woestijne and Ulas with one exponentiation; x = X/Z.
// Source: RFC 9380 §F.2 and F.2.1.2 (p = 3 mod 4), Z = -10 (§8.2).
Projective MapToCurve(const Field& u) {
  static const Field kA = -Field::FromSmall(3);
  static const Field kZ = -Field::FromSmall(10);
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

}  // namespace

void ExpandMessage(std::span<const base::ByteView> parts, std::string_view label,
                   std::span<uint8_t> out) {
  static constexpr std::array<uint8_t, kBlock> kZeros{};
  thread_local digest::Hasher hasher;
  if (label.size() > 255) {
    // RFC 9380 §5.3.3
    const Digest shorter =
        hasher.Update(base::AsBytes("H2C-OVERSIZE-DST-")).Update(base::AsBytes(label)).Finish();
    return ExpandMessage(parts, base::AsText(shorter), out);
  }
  const std::array<uint8_t, 1> label_size = {static_cast<uint8_t>(label.size())};
  const std::array<uint8_t, 3> size = {static_cast<uint8_t>(out.size() >> 8),
                                       static_cast<uint8_t>(out.size()), 0};
  hasher.Update(kZeros);
  for (const base::ByteView part : parts) hasher.Update(part);
  Digest first = hasher.Update(size).Update(base::AsBytes(label)).Update(label_size).Finish();
  Digest block{};
  for (size_t at = 0, number = 1; at < out.size(); at += block.size(), ++number) {
    for (size_t i = 0; i < block.size(); ++i) block[i] ^= first[i];
    const std::array<uint8_t, 1> counter = {static_cast<uint8_t>(number)};
    block = hasher.Update(block)
                .Update(counter)
                .Update(base::AsBytes(label))
                .Update(label_size)
                .Finish();
    const std::span<uint8_t> rest = out.subspan(at);
    std::copy_n(block.begin(), std::min(block.size(), rest.size()), rest.begin());
  }
  digest::SecureWipe(first);
  digest::SecureWipe(block);
}

Scalar HashToScalar(std::span<const base::ByteView> parts, std::string_view label) {
  std::array<uint8_t, kWide> bytes;
  ExpandMessage(parts, label, bytes);
  return Scalar::FromWideBytes(bytes);
}

std::vector<std::optional<Affine>> HashToCurve(std::span<const base::ByteView> inputs,
                                               std::string_view label) {
  std::vector<Projective> points;
  std::vector<Field> inverses;
  points.reserve(inputs.size());
  inverses.reserve(inputs.size());
  for (const base::ByteView& input : inputs) {
    std::array<uint8_t, 2 * kWide> bytes;
    ExpandMessage({&input, 1}, label, bytes);
    const std::span<const uint8_t, 2 * kWide> view(bytes);
    points.push_back(Sum(MapToCurve(Field::FromWideBytes(view.first<kWide>())),
                         MapToCurve(Field::FromWideBytes(view.last<kWide>()))));
    digest::SecureWipe(bytes);
    // The identity's place in the common inversion is taken by a one.
    const Field& z = points.back().z;
    inverses.push_back(Select(z.MaskIfZero(), Field::One(), z));
  }
  std::vector<Field> scratch(inputs.size());
  InvertAll<Field>(inverses, scratch);
  std::vector<std::optional<Affine>> results(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (points[i].z.MaskIfZero() == 0) {
      results[i] = Affine{points[i].x * inverses[i], points[i].y * inverses[i]};
    }
  }
  return results;
}

}  // namespace polder::crypto::oprf
