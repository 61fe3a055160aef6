// Exact draws from the discrete Gaussian and the discrete Laplace distribution by rejection: the
// way of large sigma squared, in time that does not grow with it; and another road to the same law
// that the tests compare inversion with.
//
// Source: Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy" (NeurIPS
// 2020), algorithms 1 to 3, for rational parameters.
#ifndef POLDER_STATS_NOISE_REJECTION_H_
#define POLDER_STATS_NOISE_REJECTION_H_

#include <cstdint>

#include "policies/base/random_bits.h"
#include "policies/base/rational.h"

namespace polder::stats::noise {

// Which integers carry a draw. Both read the same bits and give the same number: kWords is the fast
// one (128-bit words, leaving for kBig where they would overflow), kBig the reference (GMP).
enum class Arithmetic { kWords, kBig };

// P(x) proportional to exp(-|x| / scale) on the integers. Immutable; safe to share between threads.
class DiscreteLaplace {
 public:
  // Throws ProblemError "scale-out-of-range" unless 0 < scale <= 2^40 with numerator and
  // denominator of at most 64 bits.
  explicit DiscreteLaplace(const base::Rational& scale);

  // One draw. Reads a random number of bits, never depending on anything but the bits and the
  // scale.
  int64_t Sample(base::BitStream& bits, Arithmetic arithmetic = Arithmetic::kWords) const;

 private:
  uint64_t numerator_;
  uint64_t denominator_;
};

// N_Z(0, sigma_squared) by thinning discrete Laplace draws. Immutable; safe to share between
// threads.
class RejectionGaussian {
 public:
  // `sigma_squared` lies above 0 and is at most 2^80, with a denominator of at most 2^64.
  explicit RejectionGaussian(const base::Rational& sigma_squared);

  // One draw. Throws std::overflow_error when it does not fit 64 bits (less likely than 2^-4000).
  int64_t Sample(base::BitStream& bits, Arithmetic arithmetic = Arithmetic::kWords) const;

 private:
  bool AcceptWords(uint64_t magnitude, base::BitStream& bits) const;
  bool AcceptBig(uint64_t magnitude, base::BitStream& bits) const;

  uint64_t scale_;           // t = floor(sigma) + 1: the Laplace draws that are thinned
  base::Integer step_;       // q t, for sigma_squared = p/q
  base::Integer offset_;     // p
  base::Integer doubled_;    // 2 p q t^2
  bool words_fit_ = false;   // the three above leave room in a 128-bit word
  uint64_t word_limit_ = 0;  // largest magnitude that does
};

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_REJECTION_H_
