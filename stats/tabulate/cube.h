// The cube: exact counts of one measure over all its attributes. The last place where a number can
// give a child away.
//
// Privacy: move-only, no serialiser, no stream operator, wiped when it dies. Only stats/noise reads
// it (through `CubeReader`), and `Counts` for measures that are published as exact counts.
#ifndef POLDER_STATS_TABULATE_CUBE_H_
#define POLDER_STATS_TABULATE_CUBE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace polder::stats::tabulate {

class Cube {
 public:
  // `sizes` is the number of codes per dimension; cells are row-major (the last dimension varies
  // fastest) and start at 0. Throws std::length_error beyond 2^26 cells.
  explicit Cube(std::vector<size_t> sizes);
  ~Cube();
  Cube(Cube&&) noexcept = default;
  Cube& operator=(Cube&&) noexcept;
  Cube(const Cube&) = delete;
  Cube& operator=(const Cube&) = delete;

  const std::vector<size_t>& sizes() const { return sizes_; }
  size_t cell_count() const { return cells_.size(); }
  void Add(const std::vector<size_t>& place, int64_t count);

 private:
  friend class CubeReader;
  std::vector<size_t> sizes_;
  std::vector<int64_t> cells_;
};

// The one key to the cube. Constructed in stats/noise and in `Counts`; a symbol check on the
// programs keeps it out of everything else.
class CubeReader {
 public:
  explicit CubeReader(const Cube& cube) : cube_(cube) {}
  // Sums over the dimensions not kept. `keep` is ascending. Row-major over the kept dimensions.
  std::vector<int64_t> Marginal(const std::vector<size_t>& keep) const;

 private:
  const Cube& cube_;
};

}  // namespace polder::stats::tabulate

#endif  // POLDER_STATS_TABULATE_CUBE_H_
