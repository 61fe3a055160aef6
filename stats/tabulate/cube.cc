#include "stats/tabulate/cube.h"

#include <cstring>
#include <stdexcept>
#include <utility>

namespace polder::stats::tabulate {
namespace {

constexpr size_t kMostCells = size_t{1} << 26;

void Wipe(std::vector<int64_t>& cells) {
  if (!cells.empty()) explicit_bzero(cells.data(), cells.size() * sizeof(int64_t));
}

}  // namespace

Cube::Cube(std::vector<size_t> sizes) : sizes_(std::move(sizes)) {
  size_t cells = 1;
  for (const size_t size : sizes_) {
    if (size != 0 && cells > kMostCells / size) throw std::length_error("a cube of too many cells");
    cells *= size;
  }
  cells_.assign(cells, 0);
}

Cube::~Cube() { Wipe(cells_); }

Cube& Cube::operator=(Cube&& other) noexcept {
  if (this != &other) {
    Wipe(cells_);
    sizes_ = std::move(other.sizes_);
    cells_ = std::move(other.cells_);
  }
  return *this;
}

void Cube::Add(const std::vector<size_t>& place, int64_t count) {
  if (place.size() != sizes_.size()) throw std::out_of_range("a place of other dimensions");
  size_t cell = 0;
  for (size_t i = 0; i < place.size(); ++i) {
    if (place[i] >= sizes_[i]) throw std::out_of_range("a place outside the cube");
    cell = cell * sizes_[i] + place[i];
  }
  int64_t sum = 0;
  if (__builtin_add_overflow(cells_[cell], count, &sum)) {
    throw std::overflow_error("a count beyond 64 bits");
  }
  cells_[cell] = sum;
}

std::vector<int64_t> CubeReader::Marginal(const std::vector<size_t>& keep) const {
  const std::vector<size_t>& sizes = cube_.sizes_;
  // What one step along a dimension adds to the marginal's cell number: 0 when it is summed out.
  std::vector<size_t> step(sizes.size(), 0);
  size_t cells = 1;
  for (size_t i = keep.size(); i-- > 0;) {
    if (keep[i] >= sizes.size() || (i + 1 < keep.size() && keep[i] >= keep[i + 1])) {
      throw std::out_of_range("kept dimensions must be ascending and exist");
    }
    step[keep[i]] = cells;
    cells *= sizes[keep[i]];
  }
  std::vector<int64_t> result(cells, 0);
  std::vector<size_t> place(sizes.size(), 0);
  size_t target = 0;
  for (const int64_t count : cube_.cells_) {
    if (__builtin_add_overflow(result[target], count, &result[target])) {
      throw std::overflow_error("a count beyond 64 bits");
    }
    for (size_t i = sizes.size(); i-- > 0;) {  // the next place, as an odometer
      target += step[i];
      if (++place[i] < sizes[i]) break;
      target -= step[i] * sizes[i];
      place[i] = 0;
    }
  }
  return result;
}

}  // namespace polder::stats::tabulate
