#include "policies/codebook/public_pupils.h"

#include <algorithm>

namespace polder::policies::codebook {

int64_t PublicPupils(const Codebook& codebook, std::string_view municipality) {
  int64_t most = 0;
  for (const PublicCount& count : codebook.public_counts()) {
    if (count.municipality == municipality) most = std::max(most, count.count);
  }
  return most;
}

}  // namespace polder::policies::codebook
