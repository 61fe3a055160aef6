#include "stats/audit/count_parts.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace polder::stats::audit {
namespace {

size_t Root(std::vector<size_t>& parents, size_t at) {
  while (parents[at] != at) at = parents[at] = parents[parents[at]];
  return at;
}

// A cell as a sum of open leaves, and what the others add.
struct Sum {
  std::vector<int> leaves;  // numbers of open leaves, ascending
  int64_t fixed = 0;
};

__extension__ using Wide = unsigned __int128;
constexpr uint64_t kPrime = (uint64_t{1} << 61) - 1;

uint64_t Times(uint64_t a, uint64_t b) { return static_cast<uint64_t>(Wide{a} * b % kPrime); }

uint64_t Inverse(uint64_t of) {
  uint64_t result = 1;
  for (uint64_t power = kPrime - 2; power > 0; power >>= 1, of = Times(of, of)) {
    if ((power & 1) != 0) result = Times(result, of);
  }
  return result;
}

// Elimination over the rows whose sum is known exactly, shortest first. Columns of the work row:
// those of the part, the sum, and, when `traces`, one per row that went in.
class Elimination {
 public:
  Elimination(const Part& part, bool traces)
      : part_(part),
        sum_(part.columns.size()),
        work_(sum_ + 1 + (traces ? part.rows.size() : 0)),
        traces_(traces),
        pivots_(sum_) {}

  enum class Found { kNews, kNothing, kContradiction };

  Found Take(size_t number) {
    const PartRow& row = part_.rows[number];
    std::fill(work_.begin(), work_.end(), uint64_t{0});
    for (const int column : row.columns) work_[static_cast<size_t>(column)] = 1;
    const auto sum = row.range.low % static_cast<int64_t>(kPrime);
    work_[sum_] = static_cast<uint64_t>(sum < 0 ? sum + static_cast<int64_t>(kPrime) : sum);
    if (traces_) work_[sum_ + 1 + number] = 1;
    for (const int first : row.columns) {
      for (size_t c = static_cast<size_t>(first); c < sum_; ++c) {
        if (work_[c] == 0) continue;
        if (pivots_[c].empty()) {
          Keep(c);
          return Found::kNews;
        }
        const uint64_t by = kPrime - work_[c];
        for (const auto& [at, value] : pivots_[c]) {
          work_[at] = (work_[at] + Times(by, value)) % kPrime;
        }
      }
      break;
    }
    return work_[sum_] == 0 ? Found::kNothing : Found::kContradiction;
  }

  // The rows that the last one was made of.
  std::vector<size_t> Traced() const {
    std::vector<size_t> rows;
    for (size_t at = sum_ + 1; at < work_.size(); ++at) {
      if (work_[at] != 0) rows.push_back(at - sum_ - 1);
    }
    return rows;
  }

 private:
  void Keep(size_t column) {
    const uint64_t inverse = Inverse(work_[column]);
    for (size_t at = column; at < work_.size(); ++at) {
      if (work_[at] != 0) pivots_[column].emplace_back(at, Times(work_[at], inverse));
    }
  }

  const Part& part_;
  size_t sum_;
  std::vector<uint64_t> work_;
  bool traces_;
  std::vector<std::vector<std::pair<size_t, uint64_t>>> pivots_;  // by column
};

}  // namespace

std::vector<Part> PartsOf(const table::Grid& grid, const std::vector<bool>& wanted,
                          const std::vector<CountRange>& stated,
                          const std::vector<CountRange>& ranges) {
  std::vector<Sum> sums(grid.cells());
  std::vector<CountRange> open;
  std::vector<size_t> open_cells;
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    if (!grid.IsLeaf(cell)) continue;
    const bool exact = ranges[cell].IsExact();
    for (const size_t over : grid.CellsOver(cell)) {
      if (exact) {
        sums[over].fixed += ranges[cell].low;
      } else {
        sums[over].leaves.push_back(static_cast<int>(open.size()));
      }
    }
    if (exact) continue;
    open.push_back(ranges[cell]);
    open_cells.push_back(cell);
  }
  // Rows of one sum are one row.
  std::map<std::vector<int>, std::pair<CountRange, size_t>> rows;
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    const Sum& sum = sums[cell];
    if (sum.leaves.size() < 2) continue;
    // What only follows from other sums is left out.
    CountRange range = stated[cell];
    range.low -= sum.fixed;
    if (range.high != CountRange::kMany) range.high -= sum.fixed;
    int64_t low = 0;
    int64_t high = 0;
    for (const int leaf : sum.leaves) {
      low += open[static_cast<size_t>(leaf)].low;
      high = std::min(CountRange::kMany, high + open[static_cast<size_t>(leaf)].high);
    }
    if (range.low <= low && range.high >= high) continue;
    CountRange& known = rows.emplace(sum.leaves, std::pair(range, cell)).first->second.first;
    known = {std::max(known.low, range.low), std::min(known.high, range.high)};
  }
  std::vector<size_t> parents(open.size());
  std::iota(parents.begin(), parents.end(), size_t{0});
  const auto join = [&](const std::vector<int>& leaves) {
    for (const int leaf : leaves) {
      parents[Root(parents, static_cast<size_t>(leaf))] =
          Root(parents, static_cast<size_t>(leaves.front()));
    }
  };
  for (const auto& [leaves, said] : rows) join(leaves);
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    if (wanted[cell] && !sums[cell].leaves.empty()) join(sums[cell].leaves);
  }
  std::map<size_t, size_t> number;
  std::vector<Part> parts;
  std::vector<int> position(open.size());
  for (size_t leaf = 0; leaf < open.size(); ++leaf) {
    const auto [found, fresh] = number.emplace(Root(parents, leaf), parts.size());
    if (fresh) parts.emplace_back();
    position[leaf] = static_cast<int>(parts[found->second].columns.size());
    parts[found->second].columns.push_back(open[leaf]);
    parts[found->second].leaves.push_back(open_cells[leaf]);
  }
  const auto placed = [&](const std::vector<int>& leaves) {
    std::vector<int> columns;
    for (const int leaf : leaves) columns.push_back(position[static_cast<size_t>(leaf)]);
    return columns;
  };
  const auto part_of = [&](const std::vector<int>& leaves) -> Part& {
    return parts[number.at(Root(parents, static_cast<size_t>(leaves.front())))];
  };
  for (const auto& [leaves, said] : rows) {
    part_of(leaves).rows.push_back({placed(leaves), said.first, said.second});
  }
  // Cells of the same open leaves with other closed ones beside them are other sums.
  std::map<std::pair<std::vector<int>, int64_t>, std::vector<size_t>> targets;
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    if (!wanted[cell] || sums[cell].leaves.empty()) continue;
    targets[{sums[cell].leaves, sums[cell].fixed}].push_back(cell);
  }
  for (const auto& [sum, cells] : targets) {
    part_of(sum.first).targets.push_back({placed(sum.first), sum.second, cells});
  }
  return parts;
}

std::vector<size_t> RowsThatMatter(const Part& part, std::vector<size_t>& contradiction) {
  std::vector<size_t> exact;
  std::vector<size_t> matter;
  for (size_t r = 0; r < part.rows.size(); ++r) {
    (part.rows[r].range.IsExact() ? exact : matter).push_back(r);
  }
  std::stable_sort(exact.begin(), exact.end(), [&](size_t a, size_t b) {
    return part.rows[a].columns.size() < part.rows[b].columns.size();
  });
  Elimination elimination(part, false);
  for (const size_t r : exact) {
    const auto found = elimination.Take(r);
    if (found == Elimination::Found::kNews) matter.push_back(r);
    if (found != Elimination::Found::kContradiction) continue;
    // Again, keeping track: it is rare, and costs more.
    Elimination traced(part, true);
    for (const size_t again : exact) {
      if (traced.Take(again) == Elimination::Found::kContradiction) break;
    }
    contradiction = traced.Traced();
    return matter;
  }
  return matter;
}

}  // namespace polder::stats::audit
