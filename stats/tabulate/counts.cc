#include "stats/tabulate/counts.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <nlohmann/json.hpp>

#include "policies/base/problem.h"

namespace polder::stats::tabulate {

Counts Counts::Take(const std::vector<Cube>& cubes, const policies::disclosure::Measure& measure) {
  if (measure.mechanism != policies::disclosure::Mechanism::kSuppression) {
    throw base::ProblemError("mechanism", "/measures/" + measure.id,
                             "this measure is published under noise; its exact counts stay inside");
  }
  size_t size = 0;
  for (const Cube& cube : cubes) size += cube.cell_count();
  Counts counts;
  counts.cells_.reserve(size);  // never moved while it grows, so that no copy stays behind
  for (const Cube& cube : cubes) {
    std::vector<size_t> all(cube.sizes().size());
    std::iota(all.begin(), all.end(), size_t{0});
    std::vector<int64_t> cells = CubeReader(cube).Marginal(all);
    counts.cells_.insert(counts.cells_.end(), cells.begin(), cells.end());
    volatile int64_t* wiped = cells.data();
    for (size_t i = 0; i < cells.size(); ++i) wiped[i] = 0;
  }
  return counts;
}

Counts::~Counts() {
  volatile int64_t* cells = cells_.data();
  for (size_t i = 0; i < cells_.size(); ++i) cells[i] = 0;
}

base::Json Counts::ToJson() const { return cells_; }

Counts Counts::FromJson(const base::Json& json, size_t cells) {
  const bool fits = json.is_array() && json.size() == cells &&
                    std::all_of(json.begin(), json.end(), [](const base::Json& count) {
                      return count.is_number_integer() && count >= 0;
                    });
  if (!fits) {
    throw base::ProblemError("other-plan", "/counts",
                             "the stored counts belong to other tables; the policy or the codebook "
                             "changed after they were made");
  }
  Counts counts;
  counts.cells_ = json.get<std::vector<int64_t>>();
  return counts;
}

}  // namespace polder::stats::tabulate
