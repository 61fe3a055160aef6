#include "stats/noise/rejection.h"

#include <limits>
#include <stdexcept>

#include "policies/base/problem.h"

namespace polder::stats::noise {
namespace {

using base::BitStream;
using base::Integer;

__extension__ typedef unsigned __int128 Word;

unsigned BitLength(Word value) {
  const auto high = static_cast<uint64_t>(value >> 64);
  const auto low = static_cast<uint64_t>(value);
  if (high != 0) return 128 - static_cast<unsigned>(__builtin_clzll(high));
  return low == 0 ? 0 : 64 - static_cast<unsigned>(__builtin_clzll(low));
}

unsigned BitLength(const Integer& value) {
  return value == 0 ? 0 : static_cast<unsigned>(mpz_sizeinbase(value.get_mpz_t(), 2));
}

Word FromUint64(uint64_t value, Word) { return value; }

Integer FromUint64(uint64_t value, const Integer&) {
  static_assert(sizeof(unsigned long) == sizeof(uint64_t));
  return Integer(static_cast<unsigned long>(value));
}

template <class Int>
Int From(uint64_t value) {
  return FromUint64(value, Int());
}

// A whole number from 0 to bound - 1, by rejection: each is exactly as likely as the other.
template <class Int>
Int UniformBelow(const Int& bound, BitStream& bits) {
  const unsigned length = BitLength(Int(bound - 1));
  while (true) {
    Int value = From<Int>(0);
    for (unsigned left = length; left > 0;) {
      const unsigned take = left % 64 == 0 ? 64 : left % 64;
      value = Int(Int(value << take) + From<Int>(bits.Bits(take)));
      left -= take;
    }
    if (value < bound) return value;
  }
}

// True with probability exp(-numerator / denominator), for a quotient of at most 1. The words' room
// is that denominator < 2^96; the count beyond which they would overflow is never reached: it has
// a probability below 1 / (2^31)!.
template <class Int>
bool BernoulliExpOfFraction(const Int& numerator, const Int& denominator, BitStream& bits) {
  uint64_t count = 1;
  while (UniformBelow(Int(denominator * From<Int>(count)), bits) < numerator) {
    if (++count >= uint64_t{1} << 31) throw std::overflow_error("the source of bits is not random");
  }
  return count % 2 == 1;
}

template <class Int>
bool BernoulliExp(Int numerator, const Int& denominator, BitStream& bits) {
  const Int one = From<Int>(1);
  while (numerator > denominator) {
    if (!BernoulliExpOfFraction(one, one, bits)) return false;
    numerator -= denominator;
  }
  return BernoulliExpOfFraction(numerator, denominator, bits);
}

int64_t Narrow(const Integer& magnitude) {
  const auto value = base::ToInt64(magnitude);
  if (!value) throw std::overflow_error("a draw beyond 64 bits");
  return *value;
}

int64_t Narrow(Word magnitude) {
  if (magnitude > static_cast<Word>(std::numeric_limits<int64_t>::max())) {
    throw std::overflow_error("a draw beyond 64 bits");
  }
  return static_cast<int64_t>(magnitude);
}

// Canonne, Kamath, Steinke, algorithm 2, scale = numerator / denominator.
template <class Int>
int64_t LaplaceDraw(uint64_t scale_numerator, uint64_t scale_denominator, BitStream& bits) {
  const Int numerator = From<Int>(scale_numerator);
  const Int denominator = From<Int>(scale_denominator);
  const Int one = From<Int>(1);
  while (true) {
    const Int remainder = UniformBelow(numerator, bits);
    if (!BernoulliExpOfFraction(remainder, numerator, bits)) continue;
    uint64_t wholes = 0;
    while (BernoulliExpOfFraction(one, one, bits)) ++wholes;
    const Int scaled = Int(remainder + numerator * From<Int>(wholes));
    const int64_t magnitude = Narrow(Int(scaled / denominator));
    const bool negative = bits.Bits(1) == 1;
    // Zero has one sign only, else it would be drawn twice as often.
    if (negative && magnitude == 0) continue;
    return negative ? -magnitude : magnitude;
  }
}

bool Fits64(const Integer& value) { return BitLength(value) <= 64; }

uint64_t ToUint64(const Integer& value) { return value.get_ui(); }

Word ToWord(const Integer& value) {
  const Integer high = value >> 64;
  const Integer low = value - (high << 64);
  return static_cast<Word>(ToUint64(high)) << 64 | ToUint64(low);
}

Integer PowerOfTwo(unsigned exponent) { return Integer(1) << exponent; }

constexpr unsigned kOffsetBits = 62;
constexpr unsigned kDoubledBits = 96;

}  // namespace

DiscreteLaplace::DiscreteLaplace(const base::Rational& scale) {
  if (scale <= 0 || scale > PowerOfTwo(40) || !Fits64(scale.get_num()) ||
      !Fits64(scale.get_den())) {
    throw base::ProblemError("scale-out-of-range", "",
                             "The scale of a discrete Laplace draw must lie above 0 and be at most "
                             "2^40, with at most 64 bits above and below the line.");
  }
  numerator_ = ToUint64(scale.get_num());
  denominator_ = ToUint64(scale.get_den());
}

int64_t DiscreteLaplace::Sample(BitStream& bits, Arithmetic arithmetic) const {
  return arithmetic == Arithmetic::kWords ? LaplaceDraw<Word>(numerator_, denominator_, bits)
                                          : LaplaceDraw<Integer>(numerator_, denominator_, bits);
}

RejectionGaussian::RejectionGaussian(const base::Rational& sigma_squared) {
  const Integer& p = sigma_squared.get_num();
  const Integer& q = sigma_squared.get_den();
  const Integer scale = base::FloorSqrt(base::Floor(sigma_squared)) + 1;
  scale_ = ToUint64(scale);
  step_ = q * scale;
  offset_ = p;
  doubled_ = 2 * p * q * scale * scale;
  if (BitLength(doubled_) <= kDoubledBits && BitLength(offset_) <= kOffsetBits &&
      BitLength(step_) <= kOffsetBits) {
    words_fit_ = true;
    word_limit_ = ToUint64(Integer(PowerOfTwo(kOffsetBits) / step_));
  }
}

bool RejectionGaussian::AcceptWords(uint64_t magnitude, BitStream& bits) const {
  const Word scaled = static_cast<Word>(magnitude) * ToUint64(step_);
  const Word offset = ToUint64(offset_);
  const Word distance = scaled > offset ? scaled - offset : offset - scaled;
  return BernoulliExp<Word>(distance * distance, ToWord(doubled_), bits);
}

bool RejectionGaussian::AcceptBig(uint64_t magnitude, BitStream& bits) const {
  const Integer distance = From<Integer>(magnitude) * step_ - offset_;
  return BernoulliExp<Integer>(Integer(distance * distance), doubled_, bits);
}

int64_t RejectionGaussian::Sample(BitStream& bits, Arithmetic arithmetic) const {
  const bool words = arithmetic == Arithmetic::kWords;
  while (true) {
    const int64_t draw =
        words ? LaplaceDraw<Word>(scale_, 1, bits) : LaplaceDraw<Integer>(scale_, 1, bits);
    const auto magnitude = static_cast<uint64_t>(draw < 0 ? -draw : draw);
    const bool accepted = words && words_fit_ && magnitude <= word_limit_
                              ? AcceptWords(magnitude, bits)
                              : AcceptBig(magnitude, bits);
    if (accepted) return draw;
  }
}

}  // namespace polder::stats::noise
