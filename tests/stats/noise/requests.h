// Plan requests over plain dimensions d0, d1, … with codes c0, c1, …, for tests.
#ifndef POLDER_TESTS_STATS_NOISE_REQUESTS_H_
#define POLDER_TESTS_STATS_NOISE_REQUESTS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "policies/base/rational.h"
#include "stats/noise/plan.h"

namespace polder::testing_support {

inline stats::table::Schema SchemaOf(const std::vector<size_t>& sizes) {
  std::vector<stats::table::Dimension> dimensions;
  for (size_t i = 0; i < sizes.size(); ++i) {
    dimensions.push_back({"d" + std::to_string(i), {}});
    for (size_t c = 0; c < sizes[i]; ++c) dimensions[i].codes.push_back("c" + std::to_string(c));
  }
  return stats::table::Schema(dimensions);
}

// The tables of these attribute sets, with weight 1; one pupil contributes what is the default.
inline stats::noise::PlanRequest RequestOf(const std::vector<size_t>& sizes,
                                           const std::vector<stats::table::AttributeSet>& sets,
                                           const base::Rational& rho) {
  stats::noise::PlanRequest request;
  request.measure = "persons";
  request.schema = SchemaOf(sizes);
  for (const stats::table::AttributeSet set : sets) {
    request.tables.push_back({{"t" + std::to_string(set), set}, 1});
  }
  request.rho = rho;
  return request;
}

}  // namespace polder::testing_support

#endif  // POLDER_TESTS_STATS_NOISE_REQUESTS_H_
