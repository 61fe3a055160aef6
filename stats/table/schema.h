// The dimensions of a measure and the tables made from them.
#ifndef POLDER_STATS_TABLE_SCHEMA_H_
#define POLDER_STATS_TABLE_SCHEMA_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polder::stats::table {

// The codes of one attribute, without a total: a total is a table of its own with one dimension
// fewer.
struct Dimension {
  std::string name;  // "kind", "municipality", …
  std::vector<std::string> codes;
  // A hierarchical attribute (municipality, by size class): the name of the dimension that holds
  // the classes, and per code the position of its class. Both empty otherwise. A dimension of
  // classes is determined by the finer one, so that no cube holds it; classes may have classes in
  // turn.
  std::string grouped_by = {};
  std::vector<size_t> groups = {};

  friend bool operator==(const Dimension&, const Dimension&) = default;
};

// A set of dimensions, bit i for dimension i of the schema. 0 is the grand total. A set that holds
// a grouped dimension also holds its classes (`Schema::Closed`), so that a set contains another
// exactly when its table is the finer one.
using AttributeSet = uint64_t;

// Ordered dimensions. Cells of any subset are row-major in schema order, the last dimension
// fastest.
class Schema {
 public:
  Schema() = default;
  // Throws ProblemError when a name or code repeats, a dimension is empty, there are more than 64,
  // or a grouping is no grouping: classes that do not exist or hold no code, a class dimension of
  // two dimensions or of itself, class sizes whose least common multiple passes 2^31.
  explicit Schema(std::vector<Dimension> dimensions);

  const std::vector<Dimension>& dimensions() const { return dimensions_; }
  size_t size() const { return dimensions_.size(); }
  std::optional<size_t> IndexOf(std::string_view name) const;
  // The dimensions whose codes tell the cells of the set apart, ascending: all of the set but
  // classes whose finer dimension is in it.
  std::vector<size_t> Members(AttributeSet set) const;
  // Throws ProblemError "too-many-cells" beyond 2^26.
  size_t CellCount(AttributeSet set) const;
  // Code positions of a cell, one per member of the set in schema order; and back.
  std::vector<size_t> Place(AttributeSet set, size_t cell) const;
  size_t CellAt(AttributeSet set, const std::vector<size_t>& place) const;
  // The cell of `subset` that `cell` of `set` adds to.
  size_t Project(AttributeSet set, size_t cell, AttributeSet subset) const;
  std::vector<std::string> Names(AttributeSet set) const;
  // The closed set of these names; nullopt when a name is unknown, repeated, or the class of
  // another.
  std::optional<AttributeSet> SetOf(const std::vector<std::string>& names) const;

  // True when some dimension is grouped.
  bool IsHierarchical() const { return grouped_ != 0; }
  // The dimension of a dimension's classes, or nullopt; and the dimension that it classifies.
  std::optional<size_t> ClassesOf(size_t dimension) const;
  std::optional<size_t> FinerOf(size_t dimension) const;
  // How many codes each class has; of a dimension without classes, all its codes in one.
  std::vector<size_t> GroupSizes(size_t dimension) const;
  // Per dimension how many codes the class has that a cell of the full cross lies in (without
  // classes: how many codes there are); every combination that some cell has, once. Cells of one
  // combination are alike in every respect but their codes.
  std::vector<std::vector<size_t>> ClassSizesOfCells() const;
  // The least L for which L (I - average over the class) is whole: the number of codes, or for a
  // grouped dimension the least common multiple of the class sizes.
  int64_t Scale(size_t dimension) const;
  // The dimensions that a cube has: all but classes, ascending.
  std::vector<size_t> Base() const;
  AttributeSet Closed(AttributeSet set) const;
  bool IsClosed(AttributeSet set) const { return Closed(set) == set; }
  // The residuals whose measurement makes the tables over these closed sets: every closed subset
  // once, by size and then value, without those of a dimension that splits nothing (one code, or
  // one code in each class). Throws ProblemError "too-many-residuals" beyond 2^22 subsets.
  std::vector<AttributeSet> Residuals(const std::vector<AttributeSet>& sets) const;

  friend bool operator==(const Schema& a, const Schema& b) {
    return a.dimensions_ == b.dimensions_;
  }

 private:
  void LinkClasses();

  std::vector<Dimension> dimensions_;
  std::vector<size_t> coarser_;  // per dimension that of its classes, or kNone
  std::vector<size_t> finer_;
  AttributeSet grouped_ = 0;
};

// Every subset of every given set, each once, by size and then value. Throws ProblemError
// "too-many-residuals" beyond 2^22 subsets.
std::vector<AttributeSet> Closure(const std::vector<AttributeSet>& sets);

// All dimensions at once: the finest table.
AttributeSet WholeSet(const Schema& schema);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_SCHEMA_H_
