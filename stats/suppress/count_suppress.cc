#include "stats/suppress/count_suppress.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>

#include "policies/base/problem.h"
#include "stats/suppress/count_system.h"
#include "stats/suppress/exchange.h"
#include "stats/suppress/span.h"

namespace polder::stats::suppress {
namespace {

using table::Alone;
using table::CountSpec;
using table::Loss;
using table::Protection;

std::vector<Members> AttackersOf(const CountSystem& system) {
  std::vector<Members> attackers = {0};
  for (size_t a = 0; a < system.members.size(); ++a) attackers.push_back(Members{1} << a);
  for (size_t a = 0; a < system.members.size(); ++a) {
    for (size_t b = 0; b < a; ++b) attackers.push_back(Members{1} << a | Members{1} << b);
  }
  return attackers;
}

// Everything that must hold at once, and the cells shown so far.
class Guard {
 public:
  Guard(const CountSpec& spec, const CountSystem& system) {
    std::vector<SparseVector> secrets;
    std::vector<Moves::Demand> demands;
    for (size_t i = 0; i < system.classes.size(); ++i) {
      const CountClass& found = system.classes[i];
      if (!found.sensitive) continue;
      class_of_.push_back(i);
      secrets.push_back(found.sum);
      demands.push_back({.cell = found.sum, .count = found.count, .within = found.within});
    }
    const bool interval = spec.protect == Protection::kInterval;
    if (!interval) {
      if (spec.alone == Alone::kPairs) {
        for (const SparseVector& pair : system.pairs) {
          secrets.push_back(pair);
          class_of_.push_back(class_of_.front());  // some cell to name
        }
      }
      span_.emplace(system.single, std::move(secrets),
                    Span::Options{.alone = spec.alone == Alone::kAll});
    }
    if (!interval && !spec.insiders) return;
    moves_.emplace(system.leaves, std::move(demands),
                   Moves::Options{.width = interval ? spec.width : 1,
                                  .reach = interval ? spec.threshold : 0,
                                  .attackers = AttackersOf(system),
                                  .tries = 8});
  }

  enum class Answer { kRefused, kKnown, kShown };
  // Shows the sum where it may be shown.
  Answer Show(const SparseVector& sum) {
    if (span_ && moves_ && span_->Refuses(sum)) return Answer::kRefused;
    if (moves_ && moves_->Show(sum) == Moves::Answer::kRefused) return Answer::kRefused;
    if (!span_) return Answer::kShown;
    const Span::Answer answer = span_->Show(sum);
    if (answer == Span::Answer::kRefused) return Answer::kRefused;
    return answer == Span::Answer::kKnown ? Answer::kKnown : Answer::kShown;
  }

  const std::optional<Span>& span() const { return span_; }
  const std::optional<Moves>& moves() const { return moves_; }
  size_t ClassOf(size_t demand) const { return class_of_[demand]; }
  std::optional<size_t> Blocker() const {
    if (span_ && span_->blocker()) return ClassOf(*span_->blocker());
    if (moves_ && moves_->blocker()) return ClassOf(moves_->blocker()->first);
    return std::nullopt;
  }

 private:
  std::vector<size_t> class_of_;
  std::optional<Span> span_;
  std::optional<Moves> moves_;
};

struct Pattern {
  std::unique_ptr<Guard> guard;
  std::vector<bool> shown;    // per class
  std::vector<size_t> basis;  // the shown classes that did not follow from those before
  int64_t loss = 0;
  bool finished = true;
};

class Search {
 public:
  Search(const CountSpec& spec, const CountSystem& system, const CountSuppressOptions& options)
      : spec_(spec), system_(system), options_(options) {}

  // Stops when the loss reaches `most`.
  Pattern Run(const std::vector<size_t>& order, int64_t most = INT64_MAX) const {
    Pattern pattern{.guard = std::make_unique<Guard>(spec_, system_),
                    .shown = std::vector<bool>(system_.classes.size()),
                    .basis = {}};
    ShowEarlier(pattern);
    for (size_t i : order) {
      if (pattern.finished && options_.out_of_time && options_.out_of_time()) {
        pattern.finished = false;
      }
      if (!pattern.finished || !Show(i, pattern)) pattern.loss += LossOf(system_.classes[i]);
      if (pattern.loss >= most) break;
    }
    return pattern;
  }

  // Shows one hidden cell before all others, the dearest first: what then must be hidden instead
  // may be cheaper in all.
  void Force(size_t tries, std::vector<size_t>& order, Pattern& best) const {
    std::vector<size_t> hidden;
    for (const size_t i : order) {
      if (!best.shown[i]) hidden.push_back(i);
    }
    std::stable_sort(hidden.begin(), hidden.end(), [&](size_t a, size_t b) {
      return LossOf(system_.classes[a]) > LossOf(system_.classes[b]);
    });
    for (const size_t i : hidden) {
      if (tries == 0 || !best.finished) return;
      if (best.shown[i]) continue;
      --tries;
      std::vector<size_t> forced = {i};
      for (const size_t other : order) {
        if (other != i) forced.push_back(other);
      }
      Pattern pattern = Run(forced, best.loss);
      if (!pattern.finished) return;
      if (pattern.loss >= best.loss) continue;
      best = std::move(pattern);
      order = std::move(forced);
    }
  }

  // Classes that may be shown, the dearest first.
  std::vector<size_t> Order(bool members_first) const {
    std::vector<size_t> order;
    for (size_t i = 0; i < system_.classes.size(); ++i) {
      if (!system_.classes[i].sensitive && !system_.classes[i].cells.empty()) order.push_back(i);
    }
    const auto rank = [&](size_t i) {
      const CountClass& found = system_.classes[i];
      const bool of_one = (found.within & (found.within - 1)) == 0;
      return std::make_tuple(!found.keep, members_first && !of_one, -LossOf(found));
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return rank(a) < rank(b); });
    return order;
  }

  // The same, but what a cheaper pattern near this one shows comes first. Empty without one.
  std::vector<size_t> BetterOrder(const Pattern& pattern) const {
    std::vector<ExchangeCell> cells;
    for (size_t i = 0; i < system_.classes.size(); ++i) {
      const CountClass& found = system_.classes[i];
      const bool fixed = pattern.shown[i] && (found.shown_before || found.corrected);
      cells.push_back({.sum = &found.sum,
                       .loss = fixed ? kNever : LossOf(found),
                       .secret = found.sensitive,
                       .alone = spec_.alone == Alone::kAll,
                       .offered = fixed || !found.cells.empty()});
    }
    if (spec_.alone == Alone::kPairs) {
      for (const SparseVector& pair : system_.pairs)
        cells.push_back({.sum = &pair, .secret = true});
    }
    const std::vector<bool> shown =
        Exchanged(cells, system_.single, pattern.basis,
                  {.work = options_.work, .stop = options_.out_of_time});
    if (shown.empty()) return {};
    std::vector<size_t> order = Order(false);
    std::stable_partition(order.begin(), order.end(), [&](size_t i) { return shown[i]; });
    return order;
  }

 private:
  static constexpr int64_t kNever = int64_t{1} << 50;
  // Above any loss that is only a matter of size.
  static constexpr int64_t kKept = int64_t{1} << 40;

  int64_t LossOf(const CountClass& found) const {
    const auto cells = static_cast<int64_t>(found.cells.size());
    const int64_t loss = spec_.loss == Loss::kCells ? cells : cells * found.count;
    return found.keep ? kKept + loss : loss;
  }

  bool Show(size_t i, Pattern& pattern) const {
    const Guard::Answer answer = pattern.guard->Show(system_.classes[i].sum);
    if (answer == Guard::Answer::kRefused) return false;
    if (answer == Guard::Answer::kShown) pattern.basis.push_back(i);
    return pattern.shown[i] = true;
  }

  // What an earlier release shows is known, whatever is decided now.
  void ShowEarlier(Pattern& pattern) const {
    for (size_t i = 0; i < system_.classes.size(); ++i) {
      const CountClass& found = system_.classes[i];
      if (!found.shown_before) continue;
      if (!found.sensitive && Show(i, pattern)) continue;
      const std::optional<size_t> blocker = pattern.guard->Blocker();
      const CountClass& given = found.sensitive || !blocker ? found : system_.classes[*blocker];
      const size_t cell = given.cells.empty()
                              ? system_.cells[static_cast<size_t>(given.sum.front().column)]
                              : given.cells.front();
      throw base::ProblemError(
          "no-safe-pattern", "/previous",
          "With what earlier tables or other offices show, no way was found to protect the cell " +
              spec_.grid.Describe(cell) +
              ". Withdraw the earlier table, or take the cell out of the specification's tables.");
    }
    // The count has been corrected since: who knows the correction knows the sum, so it counts as
    // shown where that is possible at all.
    for (size_t i = 0; i < system_.classes.size(); ++i) {
      const CountClass& found = system_.classes[i];
      if (found.corrected && !found.sensitive && !found.shown_before) Show(i, pattern);
    }
  }

  const CountSpec& spec_;
  const CountSystem& system_;
  const CountSuppressOptions& options_;
};

std::vector<std::pair<size_t, int64_t>> Differences(const CountSystem& system,
                                                    const SparseVector& change) {
  std::vector<std::pair<size_t, int64_t>> differences;
  for (const Entry& entry : change) {
    differences.emplace_back(system.cells[static_cast<size_t>(entry.column)], entry.value);
  }
  return differences;
}

void EachProof(const CountSpec& spec, const CountSystem& system, const Guard& guard,
               const std::function<void(const WidthProof&)>& each) {
  if (!guard.moves() || spec.protect != Protection::kInterval) return;
  const Moves& moves = *guard.moves();
  const std::vector<Members> attackers = AttackersOf(system);
  for (size_t demand = 0; demand < moves.demands(); ++demand) {
    const CountClass& found = system.classes[guard.ClassOf(demand)];
    for (const Members attacker : attackers) {
      if (!moves.IsAttacker(demand, attacker)) continue;
      const std::optional<Moves::Proof> proof = moves.ProofFor(demand, attacker);
      if (!proof) throw std::logic_error("a pattern without its proof");
      WidthProof made{.cell = 0,
                      .attacker = {},
                      .low = Differences(system, proof->low),
                      .high = Differences(system, proof->high),
                      .width = proof->width};
      for (size_t bit = 0; bit < system.members.size(); ++bit) {
        if ((attacker >> bit & 1) != 0) made.attacker.push_back(system.members[bit]);
      }
      for (size_t cell : found.cells) {
        made.cell = cell;
        each(made);
      }
    }
  }
}

// A first pattern costs milliseconds in a small table, so that others can be tried in full; in a
// large one a search nearby is cheaper. The numbers of runs keep the time within a few first runs.
constexpr size_t kSmallTable = 1000;  // leaves
constexpr size_t kTinyTable = 100;
constexpr size_t kMostToExchange = 150'000;  // leaves, each as often as it is summed
constexpr size_t kExactRuns = 1'500;
constexpr size_t kIntervalRuns = 5'000;

}  // namespace

SuppressedCounts SuppressCounts(const CountSpec& spec, const std::vector<int64_t>& counts,
                                const std::vector<std::vector<table::CountCell>>& previous,
                                const CountSuppressOptions& options) {
  const CountSystem system = MakeCountSystem(spec, counts, previous);
  const Search search(spec, system, options);
  std::vector<size_t> order = search.Order(spec.insiders.has_value());
  Pattern best = search.Run(order);
  const size_t leaves = std::max<size_t>(system.leaves.size(), 1);
  const bool exact_alone = best.guard->span() && !best.guard->moves();
  if (options.runs == 0 || !best.finished) {
    // The first pattern it is.
  } else if (exact_alone && leaves > kSmallTable) {
    size_t summed = 0;
    for (const CountClass& found : system.classes) summed += found.sum.size();
    const std::vector<size_t> better =
        summed <= kMostToExchange ? search.BetterOrder(best) : std::vector<size_t>();
    if (!better.empty()) {
      Pattern other = search.Run(better, best.loss);
      if (other.finished && other.loss < best.loss) best = std::move(other);
    }
  } else if (!spec.insiders || leaves <= kTinyTable) {
    const size_t runs = (exact_alone ? kExactRuns : kIntervalRuns) / leaves;
    search.Force(std::clamp<size_t>(runs, exact_alone ? 2 : 1, std::max<size_t>(options.runs, 2)),
                 order, best);
  }

  SuppressedCounts result;
  result.sensitive = system.sensitive_cells;
  result.finished = best.finished;
  std::vector<bool> hidden(spec.grid.cells());
  for (size_t i = 0; i < system.classes.size(); ++i) {
    const CountClass& found = system.classes[i];
    if (found.sensitive && found.corrected) result.corrected_before += found.cells.size();
    if (best.shown[i]) continue;
    for (size_t cell : found.cells) hidden[cell] = true;
  }
  for (size_t cell = 0; cell < spec.grid.cells(); ++cell) {
    if (!spec.offered[cell]) continue;
    if (hidden[cell]) {
      result.cells.push_back({cell, std::nullopt, table::CountStatus::kHidden});
      ++result.hidden_cells;
      result.hidden_sum += counts[cell];
    } else {
      result.cells.push_back(
          {cell, counts[cell],
           counts[cell] == 0 ? table::CountStatus::kZero : table::CountStatus::kValue});
    }
  }
  if (best.guard->span()) {
    const std::optional<SparseVector> witness = best.guard->span()->Witness();
    if (witness) result.witness = Differences(system, *witness);
  }
  const auto list = [&](const WidthProof& proof) { result.proofs.push_back(proof); };
  EachProof(spec, system, *best.guard, options.each_proof ? options.each_proof : list);
  return result;
}

}  // namespace polder::stats::suppress
