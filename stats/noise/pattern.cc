#include "stats/noise/pattern.h"

#include <algorithm>

#include "policies/base/problem.h"

namespace polder::stats::noise {
namespace {

using base::Integer;

constexpr size_t kMostPatterns = 100'000;

// Every way to part `count` things into at most `most` blocks, each once (restricted growth).
void Partitions(size_t count, size_t most, std::vector<size_t>& growing,
                std::vector<std::vector<size_t>>& found) {
  if (growing.size() == count) {
    found.push_back(growing);
    return;
  }
  const size_t used = growing.empty() ? 0 : *std::max_element(growing.begin(), growing.end()) + 1;
  for (size_t block = 0; block < std::min(used + 1, most); ++block) {
    growing.push_back(block);
    Partitions(count, most, growing, found);
    growing.pop_back();
  }
}

Integer FromSize(size_t value) { return Integer(static_cast<unsigned long>(value)); }

}  // namespace

std::vector<Pattern> ExtremePatterns(const table::Schema& schema,
                                     const Contribution& contribution) {
  const auto size_of = [&](size_t dimension) {
    return schema.dimensions()[dimension].codes.size();
  };
  auto most_kinds = static_cast<size_t>(contribution.max_kinds);
  if (contribution.kind_dimension >= 0) {
    most_kinds = std::min(most_kinds, size_of(static_cast<size_t>(contribution.kind_dimension)));
  }
  std::vector<Pattern> patterns;
  for (size_t kinds = 1; kinds <= most_kinds; ++kinds) {
    std::vector<Pattern> these{{kinds, contribution.max_per_kind, {}}};
    for (const size_t dimension : contribution.case_dimensions) {
      std::vector<std::vector<size_t>> partitions;
      std::vector<size_t> growing;
      Partitions(kinds, size_of(dimension), growing, partitions);
      std::vector<Pattern> crossed;
      for (const Pattern& pattern : these) {
        for (const auto& blocks : partitions) {
          crossed.push_back(pattern);
          crossed.back().blocks.push_back(blocks);
        }
        if (crossed.size() > kMostPatterns) {
          throw base::ProblemError(
              "too-many-patterns", "/maxKinds",
              "One pupil may count in so many kinds that the worst case cannot "
              "be enumerated; allow fewer kinds per pupil.");
        }
      }
      these = std::move(crossed);
    }
    patterns.insert(patterns.end(), these.begin(), these.end());
  }
  return patterns;
}

Integer SquaredNorm(const table::Schema& schema, const Contribution& contribution,
                    const Pattern& pattern, table::AttributeSet residual) {
  // Psi_i' Psi_i = n_i (n_i I - J): n_i (n_i - 1) for equal codes, -n_i for different ones.
  const auto size_of = [&](size_t dimension) {
    return FromSize(schema.dimensions()[dimension].codes.size());
  };
  const auto product = [&](size_t dimension, bool equal) {
    const Integer n = size_of(dimension);
    return equal ? Integer(n * (n - 1)) : Integer(-n);
  };
  const auto in = [&](size_t dimension) { return (residual >> dimension & 1) != 0; };

  Integer pupil_part = 1;
  for (size_t dimension = 0; dimension < schema.size(); ++dimension) {
    const auto& cases = contribution.case_dimensions;
    const bool case_attribute = static_cast<int>(dimension) == contribution.kind_dimension ||
                                std::find(cases.begin(), cases.end(), dimension) != cases.end();
    if (in(dimension) && !case_attribute) pupil_part *= product(dimension, true);
  }
  Integer sum = 0;
  for (size_t a = 0; a < pattern.kinds; ++a) {
    for (size_t b = 0; b < pattern.kinds; ++b) {
      Integer term = 1;
      if (contribution.kind_dimension >= 0 &&
          in(static_cast<size_t>(contribution.kind_dimension))) {
        term *= product(static_cast<size_t>(contribution.kind_dimension), a == b);
      }
      for (size_t i = 0; i < contribution.case_dimensions.size(); ++i) {
        const size_t dimension = contribution.case_dimensions[i];
        if (in(dimension)) {
          term *= product(dimension, pattern.blocks[i][a] == pattern.blocks[i][b]);
        }
      }
      sum += term;
    }
  }
  const Integer units = base::ToInteger(pattern.units);
  return Integer(pupil_part * sum * units * units);
}

}  // namespace polder::stats::noise
