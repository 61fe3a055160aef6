#include "crypto/log/tree_hasher.h"

namespace polder::crypto::log {

void TreeHasher::Append(const Digest& leaf) {
  Digest node = leaf;
  for (uint64_t rest = size_; rest % 2 == 1; rest /= 2) {
    node = NodeHash(subtrees_.back(), node);
    subtrees_.pop_back();
  }
  subtrees_.push_back(node);
  ++size_;
}

Digest TreeHasher::Root() const {
  if (subtrees_.empty()) return RootHash({});
  Digest root = subtrees_.back();
  for (auto subtree = subtrees_.rbegin() + 1; subtree != subtrees_.rend(); ++subtree) {
    root = NodeHash(*subtree, root);
  }
  return root;
}

}  // namespace polder::crypto::log
