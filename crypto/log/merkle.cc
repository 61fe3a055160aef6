#include "crypto/log/merkle.h"

#include <algorithm>
#include <array>
#include <bit>

#include "policies/base/problem.h"

namespace polder::crypto::log {
namespace {

constexpr std::array<uint8_t, 1> kLeafPrefix = {0x00};
constexpr uint8_t kNodePrefix = 0x01;

// The root of a non-empty run of leaves, in one pass: `pending` holds the roots of the perfect
// subtrees that the binary digits of the count name, largest first.
Digest RunHash(std::span<const Digest> leaves) {
  std::vector<Digest> pending;
  for (uint64_t i = 0; i < leaves.size(); ++i) {
    Digest hash = leaves[i];
    for (uint64_t rest = i; (rest & 1) != 0; rest >>= 1) {
      hash = NodeHash(pending.back(), hash);
      pending.pop_back();
    }
    pending.push_back(hash);
  }
  Digest root = pending.back();
  for (size_t i = pending.size() - 1; i-- > 0;) root = NodeHash(pending[i], root);
  return root;
}

// The largest power of two below `size`, which is at least 2: where RFC 6962 splits a tree.
uint64_t SplitOf(uint64_t size) { return std::bit_floor(size - 1); }

bool IsPowerOfTwo(uint64_t value) { return std::has_single_bit(value); }

}  // namespace

Digest LeafHash(base::ByteView entry) {
  thread_local digest::Hasher hasher;
  return hasher.Update(kLeafPrefix).Update(entry).Finish();
}

Digest NodeHash(const Digest& left, const Digest& right) {
  thread_local digest::Hasher hasher;
  // In one piece: a call for each part would cost as much as the hash.
  std::array<uint8_t, 1 + 2 * sizeof(Digest)> node;
  node[0] = kNodePrefix;
  std::copy(left.begin(), left.end(), node.begin() + 1);
  std::copy(right.begin(), right.end(), node.begin() + 1 + sizeof(Digest));
  return hasher.Update(node).Finish();
}

Digest RootHash(std::span<const Digest> leaves) {
  return leaves.empty() ? digest::Sha256({}) : RunHash(leaves);
}

std::vector<Digest> InclusionProof(std::span<const Digest> leaves, uint64_t index) {
  if (index >= leaves.size()) {
    throw base::ProblemError("log-index", "",
                             "The log has no entry at this index; ask for a smaller one.");
  }
  std::vector<Digest> downward;
  while (leaves.size() > 1) {
    const uint64_t split = SplitOf(leaves.size());
    if (index < split) {
      downward.push_back(RunHash(leaves.subspan(split)));
      leaves = leaves.first(split);
    } else {
      downward.push_back(RunHash(leaves.first(split)));
      leaves = leaves.subspan(split);
      index -= split;
    }
  }
  return {downward.rbegin(), downward.rend()};
}

std::vector<Digest> ConsistencyProof(std::span<const Digest> leaves, uint64_t old_size) {
  if (old_size == 0 || old_size > leaves.size()) {
    throw base::ProblemError("log-size", "",
                             "The log can prove consistency with sizes from 1 to its own.");
  }
  std::vector<Digest> downward;
  uint64_t old_part = old_size;
  bool old_is_whole = true;  // the current run begins where the old tree's own root would stand
  while (old_part != leaves.size()) {
    const uint64_t split = SplitOf(leaves.size());
    if (old_part <= split) {
      downward.push_back(RunHash(leaves.subspan(split)));
      leaves = leaves.first(split);
    } else {
      downward.push_back(RunHash(leaves.first(split)));
      leaves = leaves.subspan(split);
      old_part -= split;
      old_is_whole = false;
    }
  }
  if (!old_is_whole) downward.push_back(RunHash(leaves));
  return {downward.rbegin(), downward.rend()};
}

bool VerifyInclusion(const Digest& leaf, uint64_t index, uint64_t size,
                     std::span<const Digest> proof, const Digest& root) {
  if (index >= size) return false;
  uint64_t at = index;
  uint64_t last = size - 1;
  Digest hash = leaf;
  for (const Digest& sibling : proof) {
    if (last == 0) return false;
    if ((at & 1) != 0 || at == last) {
      hash = NodeHash(sibling, hash);
      while ((at & 1) == 0 && at != 0) {
        at >>= 1;
        last >>= 1;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    at >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

bool VerifyConsistency(uint64_t old_size, uint64_t new_size, const Digest& old_root,
                       const Digest& new_root, std::span<const Digest> proof) {
  if (old_size == 0 || old_size > new_size) return false;
  if (old_size == new_size) return proof.empty() && old_root == new_root;
  if (proof.empty()) return false;
  uint64_t at = old_size - 1;
  uint64_t last = new_size - 1;
  while ((at & 1) != 0) {
    at >>= 1;
    last >>= 1;
  }
  // A perfect old tree is itself the first node, and the proof does not repeat it.
  const bool implied = IsPowerOfTwo(old_size);
  Digest old_hash = implied ? old_root : proof.front();
  Digest new_hash = old_hash;
  for (const Digest& node : proof.subspan(implied ? 0 : 1)) {
    if (last == 0) return false;
    if ((at & 1) != 0 || at == last) {
      old_hash = NodeHash(node, old_hash);
      new_hash = NodeHash(node, new_hash);
      while ((at & 1) == 0 && at != 0) {
        at >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = NodeHash(new_hash, node);
    }
    at >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == old_root && new_hash == new_root;
}

}  // namespace polder::crypto::log
