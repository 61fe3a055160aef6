// The ledger's unit: a billionth of rho (zero-concentrated differential privacy), a checked whole
// number.
#ifndef POLDER_POLICIES_BASE_NANO_RHO_H_
#define POLDER_POLICIES_BASE_NANO_RHO_H_

#include <compare>
#include <cstdint>
#include <string>

#include "policies/base/rational.h"

namespace polder::base {

// An amount of privacy budget, never negative. Arithmetic throws std::overflow_error rather than
// wrap.
class NanoRho {
 public:
  constexpr NanoRho() = default;
  // Throws std::domain_error when negative.
  explicit NanoRho(int64_t nano);

  // A cost is rounded up and an allowance down, so that what is spent never exceeds what was
  // granted.
  static NanoRho CostOf(const Rational& rho);
  static NanoRho AllowanceOf(const Rational& rho);

  // What bounds a pupil who is `identifiers` tokens, each of which costs this: all their records
  // together move every answer at most that many times as far, and cost goes by the square. Reached
  // when the tokens count for the same. Throws std::domain_error below 1, std::overflow_error.
  NanoRho OfIdentifiers(int64_t identifiers) const;

  int64_t nano() const { return nano_; }
  Rational rho() const;
  std::string Text() const;  // "0.25": exact decimal rho

  friend auto operator<=>(const NanoRho&, const NanoRho&) = default;
  friend NanoRho operator+(NanoRho a, NanoRho b);
  friend NanoRho operator-(NanoRho a, NanoRho b);  // throws std::domain_error when b > a

 private:
  int64_t nano_ = 0;
};

}  // namespace polder::base

#endif  // POLDER_POLICIES_BASE_NANO_RHO_H_
