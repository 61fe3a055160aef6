#include "stats/noise/pattern.h"

#include <algorithm>
#include <cstdint>

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

// Every way in which `kept` kind groups are, or are not, ones of the `kinds`.
void Matches(size_t kinds, size_t kept, std::vector<size_t>& growing,
             std::vector<std::vector<size_t>>& found) {
  if (growing.size() == kept) {
    found.push_back(growing);
    return;
  }
  for (size_t kind = 0; kind <= kinds; ++kind) {
    if (kind < kinds && std::find(growing.begin(), growing.end(), kind) != growing.end()) continue;
    growing.push_back(kind);
    Matches(kinds, kept, growing, found);
    growing.pop_back();
  }
}

Integer FromSize(size_t value) { return Integer(static_cast<unsigned long>(value)); }

bool IsCaseDimension(const Contribution& contribution, size_t dimension) {
  const auto& cases = contribution.case_dimensions;
  return static_cast<int>(dimension) == contribution.kind_dimension ||
         std::find(cases.begin(), cases.end(), dimension) != cases.end();
}

// All sets of pupil attributes that can differ.
std::vector<table::AttributeSet> Moves(const table::Schema& schema,
                                       const Contribution& contribution) {
  std::vector<table::AttributeSet> moves{0};
  for (size_t dimension = 0; dimension < schema.size(); ++dimension) {
    if (IsCaseDimension(contribution, dimension)) continue;
    if (schema.dimensions()[dimension].codes.size() < 2) continue;
    const size_t count = moves.size();
    for (size_t i = 0; i < count; ++i) {
      moves.push_back(moves[i] | table::AttributeSet{1} << dimension);
    }
  }
  return moves;
}

// Who counts for how many kind groups before and after, at which values; no case dimension yet.
std::vector<Pattern> Outlines(const table::Schema& schema, const Contribution& contribution) {
  size_t codes = SIZE_MAX;  // of the kind
  if (contribution.kind_dimension >= 0) {
    codes = schema.dimensions()[static_cast<size_t>(contribution.kind_dimension)].codes.size();
  }
  const size_t most = std::min(static_cast<size_t>(contribution.max_kinds), codes);
  std::vector<Pattern> outlines;
  for (size_t kinds = 1; kinds <= most; ++kinds) {
    outlines.push_back({kinds, contribution.max_per_kind, {}, 0, {}, 0});
    for (size_t kept = 1; contribution.partly_kept && kept <= kinds; ++kept) {
      std::vector<std::vector<size_t>> matches;
      std::vector<size_t> growing;
      Matches(kinds, kept, growing, matches);
      for (const auto& same_kind : matches) {
        const auto others =
            static_cast<size_t>(std::count(same_kind.begin(), same_kind.end(), kinds));
        // Where bounding drops no kind group, none appears because others went.
        if (kinds + others > codes || (others > 0 && most == codes)) continue;
        for (const table::AttributeSet moved : Moves(schema, contribution)) {
          outlines.push_back({kinds, contribution.max_per_kind, {}, kept, same_kind, moved});
        }
      }
    }
  }
  return outlines;
}

}  // namespace

std::vector<Pattern> ExtremePatterns(const table::Schema& schema,
                                     const Contribution& contribution) {
  std::vector<Pattern> patterns;
  for (const Pattern& outline : Outlines(schema, contribution)) {
    std::vector<Pattern> these{outline};
    for (const size_t dimension : contribution.case_dimensions) {
      std::vector<std::vector<size_t>> partitions;
      std::vector<size_t> growing;
      Partitions(outline.kinds + outline.kept, schema.dimensions()[dimension].codes.size(), growing,
                 partitions);
      std::vector<Pattern> crossed;
      for (const Pattern& pattern : these) {
        for (const auto& blocks : partitions) {
          crossed.push_back(pattern);
          crossed.back().blocks.push_back(blocks);
        }
        if (patterns.size() + crossed.size() > kMostPatterns) {
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
  const auto product = [&](size_t dimension, bool equal) {
    const Integer n = FromSize(schema.dimensions()[dimension].codes.size());
    return equal ? Integer(n * (n - 1)) : Integer(-n);
  };
  const auto in = [&](size_t dimension) { return (residual >> dimension & 1) != 0; };
  const auto kind_of = [&](size_t group) {
    if (group < pattern.kinds) return group;
    const size_t same = pattern.same_kind[group - pattern.kinds];
    return same < pattern.kinds ? same : group;
  };

  Integer sum = 0;
  for (size_t a = 0; a < pattern.kinds + pattern.kept; ++a) {
    for (size_t b = 0; b < pattern.kinds + pattern.kept; ++b) {
      const bool across = (a < pattern.kinds) != (b < pattern.kinds);
      Integer term = across ? -1 : 1;
      for (size_t dimension = 0; dimension < schema.size(); ++dimension) {
        if (!in(dimension) || IsCaseDimension(contribution, dimension)) continue;
        term *= product(dimension, !across || (pattern.moved >> dimension & 1) == 0);
      }
      if (contribution.kind_dimension >= 0 &&
          in(static_cast<size_t>(contribution.kind_dimension))) {
        term *= product(static_cast<size_t>(contribution.kind_dimension), kind_of(a) == kind_of(b));
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
  return Integer(sum * units * units);
}

}  // namespace polder::stats::noise
