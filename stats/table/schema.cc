#include "stats/table/schema.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <set>
#include <string>
#include <utility>

#include "policies/base/json.h"
#include "policies/base/problem.h"

namespace polder::stats::table {
namespace {

constexpr size_t kMostDimensions = 64;
constexpr size_t kMostSubsets = size_t{1} << 22;
constexpr size_t kMostScale = size_t{1} << 31;
constexpr size_t kNone = SIZE_MAX;
constexpr size_t kMostCells = size_t{1} << 26;

bool Contains(AttributeSet set, size_t dimension) { return (set >> dimension & 1U) != 0; }

AttributeSet Bit(size_t dimension) { return AttributeSet{1} << dimension; }

// Of positive numbers; any number above kMostScale when it passes that.
size_t LeastCommonMultiple(const std::vector<size_t>& numbers) {
  size_t multiple = 1;
  for (const size_t number : numbers) {
    if (multiple > kMostScale) break;
    multiple = std::lcm(multiple, number);
  }
  return multiple;
}

void CheckSubsetCount(const std::vector<AttributeSet>& sets) {
  size_t count = 0;
  for (const AttributeSet set : sets) {
    const int members = std::popcount(set);
    count += members > 22 ? kMostSubsets + 1 : size_t{1} << members;
    if (count > kMostSubsets) {
      throw base::ProblemError("too-many-residuals", "/tables",
                               "the tables have more than 4 million subtables together; cross "
                               "fewer attributes");
    }
  }
}

}  // namespace

Schema::Schema(std::vector<Dimension> dimensions) : dimensions_(std::move(dimensions)) {
  base::Problems problems;
  if (dimensions_.size() > kMostDimensions) {
    problems.Add("too-many-dimensions", "/dimensions", "a measure has at most 64 dimensions");
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
  LinkClasses();
}

void Schema::LinkClasses() {
  base::Problems problems;
  coarser_.assign(dimensions_.size(), kNone);
  finer_.assign(dimensions_.size(), kNone);
  for (size_t i = 0; i < dimensions_.size(); ++i) {
    const Dimension& dimension = dimensions_[i];
    if (dimension.grouped_by.empty() && dimension.groups.empty()) continue;
    const std::string at = base::Pointer("/dimensions", i);
    const auto classes = IndexOf(dimension.grouped_by);
    if (!classes || *classes == i || finer_[*classes] != kNone) {
      problems.Add("wrong-grouping", base::Pointer(at, "groupedBy"),
                   "name a dimension of classes that groups this dimension and no other");
      continue;
    }
    coarser_[i] = *classes;
    finer_[*classes] = i;
    grouped_ |= Bit(i);
    std::vector<size_t> sizes(dimensions_[*classes].codes.size(), 0);
    bool fits = dimension.groups.size() == dimension.codes.size();
    for (const size_t group : dimension.groups) {
      fits = fits && group < sizes.size();
      if (fits) ++sizes[group];
    }
    if (!fits || std::find(sizes.begin(), sizes.end(), size_t{0}) != sizes.end()) {
      problems.Add("wrong-grouping", base::Pointer(at, "groups"),
                   "give each code one class, and each class at least one code");
    } else if (LeastCommonMultiple(sizes) > kMostScale) {
      problems.Add("wrong-grouping", base::Pointer(at, "groups"),
                   "the sizes of the classes have no common multiple under 2^31; make them more "
                   "even");
    }
  }
  for (size_t i = 0; i < dimensions_.size() && problems.empty(); ++i) {
    size_t steps = 0;
    for (size_t at = i; at != kNone && steps <= dimensions_.size(); at = coarser_[at]) ++steps;
    if (steps > dimensions_.size()) {
      problems.Add("wrong-grouping", base::Pointer("/dimensions", i),
                   "a dimension cannot be a class of itself");
    }
  }
  problems.ThrowIfAny();
}

std::optional<size_t> Schema::ClassesOf(size_t dimension) const {
  const size_t classes = coarser_.at(dimension);
  return classes == kNone ? std::nullopt : std::optional(classes);
}

std::optional<size_t> Schema::FinerOf(size_t dimension) const {
  const size_t finer = finer_.at(dimension);
  return finer == kNone ? std::nullopt : std::optional(finer);
}

std::vector<size_t> Schema::GroupSizes(size_t dimension) const {
  const size_t classes = coarser_.at(dimension);
  if (classes == kNone) return {dimensions_[dimension].codes.size()};
  std::vector<size_t> sizes(dimensions_[classes].codes.size(), 0);
  for (const size_t group : dimensions_[dimension].groups) ++sizes[group];
  return sizes;
}

std::vector<std::vector<size_t>> Schema::ClassSizesOfCells() const {
  std::vector<size_t> sizes;
  for (const Dimension& dimension : dimensions_) sizes.push_back(dimension.codes.size());
  std::set<std::vector<size_t>> combinations = {std::move(sizes)};
  for (const size_t base : Base()) {
    if (coarser_[base] == kNone) continue;
    std::set<std::vector<size_t>> longer;
    for (size_t code = 0; code < dimensions_[base].codes.size(); ++code) {
      for (std::vector<size_t> changed : combinations) {
        size_t digit = code;
        for (size_t at = base; coarser_[at] != kNone; at = coarser_[at]) {
          digit = dimensions_[at].groups[digit];
          changed[at] = GroupSizes(at)[digit];
        }
        longer.insert(std::move(changed));
      }
    }
    combinations = std::move(longer);
  }
  return {combinations.begin(), combinations.end()};
}

int64_t Schema::Scale(size_t dimension) const {
  return static_cast<int64_t>(LeastCommonMultiple(GroupSizes(dimension)));
}

std::vector<size_t> Schema::Base() const {
  std::vector<size_t> base;
  for (size_t i = 0; i < dimensions_.size(); ++i) {
    if (finer_[i] == kNone) base.push_back(i);
  }
  return base;
}

AttributeSet Schema::Closed(AttributeSet set) const {
  if ((set & grouped_) == 0) return set;
  AttributeSet closed = set;
  for (size_t i = 0; i < dimensions_.size(); ++i) {
    for (size_t at = i; Contains(set, i) && at != kNone; at = coarser_[at]) closed |= Bit(at);
  }
  return closed;
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
    if (Contains(set, i) && (finer_[i] == kNone || !Contains(set, finer_[i]))) {
      members.push_back(i);
    }
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
  if ((set & grouped_) != 0) {  // digits first, as classes follow from finer codes
    std::vector<size_t> digits(dimensions_.size(), 0);
    const std::vector<size_t> members = Members(set);
    for (size_t j = members.size(); j-- > 0;) {
      const size_t i = members[j];
      digits[i] = cell % dimensions_[i].codes.size();
      cell /= dimensions_[i].codes.size();
      for (size_t at = i; coarser_[at] != kNone; at = coarser_[at]) {
        digits[coarser_[at]] = dimensions_[at].groups[digits[at]];
      }
    }
    const std::vector<size_t> kept = Members(subset);
    for (const size_t i : kept) projected = projected * dimensions_[i].codes.size() + digits[i];
    return projected;
  }
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
    set |= Bit(*index);
  }
  const AttributeSet closed = Closed(set);
  if (Members(closed).size() != names.size()) return std::nullopt;
  return closed;
}

std::vector<AttributeSet> Schema::Residuals(const std::vector<AttributeSet>& sets) const {
  std::vector<AttributeSet> residuals = Closure(sets);
  AttributeSet idle = 0;  // splits nothing
  for (size_t i = 0; i < dimensions_.size(); ++i) {
    const std::vector<size_t> sizes = GroupSizes(i);
    if (std::all_of(sizes.begin(), sizes.end(), [](size_t size) { return size == 1; })) {
      idle |= Bit(i);
    }
  }
  std::erase_if(residuals, [&](AttributeSet set) {
    if (!IsClosed(set)) return true;
    if (grouped_ == 0) return (set & idle) != 0;
    const std::vector<size_t> members = Members(set);
    return std::any_of(members.begin(), members.end(), [&](size_t i) { return Contains(idle, i); });
  });
  return residuals;
}

std::vector<AttributeSet> Closure(const std::vector<AttributeSet>& sets) {
  CheckSubsetCount(sets);
  std::vector<AttributeSet> closure;
  for (const AttributeSet set : sets) {
    // Walks every subset of `set` from itself down to the empty one.
    for (AttributeSet subset = set;; subset = (subset - 1) & set) {
      closure.push_back(subset);
      if (subset == 0) break;
    }
  }
  std::sort(closure.begin(), closure.end(), [](AttributeSet a, AttributeSet b) {
    return std::pair(std::popcount(a), a) < std::pair(std::popcount(b), b);
  });
  closure.erase(std::unique(closure.begin(), closure.end()), closure.end());
  return closure;
}

AttributeSet WholeSet(const Schema& schema) {
  AttributeSet set = 0;
  for (size_t i = 0; i < schema.size(); ++i) set |= AttributeSet{1} << i;
  return set;
}

}  // namespace polder::stats::table
