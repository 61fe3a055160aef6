// Exact draws from the discrete Gaussian and the discrete Laplace distribution: whole numbers in,
// whole numbers out, no floating point on the way, so that the privacy proof holds for the program
// and not only for the paper.
//
// Up to sigma squared 2^16 a draw inverts the distribution function (`inversion.h`); above, it is
// thinned from a discrete Laplace draw (`rejection.h`). Both laws are exact, and which of the two
// is used follows from sigma squared alone. The bits of one draw: docs/formats/noise.md.
#ifndef POLDER_STATS_NOISE_SAMPLER_H_
#define POLDER_STATS_NOISE_SAMPLER_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "policies/base/random_bits.h"
#include "policies/base/rational.h"
#include "stats/noise/inversion.h"
#include "stats/noise/rejection.h"

namespace polder::stats::noise {

// The name of all that decides which draw comes from which bits. It stands in the keystream's info
// and in the plan, hence in the plan's digest: a release made another way is another release.
inline constexpr std::string_view kMechanism = "polder-noise-2";

// N_Z(0, sigma_squared): P(x) proportional to exp(-x^2 / (2 sigma_squared)) on the integers. Its
// variance is at most sigma_squared; answering an integer query of L2 sensitivity D with it costs
// rho = D^2 / (2 sigma_squared) of zCDP. Immutable; safe to share between threads.
class DiscreteGaussian {
 public:
  // Throws ProblemError "sigma-squared-out-of-range" unless 0 < sigma_squared <= 2^80 with a
  // denominator of at most 2^64.
  static void CheckRange(const base::Rational& sigma_squared);
  // As CheckRange. Costs as much as hundreds of draws: make one for many.
  explicit DiscreteGaussian(const base::Rational& sigma_squared);

  const base::Rational& sigma_squared() const { return sigma_squared_; }
  // One draw; reads a random number of bits that depends on the bits and sigma squared only. kWords
  // and kBig read the same bits and give the same number. Throws std::overflow_error when it does
  // not fit 64 bits (less likely than 2^-4000).
  int64_t Sample(base::BitStream& bits, Arithmetic arithmetic = Arithmetic::kWords) const;

 private:
  base::Rational sigma_squared_;
  std::optional<InversionGaussian> inversion_;  // one of the two
  std::optional<RejectionGaussian> rejection_;
};

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_SAMPLER_H_
