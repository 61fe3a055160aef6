#include "stats/table/schema.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "policies/base/json.h"
#include "policies/base/problem.h"

namespace polder::stats::table {
namespace {

constexpr size_t kMostDimensions = 16;
constexpr size_t kMostCells = size_t{1} << 26;

bool Contains(AttributeSet set, size_t dimension) { return (set >> dimension & 1U) != 0; }

}  // namespace

Schema::Schema(std::vector<Dimension> dimensions) : dimensions_(std::move(dimensions)) {
  base::Problems problems;
  if (dimensions_.size() > kMostDimensions) {
    problems.Add("too-many-dimensions", "/dimensions", "a measure has at most 16 dimensions");
  }
  std::set<std::string> names;
  for (size_t i = 0; i < dimensions_.size(); ++i) {
    const std::string at = base::Pointer("/dimensions", i);
    const Dimension& dimension = dimensions_[i];
    if (!names.insert(dimension.name).second) {
      problems.Add("repeated-dimension", base::Pointer(at, "name"),
                   "dimension \"" + dimension.name + "\" is listed twice; remove one");
    }
    if (dimension.codes.empty()) {
      problems.Add("empty-dimension", base::Pointer(at, "codes"),
                   "dimension \"" + dimension.name + "\" needs at least one code");
    }
    std::set<std::string> codes;
    for (size_t c = 0; c < dimension.codes.size(); ++c) {
      if (!codes.insert(dimension.codes[c]).second) {
        problems.Add("repeated-code", base::Pointer(base::Pointer(at, "codes"), c),
                     "code \"" + dimension.codes[c] + "\" is listed twice; remove one");
      }
    }
  }
  problems.ThrowIfAny();
}

std::optional<size_t> Schema::IndexOf(std::string_view name) const {
  for (size_t i = 0; i < dimensions_.size(); ++i) {
    if (dimensions_[i].name == name) return i;
  }
  return std::nullopt;
}

std::vector<size_t> Schema::Members(AttributeSet set) const {
  std::vector<size_t> members;
  for (size_t i = 0; i < dimensions_.size(); ++i) {
    if (Contains(set, i)) members.push_back(i);
  }
  return members;
}

size_t Schema::CellCount(AttributeSet set) const {
  size_t count = 1;
  for (const size_t i : Members(set)) {
    const size_t codes = dimensions_[i].codes.size();
    if (count > kMostCells / codes) {
      throw base::ProblemError("too-many-cells", "/dimensions",
                               "a table would have more than 2^26 cells; cross fewer attributes");
    }
    count *= codes;
  }
  return count;
}

std::vector<size_t> Schema::Place(AttributeSet set, size_t cell) const {
  const std::vector<size_t> members = Members(set);
  std::vector<size_t> place(members.size());
  for (size_t j = members.size(); j-- > 0;) {
    const size_t codes = dimensions_[members[j]].codes.size();
    place[j] = cell % codes;
    cell /= codes;
  }
  return place;
}

size_t Schema::CellAt(AttributeSet set, const std::vector<size_t>& place) const {
  size_t cell = 0;
  size_t j = 0;
  for (const size_t i : Members(set)) cell = cell * dimensions_[i].codes.size() + place.at(j++);
  return cell;
}

size_t Schema::Project(AttributeSet set, size_t cell, AttributeSet subset) const {
  // From the last dimension on: its digit is the remainder, and it enters with the stride so far.
  size_t projected = 0;
  size_t stride = 1;
  for (size_t i = dimensions_.size(); i-- > 0;) {
    if (!Contains(set, i)) continue;
    const size_t codes = dimensions_[i].codes.size();
    if (Contains(subset, i)) {
      projected += cell % codes * stride;
      stride *= codes;
    }
    cell /= codes;
  }
  return projected;
}

std::vector<std::string> Schema::Names(AttributeSet set) const {
  std::vector<std::string> names;
  for (const size_t i : Members(set)) names.push_back(dimensions_[i].name);
  return names;
}

std::optional<AttributeSet> Schema::SetOf(const std::vector<std::string>& names) const {
  AttributeSet set = 0;
  for (const std::string& name : names) {
    const auto index = IndexOf(name);
    if (!index || Contains(set, *index)) return std::nullopt;
    set |= AttributeSet{1} << *index;
  }
  return set;
}

std::vector<AttributeSet> Closure(const std::vector<AttributeSet>& sets) {
  std::set<AttributeSet> subsets;
  for (const AttributeSet set : sets) {
    // Walks every subset of `set` from itself down to the empty one.
    for (AttributeSet subset = set;; subset = (subset - 1) & set) {
      subsets.insert(subset);
      if (subset == 0) break;
    }
  }
  std::vector<AttributeSet> closure(subsets.begin(), subsets.end());
  std::sort(closure.begin(), closure.end(), [](AttributeSet a, AttributeSet b) {
    return std::pair(std::popcount(a), a) < std::pair(std::popcount(b), b);
  });
  return closure;
}

}  // namespace polder::stats::table
