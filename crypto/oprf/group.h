// The group of P-256: its field, its scalars, its points.
//
// Points are kept as affine coordinates in our own field arithmetic; the library multiplies them.
// Source: SEC 1 v2 §2.3, FIPS 186-4 D.1.2.3.
#ifndef POLDER_CRYPTO_OPRF_GROUP_H_
#define POLDER_CRYPTO_OPRF_GROUP_H_

#include <memory>
#include <optional>
#include <span>

#include "crypto/digest/secret.h"
#include "crypto/oprf/oprf.h"
#include "crypto/oprf/residue.h"

struct ec_point_st;

namespace polder::crypto::oprf {

inline constexpr Limbs kFieldModulus = {0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000,
                                        0xffffffff00000001};
inline constexpr Limbs kOrder = {0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff,
                                 0xffffffff00000000};
using Field = Residue<kFieldModulus>;
using Scalar = Residue<kOrder>;

inline constexpr Field kCurveB = Field::FromLimbs(
    {0x3bce3c3e27d2604b, 0x651d06b0cc53b0f6, 0xb3ebbd55769886bc, 0x5ac635d8aa3a93e7});

// x^((p - 3)/4): a square root and an inverse at once, for what is a square. Constant time.
Field PowerOfQuarter(const Field& x);

// A scalar that is secret: wiped when it dies.
class SecretScalar {
 public:
  explicit SecretScalar(const Scalar& value) : value_(value) {}
  explicit SecretScalar(const digest::SecretBytes& bytes)
      : value_(Scalar::FromBytes(bytes.view().first<kScalarBytes>())) {}
  ~SecretScalar();
  SecretScalar(const SecretScalar&) = delete;
  SecretScalar& operator=(const SecretScalar&) = delete;
  const Scalar& value() const { return value_; }

 private:
  Scalar value_;
};

// Uniform in 1 to n - 1, 32 bytes each.
digest::SecretBytes RandomScalars(size_t count);

// A point of the curve that is not the identity.
struct Affine {
  Field x, y;
};

// nullopt unless it is an Element (oprf.h). Not constant time: elements are public.
std::optional<Affine> Decode(const Element& element);
Element Encode(const Affine& point);

// A point while it is computed with; may be the identity.
class Point {
 public:
  Point();  // the identity
  explicit Point(const Affine& affine);

  // nullopt for the identity.
  std::optional<Affine> ToAffine() const;
  std::optional<Element> ToElement() const;

  void Add(const Point& other);

 private:
  friend std::optional<Affine> MultiplyBase(const SecretScalar&);
  friend std::optional<Affine> Multiply(const Point&, const SecretScalar&);
  friend Point BaseAndPoint(const Scalar&, const Point&, const Scalar&);
  friend Point SumOfProducts(std::span<const Scalar>, std::span<const Affine>);
  struct Free {
    void operator()(ec_point_st* point) const;
  };
  std::unique_ptr<ec_point_st, Free> point_;
};

// scalar * G and scalar * point, in constant time (README.md says what is meant); nullopt for the
// identity.
std::optional<Affine> MultiplyBase(const SecretScalar& scalar);
std::optional<Affine> Multiply(const Point& point, const SecretScalar& scalar);

// base_scalar * G + scalar * point, and the sum of scalars[i] * points[i]: for public scalars only,
// faster and in time that depends on them.
Point BaseAndPoint(const Scalar& base_scalar, const Point& point, const Scalar& scalar);
Point SumOfProducts(std::span<const Scalar> scalars, std::span<const Affine> points);

}  // namespace polder::crypto::oprf

#endif  // POLDER_CRYPTO_OPRF_GROUP_H_
