#include "policies/base/nano_rho.h"

#include <stdexcept>

namespace polder::base {
namespace {

constexpr int64_t kNanoPerRho = 1'000'000'000;

NanoRho Checked(const Integer& nano) {
  const auto value = ToInt64(nano);
  if (!value) throw std::overflow_error("privacy budget beyond the ledger's range");
  return NanoRho(*value);
}

}  // namespace

NanoRho::NanoRho(int64_t nano) : nano_(nano) {
  if (nano < 0) throw std::domain_error("privacy budget cannot be negative");
}

NanoRho NanoRho::CostOf(const Rational& rho) { return Checked(Ceil(rho * kNanoPerRho)); }
NanoRho NanoRho::AllowanceOf(const Rational& rho) { return Checked(Floor(rho * kNanoPerRho)); }

Rational NanoRho::rho() const {
  Rational value(ToInteger(nano_), ToInteger(kNanoPerRho));
  value.canonicalize();
  return value;
}

std::string NanoRho::Text() const {
  std::string text = ToDecimal(rho(), 9);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

NanoRho NanoRho::OfIdentifiers(int64_t identifiers) const {
  if (identifiers < 1) throw std::domain_error("a pupil has at least one identifier");
  NanoRho bound;
  if (__builtin_mul_overflow(nano_, identifiers, &bound.nano_) ||
      __builtin_mul_overflow(bound.nano_, identifiers, &bound.nano_)) {
    throw std::overflow_error("nano-rho beyond 64 bits");
  }
  return bound;
}

NanoRho operator+(NanoRho a, NanoRho b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a.nano_, b.nano_, &sum)) {
    throw std::overflow_error("privacy budget beyond the ledger's range");
  }
  return NanoRho(sum);
}

NanoRho operator-(NanoRho a, NanoRho b) { return NanoRho(a.nano_ - b.nano_); }

}  // namespace polder::base
