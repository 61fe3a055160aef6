// The cube adds, sums out, and stops rather than wrap.
#include "stats/tabulate/cube.h"

#include <limits>
#include <stdexcept>
#include <type_traits>

#include <gtest/gtest.h>

namespace polder::stats::tabulate {
namespace {

TEST(Cube, MarginalsAreSumsInRowMajorOrder) {
  Cube cube({2, 3, 2});
  int64_t count = 1;
  for (size_t a = 0; a < 2; ++a) {
    for (size_t b = 0; b < 3; ++b) {
      for (size_t c = 0; c < 2; ++c) cube.Add({a, b, c}, count++);
    }
  }
  const CubeReader reader(cube);
  EXPECT_EQ(reader.Marginal({}), (std::vector<int64_t>{78}));
  EXPECT_EQ(reader.Marginal({0}), (std::vector<int64_t>{21, 57}));
  EXPECT_EQ(reader.Marginal({1}), (std::vector<int64_t>{18, 26, 34}));
  EXPECT_EQ(reader.Marginal({0, 2}), (std::vector<int64_t>{9, 12, 27, 30}));
  EXPECT_EQ(reader.Marginal({0, 1, 2}).at(7), 8);
}

TEST(Cube, WithoutDimensionsIsOneNumber) {
  Cube cube({});
  cube.Add({}, 4);
  EXPECT_EQ(CubeReader(cube).Marginal({}), (std::vector<int64_t>{4}));
}

TEST(Cube, RefusesPlacesAndSizesThatAreNotThere) {
  Cube cube({2, 3});
  EXPECT_THROW(cube.Add({2, 0}, 1), std::out_of_range);
  EXPECT_THROW(cube.Add({0}, 1), std::out_of_range);
  EXPECT_THROW(CubeReader(cube).Marginal({1, 0}), std::out_of_range);
  EXPECT_THROW(CubeReader(cube).Marginal({0, 0}), std::out_of_range);
  EXPECT_THROW(CubeReader(cube).Marginal({2}), std::out_of_range);
  EXPECT_THROW(Cube({1 << 14, 1 << 14}), std::length_error);
}

TEST(Cube, CountsDoNotWrap) {
  Cube cube({2});
  cube.Add({0}, std::numeric_limits<int64_t>::max());
  EXPECT_THROW(cube.Add({0}, 1), std::overflow_error);
  cube.Add({1}, 1);
  EXPECT_THROW(CubeReader(cube).Marginal({}), std::overflow_error);
}

TEST(Cube, MovesAndNeverCopies) {
  static_assert(!std::is_copy_constructible_v<Cube> && !std::is_copy_assignable_v<Cube>);
  Cube cube({2});
  cube.Add({1}, 5);
  Cube other({3});
  other = std::move(cube);
  EXPECT_EQ(CubeReader(other).Marginal({0}), (std::vector<int64_t>{0, 5}));
}

}  // namespace
}  // namespace polder::stats::tabulate
