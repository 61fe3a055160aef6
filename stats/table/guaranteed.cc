#include "stats/table/guaranteed.h"

#include <stdexcept>

namespace polder::stats::table {

int64_t GuaranteedHalfWidth(const base::Rational& variance, const base::Rational& rounding) {
  // 2 ln 40 = 7.377758908..., rounded up.
  static const base::Rational square(7'377'758'909, 1'000'000'000);
  static const base::Integer million = 1'000'000;
  base::Rational reach(base::CeilSqrt(base::Ceil(variance * square * million * million)), million);
  reach.canonicalize();
  // Counts and published numbers are whole: missing by more than h is missing by h + 1.
  const base::Integer width = base::Ceil(reach + rounding - 1);
  const auto whole = base::ToInt64(width < 0 ? base::Integer(0) : width);
  if (!whole) throw std::overflow_error("interval beyond 64 bits");
  return *whole;
}

}  // namespace polder::stats::table
