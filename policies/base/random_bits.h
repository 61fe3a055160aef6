// Random bits that are addressed, not consumed: the same place always holds the same bits.
//
// Noise must be redrawn bit for bit by an auditor and by a retry after a crash, whatever the order
// of the work. So a source is a function (info, position, block) -> 64 bytes; `info` names the
// mechanism and what is measured, `position` the cell.
#ifndef POLDER_POLICIES_BASE_RANDOM_BITS_H_
#define POLDER_POLICIES_BASE_RANDOM_BITS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace polder::base {

using RandomBlock = std::array<uint8_t, 64>;

// The bits of one `info`. Not thread-safe: open one per thread.
class RandomLane {
 public:
  virtual ~RandomLane() = default;
  virtual void Block(uint64_t position, uint64_t block, RandomBlock& out) = 0;
};

// Implemented by crypto/random from committed seeds, and by tests.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual std::unique_ptr<RandomLane> Open(std::string_view info) const = 0;
};

// The bits of one position, read from the first on; runs through as many blocks as are asked for.
class BitStream {
 public:
  BitStream(RandomLane& lane, uint64_t position) : lane_(lane), position_(position) {}

  // `count` bits, 1 to 64, in the low end of the result.
  uint64_t Bits(unsigned count);

 private:
  void Refill();

  RandomLane& lane_;
  uint64_t position_;
  uint64_t next_block_ = 0;
  RandomBlock block_{};
  size_t next_byte_ = sizeof(RandomBlock);
  uint64_t held_ = 0;
  unsigned held_count_ = 0;
};

}  // namespace polder::base

#endif  // POLDER_POLICIES_BASE_RANDOM_BITS_H_
