// How many pupils a municipality has, as far as everybody knows.
//
// Sizes that are padded and quotas follow from this number, so that they tell nothing about cases.
#ifndef POLDER_POLICIES_CODEBOOK_PUBLIC_PUPILS_H_
#define POLDER_POLICIES_CODEBOOK_PUBLIC_PUPILS_H_

#include <cstdint>
#include <string_view>

#include "policies/codebook/codebook.h"

namespace polder::policies::codebook {

// The largest public count that the codebook has of the municipality, whatever the measure and the
// year: an upper bound of its pupils that changes with the codebook only. 0 when it has none.
int64_t PublicPupils(const Codebook& codebook, std::string_view municipality);

}  // namespace polder::policies::codebook

#endif  // POLDER_POLICIES_CODEBOOK_PUBLIC_PUPILS_H_
