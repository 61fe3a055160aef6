#include "stats/noise/variance.h"

#include <cmath>
#include <map>
#include <unordered_map>

namespace polder::stats::noise {
namespace {

using table::AttributeSet;

// One attribute of a table, from the dimension that it crosses up to the coarsest classes.
struct Chain {
  std::vector<size_t> levels;  // dimensions, finest first
  // How many codes share a code's class at each level, and how many codes that holds for.
  std::map<std::vector<size_t>, size_t> types;
};

Chain ChainOf(const table::Schema& schema, size_t dimension) {
  Chain chain;
  std::vector<std::vector<size_t>> sizes;
  for (std::optional<size_t> at = dimension; at; at = schema.ClassesOf(*at)) {
    chain.levels.push_back(*at);
    sizes.push_back(schema.GroupSizes(*at));
  }
  if (chain.levels.size() == 1) {
    chain.types[sizes[0]] = sizes[0][0];
    return chain;
  }
  for (size_t code = 0; code < schema.dimensions()[dimension].codes.size(); ++code) {
    std::vector<size_t> type;
    size_t here = code;
    for (size_t l = 0; l + 1 < chain.levels.size(); ++l) {
      here = schema.dimensions()[chain.levels[l]].groups[here];
      type.push_back(sizes[l][here]);
    }
    type.push_back(sizes.back()[0]);
    ++chain.types[type];
  }
  return chain;
}

double Factor(const Chain& chain, const std::vector<size_t>& type, AttributeSet residual) {
  double factor = 1;
  for (size_t l = 0; l < chain.levels.size(); ++l) {
    const auto n = static_cast<double>(type[l]);
    if ((residual >> chain.levels[l] & 1U) != 0) return factor * (1 - 1 / n);
    factor /= n * n;
  }
  return factor;
}

}  // namespace

std::vector<VarianceRow> VarianceRows(const table::Schema& schema,
                                      const std::vector<WorkloadTable>& workload,
                                      const std::vector<AttributeSet>& residuals) {
  std::unordered_map<AttributeSet, size_t> index;
  for (size_t i = 0; i < residuals.size(); ++i) index.emplace(residuals[i], i);
  std::map<size_t, Chain> chains;
  std::vector<VarianceRow> rows;
  for (size_t table = 0; table < workload.size(); ++table) {
    const AttributeSet whole = workload[table].attributes;
    std::vector<const Chain*> crossed;
    for (const size_t i : schema.Members(whole)) {
      const auto found = chains.find(i);
      crossed.push_back(found != chains.end()
                            ? &found->second
                            : &chains.emplace(i, ChainOf(schema, i)).first->second);
    }
    // Every combination of types of codes.
    std::vector<std::vector<const std::vector<size_t>*>> combinations{{}};
    std::vector<double> cells{1};
    for (const Chain* chain : crossed) {
      std::vector<std::vector<const std::vector<size_t>*>> longer;
      std::vector<double> more;
      for (size_t c = 0; c < combinations.size(); ++c) {
        for (const auto& [type, count] : chain->types) {
          longer.push_back(combinations[c]);
          longer.back().push_back(&type);
          more.push_back(cells[c] * static_cast<double>(count));
        }
      }
      combinations = std::move(longer);
      cells = std::move(more);
    }
    for (size_t c = 0; c < combinations.size(); ++c) {
      VarianceRow& row = rows.emplace_back();
      row.table = table;
      row.cells = cells[c];
      for (AttributeSet part = whole;; part = (part - 1) & whole) {
        if (const auto found = index.find(part); found != index.end()) {
          double coefficient = 1;
          for (size_t j = 0; j < crossed.size(); ++j) {
            coefficient *= Factor(*crossed[j], *combinations[c][j], part);
          }
          row.terms.push_back({found->second, coefficient});
        }
        if (part == 0) break;
      }
    }
  }
  return rows;
}

double DiscreteVariance(double sigma_squared) {
  if (sigma_squared > 4) return sigma_squared;  // Poisson summation: less than 1e-30 of it apart
  double all = 1, squares = 0;
  for (int x = 1; x <= 40; ++x) {
    const double square = static_cast<double>(x) * x;
    const double weight = 2 * std::exp(-square / (2 * sigma_squared));
    all += weight;
    squares += square * weight;
  }
  return squares / all;
}

}  // namespace polder::stats::noise
