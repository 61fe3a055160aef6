#include "stats/tabulate/counts.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "policies/base/problem.h"

namespace polder::stats::tabulate {

Counts Counts::Take(const Cube& cube, const policies::disclosure::Measure& measure,
                    const std::vector<std::vector<size_t>>& tables) {
  if (measure.mechanism != policies::disclosure::Mechanism::kSuppression) {
    throw base::ProblemError("mechanism", "/measures/" + measure.id,
                             "this measure is published under noise; its exact counts stay inside");
  }
  const CubeReader reader(cube);
  Counts counts;
  for (const auto& keep : tables) counts.tables_.push_back(reader.Marginal(keep));
  return counts;
}

Counts::~Counts() {
  for (auto& table : tables_) {
    volatile int64_t* cells = table.data();
    for (size_t i = 0; i < table.size(); ++i) cells[i] = 0;
  }
}

base::Json Counts::ToJson() const { return tables_; }

Counts Counts::FromJson(const base::Json& json, const std::vector<size_t>& cells) {
  const auto is_count = [](const base::Json& count) {
    return count.is_number_integer() && count >= 0;
  };
  bool fits = json.is_array() && json.size() == cells.size();
  for (size_t t = 0; fits && t < cells.size(); ++t) {
    fits = json[t].is_array() && json[t].size() == cells[t] &&
           std::all_of(json[t].begin(), json[t].end(), is_count);
  }
  if (!fits) {
    throw base::ProblemError("other-plan", "/counts",
                             "the stored counts belong to other tables; the policy or the codebook "
                             "changed after they were made");
  }
  Counts counts;
  counts.tables_ = json.get<std::vector<std::vector<int64_t>>>();
  return counts;
}

}  // namespace polder::stats::tabulate
