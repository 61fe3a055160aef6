#include "policies/base/random_bits.h"

namespace polder::base {

void BitStream::Refill() {
  if (next_byte_ == block_.size()) {
    lane_.Block(position_, next_block_++, block_);
    next_byte_ = 0;
  }
  held_ = 0;
  for (int i = 0; i < 8; ++i) held_ = held_ << 8 | block_[next_byte_++];
  held_count_ = 64;
}

uint64_t BitStream::Bits(unsigned count) {
  uint64_t result = 0;
  while (count > 0) {
    if (held_count_ == 0) Refill();
    const unsigned take = count < held_count_ ? count : held_count_;
    const uint64_t piece = take == 64 ? held_ : held_ & ((uint64_t{1} << take) - 1);
    result = take == 64 ? piece : result << take | piece;
    held_ = take == 64 ? 0 : held_ >> take;
    held_count_ -= take;
    count -= take;
  }
  return result;
}

}  // namespace polder::base
