// Wycheproof's ECDH on our side of the multiplication: points that we decode, scalars in our
// arithmetic, products restored from the scalar's negative.
#include <string>

#include <gtest/gtest.h>

#include "crypto/oprf/group.h"
#include "policies/base/problem.h"
#include "tests/crypto/digest/vectors.h"

namespace polder::crypto::oprf {
namespace {

using tests::Fields;
using tests::Hex;

std::array<uint8_t, 32> Padded(base::Bytes bytes) {
  while (bytes.size() > 32 && bytes.front() == 0) bytes.erase(bytes.begin());
  bytes.insert(bytes.begin(), 32 - std::min<size_t>(32, bytes.size()), 0);
  std::array<uint8_t, 32> padded{};
  std::copy_n(bytes.begin(), 32, padded.begin());
  return padded;
}

TEST(Wycheproof, EveryUncompressedPointAndScalarOfEcdh) {
  int valid = 0, refused = 0;
  for (const Fields& c : tests::ReadVectors("ecdh_p256")) {
    if (!c[2].starts_with("point:")) continue;  // another way to write a key
    const base::Bytes point = Hex(c[2].substr(6));
    ASSERT_EQ(point.size(), 65u);
    const base::ByteView view(point);
    const Affine affine{Field::FromBytes(view.subspan<1, 32>()),
                        Field::FromBytes(view.subspan<33, 32>())};
    if (c[1] != "valid") {
      // Off the curve: there is no compressed form, and the library refuses the coordinates.
      ++refused;
      EXPECT_THROW(Point{affine}, base::ProblemError) << "case " << c[0];
      continue;
    }
    ++valid;
    const std::optional<Affine> decoded = Decode(Encode(affine));
    ASSERT_TRUE(decoded.has_value()) << "case " << c[0];
    EXPECT_TRUE(MaskIfEqual(decoded->y, affine.y)) << "case " << c[0];
    const SecretScalar scalar(Scalar::FromBytes(Padded(Hex(c[3]))));
    const std::optional<Affine> shared = Multiply(Point(*decoded), scalar);
    ASSERT_TRUE(shared.has_value()) << "case " << c[0];
    EXPECT_EQ(base::ToHex(shared->x.ToBytes()), c[4]) << "case " << c[0];
    // The whole product, sign and all, against the other way to compute it.
    const Point other = BaseAndPoint(Scalar(), Point(*decoded), scalar.value());
    EXPECT_EQ(other.ToElement(), Encode(*shared)) << "case " << c[0];
  }
  EXPECT_EQ(valid, 330);
  EXPECT_EQ(refused, 19);
}

}  // namespace
}  // namespace polder::crypto::oprf
