// Our own arithmetic against GMP's, and the map and the sum of points against the library's.
#include <string>
#include <vector>

#include <gmpxx.h>
#include <gtest/gtest.h>

#include "crypto/digest/digest.h"
#include "crypto/oprf/group.h"
#include "crypto/oprf/map_to_curve.h"

namespace polder::crypto::oprf {
namespace {

const mpz_class kP("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16);
const mpz_class kN("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

std::array<uint8_t, 32> Bytes(const mpz_class& value) {
  std::array<uint8_t, 32> bytes{};
  std::string hex = value.get_str(16);
  hex.insert(0, 64 - hex.size(), '0');
  const base::Bytes parsed = base::FromHex(hex).value();
  std::copy(parsed.begin(), parsed.end(), bytes.begin());
  return bytes;
}

template <typename Number>
mpz_class Value(const Number& number) {
  return mpz_class(base::ToHex(number.ToBytes()), 16);
}

// Around every word's end, around the modulus and its halves, and pseudorandom ones.
std::vector<mpz_class> Samples(const mpz_class& modulus) {
  std::vector<mpz_class> samples = {0,           1,           2,           3,
                                    modulus - 1, modulus - 2, modulus / 2, modulus / 2 + 1};
  for (const unsigned bit : {32u, 63u, 64u, 96u, 127u, 128u, 191u, 192u, 224u, 255u}) {
    const mpz_class power = mpz_class(1) << bit;
    for (const mpz_class& near :
         {mpz_class(power - 1), power, mpz_class(power + 1), mpz_class(modulus - power)}) {
      if (near >= 0) samples.push_back(near % modulus);
    }
  }
  for (unsigned i = 0; i < 60; ++i) {
    samples.push_back(mpz_class(digest::Sha256Hex(base::AsBytes(std::to_string(i))), 16) % modulus);
  }
  return samples;
}

template <typename Number>
void AgreesWithGmp(const mpz_class& modulus) {
  const std::vector<mpz_class> samples = Samples(modulus);
  for (const mpz_class& a : samples) {
    const Number x = Number::FromBytes(Bytes(a));
    ASSERT_EQ(Value(x), a);
    EXPECT_EQ(Value(-x), (modulus - a) % modulus);
    EXPECT_EQ(Value(x.Squared(3)), mpz_class(a * a % modulus * a % modulus * a % modulus * a %
                                             modulus * a % modulus * a % modulus * a % modulus));
    EXPECT_EQ(x.MaskIfZero() != 0, a == 0);
    EXPECT_EQ(Value(x * x.Inverse()), a == 0 ? 0 : 1);
    for (const mpz_class& b : samples) {
      const Number y = Number::FromBytes(Bytes(b));
      ASSERT_EQ(Value(x * y), mpz_class(a * b % modulus)) << a << " " << b;
      ASSERT_EQ(Value(x + y), mpz_class((a + b) % modulus)) << a << " " << b;
      ASSERT_EQ(Value(x - y), mpz_class((a - b + modulus) % modulus)) << a << " " << b;
      EXPECT_EQ(MaskIfEqual(x, y), a == b ? ~uint64_t{0} : 0);
    }
  }
}

TEST(Residue, AgreesWithGmpModuloTheFieldAndTheOrder) {
  AgreesWithGmp<Field>(kP);
  AgreesWithGmp<Scalar>(kN);
}

TEST(Residue, ReducesWhatIsNotBelowTheModulus) {
  const mpz_class top = (mpz_class(1) << 256) - 1;
  for (const mpz_class& value : {kN, mpz_class(kN + 1), top, mpz_class(top - 1)}) {
    EXPECT_EQ(Value(Scalar::FromBytes(Bytes(value))), mpz_class(value % kN));
    EXPECT_FALSE(Scalar::IsCanonical(Bytes(value)));
  }
  EXPECT_TRUE(Scalar::IsCanonical(Bytes(kN - 1)));
  EXPECT_TRUE(Scalar::IsCanonical(Bytes(0)));
  EXPECT_FALSE(Field::IsCanonical(Bytes(kP)));
  EXPECT_TRUE(Field::IsCanonical(Bytes(kP - 1)));
}

TEST(Residue, ReducesWideBytes) {
  for (unsigned i = 0; i < 100; ++i) {
    std::array<uint8_t, 48> wide;
    const digest::Digest one = digest::Sha256(base::AsBytes("a" + std::to_string(i)));
    const digest::Digest two = digest::Sha256(base::AsBytes("b" + std::to_string(i)));
    std::copy(one.begin(), one.end(), wide.begin());
    std::copy_n(two.begin(), 16, wide.begin() + 32);
    if (i == 0) wide.fill(0xff);
    if (i == 1) wide.fill(0);
    const mpz_class value(base::ToHex(wide), 16);
    EXPECT_EQ(Value(Scalar::FromWideBytes(wide)), mpz_class(value % kN));
    EXPECT_EQ(Value(Field::FromWideBytes(wide)), mpz_class(value % kP));
  }
}

TEST(Residue, InvertsManyAtOnce) {
  std::vector<Scalar> values, scratch(50);
  for (unsigned i = 0; i < 50; ++i) values.push_back(Scalar::FromSmall(i + 1));
  InvertAll<Scalar>(values, scratch);
  for (unsigned i = 0; i < 50; ++i) {
    EXPECT_TRUE(MaskIfEqual(values[i] * Scalar::FromSmall(i + 1), Scalar::One()));
  }
}

TEST(RandomScalars, AreScalarsAndDiffer) {
  const digest::SecretBytes scalars = RandomScalars(100);
  for (size_t i = 0; i < 100; ++i) {
    const auto bytes = scalars.view().subspan(32 * i).first<32>();
    EXPECT_TRUE(Scalar::IsCanonical(bytes));
    for (size_t j = 0; j < i; ++j) {
      EXPECT_FALSE(digest::ConstantTimeEqual(bytes, scalars.view().subspan(32 * j, 32)));
    }
  }
}

std::string Hex(const std::optional<Affine>& point) {
  return point ? base::ToHex(Encode(*point)) : "identity";
}

std::string Hex(const Projective& point) {
  if (point.z.MaskIfZero()) return "identity";
  const Field inverse = point.z.Inverse();
  return Hex(Affine{point.x * inverse, point.y * inverse});
}

Affine Multiple(uint64_t factor) {
  return MultiplyBase(SecretScalar(Scalar::FromSmall(factor))).value();
}

TEST(ProjectiveSum, AgreesWithTheLibraryForEveryPairOfPoints) {
  const Projective identity{Field(), Field::One(), Field()};
  struct Pair {
    Projective ours;
    Point library;
  };
  std::vector<Pair> points;
  points.push_back({identity, Point()});
  for (const uint64_t factor : {1u, 2u, 3u, 1000u}) {
    const Affine point = Multiple(factor);
    const Field z = Field::FromSmall(factor + 7);
    points.push_back({{point.x, point.y, Field::One()}, Point(point)});
    points.push_back({{point.x * z, point.y * z, z}, Point(point)});
    points.push_back({{point.x, -point.y, Field::One()}, Point(Affine{point.x, -point.y})});
  }
  for (const auto& [p, library_p] : points) {
    for (const auto& [q, library_q] : points) {
      Point sum;
      sum.Add(library_p);
      sum.Add(library_q);
      EXPECT_EQ(Hex(Sum(p, q)), Hex(sum.ToAffine()));
    }
  }
}

TEST(MapToCurve, MapsTheExceptionalElementsToPointsToo) {
  // Z^2 u^4 + Z u^2 = 0 for u = 0 and for u^2 = 1/10.
  const Field tenth = Field::FromSmall(10).Inverse();
  const Field root = tenth * PowerOfQuarter(tenth);
  ASSERT_TRUE(MaskIfEqual(root.Squared(), tenth));
  for (const Field& u : {Field(), root, -root, Field::One(), Field::FromSmall(2)}) {
    const Projective point = MapToCurve(u);
    ASSERT_FALSE(point.z.MaskIfZero());
    const Field inverse = point.z.Inverse();
    // Refused by the library when it is not on the curve.
    EXPECT_NO_THROW(Point(Affine{point.x * inverse, point.y * inverse}));
  }
}

TEST(SumOfProducts, AgreesWithOneMultiplicationForEach) {
  for (const size_t count : {1u, 2u, 63u, 64u, 65u, 200u}) {
    std::vector<Scalar> scalars;
    std::vector<Affine> points;
    Point expected;
    for (size_t i = 0; i < count; ++i) {
      points.push_back(Multiple(i + 1));
      scalars.push_back(
          i == 1 ? Scalar() : Scalar::FromBytes(digest::Sha256(base::AsBytes(std::to_string(i)))));
      const auto product = Multiply(Point(points[i]), SecretScalar(scalars[i]));
      if (product) expected.Add(Point(*product));
    }
    EXPECT_EQ(Hex(SumOfProducts(scalars, points).ToAffine()), Hex(expected.ToAffine())) << count;
  }
}

TEST(Point, IsRefusedOutsideTheCurve) {
  Affine point = Multiple(5);
  point.y = point.y + Field::One();
  EXPECT_ANY_THROW(Point{point});
}

}  // namespace
}  // namespace polder::crypto::oprf
