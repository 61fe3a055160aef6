// Noise drawn before anything is counted, and the noisy answers made from it.
#ifndef POLDER_STATS_NOISE_ANSWERS_H_
#define POLDER_STATS_NOISE_ANSWERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "policies/base/json.h"
#include "policies/base/random_bits.h"
#include "stats/noise/plan.h"
#include "stats/tabulate/cube.h"

namespace polder::stats::noise {

// One draw of N_Z(0, gamma_A^2) per cell of every residual of a plan.
// Privacy: whoever sees both the noise and the release sees the counts. Move-only, wiped when it
// dies, no serialiser.
class Noise {
 public:
  // info of residual A: "polder-noise-2/<measure>/<attribute names joined by +>"; position: the
  // cell of the residual.
  static Noise Draw(const Plan& plan, const base::RandomSource& source);
  ~Noise();
  Noise(Noise&&) noexcept = default;
  Noise& operator=(Noise&&) = delete;
  Noise(const Noise&) = delete;

 private:
  friend class NoisyAnswers;
  Noise() = default;
  std::string plan_;
  std::vector<std::vector<int64_t>> draws_;  // per residual
};

// Psi_A x + noise, per residual: private by the plan's cost, so it may be stored (sealed) and
// post-processed freely.
class NoisyAnswers {
 public:
  // Throws ProblemError when the noise was drawn for another plan, or the cube's sizes are not the
  // schema's.
  static NoisyAnswers Measure(const tabulate::Cube& cube, const Plan& plan, Noise noise);

  const std::vector<std::vector<int64_t>>& values() const {
    return values_;
  }  // as plan.residuals()
  base::Json ToJson() const;
  // Throws ProblemError when it does not fit the plan.
  static NoisyAnswers FromJson(const base::Json& json, const Plan& plan);

 private:
  NoisyAnswers() = default;
  std::vector<std::vector<int64_t>> values_;
};

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_ANSWERS_H_
