// Psi_A = kron_{i in A} L_i (I - average over the class), applied one mode at a time: what turns a
// marginal into the integer answers of a residual. The matrix itself is never formed. For a
// dimension without classes the class is everything and this is n_i I - J.
//
// Source: ResidualPlanner (Xiao, He, Zhang, Kifer, NeurIPS 2023), subtraction matrices; scaled so
// that everything stays a whole number. A grouped dimension has two residuals, within its classes
// (here) and between them (the residual of the dimension of classes).
#ifndef POLDER_STATS_NOISE_PSI_H_
#define POLDER_STATS_NOISE_PSI_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stats/table/schema.h"

namespace polder::stats::noise {

// One mode of a tensor over codes: which class each code is in, and how many codes a class has.
struct Axis {
  size_t size = 0;
  int64_t scale = 0;                // L
  std::vector<size_t> groups;       // per code; all 0 without classes
  std::vector<size_t> group_sizes;  // per class
};

// The modes of the table over a closed set, as `Schema::Members`.
inline std::vector<Axis> AxesOf(const table::Schema& schema, table::AttributeSet set) {
  std::vector<Axis> axes;
  for (const size_t i : schema.Members(set)) {
    const table::Dimension& dimension = schema.dimensions()[i];
    const size_t size = dimension.codes.size();
    axes.push_back({size, schema.Scale(i),
                    schema.ClassesOf(i) ? dimension.groups : std::vector<size_t>(size, 0),
                    schema.GroupSizes(i)});
  }
  return axes;
}

// In place on a row-major tensor with these modes. `Number` needs +, -, *; the caller makes sure
// that it has room: no value grows by more than the product of 2 L_i.
template <class Number>
void ApplyPsi(std::vector<Number>& values, const std::vector<Axis>& axes) {
  size_t stride = values.size();
  std::vector<Number> sums;
  for (const Axis& axis : axes) {
    const size_t block = stride;  // cells that share the earlier modes
    stride /= axis.size;
    const size_t classes = axis.group_sizes.size();
    const Number scale = static_cast<Number>(static_cast<long>(axis.scale));
    for (size_t start = 0; start < values.size(); start += block) {
      sums.assign(classes * stride, static_cast<Number>(0L));
      for (size_t i = 0; i < axis.size; ++i) {
        const size_t cells = start + i * stride;
        const size_t sum = axis.groups[i] * stride;
        for (size_t offset = 0; offset < stride; ++offset) {
          sums[sum + offset] += values[cells + offset];
        }
      }
      for (size_t c = 0; c < classes; ++c) {
        const int64_t share = axis.scale / static_cast<int64_t>(axis.group_sizes[c]);
        if (share == 1) continue;
        const Number factor = static_cast<Number>(static_cast<long>(share));
        for (size_t offset = 0; offset < stride; ++offset) {
          sums[c * stride + offset] = factor * sums[c * stride + offset];
        }
      }
      for (size_t i = 0; i < axis.size; ++i) {
        const size_t cells = start + i * stride;
        const size_t sum = axis.groups[i] * stride;
        for (size_t offset = 0; offset < stride; ++offset) {
          Number& value = values[cells + offset];
          value = scale * value - sums[sum + offset];
        }
      }
    }
  }
}

// The same for modes without classes.
template <class Number>
void ApplyPsi(std::vector<Number>& values, const std::vector<size_t>& sizes) {
  std::vector<Axis> axes;
  for (const size_t n : sizes) {
    axes.push_back({n, static_cast<int64_t>(n), std::vector<size_t>(n, 0), {n}});
  }
  ApplyPsi(values, axes);
}

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_PSI_H_
