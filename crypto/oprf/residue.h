// Whole numbers modulo a 256-bit prime, in Montgomery form, without a branch or an address that
// depends on them.
//
// The library's own numbers drop leading zero words and compare early, so that secrets in them show
// in time (README.md). Here every number has four words and every operation the same instructions.
// Source: Montgomery 1985; coarsely integrated operand scanning, Koc, Acar and Kaliski 1996.
#ifndef POLDER_CRYPTO_OPRF_RESIDUE_H_
#define POLDER_CRYPTO_OPRF_RESIDUE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace polder::crypto::oprf {

using Limbs = std::array<uint64_t, 4>;  // least significant first

__extension__ using Wide = unsigned __int128;

// All ones when `a` is zero, else zero.
constexpr uint64_t MaskIfZero(const Limbs& a) {
  const uint64_t bits = a[0] | a[1] | a[2] | a[3];
  return ((bits | (0 - bits)) >> 63) - 1;
}

// out = a - b; returns 1 when that borrows, that is when a < b.
constexpr uint64_t Subtract(Limbs& out, const Limbs& a, const Limbs& b) {
  uint64_t borrow = 0;
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) {
    const Wide difference = Wide{a[i]} - b[i] - borrow;
    out[i] = static_cast<uint64_t>(difference);
    borrow = static_cast<uint64_t>(difference >> 64) & 1;
  }
  return borrow;
}

constexpr Limbs LimbsFromBytes(std::span<const uint8_t, 32> big_endian) {
  Limbs limbs{};
  for (size_t i = 0; i < 32; ++i) {
    limbs[3 - i / 8] = limbs[3 - i / 8] << 8 | big_endian[i];
  }
  return limbs;
}

// The residues of an odd prime between 2^255 and 2^256.
template <Limbs kModulus>
class Residue {
 public:
  constexpr Residue() = default;  // zero

  static constexpr Residue One() { return Residue(Times(kRSquared, Limbs{1})); }
  static constexpr Residue FromSmall(uint64_t value) {
    return Residue(Times(kRSquared, Limbs{value}));
  }
  // The residue of any 256-bit number.
  static constexpr Residue FromLimbs(const Limbs& limbs) {
    return Residue(Times(limbs, kRSquared));
  }
  static constexpr Residue FromBytes(std::span<const uint8_t, 32> big_endian) {
    return FromLimbs(LimbsFromBytes(big_endian));
  }
  // The residue of 48 bytes: of random ones, uniform but for 2^-128.
  static constexpr Residue FromWideBytes(std::span<const uint8_t, 48> big_endian) {
    std::array<uint8_t, 32> high{};
    for (size_t i = 0; i < 16; ++i) high[16 + i] = big_endian[i];
    // kRSquared is the Montgomery form of 2^256.
    return FromBytes(high) * Residue(kRSquared) + FromBytes(big_endian.template subspan<16, 32>());
  }
  // True when the number is below the modulus, so that it is its own residue.
  static constexpr bool IsCanonical(std::span<const uint8_t, 32> big_endian) {
    Limbs ignored{};
    return Subtract(ignored, LimbsFromBytes(big_endian), kModulus) == 1;
  }

  constexpr Limbs ToLimbs() const { return Times(limbs_, Limbs{1}); }
  constexpr void ToBytes(std::span<uint8_t, 32> big_endian) const {
    const Limbs limbs = ToLimbs();
    for (size_t i = 0; i < 32; ++i) {
      big_endian[i] = static_cast<uint8_t>(limbs[3 - i / 8] >> (56 - 8 * (i % 8)));
    }
  }
  constexpr std::array<uint8_t, 32> ToBytes() const {
    std::array<uint8_t, 32> bytes{};
    ToBytes(bytes);
    return bytes;
  }

  friend constexpr Residue operator+(const Residue& a, const Residue& b) {
    Limbs sum{};
    uint64_t carry = 0;
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      const Wide word = Wide{a.limbs_[i]} + b.limbs_[i] + carry;
      sum[i] = static_cast<uint64_t>(word);
      carry = static_cast<uint64_t>(word >> 64);
    }
    return Residue(Reduce(sum, carry));
  }
  friend constexpr Residue operator-(const Residue& a, const Residue& b) {
    Limbs difference{};
    const uint64_t mask = 0 - Subtract(difference, a.limbs_, b.limbs_);
    uint64_t carry = 0;
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      const Wide word = Wide{difference[i]} + (kModulus[i] & mask) + carry;
      difference[i] = static_cast<uint64_t>(word);
      carry = static_cast<uint64_t>(word >> 64);
    }
    return Residue(difference);
  }
  friend constexpr Residue operator*(const Residue& a, const Residue& b) {
    return Residue(Times(a.limbs_, b.limbs_));
  }
  constexpr Residue operator-() const { return Residue() - *this; }

  // The square of a square, `count` times over.
  constexpr Residue Squared(unsigned count = 1) const {
    Residue result = *this;
    for (unsigned i = 0; i < count; ++i) result = result * result;
    return result;
  }

  // Masks: all ones for true, zero for false.
  constexpr uint64_t MaskIfZero() const { return oprf::MaskIfZero(limbs_); }
  friend constexpr uint64_t MaskIfEqual(const Residue& a, const Residue& b) {
    return (a - b).MaskIfZero();
  }
  friend constexpr Residue Select(uint64_t mask, const Residue& if_set, const Residue& otherwise) {
    Residue chosen;
    for (size_t i = 0; i < 4; ++i) {
      chosen.limbs_[i] = (if_set.limbs_[i] & mask) | (otherwise.limbs_[i] & ~mask);
    }
    return chosen;
  }

  // x^(modulus - 2) = 1/x, and 0 for 0: the exponent is public, so the steps are too.
  constexpr Residue Inverse() const {
    Limbs exponent = kModulus;
    exponent[0] -= 2;
    std::array<Residue, 16> powers;
    powers[0] = One();
    for (size_t i = 1; i < 16; ++i) powers[i] = powers[i - 1] * *this;
    Residue result = powers[exponent[3] >> 60];
    for (size_t digit = 63; digit-- > 0;) {
      result = result.Squared(4) * powers[exponent[digit / 16] >> (4 * (digit % 16)) & 15];
    }
    return result;
  }

 private:
  explicit constexpr Residue(const Limbs& montgomery) : limbs_(montgomery) {}

  // `value` + 2^256 * `carry`, below twice the modulus, less the modulus if it is not below it.
  static constexpr Limbs Reduce(const Limbs& value, uint64_t carry) {
    Limbs reduced{};
    const uint64_t borrow = Subtract(reduced, value, kModulus);
    const uint64_t keep = 0 - (borrow & (carry ^ 1));
    for (size_t i = 0; i < 4; ++i) reduced[i] = (value[i] & keep) | (reduced[i] & ~keep);
    return reduced;
  }

  // a * b / 2^256, below the modulus when one of the two is.
  static constexpr Limbs Times(const Limbs& a, const Limbs& b) {
    uint64_t t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0;
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      Wide word = Wide{a[0]} * b[i] + t0;
      t0 = static_cast<uint64_t>(word);
      word = Wide{a[1]} * b[i] + t1 + static_cast<uint64_t>(word >> 64);
      t1 = static_cast<uint64_t>(word);
      word = Wide{a[2]} * b[i] + t2 + static_cast<uint64_t>(word >> 64);
      t2 = static_cast<uint64_t>(word);
      word = Wide{a[3]} * b[i] + t3 + static_cast<uint64_t>(word >> 64);
      t3 = static_cast<uint64_t>(word);
      word = Wide{t4} + static_cast<uint64_t>(word >> 64);
      t4 = static_cast<uint64_t>(word);
      const uint64_t t5 = static_cast<uint64_t>(word >> 64);
      const uint64_t factor = t0 * kNegatedInverse;
      word = Wide{factor} * kModulus[0] + t0;
      word = Wide{factor} * kModulus[1] + t1 + static_cast<uint64_t>(word >> 64);
      t0 = static_cast<uint64_t>(word);
      word = Wide{factor} * kModulus[2] + t2 + static_cast<uint64_t>(word >> 64);
      t1 = static_cast<uint64_t>(word);
      word = Wide{factor} * kModulus[3] + t3 + static_cast<uint64_t>(word >> 64);
      t2 = static_cast<uint64_t>(word);
      word = Wide{t4} + static_cast<uint64_t>(word >> 64);
      t3 = static_cast<uint64_t>(word);
      t4 = t5 + static_cast<uint64_t>(word >> 64);
    }
    return Reduce({t0, t1, t2, t3}, t4);
  }

  // -1/modulus modulo 2^64, by Newton: each step doubles the bits that are right.
  static constexpr uint64_t NegatedInverse() {
    uint64_t inverse = 1;
    for (int step = 0; step < 6; ++step) inverse *= 2 - kModulus[0] * inverse;
    return 0 - inverse;
  }
  // 2^512 modulo the modulus, by doubling.
  static constexpr Limbs RSquared() {
    Limbs value = {1};
    for (int bit = 0; bit < 512; ++bit) {
      const uint64_t carry = value[3] >> 63;
      for (size_t i = 3; i > 0; --i) value[i] = value[i] << 1 | value[i - 1] >> 63;
      value[0] <<= 1;
      value = Reduce(value, carry);
    }
    return value;
  }

  static constexpr uint64_t kNegatedInverse = NegatedInverse();
  static constexpr Limbs kRSquared = RSquared();
  static_assert(kModulus[3] >> 63 == 1 && kModulus[0] % 2 == 1 && kModulus[0] > 2);

  Limbs limbs_{};
};

// 1/values[i] for all at the price of one inversion and three products each (Montgomery). A zero
// among them makes every result zero.
template <typename Number>
constexpr void InvertAll(std::span<Number> values, std::span<Number> scratch) {
  Number product = Number::One();
  for (size_t i = 0; i < values.size(); ++i) {
    scratch[i] = product;
    product = product * values[i];
  }
  Number inverse = product.Inverse();
  for (size_t i = values.size(); i-- > 0;) {
    const Number value = values[i];
    values[i] = inverse * scratch[i];
    inverse = inverse * value;
  }
}

}  // namespace polder::crypto::oprf

#endif  // POLDER_CRYPTO_OPRF_RESIDUE_H_
