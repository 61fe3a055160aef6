#include "policies/codebook/token_class.h"

#include <algorithm>

namespace polder::policies::codebook {
namespace {

constexpr size_t kPupilsPerElement = 16;
constexpr int64_t kMostPupils = 10'000'000;  // more than the country has

}  // namespace

size_t TokenClass(size_t identifiers, int64_t public_pupils) {
  const auto pupils = static_cast<size_t>(std::clamp<int64_t>(public_pupils, 0, kMostPupils));
  const size_t steps = (pupils / kPupilsPerElement + kElementStep - 1) / kElementStep;
  size_t elements = std::max<size_t>(1, steps) * kElementStep;
  while (elements < identifiers) elements *= 2;
  return elements;
}

std::vector<size_t> BatchesOf(size_t token_class) {
  std::vector<size_t> batches(token_class / kBatchElements, kBatchElements);
  if (token_class % kBatchElements != 0) batches.push_back(token_class % kBatchElements);
  return batches;
}

bool IsBatchOfAClass(size_t elements, int64_t public_pupils) {
  if (elements == kBatchElements) return true;
  // From the third doubling on every class is whole batches: a step is an eighth of one.
  size_t token_class = TokenClass(0, public_pupils);
  for (size_t step = kElementStep; step <= kBatchElements; step *= 2, token_class *= 2) {
    if (elements != 0 && elements == token_class % kBatchElements) return true;
  }
  return false;
}

}  // namespace polder::policies::codebook
