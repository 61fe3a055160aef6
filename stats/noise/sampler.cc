#include "stats/noise/sampler.h"

#include "policies/base/problem.h"

namespace polder::stats::noise {

void DiscreteGaussian::CheckRange(const base::Rational& sigma_squared) {
  const base::Integer one = 1;
  if (sigma_squared <= 0 || sigma_squared > one << 80 || sigma_squared.get_den() > one << 64) {
    throw base::ProblemError("sigma-squared-out-of-range", "",
                             "sigma squared must lie above 0 and be at most 2^80, with a "
                             "denominator of at most 2^64.");
  }
}

DiscreteGaussian::DiscreteGaussian(const base::Rational& sigma_squared)
    : sigma_squared_(sigma_squared) {
  CheckRange(sigma_squared_);
  if (InversionGaussian::Serves(sigma_squared_)) {
    inversion_.emplace(sigma_squared_);
  } else {
    rejection_.emplace(sigma_squared_);
  }
}

int64_t DiscreteGaussian::Sample(base::BitStream& bits, Arithmetic arithmetic) const {
  if (!inversion_) return rejection_->Sample(bits, arithmetic);
  return arithmetic == Arithmetic::kWords ? inversion_->Sample(bits)
                                          : inversion_->SampleWithoutTable(bits);
}

}  // namespace polder::stats::noise
