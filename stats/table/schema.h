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

  friend bool operator==(const Dimension&, const Dimension&) = default;
};

// A set of dimensions, bit i for dimension i of the schema. 0 is the grand total.
using AttributeSet = uint32_t;

// Ordered dimensions. Cells of any subset are row-major in schema order, the last dimension
// fastest.
class Schema {
 public:
  Schema() = default;
  // Throws ProblemError when a name or code repeats, a dimension is empty or there are more
  // than 16.
  explicit Schema(std::vector<Dimension> dimensions);

  const std::vector<Dimension>& dimensions() const { return dimensions_; }
  size_t size() const { return dimensions_.size(); }
  std::optional<size_t> IndexOf(std::string_view name) const;
  std::vector<size_t> Members(AttributeSet set) const;  // ascending
  size_t CellCount(AttributeSet set) const;
  // Code positions of a cell, one per member of the set in schema order; and back.
  std::vector<size_t> Place(AttributeSet set, size_t cell) const;
  size_t CellAt(AttributeSet set, const std::vector<size_t>& place) const;
  // The cell of `subset` that `cell` of `set` adds to.
  size_t Project(AttributeSet set, size_t cell, AttributeSet subset) const;
  std::vector<std::string> Names(AttributeSet set) const;
  // nullopt when a name is unknown or repeated.
  std::optional<AttributeSet> SetOf(const std::vector<std::string>& names) const;

  friend bool operator==(const Schema&, const Schema&) = default;

 private:
  std::vector<Dimension> dimensions_;
};

// Every subset of every given set, each once, by size and then value: the residuals a plan
// measures.
std::vector<AttributeSet> Closure(const std::vector<AttributeSet>& sets);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_SCHEMA_H_
