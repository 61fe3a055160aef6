#include "stats/noise/inversion.h"

#include <algorithm>
#include <stdexcept>

#include "stats/noise/thresholds.h"

namespace polder::stats::noise {
namespace {

using base::Integer;

constexpr unsigned kDigits = 63;
constexpr unsigned kGuideShift = kDigits - 10;
constexpr unsigned kMostDigits = 2048;

}  // namespace

bool InversionGaussian::Serves(const base::Rational& sigma_squared) {
  return sigma_squared <= 65536;
}

InversionGaussian::InversionGaussian(const base::Rational& sigma_squared)
    : sigma_squared_(sigma_squared), thresholds_(WordThresholds(sigma_squared)) {
  size_t m = 0;
  for (uint64_t first = 0; first < guide_.size(); ++first) {
    while (thresholds_[m] < first << kGuideShift) ++m;
    guide_[first] = static_cast<uint16_t>(m);
  }
}

int64_t InversionGaussian::Sample(base::BitStream& bits) const {
  const uint64_t word = bits.Bits(64);
  const uint64_t known = word >> 1;
  size_t m = guide_[known >> kGuideShift];
  while (thresholds_[m] < known) ++m;  // ends: the last threshold is the largest there is
  const int64_t magnitude = thresholds_[m] != known
                                ? static_cast<int64_t>(m)
                                : Decide(Integer(static_cast<unsigned long>(known)), kDigits, bits);
  return (word & 1) != 0 ? -magnitude : magnitude;
}

int64_t InversionGaussian::SampleWithoutTable(base::BitStream& bits) const {
  const uint64_t word = bits.Bits(64);
  const int64_t magnitude = Decide(Integer(static_cast<unsigned long>(word >> 1)), kDigits, bits);
  return (word & 1) != 0 ? -magnitude : magnitude;
}

int64_t InversionGaussian::Decide(Integer known, unsigned digits, base::BitStream& bits) const {
  for (; digits < kMostDigits; digits += 64) {
    const std::vector<Integer> thresholds = Thresholds(sigma_squared_, digits);
    const auto found = std::lower_bound(thresholds.begin(), thresholds.end(), known);
    if (*found != known) return found - thresholds.begin();
    known = (known << 64) + Integer(static_cast<unsigned long>(bits.Bits(64)));
  }
  throw std::overflow_error("the source of bits is not random");
}

}  // namespace polder::stats::noise
