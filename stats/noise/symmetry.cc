#include "stats/noise/symmetry.h"

#include <cmath>
#include <cstdint>
#include <unordered_map>

namespace polder::stats::noise {
namespace {

constexpr int kMostRounds = 64;

uint64_t Mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

// The same for numbers that differ by their last bits only (nearly always; when not, two classes
// stay apart, which costs time and nothing else).
uint64_t Rough(double number) {
  int exponent = 0;
  const double mantissa = std::frexp(number, &exponent);
  return Mix(static_cast<uint64_t>(std::llround(std::ldexp(mantissa, 38)))) +
         static_cast<uint64_t>(exponent + 4096);
}

// Numbers colours from 0 in order of appearance; returns how many.
size_t Number(const std::vector<uint64_t>& colours, std::vector<size_t>& numbers) {
  std::unordered_map<uint64_t, size_t> seen;
  numbers.clear();
  for (const uint64_t colour : colours) {
    numbers.push_back(seen.emplace(colour, seen.size()).first->second);
  }
  return seen.size();
}

std::vector<uint64_t> Start(const std::vector<std::vector<double>>& marks) {
  std::vector<uint64_t> colours;
  for (const auto& numbers : marks) {
    uint64_t colour = 1;
    for (const double number : numbers) colour = Mix(colour ^ Rough(number));
    colours.push_back(colour);
  }
  return colours;
}

}  // namespace

Symmetry FindSymmetry(const std::vector<VarianceRow>& rows,
                      const std::vector<std::vector<double>>& row_marks,
                      const std::vector<std::vector<double>>& residual_marks) {
  std::vector<uint64_t> row_colour = Start(row_marks);
  std::vector<uint64_t> residual_colour = Start(residual_marks);
  std::vector<uint64_t> edges;
  for (const VarianceRow& row : rows) {
    for (const VarianceTerm& term : row.terms) edges.push_back(Mix(Rough(term.coefficient)));
  }
  Symmetry symmetry;
  symmetry.row_classes = Number(row_colour, symmetry.row_class);
  symmetry.residual_classes = Number(residual_colour, symmetry.residual_class);
  for (int round = 0; round < kMostRounds; ++round) {
    // A colour becomes that of the multiset of what is seen: a sum of mixed numbers.
    std::vector<uint64_t> row_next(rows.size(), 0), residual_next(residual_colour.size(), 0);
    size_t edge = 0;
    for (size_t r = 0; r < rows.size(); ++r) {
      for (const VarianceTerm& term : rows[r].terms) {
        row_next[r] += Mix(edges[edge] ^ residual_colour[term.residual]);
        residual_next[term.residual] += Mix(edges[edge] + row_colour[r]);
        ++edge;
      }
    }
    for (size_t r = 0; r < rows.size(); ++r) row_colour[r] = Mix(Mix(row_colour[r]) ^ row_next[r]);
    for (size_t a = 0; a < residual_colour.size(); ++a) {
      residual_colour[a] = Mix(Mix(residual_colour[a]) ^ residual_next[a]);
    }
    const size_t before = symmetry.row_classes + symmetry.residual_classes;
    symmetry.row_classes = Number(row_colour, symmetry.row_class);
    symmetry.residual_classes = Number(residual_colour, symmetry.residual_class);
    if (symmetry.row_classes + symmetry.residual_classes == before) break;
  }
  return symmetry;
}

}  // namespace polder::stats::noise
