// One linear programme over a part, asked many times, and what its answers prove.
//
// The solver only points. That a sum may be small or large rests on tables in exact numbers at the
// corners where it stopped, checked by addition; that it may not, on a bound added up exactly from
// its multipliers. Sums are told without what closed leaves add.
#ifndef POLDER_STATS_AUDIT_PART_PROGRAM_H_
#define POLDER_STATS_AUDIT_PART_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "policies/base/rational.h"
#include "stats/audit/count_parts.h"
#include "stats/audit/exact_corner.h"

class ClpSimplex;

namespace polder::stats::audit {

class PartProgram {
 public:
  // `part` and `grid` must outlive this. Throws ProblemError "tables-contradict" when the known
  // sums cannot all be true. `stop` is asked now and then while the solver works; true ends what it
  // is at without an answer.
  PartProgram(const table::Grid& grid, const Part& part, const std::function<bool()>& stop = {});
  ~PartProgram();

  // Whether anything fits. Throws ProblemError "tables-contradict", naming cells, when it is proved
  // that nothing does.
  bool Start();

  // A table that is known to fit, such as the true one. False when it does not.
  bool Show(const ExactTable& table);

  // The proved least value of `sign` times the sum of the target's columns.
  base::Integer Least(const PartTarget& target, int sign);

  // The same in whole numbers: branches where a corner has fractions, at most `nodes` times, and
  // counts them down. Stops early when `enough`. Throws ProblemError "tables-contradict" when no
  // table of whole numbers is left.
  base::Integer LeastWhole(const PartTarget& target, int sign, size_t& nodes,
                           const std::function<bool()>& enough);

  // Looks at a corner of what is possible in a direction that moves all of `targets` at once: most
  // turn out to be wide before they need a programme of their own.
  void LookAround(const std::vector<size_t>& targets);

  // The whole numbers within what was seen of a target; nothing before anything was.
  struct Seen {
    std::optional<base::Integer> least, most;
  };
  const Seen& SeenOf(size_t target) const { return seen_[target]; }
  // The same from tables of whole numbers only.
  const Seen& SeenWhole(size_t target) const { return whole_[target]; }

  // Forgets where the solver stands, as if nothing had been asked before.
  void StartAgain();

 private:
  using Limits = std::vector<std::pair<int, CountRange>>;  // of columns, closer than the part's
  struct Node {
    Limits limits;
    base::Integer least;  // proved for the node above
  };
  enum class Answer { kOptimal, kNothing, kUnknown };

  void Build();
  void Limit(int column, const CountRange& range);
  Answer Solve();
  bool ProvesNothingFits(std::vector<size_t>& used);
  void See();
  bool SeeWhole();
  Corner WhereItStands() const;
  void Note(const ExactTable& table);
  std::optional<int> MostFractional() const;
  base::Integer Proved(const std::vector<int>& objective, int sign, const double* prices,
                       std::vector<size_t>* used) const;
  base::Integer ProvedOver(int64_t denominator, const std::vector<int>& objective, int sign,
                           const double* prices, std::vector<size_t>* used) const;

  const table::Grid& grid_;
  const Part& part_;
  std::vector<CountRange> columns_;  // of the part, or closer while branching
  std::vector<size_t> rows_;         // of the part, in the solver's order
  std::unique_ptr<ClpSimplex> solver_;
  uint32_t state_ = 1;
  std::vector<Seen> seen_, whole_;
};

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_PART_PROGRAM_H_
