// The best linear estimate of a hidden cell by someone who also has other offices' figures.
//
// Known figures break the symmetry that `Information` has a closed form for, so the bound is found
// another way. For every change d of the counts that agrees with all that the attacker knows
// exactly, no unbiased estimate of a cell has a variance under (change of the cell)^2 / information
// about d, and for the best d it is the variance of the best linear estimate (Cramer-Rao along a
// line, Gauss-Markov). The best d is searched with floating point; it is then rounded to a change
// in whole numbers that agrees with what is known exactly, and the bound of that one is added up in
// exact arithmetic. A poor search can only make the bound smaller.
#ifndef POLDER_STATS_AUDIT_INFORMED_H_
#define POLDER_STATS_AUDIT_INFORMED_H_

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "policies/base/rational.h"
#include "stats/table/known_figures.h"
#include "stats/table/schema.h"

namespace polder::stats::audit {

struct InformedBound {
  // The cell follows from the known figures and the attacker's own counts alone: no release can
  // give it away or keep it.
  bool known_elsewhere = false;
  // At most the variance of the best linear estimate, and in practice that variance; nothing when
  // the cell cannot be estimated at all.
  std::optional<base::Rational> variance;
};

// A figure that lies between two values is a measurement with the variance of a whole number drawn
// evenly from between them.
class InformedEstimates {
 public:
  // `precision`: 1/gamma^2 per measured marginal, over all releases; it and the schema must outlive
  // this. A set that holds municipalities and not their classes is a residual measured without
  // classes.
  InformedEstimates(const table::Schema& schema,
                    const std::map<table::AttributeSet, base::Rational>& precision,
                    std::vector<table::KnownFigure> known);

  // One bound per cell of the table over `attributes`, for someone who knows the counts of the
  // municipalities in `own` (code positions). A cell that crosses no municipality is asked about as
  // the part that is not theirs. Throws ProblemError "audit-failed" when the tables that are asked
  // about, measured and known have more than kMostCells cells together.
  // Cost: a dense factorisation over those cells, however large the cross of their attributes is.
  std::vector<InformedBound> For(table::AttributeSet attributes, const std::vector<size_t>& cells,
                                 const std::vector<size_t>& own) const;

  static constexpr size_t kMostCells = 4000;

 private:
  const table::Schema& schema_;
  const std::map<table::AttributeSet, base::Rational>& precision_;
  const std::vector<table::KnownFigure> known_;
  table::AttributeSet town_ = 0;
  table::AttributeSet crossed_ = 0;  // by any known figure
};

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_INFORMED_H_
