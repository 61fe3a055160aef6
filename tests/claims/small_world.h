// A small region for the tests of claims: plans, cubes and the keystream, all of the product.
#ifndef POLDER_TESTS_CLAIMS_SMALL_WORLD_H_
#define POLDER_TESTS_CLAIMS_SMALL_WORLD_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "crypto/random/keystream.h"
#include "policies/base/bytes.h"
#include "stats/noise/answers.h"
#include "stats/noise/plan.h"
#include "stats/tabulate/cube.h"

namespace polder::testing_support {

inline constexpr size_t kTowns = 4, kKinds = 3;
using Counts = std::array<std::array<int64_t, kKinds>, kTowns>;

// persons by municipality and kind, in four tables.
inline stats::noise::PlanRequest SmallRequest(const base::Rational& rho, int max_kinds,
                                              int64_t units = 1) {
  stats::noise::PlanRequest request;
  request.measure = "persons";
  request.schema =
      stats::table::Schema({{"municipality", {"a", "b", "c", "d"}}, {"kind", {"x", "y", "z"}}});
  request.tables = {
      {{"total", 0}, 1}, {{"kind", 2}, 1}, {{"municipality", 1}, 1}, {{"municipality-kind", 3}, 1}};
  request.contribution = {1, max_kinds, units, {}};
  request.rho = rho;
  return request;
}

inline stats::tabulate::Cube CubeOf(const Counts& counts) {
  stats::tabulate::Cube cube({kTowns, kKinds});
  for (size_t town = 0; town < kTowns; ++town) {
    for (size_t kind = 0; kind < kKinds; ++kind) cube.Add({town, kind}, counts[town][kind]);
  }
  return cube;
}

// The keystream of one run: seeds of an operator and an auditor, salted with the run.
inline crypto::random::Keystream StreamOf(const std::string& run) {
  const std::array<crypto::digest::SecretBytes, 2> seeds = {
      crypto::digest::SecretBytes::CopyOf("the operator's seed of the tests of claims"),
      crypto::digest::SecretBytes::CopyOf("the auditor's seed of the tests of claims.")};
  return crypto::random::Keystream(seeds, base::AsBytes(run));
}

inline stats::noise::NoisyAnswers AnswersOf(const stats::noise::Plan& plan, const Counts& counts,
                                            const std::string& run) {
  const auto stream = StreamOf(run);
  return stats::noise::NoisyAnswers::Measure(CubeOf(counts), plan,
                                             stats::noise::Noise::Draw(plan, stream));
}

}  // namespace polder::testing_support

#endif  // POLDER_TESTS_CLAIMS_SMALL_WORLD_H_
