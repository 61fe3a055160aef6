// From a field element to a point, and the sum of two such points, in constant time.
#ifndef POLDER_CRYPTO_OPRF_MAP_TO_CURVE_H_
#define POLDER_CRYPTO_OPRF_MAP_TO_CURVE_H_

#include "crypto/oprf/group.h"

namespace polder::crypto::oprf {

// (X : Y : Z) stands for (X/Z, Y/Z); the identity has Z = 0.
struct Projective {
  Field x, y, z;
};

// The simplified map of Shallue, van de Woestijne and Ulas, with one exponentiation.
// Source: RFC 9380 §F.2 and F.2.1.2 (p = 3 mod 4), Z = -10 (§8.2).
Projective MapToCurve(const Field& u);

// The sum of any two points, equal, opposite or the identity too, always by the same steps.
// Source: Renes, Costello and Batina, "Complete addition formulas for prime order elliptic curves",
// Algorithm 4 (a = -3).
Projective Sum(const Projective& p, const Projective& q);

}  // namespace polder::crypto::oprf

#endif  // POLDER_CRYPTO_OPRF_MAP_TO_CURVE_H_
