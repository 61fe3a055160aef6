#include "stats/reconcile/rounding.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace polder::stats::reconcile {
namespace {

using base::Integer;
using base::Rational;

// Costs in the flow are whole numbers: fractions in units of 2^-20 (they only choose between
// equally allowed roundings), with steps so large that one unit beyond the neighbouring whole
// numbers outweighs every choice within them, and a sum below its floor outweighs everything.
constexpr int64_t kUnit = int64_t{1} << 20;
constexpr int64_t kBeyond = kUnit << 16;
constexpr int64_t kBelow = kBeyond << 16;

// A value to be rounded: the units above its floor that are placed so far.
struct Slot {
  Integer floor;
  int64_t remainder = 0;  // in units of 1 / kUnit
  bool whole = false;     // the value is a whole number already
  int64_t owed = 0;       // units that must come before the floor of a sum is reached
  int64_t placed = 0;

  // What one more unit costs, and what taking the last one away gives back. Convex in `placed`.
  int64_t NextCost() const { return Cost(placed); }
  int64_t LastGain() const { return -Cost(placed - 1); }

 private:
  int64_t Cost(int64_t units) const {
    if (units < owed) return -kBelow;
    const int64_t above = units - owed;
    const int64_t beyond = std::min<int64_t>(above + (whole ? 1 : 0), 1 << 10);
    return (2 * above + 1) * kUnit - 2 * remainder + beyond * kBeyond;
  }
};

Slot SlotOf(const Rational& value) {
  Slot slot;
  slot.floor = base::Floor(value);
  const Rational remainder = value - slot.floor;
  slot.whole = remainder == 0;
  slot.remainder = base::ToInt64(base::Floor(remainder * kUnit)).value();
  return slot;
}

int64_t Small(const Integer& value) {
  const auto small = base::ToInt64(value);
  if (!small) throw std::overflow_error("a rounding difference beyond 64 bits");
  return *small;
}

// A number per place that decides between equal remainders. They are common in short lists (all
// thirds, say), and if the first always went up, its numbers would be too high on average. A
// function of the whole parts, so that anyone gets the same. Source of the mixing: Steele, Lea,
// Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
std::vector<uint64_t> Lots(const std::vector<Integer>& floors) {
  const auto mix = [](uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
  };
  uint64_t all = floors.size();
  for (const Integer& floor : floors) all = mix(all ^ floor.get_ui()) + (floor < 0 ? 1 : 0);
  std::vector<uint64_t> lots;
  for (size_t i = 0; i < floors.size(); ++i) lots.push_back(mix(all + i));
  return lots;
}

// Nodes: rows 0..R-1, columns R..R+C-1, then the sink. Flow from a row through a cell to a column,
// and from a column to the sink, may be pushed back.
class Flow {
 public:
  Flow(std::vector<Slot>& cells, std::vector<Slot>& columns, size_t rows)
      : cells_(cells), columns_(columns), rows_(rows) {}

  // Places one more unit of the row where it costs least, moving earlier ones where that pays.
  void Push(size_t row) {
    const size_t width = columns_.size();
    const size_t sink = rows_ + width;
    distance_.assign(sink + 1, std::numeric_limits<int64_t>::max());
    from_.assign(sink + 1, row);
    waits_.assign(sink + 1, false);
    distance_[row] = 0;
    queue_.assign(1, row);
    while (!queue_.empty()) {
      const size_t node = queue_.front();
      queue_.pop_front();
      waits_[node] = false;
      if (node < rows_) {
        for (size_t c = 0; c < width; ++c) {
          Relax(node, rows_ + c, cells_[node * width + c].NextCost());
        }
      } else if (node < sink) {
        const size_t c = node - rows_;
        Relax(node, sink, columns_[c].NextCost());
        for (size_t r = 0; r < rows_; ++r) {
          const Slot& cell = cells_[r * width + c];
          if (cell.placed > 0) Relax(node, r, cell.LastGain());
        }
      }
    }
    for (size_t node = sink; node != row; node = from_[node]) {
      const size_t previous = from_[node];
      if (node == sink) {
        ++columns_[previous - rows_].placed;
      } else if (node >= rows_) {
        ++cells_[previous * width + (node - rows_)].placed;
      } else {
        --cells_[node * width + (previous - rows_)].placed;
      }
    }
  }

 private:
  void Relax(size_t from, size_t to, int64_t cost) {
    if (distance_[from] + cost >= distance_[to]) return;
    distance_[to] = distance_[from] + cost;
    from_[to] = from;
    const size_t sink = rows_ + columns_.size();
    if (to != sink && !waits_[to]) {
      waits_[to] = true;
      queue_.push_back(to);
    }
  }

  std::vector<Slot>& cells_;
  std::vector<Slot>& columns_;
  size_t rows_;
  std::vector<int64_t> distance_;
  std::vector<size_t> from_;
  std::vector<bool> waits_;
  std::deque<size_t> queue_;
};

}  // namespace

std::vector<Integer> RoundList(const std::vector<Rational>& values, const Integer& total) {
  std::vector<Integer> result;
  std::vector<Rational> remainders;
  Integer left = total;
  for (const Rational& value : values) {
    result.push_back(base::Floor(value));
    remainders.push_back(value - result.back());
    left -= result.back();
  }
  const auto fractions = std::count_if(remainders.begin(), remainders.end(),
                                       [](const Rational& remainder) { return remainder != 0; });
  if (left < 0 || left > static_cast<long>(fractions)) {
    throw std::domain_error("a total that no rounding of its parts reaches");
  }
  const std::vector<uint64_t> lots = Lots(result);
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return remainders[a] != remainders[b] ? remainders[a] > remainders[b] : lots[a] < lots[b];
  });
  const auto ups = static_cast<size_t>(Small(left));
  for (size_t i = 0; i < ups; ++i) result[order[i]] += 1;
  return result;
}

std::vector<Integer> RoundTable(const std::vector<Rational>& cells,
                                const std::vector<Integer>& row_totals) {
  const size_t rows = row_totals.size();
  const size_t width = cells.size() / rows;
  std::vector<Slot> slots;
  for (const Rational& cell : cells) slots.push_back(SlotOf(cell));
  std::vector<Slot> columns;
  for (size_t c = 0; c < width; ++c) {
    Rational sum = 0;
    Integer floors = 0;
    for (size_t r = 0; r < rows; ++r) {
      sum += cells[r * width + c];
      floors += slots[r * width + c].floor;
    }
    columns.push_back(SlotOf(sum));
    columns.back().owed = Small(columns.back().floor - floors);
  }
  Flow flow(slots, columns, rows);
  for (size_t r = 0; r < rows; ++r) {
    Integer left = row_totals[r];
    long fractions = 0;
    for (size_t c = 0; c < width; ++c) {
      left -= slots[r * width + c].floor;
      fractions += slots[r * width + c].whole ? 0 : 1;
    }
    if (left < 0 || left > fractions) {
      throw std::domain_error("a row total that no rounding of the row reaches");
    }
    for (int64_t units = Small(left); units > 0; --units) flow.Push(r);
  }
  std::vector<Integer> result;
  for (const Slot& slot : slots) result.push_back(slot.floor + base::ToInteger(slot.placed));
  return result;
}

}  // namespace polder::stats::reconcile
