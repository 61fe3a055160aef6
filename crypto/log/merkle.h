// The log's tree: hashes, inclusion and consistency. Pure functions of stored leaf hashes.
// Source: RFC 6962 §2.1, RFC 9162 §2.1.3.2 and §2.1.4.2 (verification).
#ifndef POLDER_CRYPTO_LOG_MERKLE_H_
#define POLDER_CRYPTO_LOG_MERKLE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "crypto/digest/digest.h"
#include "policies/base/bytes.h"

namespace polder::crypto::log {

using digest::Digest;

Digest LeafHash(base::ByteView entry);                     // SHA-256(0x00 || entry)
Digest NodeHash(const Digest& left, const Digest& right);  // SHA-256(0x01 || left || right)

// The root over `leaves`; of an empty tree SHA-256 of nothing. Linear time.
Digest RootHash(std::span<const Digest> leaves);

// From the leaf's sibling up. Throws ProblemError "log-index" unless index < leaves.size().
std::vector<Digest> InclusionProof(std::span<const Digest> leaves, uint64_t index);
// That the first `old_size` leaves are a prefix. Empty when the sizes are equal. Throws
// ProblemError "log-size" unless 1 <= old_size <= leaves.size().
std::vector<Digest> ConsistencyProof(std::span<const Digest> leaves, uint64_t old_size);

// Values, never exceptions, for any input.
bool VerifyInclusion(const Digest& leaf, uint64_t index, uint64_t size,
                     std::span<const Digest> proof, const Digest& root);
// False for old_size 0: an empty tree proves nothing.
bool VerifyConsistency(uint64_t old_size, uint64_t new_size, const Digest& old_root,
                       const Digest& new_root, std::span<const Digest> proof);

}  // namespace polder::crypto::log

#endif  // POLDER_CRYPTO_LOG_MERKLE_H_
