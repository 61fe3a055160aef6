#include "stats/suppress/hide_counts.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>

#include "policies/base/problem.h"
#include "stats/suppress/alone.h"
#include "stats/suppress/moves.h"

namespace polder::stats::suppress {
namespace {

using Cell = table::CountHistory::Cell;

SparseVector SumOf(const std::vector<size_t>& leaves) {
  SparseVector sum;
  for (const size_t leaf : leaves) sum.push_back({static_cast<int32_t>(leaf), 1});
  return sum;
}
SparseVector SumOf(const Cell& cell) { return SumOf(cell.leaves); }

class Hider {
 public:
  Hider(const table::CountHistory& history, const policies::disclosure::Policy& policy)
      : history_(history), policy_(policy), alone_(history), moves_(Leaves(), {}, OptionsOf()) {}

  enum class Order { kAsMade, kDemandsFirst };

  // As they were made: release after release, so that the moves of each come out again before the
  // next one is asked anything. Demands first: all that must stay hidden is known before anything
  // is shown, so that other moves are kept.
  HiddenCounts Hide(Order order) {
    HiddenCounts result;
    // What other offices tell stands before anything is shown. A band fixes its sum here: that
    // hides a little more than need be.
    for (const auto& known : history_.known()) moves_.Show(SumOf(known.leaves));
    for (size_t release = 0; release < history_.releases(); ++release) {
      if (order == Order::kDemandsFirst) Demand(release);
    }
    for (size_t release = 0; release < history_.releases(); ++release) {
      if (order == Order::kAsMade) Demand(release);
      const std::vector<size_t> refused = Show(Shown(release));
      if (release + 1 == history_.releases()) {
        for (const size_t i : refused) result.hidden.push_back(history_.cells()[i].number);
      } else if (!refused.empty()) {
        CannotProtect(refused.front());
      }
    }
    for (size_t demand = 0; demand < demand_cells_.size(); ++demand) {
      for (const Members attacker : attackers_) {
        if (moves_.IsAttacker(demand, attacker)) result.proofs.push_back(Proof(demand, attacker));
      }
      for (const size_t group : alone_.GroupsAgainst(history_.cells()[demand_cells_[demand]])) {
        result.proofs.push_back(ProofAgainstGroup(demand, group));
      }
    }
    return result;
  }

 private:
  // Each member has a bit for the persons who are alone in a leaf of it, and one for the rest.
  Members RestOf(size_t member) const { return Members{1} << member; }
  Members AloneOf(size_t member) const {
    return Members{1} << (history_.members().size() + member);
  }
  // All that it has in its archives.
  Members AllOf(size_t member) const {
    Members all = 0;
    for (const size_t own : history_.archives()[member]) all |= RestOf(own) | AloneOf(own);
    return all;
  }
  Members BitOf(size_t leaf) const {
    const auto& found = history_.leaves()[leaf];
    if (!found.member) return 0;
    return found.count == 1 ? AloneOf(*found.member) : RestOf(*found.member);
  }

  std::vector<Moves::Leaf> Leaves() const {
    if (2 * history_.members().size() > kMostMembers) {
      throw base::ProblemError("too-many-members", "/insiders",
                               "members are counted up to " + std::to_string(kMostMembers / 2) +
                                   "; a region with more needs a mechanism with noise");
    }
    std::vector<Moves::Leaf> leaves;
    for (size_t i = 0; i < history_.leaves().size(); ++i) {
      const int64_t count = history_.leaves()[i].count;
      // What is not nought is known not to be, where noughts are shown.
      const int64_t least = policy_.suppression().zeros_published && count > 0 ? 1 : 0;
      leaves.push_back({.count = count, .least = least, .member = BitOf(i)});
    }
    return leaves;
  }

  int64_t ThresholdOf(const Cell& cell) const { return policy_.RuleOf(cell.kind).threshold; }

  bool IsSensitive(const Cell& cell) const {
    if (cell.municipal && policy_.RuleOf(cell.kind).region_only) return true;
    const int64_t least = policy_.suppression().zeros_published ? 1 : 0;
    return cell.count >= least && cell.count < ThresholdOf(cell);
  }

  // Every sensitive count of the release; the same sum needs one proof.
  void Demand(size_t release) {
    for (size_t i = 0; i < history_.cells().size(); ++i) {
      const Cell& cell = history_.cells()[i];
      if (cell.release != release || !IsSensitive(cell)) continue;
      if (table::HasNumber(cell.status)) {
        throw base::ProblemError("cannot-protect",
                                 base::Pointer(base::Pointer("/releases", release), cell.number),
                                 "an earlier release shows a count that must stay hidden now; "
                                 "withdraw it, or lower what the policy protects");
      }
      if (!wanted_.insert(cell.leaves).second) continue;
      const auto* known = history_.FindKnown(cell.leaves);
      if (known != nullptr && known->NarrowerThan(policy_.suppression().width, ThresholdOf(cell))) {
        continue;  // another office has published it: hidden here, and beyond protection
      }
      Members within = 0;
      for (const size_t leaf : cell.leaves) within |= BitOf(leaf);
      demand_cells_.push_back(i);
      if (!moves_.Want({.cell = SumOf(cell),
                        .count = cell.count,
                        .within = within,
                        .reach = ThresholdOf(cell),
                        .groups = alone_.GroupsAgainst(cell)})) {
        CannotProtect(i);
      }
    }
  }

  Moves::Options OptionsOf() {
    const size_t members = history_.members().size();
    std::vector<Members> alone;
    for (size_t a = 0; a < members; ++a) {
      const auto& leaves = history_.leaves();
      const bool any = std::any_of(leaves.begin(), leaves.end(), [&](const auto& leaf) {
        return leaf.member == a && leaf.count == 1;
      });
      if (any) alone.push_back(AloneOf(a));
    }
    std::vector<Members> pairs;
    attackers_ = {0};
    const auto add = [](std::vector<Members>& to, Members attacker) {
      if (std::find(to.begin(), to.end(), attacker) == to.end()) to.push_back(attacker);
    };
    for (size_t a = 0; policy_.suppression().insiders && a < members; ++a) {
      add(attackers_, AllOf(a));
      for (size_t b = 0; b < a; ++b) add(pairs, AllOf(a) | AllOf(b));
    }
    // With three members or more a pair knows whatever an outsider or a member does, and there is
    // one that does not hold all of a cell.
    std::vector<Members> strongest = pairs;
    if (members < 3 || pairs.empty()) {
      strongest.insert(strongest.begin(), attackers_.begin(), attackers_.end());
    }
    strongest.insert(strongest.end(), alone.begin(), alone.end());
    for (const Members pair : pairs) add(attackers_, pair);
    attackers_.insert(attackers_.end(), alone.begin(), alone.end());
    return {.width = policy_.suppression().width,
            .reach = 0,
            .attackers = strongest,
            .groups = alone_.groups()};
  }

  // Names the cell in the way as the audit does, by release and number: nothing of what is in it.
  [[noreturn]] void CannotProtect(size_t cell) const {
    const auto& found = history_.cells()[cell];
    throw base::ProblemError(
        "cannot-protect", base::Pointer(base::Pointer("/releases", found.release), found.number),
        "what earlier releases of this year show and the policy's known tables tell leaves no "
        "way to protect a small count in this cell, or in one that it would give away; withdraw "
        "one of them, or take a table out of the policy");
  }

  // Cells of the release that the rules show, the dearest first.
  std::vector<size_t> Shown(size_t release) const {
    std::vector<size_t> order;
    for (size_t i = 0; i < history_.cells().size(); ++i) {
      const Cell& cell = history_.cells()[i];
      if (cell.release == release && table::HasNumber(cell.status)) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return history_.cells()[a].count > history_.cells()[b].count;
    });
    return order;
  }

  // Shows what can be shown, and asks again for what was refused as long as that helps: moves that
  // were given up since may have been the ones in the way. Returns what stays refused.
  std::vector<size_t> Show(std::vector<size_t> cells) {
    for (bool more = true; more;) {
      const size_t before = cells.size();
      std::erase_if(cells, [&](size_t i) {
        return moves_.Show(SumOf(history_.cells()[i])) != Moves::Answer::kRefused;
      });
      more = !cells.empty() && cells.size() < before;
    }
    return cells;
  }

  table::CountProof Proof(size_t demand, Members attacker) const {
    const auto found = moves_.ProofFor(demand, attacker);
    if (!found) throw std::logic_error("a pattern without its proof");
    table::CountProof proof = Written(demand, *found);
    for (size_t m = 0; m < history_.members().size(); ++m) {
      if ((attacker & RestOf(m)) != 0) proof.attacker.push_back(m);
      if ((attacker & (RestOf(m) | AloneOf(m))) == AloneOf(m)) {
        proof.attacker.push_back(history_.members().size() + m);
      }
    }
    return proof;
  }

  table::CountProof ProofAgainstGroup(size_t demand, size_t group) const {
    const auto found = moves_.ProofForGroup(demand, group);
    if (!found) throw std::logic_error("a pattern without its proof");
    table::CountProof proof = Written(demand, *found);
    for (const size_t leaf : alone_.groups()[group]) {
      proof.attacker.push_back(2 * history_.members().size() + leaf);
    }
    return proof;
  }

  table::CountProof Written(size_t demand, const Moves::Proof& found) const {
    table::CountProof proof{.cell = demand_cells_[demand], .attacker = {}, .low = {}, .high = {}};
    for (const Entry& entry : found.low) {
      proof.low.emplace_back(static_cast<size_t>(entry.column), entry.value);
    }
    for (const Entry& entry : found.high) {
      proof.high.emplace_back(static_cast<size_t>(entry.column), entry.value);
    }
    return proof;
  }

  const table::CountHistory& history_;
  const policies::disclosure::Policy& policy_;
  std::vector<size_t> demand_cells_;      // per demand, a cell of the history
  std::set<std::vector<size_t>> wanted_;  // their sums
  std::vector<Members> attackers_;
  const Alone alone_;
  Moves moves_;
};

}  // namespace

HiddenCounts HideCounts(const table::CountHistory& history,
                        const policies::disclosure::Policy& policy) {
  try {
    return Hider(history, policy).Hide(Hider::Order::kAsMade);
  } catch (const base::ProblemError& error) {
    if (error.code() != "cannot-protect" || history.releases() < 2) throw;
  }
  return Hider(history, policy).Hide(Hider::Order::kDemandsFirst);
}

}  // namespace polder::stats::suppress
