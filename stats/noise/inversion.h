// Exact draws from the discrete Gaussian by inversion of its distribution function: the way of
// small sigma squared, where a table of thresholds is short.
//
// The draw. Of the first 64 bits, read as a whole number, the lowest is a sign; the others, from
// the highest on, and all bits after them are the binary digits of a number U in [0, 1). With F(m)
// = P(|X| <= m) for X from N_Z(0, sigma squared), the draw is the smallest m with U < F(m), with
// that sign. This is a definition by bits and law alone: no table, precision or compiler is in it.
//
// The law is exact. Independent fair bits make U uniform, so P(|draw| = m) = F(m) - F(m - 1) =
// P(|X| = m); the sign is fair and independent of U, X is symmetric, and 0 has no sign (nothing is
// rejected, so that it cannot be drawn twice as often either). Hence the draw has the law of X.
//
// The comparison is exact. Let u be the first d digits of U as a whole number and T(m) =
// floor(2^d F(m)), which `thresholds.h` gives with certainty.
//   u < T(m):  U < (u + 1) / 2^d <= T(m) / 2^d <= F(m).
//   u > T(m):  U >= u / 2^d >= (T(m) + 1) / 2^d > F(m).
// Only u = T(m) leaves the side open; then 64 more digits are read, and the thresholds to as many
// digits are made on the spot. With d = 63 that happens less often than once in 2^51 draws.
#ifndef POLDER_STATS_NOISE_INVERSION_H_
#define POLDER_STATS_NOISE_INVERSION_H_

#include <array>
#include <cstdint>
#include <vector>

#include "policies/base/random_bits.h"
#include "policies/base/rational.h"

namespace polder::stats::noise {

// Immutable; safe to share between threads. Making one costs about as much as 5 sigma draws by
// rejection; a draw reads 64 bits and a few entries of a table of some 9 sigma.
class InversionGaussian {
 public:
  // The largest sigma squared it serves: 2^16, a table of 2341 entries.
  static bool Serves(const base::Rational& sigma_squared);

  // `sigma_squared` is above 0 and served.
  explicit InversionGaussian(const base::Rational& sigma_squared);

  int64_t Sample(base::BitStream& bits) const;
  // The same draw from the same bits by the definition, without the table: the reference.
  int64_t SampleWithoutTable(base::BitStream& bits) const;

 private:
  // The smallest m with U < F(m), when `known` are the first `digits` digits of U.
  int64_t Decide(base::Integer known, unsigned digits, base::BitStream& bits) const;

  base::Rational sigma_squared_;
  std::vector<uint64_t> thresholds_;    // to 63 digits
  std::array<uint16_t, 1024> guide_{};  // by the first 10 digits: where to look first
};

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_INVERSION_H_
