// The search through programmes over the leaf cells that passing bounds along leaves open, one per
// part.
#include <algorithm>
#include <numeric>

#include "policies/base/problem.h"
#include "policies/base/rational.h"
#include "stats/audit/count_bounds.h"
#include "stats/audit/count_parts.h"
#include "stats/audit/exact_corner.h"
#include "stats/audit/part_program.h"

namespace polder::stats::audit {
namespace {

using base::Integer;

class PartSearch {
 public:
  PartSearch(const table::Grid& grid, const Part& part, const Enough& enough, const Search& search)
      : part_(part),
        enough_(enough),
        search_(search),
        left_(part.targets.size()),
        program_(grid, part, [this] {
          Tell(left_);
          return Stopped();
        }) {}

  // Narrows `ranges`; adds cells of which nothing could be shown to `undecided`.
  void Run(std::vector<CountRange>& ranges, std::vector<size_t>& undecided) {
    const bool fits = program_.Start();
    if (part_.targets.empty()) return;
    if (search_.truth != nullptr) ShowTruth();
    std::vector<size_t> open(part_.targets.size());
    std::iota(open.begin(), open.end(), size_t{0});
    if (fits) LookAround(open);
    for (size_t i = 0; i < open.size(); ++i) {
      if (fits && !Stopped()) Ask(open[i], ranges);
      Tell(open.size() - i - 1);
    }
    for (size_t t = 0; t < part_.targets.size(); ++t) {
      if (fits && !Stopped()) AskInWholeNumbers(t, ranges);
      Settle(t, ranges, undecided);
    }
  }

 private:
  // Whole numbers are hard: what is hard within these is said to be open in fractions only.
  static constexpr size_t kMostColumns = 500;
  static constexpr size_t kMostNodes = 4000;

  void Tell(size_t left) {
    left_ = left;
    if (search_.progress) search_.progress(left);
  }

  bool Stopped() const { return search_.stop && search_.stop(); }

  void ShowTruth() {
    ExactTable truth;
    for (const size_t leaf : part_.leaves) {
      truth.numerators.push_back(base::ToInteger((*search_.truth)[leaf]));
    }
    if (!program_.Show(truth)) {
      throw base::ProblemError("tables-contradict", "",
                               "The tables are not those of the cases: no count of the cases fits "
                               "what they show. Give the cases that the tables were made of.");
    }
  }

  // As long as a look around is cheaper than asking those whom it settles.
  void LookAround(std::vector<size_t>& open) {
    constexpr size_t kFew = 12;
    constexpr size_t kWorthIt = 8;
    const auto forget_seen = [&] {
      std::erase_if(open, [&](size_t target) { return SeenEnough(target); });
      Tell(open.size());
    };
    forget_seen();
    while (open.size() > kFew && !Stopped()) {
      const size_t before = open.size();
      if (search_.cold) program_.StartAgain();
      program_.LookAround(open);
      forget_seen();
      if (before - open.size() < kWorthIt) break;
    }
  }

  // Whole numbers between what was seen, not only a distance.
  bool IsEnough(const PartProgram::Seen& seen, size_t t) const {
    return seen.most && *seen.most - *seen.least >= base::ToInteger(enough_.width) &&
           *seen.most + base::ToInteger(part_.targets[t].fixed) >= base::ToInteger(enough_.reach);
  }
  bool SeenEnough(size_t t) const { return IsEnough(program_.SeenOf(t), t); }
  bool SeenEnoughInWholeNumbers(size_t t) const { return IsEnough(program_.SeenWhole(t), t); }

  void Ask(size_t t, std::vector<CountRange>& ranges) {
    const PartTarget& target = part_.targets[t];
    const Integer fixed = base::ToInteger(target.fixed);
    const CountRange known = RangeOf(t, ranges);
    const PartProgram::Seen& seen = program_.SeenOf(t);
    // An end that a table reaches needs no programme.
    const bool at_most = seen.most && *seen.most + fixed >= base::ToInteger(known.high);
    if (!SeenEnough(t) && !at_most) {
      if (search_.cold) program_.StartAgain();
      Lower(target, fixed - program_.Least(target, -1), ranges);
    }
    const bool at_least = seen.least && *seen.least + fixed <= base::ToInteger(known.low);
    if (!SeenEnough(t) && !at_least) {
      if (search_.cold) program_.StartAgain();
      Raise(target, fixed + program_.Least(target, 1), ranges);
    }
  }

  // What is open to who reasons in fractions may still be narrow in whole numbers.
  void AskInWholeNumbers(size_t t, std::vector<CountRange>& ranges) {
    if (part_.columns.size() > kMostColumns || !SeenEnough(t)) return;
    const PartTarget& target = part_.targets[t];
    const Integer fixed = base::ToInteger(target.fixed);
    const auto enough = [&] { return SeenEnoughInWholeNumbers(t) || Stopped(); };
    if (nodes_ > 0 && !enough()) {
      Lower(target, fixed - program_.LeastWhole(target, -1, nodes_, enough), ranges);
    }
    if (nodes_ > 0 && !enough()) {
      Raise(target, fixed + program_.LeastWhole(target, 1, nodes_, enough), ranges);
    }
  }

  static void Lower(const PartTarget& target, const Integer& most,
                    std::vector<CountRange>& ranges) {
    for (const size_t cell : target.cells) {
      if (most < base::ToInteger(ranges[cell].high)) ranges[cell].high = most.get_si();
    }
  }
  static void Raise(const PartTarget& target, const Integer& least,
                    std::vector<CountRange>& ranges) {
    for (const size_t cell : target.cells) {
      if (least > base::ToInteger(ranges[cell].low)) ranges[cell].low = least.get_si();
    }
  }

  CountRange RangeOf(size_t t, const std::vector<CountRange>& ranges) const {
    CountRange all;
    for (const size_t cell : part_.targets[t].cells) {
      all = {std::max(all.low, ranges[cell].low), std::min(all.high, ranges[cell].high)};
    }
    return all;
  }

  void Settle(size_t t, const std::vector<CountRange>& ranges, std::vector<size_t>& undecided) {
    const CountRange range = RangeOf(t, ranges);
    if (range.high - range.low < enough_.width || range.high < enough_.reach) return;
    const std::vector<size_t>& cells = part_.targets[t].cells;
    if (!SeenEnough(t)) {
      undecided.insert(undecided.end(), cells.begin(), cells.end());
    } else if (search_.in_fractions != nullptr && !SeenEnoughInWholeNumbers(t)) {
      *search_.in_fractions += cells.size();
    }
  }

  const Part& part_;
  const Enough& enough_;
  const Search& search_;
  size_t left_;  // as last told
  PartProgram program_;
  size_t nodes_ = kMostNodes;
};

}  // namespace

std::vector<size_t> Narrow(const table::Grid& grid, const std::vector<size_t>& targets,
                           const Enough& enough, const std::vector<CountRange>& stated,
                           std::vector<CountRange>& ranges, const Search& search) {
  std::vector<bool> wanted(grid.cells());
  for (const size_t cell : targets) wanted[cell] = !ranges[cell].IsExact();
  std::vector<size_t> undecided;
  for (const Part& part : PartsOf(grid, wanted, stated, ranges)) {
    if (part.rows.empty() && part.targets.empty()) continue;
    PartSearch(grid, part, enough, search).Run(ranges, undecided);
  }
  return undecided;
}

}  // namespace polder::stats::audit
