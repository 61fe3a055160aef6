#include "stats/cases/padding.h"

#include <algorithm>
#include <bit>

namespace polder::stats::cases {
namespace {

constexpr std::string_view kOpening = R"({"padding":")";
constexpr std::string_view kClosing = R"("})";
constexpr size_t kShortestLine = kOpening.size() + kClosing.size() + 1;
constexpr size_t kLeastClass = size_t{64} << 10;
constexpr size_t kWholePowers = size_t{1} << 20;
constexpr size_t kBytesPerPupil = 32;
constexpr int64_t kMostPupils = 10'000'000;  // more than the country has

}  // namespace

size_t DeliveryClass(size_t bytes, int64_t public_pupils) {
  const size_t pupils = static_cast<size_t>(std::clamp<int64_t>(public_pupils, 0, kMostPupils));
  const size_t least = std::bit_ceil(std::max(kLeastClass, pupils * kBytesPerPupil));
  const size_t needed = bytes + kShortestLine;
  if (needed <= least) return least;
  if (needed <= kWholePowers) return std::bit_ceil(needed);
  const size_t step = std::bit_ceil(needed) / 8;
  return (needed + step - 1) / step * step;
}

std::string PaddingLine(size_t bytes, int64_t public_pupils) {
  const size_t dots = DeliveryClass(bytes, public_pupils) - bytes - kShortestLine;
  std::string line(kOpening);
  line.append(dots, '.');
  line += kClosing;
  line += '\n';
  return line;
}

bool IsPadding(std::string_view line) {
  if (!line.starts_with(kOpening) || !line.ends_with(kClosing)) return false;
  if (line.size() + 1 < kShortestLine) return false;
  line.remove_prefix(kOpening.size());
  line.remove_suffix(kClosing.size());
  return line.find_first_not_of('.') == std::string_view::npos;
}

}  // namespace polder::stats::cases
