#include "stats/noise/pattern.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <utility>

#include "policies/base/problem.h"

namespace polder::stats::noise {
namespace {

using base::Integer;

constexpr size_t kMostPatterns = 100'000;

[[noreturn]] void TooMany() {
  throw base::ProblemError("too-many-patterns", "/maxKinds",
                           "One pupil may count in so many ways that the worst case cannot be "
                           "enumerated; allow fewer kinds per pupil or cross fewer attributes.");
}

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
    if (schema.ClassesOf(dimension) || schema.FinerOf(dimension)) continue;
    if (schema.dimensions()[dimension].codes.size() < 2) continue;
    const size_t count = moves.size();
    if (count > kMostPatterns) TooMany();
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

// How many codes share a code's class, from the finest classes to everything; and the codes of the
// coarser dimensions, for comparison.
struct Ancestry {
  std::vector<size_t> sizes;
  std::vector<size_t> codes;  // of the dimension itself first
};

Ancestry AncestryOf(const table::Schema& schema, size_t dimension, size_t code) {
  Ancestry ancestry;
  size_t at = dimension;
  while (true) {
    ancestry.codes.push_back(code);
    const std::vector<size_t> sizes = schema.GroupSizes(at);
    const auto classes = schema.ClassesOf(at);
    if (!classes) {
      ancestry.sizes.push_back(sizes[0]);
      return ancestry;
    }
    code = schema.dimensions()[at].groups[code];
    ancestry.sizes.push_back(sizes[code]);
    at = *classes;
  }
}

// The places that can cost most. Who does not move: no other place has classes at least as large at
// every level, as each residual's cost rises with the size of one class. Who moves: one pair of
// codes for each combination of class sizes and of where the two meet.
std::vector<std::pair<size_t, size_t>> Places(const table::Schema& schema, size_t dimension,
                                              bool two) {
  const std::vector<size_t>& groups = schema.dimensions()[dimension].groups;
  std::vector<size_t> seen(schema.GroupSizes(dimension).size(), 0);
  std::vector<std::pair<size_t, Ancestry>> codes;  // two of each class stand for all
  for (size_t code = 0; code < groups.size(); ++code) {
    if (seen[groups[code]]++ < 2) codes.emplace_back(code, AncestryOf(schema, dimension, code));
  }
  std::vector<std::pair<size_t, size_t>> places;
  if (!two) {
    const auto covers = [](const Ancestry& a, const Ancestry& b) {
      return std::equal(a.sizes.begin(), a.sizes.end(), b.sizes.begin(), std::greater_equal<>());
    };
    for (size_t i = 0; i < codes.size(); ++i) {
      bool needed = true;
      for (size_t j = 0; j < codes.size() && needed; ++j) {
        const bool other_covers = i != j && covers(codes[j].second, codes[i].second);
        needed = !other_covers || (covers(codes[i].second, codes[j].second) && i < j);
      }
      if (needed) places.emplace_back(codes[i].first, codes[i].first);
    }
    return places;
  }
  std::set<std::vector<size_t>> kinds;
  for (const auto& [from, a] : codes) {
    for (const auto& [to, b] : codes) {
      std::vector<size_t> kind = a.sizes;
      kind.insert(kind.end(), b.sizes.begin(), b.sizes.end());
      size_t level = 0;
      while (level < a.codes.size() && a.codes[level] != b.codes[level]) ++level;
      kind.push_back(level);
      if (kinds.insert(kind).second) places.emplace_back(from, to);
      if (kinds.size() > kMostPatterns) TooMany();
    }
  }
  return places;
}

// The patterns with every combination of places in the grouped attributes.
std::vector<Pattern> WithPlaces(const table::Schema& schema, std::vector<Pattern> patterns) {
  if (!schema.IsHierarchical()) return patterns;
  for (const size_t dimension : schema.Base()) {
    if (!schema.ClassesOf(dimension)) continue;
    const auto still = Places(schema, dimension, false);
    const auto moving = Places(schema, dimension, true);
    std::vector<Pattern> crossed;
    for (const Pattern& pattern : patterns) {
      for (const auto& place : pattern.kept > 0 ? moving : still) {
        crossed.push_back(pattern);
        crossed.back().places.push_back(place);
      }
      if (crossed.size() > kMostPatterns) TooMany();
    }
    patterns = std::move(crossed);
  }
  return patterns;
}

// ||Psi_i e||^2, or the product of two codes' columns: L^2 (same code - same class / class size).
Integer GroupedProduct(const table::Schema& schema, size_t dimension, size_t a, size_t b) {
  const std::vector<size_t>& groups = schema.dimensions()[dimension].groups;
  const Integer scale = base::ToInteger(schema.Scale(dimension));
  const size_t n = schema.dimensions()[dimension].codes.size();
  if (!groups.empty() && groups[a] != groups[b]) return 0;
  const Integer size = FromSize(groups.empty() ? n : schema.GroupSizes(dimension)[groups[a]]);
  return Integer(scale * scale * (a == b ? Integer(size - 1) : Integer(-1)) / size);
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
        if (patterns.size() + crossed.size() > kMostPatterns) TooMany();
      }
      these = std::move(crossed);
    }
    patterns.insert(patterns.end(), these.begin(), these.end());
  }
  return WithPlaces(schema, std::move(patterns));
}

Integer SquaredNorm(const table::Schema& schema, const Contribution& contribution,
                    const Pattern& pattern, table::AttributeSet residual, AlongKind along_kind) {
  // Psi_i' Psi_i = n_i (n_i I - J): n_i (n_i - 1) for equal codes, -n_i for different ones.
  const auto product = [&](size_t dimension, bool equal) {
    const Integer n = FromSize(schema.dimensions()[dimension].codes.size());
    return equal ? Integer(n * (n - 1)) : Integer(-n);
  };
  const std::vector<size_t> members = schema.Members(residual);
  const auto kind_of = [&](size_t group) {
    if (group < pattern.kinds) return group;
    const size_t same = pattern.same_kind[group - pattern.kinds];
    return same < pattern.kinds ? same : group;
  };
  // The code of a grouped attribute at the level of one of its dimensions.
  std::vector<std::array<size_t, 2>> codes;
  if (schema.IsHierarchical()) {
    codes.resize(schema.size());
    size_t next = 0;
    for (const size_t finest : schema.Base()) {
      if (!schema.ClassesOf(finest)) continue;
      const auto& [before, after] = pattern.places.at(next++);
      codes[finest] = {before, after};
      for (size_t at = finest; schema.ClassesOf(at); at = *schema.ClassesOf(at)) {
        const std::vector<size_t>& groups = schema.dimensions()[at].groups;
        codes[*schema.ClassesOf(at)] = {groups[codes[at][0]], groups[codes[at][1]]};
      }
    }
  }

  Integer sum = 0;
  for (size_t a = 0; a < pattern.kinds + pattern.kept; ++a) {
    for (size_t b = 0; b < pattern.kinds + pattern.kept; ++b) {
      const bool across = (a < pattern.kinds) != (b < pattern.kinds);
      Integer term = across ? -1 : 1;
      for (const size_t dimension : members) {
        if (static_cast<int>(dimension) == contribution.kind_dimension) {
          const bool same = kind_of(a) == kind_of(b);
          term *= along_kind == AlongKind::kPsi ? product(dimension, same) : Integer(same ? 1 : 0);
        } else if (schema.ClassesOf(dimension) || schema.FinerOf(dimension)) {
          term *= GroupedProduct(schema, dimension, codes[dimension][a < pattern.kinds ? 0 : 1],
                                 codes[dimension][b < pattern.kinds ? 0 : 1]);
        } else if (!IsCaseDimension(contribution, dimension)) {
          term *= product(dimension, !across || (pattern.moved >> dimension & 1) == 0);
        }
      }
      for (size_t i = 0; i < contribution.case_dimensions.size(); ++i) {
        if ((residual >> contribution.case_dimensions[i] & 1) == 0) continue;
        term *=
            product(contribution.case_dimensions[i], pattern.blocks[i][a] == pattern.blocks[i][b]);
      }
      sum += term;
    }
  }
  const Integer units = base::ToInteger(pattern.units);
  return Integer(sum * units * units);
}

}  // namespace polder::stats::noise
