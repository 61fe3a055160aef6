// How closely anyone can estimate a hidden cell from everything that was ever measured of it.
//
// Published values are made from the noisy answers, so whoever has the answers can do whatever a
// reader of the release can. All statements here are about that stronger reader, who even holds the
// answers behind hidden cells; the standard errors are therefore lower bounds for every real one.
//
// The answers are Psi_A x + N(0, gamma_A^2) over marginals A, so the information about the counts
// is sum_A Psi_A' Psi_A / gamma_A^2 (Gauss-Markov; earlier releases of the period add theirs).
// Members know their own municipality's true counts, everybody knows that a municipality without a
// delivery has none; these rows leave the unknowns. With Psi_A = kron (n_i I - J) the rest is a sum
// of blocks alpha I + beta J, one per subset of the other attributes, and has an exact inverse in
// closed form. With classes of municipalities a block has one beta per pair of classes.
//
// A residual over a set that holds municipalities and not their classes is one that was measured
// without knowing classes: Psi along all municipalities at once.
#ifndef POLDER_STATS_AUDIT_INFORMATION_H_
#define POLDER_STATS_AUDIT_INFORMATION_H_

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "policies/base/rational.h"
#include "stats/table/linked_tables.h"

namespace polder::stats::audit {

// 1/gamma_A^2 per measured marginal, added up over releases. Throws ProblemError
// "too-little-noise" for gamma squared under 1, where a discrete Gaussian has noticeably less
// variance than its parameter; from 1 on the difference is under a millionth and is charged to the
// reader.
class Information {
 public:
  explicit Information(table::Schema schema) : schema_(std::move(schema)) {}

  const table::Schema& schema() const { return schema_; }
  void Add(const std::vector<table::MeasuredResidual>& residuals);
  const std::map<table::AttributeSet, base::Rational>& precision() const { return precision_; }

  // Variance of the best linear estimate of the unknown part of a cell of the table over
  // `attributes`, when `known` municipalities' counts are known: the cell itself when the table
  // crosses municipality, otherwise the sum over the other municipalities. nullopt when nothing
  // unknown is left, or the cell cannot be estimated at all.
  std::optional<base::Rational> BestVariance(table::AttributeSet attributes, size_t known) const;

  // The same where municipalities have classes, which may be uneven: `unknown` says how many
  // municipalities of each class are not known. By symmetry a cell of one municipality differs from
  // another's in its class only, `in_class`; so does a cell of a class. It says nothing for cells
  // that cross neither. Throws ProblemError "audit-failed" for any other grouping.
  //
  // Over the unknown municipalities a block is alpha I + Z G Z', Z telling classes apart; what is
  // left to solve has one unknown per class.
  std::optional<base::Rational> BestVariance(table::AttributeSet attributes,
                                             const std::vector<size_t>& unknown,
                                             size_t in_class) const;

  // Information about one unit in one cell of the full cross, all else known: sum_A
  // ||Psi_A e||^2 / gamma_A^2, for the worst cell; without classes every cell has
  // sum_A prod_{i in A} n_i (n_i - 1) / gamma_A^2. One over it bounds the variance of every
  // unbiased estimate by anyone who does not know that unit (Cramer-Rao along one direction),
  // whatever else they know.
  base::Rational OfOneUnit() const;

 private:
  base::Rational Precision(table::AttributeSet attributes) const;
  // Along all attributes but municipalities and classes: what the block of subset `a` weighs in a
  // cell of the table over `rest`, over its eigenvalue there.
  base::Rational WeightOf(table::AttributeSet rest, table::AttributeSet a) const;

  table::Schema schema_;
  std::map<table::AttributeSet, base::Rational> precision_;
};

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_INFORMATION_H_
