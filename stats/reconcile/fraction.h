// Small exact fractions for tables of coefficients: 64 bits above and below the line, no rounding
// ever; what does not fit stops the computation instead.
#ifndef POLDER_STATS_RECONCILE_FRACTION_H_
#define POLDER_STATS_RECONCILE_FRACTION_H_

#include <cstdint>
#include <stdexcept>

namespace polder::stats::reconcile {

// Room for a product of two 64-bit numbers.
__extension__ using Wide = __int128;

// An exact result that needs more than 64 bits.
struct OutOfRoom : std::overflow_error {
  OutOfRoom() : std::overflow_error("a fraction beyond 64 bits") {}
};

// In lowest terms, the denominator positive.
class Fraction {
 public:
  Fraction(int64_t whole = 0) : above_(whole) {}  // NOLINT: whole numbers are fractions

  bool IsZero() const { return above_ == 0; }
  bool IsWhole() const { return below_ == 1; }
  int Sign() const { return above_ < 0 ? -1 : above_ > 0 ? 1 : 0; }
  int64_t Floor() const;

  // *this + a * b. Throws OutOfRoom.
  Fraction PlusProduct(const Fraction& a, const Fraction& b) const;
  Fraction operator-() const;
  Fraction operator-(const Fraction& other) const { return PlusProduct(other, Fraction(-1)); }
  Fraction operator*(const Fraction& other) const { return Fraction().PlusProduct(*this, other); }
  // 1 / *this; not for nought.
  Fraction Inverse() const;

  friend bool operator==(const Fraction&, const Fraction&) = default;
  friend bool operator<(const Fraction& a, const Fraction& b) {
    return static_cast<Wide>(a.above_) * b.below_ < static_cast<Wide>(b.above_) * a.below_;
  }

 private:
  static Fraction Of(Wide above, Wide below);

  int64_t above_ = 0;
  int64_t below_ = 1;
};

}  // namespace polder::stats::reconcile

#endif  // POLDER_STATS_RECONCILE_FRACTION_H_
