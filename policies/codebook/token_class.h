// How many elements a key holder is asked for, whatever the number of pupils.
//
// A holder, its log and the network see how many points pass. So the number follows from the
// municipality's public number of pupils: another pupil, or none at all, changes no byte. Only an
// export with far more pupils than a municipality of that size has goes to the next class.
// Source: docs/formats/evaluate.md.
#ifndef POLDER_POLICIES_CODEBOOK_TOKEN_CLASS_H_
#define POLDER_POLICIES_CODEBOOK_TOKEN_CLASS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace polder::policies::codebook {

inline constexpr size_t kElementStep = 64;
inline constexpr size_t kBatchElements = 512;

// Elements for `identifiers` distinct ones: a 16th of the public pupils, at least 64, in whole
// steps of 64; doubled as often as is needed. 0 pupils means that their number is not known.
size_t TokenClass(size_t identifiers, int64_t public_pupils);

// The sizes of the batches that a class is asked in: 512 each, and what is left.
std::vector<size_t> BatchesOf(size_t token_class);

// Whether a member with so many public pupils asks for batches of this size: a whole batch, or what
// is left of one of its classes.
bool IsBatchOfAClass(size_t elements, int64_t public_pupils);

}  // namespace polder::policies::codebook

#endif  // POLDER_POLICIES_CODEBOOK_TOKEN_CLASS_H_
