// The root of a log that grows, leaf by leaf: of every prefix in one pass, and in little memory.
// Source: RFC 9162 §2.1.1 (the tree as a row of perfect subtrees).
#ifndef POLDER_CRYPTO_LOG_TREE_HASHER_H_
#define POLDER_CRYPTO_LOG_TREE_HASHER_H_

#include <cstdint>
#include <vector>

#include "crypto/log/merkle.h"

namespace polder::crypto::log {

class TreeHasher {
 public:
  void Append(const Digest& leaf);
  uint64_t size() const { return size_; }
  Digest Root() const;

 private:
  uint64_t size_ = 0;
  std::vector<Digest> subtrees_;  // one per bit of the size, the largest first
};

}  // namespace polder::crypto::log

#endif  // POLDER_CRYPTO_LOG_TREE_HASHER_H_
