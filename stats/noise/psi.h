// Psi_A = kron_{i in A} (n_i I - J), applied one mode at a time: what turns a marginal into the
// integer answers of a residual. The matrix itself is never formed.
//
// Source: ResidualPlanner (Xiao, He, Zhang, Kifer, NeurIPS 2023), subtraction matrices; scaled so
// that everything stays a whole number.
#ifndef POLDER_STATS_NOISE_PSI_H_
#define POLDER_STATS_NOISE_PSI_H_

#include <cstddef>
#include <vector>

namespace polder::stats::noise {

// In place on a row-major tensor of these sizes. `Number` needs +, -, *; the caller makes sure that
// it has room: no value grows by more than the product of 2 n_i.
template <class Number>
void ApplyPsi(std::vector<Number>& values, const std::vector<size_t>& sizes) {
  size_t stride = values.size();
  for (const size_t n : sizes) {
    const size_t block = stride;  // cells that share the earlier modes
    stride /= n;
    const Number factor = static_cast<Number>(static_cast<long>(n));
    for (size_t start = 0; start < values.size(); start += block) {
      for (size_t offset = 0; offset < stride; ++offset) {
        Number sum = static_cast<Number>(0L);
        for (size_t i = 0; i < n; ++i) sum += values[start + i * stride + offset];
        for (size_t i = 0; i < n; ++i) {
          Number& value = values[start + i * stride + offset];
          value = factor * value - sum;
        }
      }
    }
  }
}

}  // namespace polder::stats::noise

#endif  // POLDER_STATS_NOISE_PSI_H_
