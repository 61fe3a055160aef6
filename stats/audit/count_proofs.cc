#include "stats/audit/count_proofs.h"

#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"

namespace polder::stats::audit {
namespace {

using Cell = table::CountHistory::Cell;
using Change = std::vector<std::pair<size_t, int64_t>>;
using Attacker = std::vector<size_t>;

class Checker {
 public:
  Checker(const table::CountHistory& history, const policies::disclosure::Policy& policy)
      : history_(history), policy_(policy), cells_over_(history.leaves().size()) {
    for (size_t i = 0; i < history.cells().size(); ++i) {
      for (const size_t leaf : history.cells()[i].leaves) cells_over_[leaf].push_back(i);
    }
    known_over_.resize(history.leaves().size());
    for (size_t i = 0; i < history.known().size(); ++i) {
      for (const size_t leaf : history.known()[i].leaves) known_over_[leaf].push_back(i);
    }
  }

  bool IsSensitive(const Cell& cell) const {
    const auto& rule = policy_.RuleOf(cell.kind);
    if (cell.municipal && rule.region_only) return true;
    if (cell.count == 0 && policy_.suppression().zeros_published) return false;
    return cell.count < rule.threshold;
  }

  // Another office has published it as closely as this policy would not: beyond protection.
  bool IsKnownElsewhere(const Cell& cell) const {
    const auto* known = history_.FindKnown(cell.leaves);
    return known != nullptr &&
           known->NarrowerThan(policy_.suppression().width, policy_.RuleOf(cell.kind).threshold);
  }

  // One that holds every leaf of a cell knows it anyway.
  bool Threatens(const Attacker& attacker, const Cell& cell) const {
    return std::any_of(cell.leaves.begin(), cell.leaves.end(),
                       [&](size_t leaf) { return !Knows(attacker, leaf); });
  }

  // The width that the proof leaves in its cell; nothing when it proves nothing.
  std::optional<int64_t> WidthOf(const table::CountProof& proof) const {
    if (proof.cell >= history_.cells().size()) return std::nullopt;
    const Cell& cell = history_.cells()[proof.cell];
    const auto low = EffectOn(proof.cell, proof.low, proof.attacker);
    const auto high = EffectOn(proof.cell, proof.high, proof.attacker);
    if (!low || !high || cell.count + *high < policy_.RuleOf(cell.kind).threshold) {
      return std::nullopt;
    }
    const int64_t width = *high - *low;
    return width >= policy_.suppression().width ? std::optional(width) : std::nullopt;
  }

  // Positions from members() on are the persons who are alone in a leaf of a member.
  bool IsAlone(const Attacker& attacker) const {
    return attacker.size() == 1 && attacker.front() >= history_.members().size();
  }

  std::vector<Attacker> Attackers() const {
    std::vector<Attacker> attackers = {{}};
    for (size_t m = 0; m < history_.members().size(); ++m) {
      const auto& leaves = history_.leaves();
      const bool any = std::any_of(leaves.begin(), leaves.end(), [&](const auto& leaf) {
        return leaf.member == m && leaf.count == 1;
      });
      if (any) attackers.push_back({history_.members().size() + m});
    }
    if (!policy_.suppression().insiders) return attackers;
    for (size_t a = 0; a < history_.members().size(); ++a) {
      attackers.push_back({a});
      for (size_t b = 0; b < a; ++b) attackers.push_back({b, a});
    }
    return attackers;
  }

 private:
  bool Knows(const Attacker& attacker, size_t leaf) const {
    const int64_t count = history_.leaves()[leaf].count;
    const auto& member = history_.leaves()[leaf].member;
    if (!member) return false;
    const auto is = [&](size_t who) {
      return std::find(attacker.begin(), attacker.end(), who) != attacker.end();
    };
    return is(*member) || (count == 1 && is(history_.members().size() + *member));
  }

  // What a change does to a cell; nothing when it cannot be the truth as far as the attacker knows.
  std::optional<int64_t> EffectOn(size_t target, const Change& change,
                                  const Attacker& attacker) const {
    std::map<size_t, int64_t> effects;  // per cell
    std::map<size_t, int64_t> known;    // per known sum
    std::set<size_t> leaves;
    for (const auto& [leaf, difference] : change) {
      if (leaf >= history_.leaves().size() || !leaves.insert(leaf).second) return std::nullopt;
      if (Knows(attacker, leaf) || history_.leaves()[leaf].count + difference < 0) {
        return std::nullopt;
      }
      for (const size_t cell : cells_over_[leaf]) effects[cell] += difference;
      for (const size_t sum : known_over_[leaf]) known[sum] += difference;
    }
    for (const auto& [number, effect] : known) {
      const auto& sum = history_.known()[number];
      if (!sum.Allows(sum.count + effect)) return std::nullopt;
    }
    for (const auto& [number, effect] : effects) {
      const Cell& cell = history_.cells()[number];
      if (effect == 0) continue;
      if (table::HasNumber(cell.status)) return std::nullopt;
      const bool hides_noughts = cell.municipal && policy_.RuleOf(cell.kind).region_only;
      if (cell.status == table::CellStatus::kHidden && policy_.suppression().zeros_published &&
          !hides_noughts && cell.count + effect < 1) {
        return std::nullopt;
      }
    }
    const auto found = effects.find(target);
    return found == effects.end() ? 0 : found->second;
  }

  const table::CountHistory& history_;
  const policies::disclosure::Policy& policy_;
  std::vector<std::vector<size_t>> cells_over_;
  std::vector<std::vector<size_t>> known_over_;
};

void Lower(std::optional<int64_t>& smallest, int64_t width) {
  if (!smallest || width < *smallest) smallest = width;
}

base::Json ToJson(const Change& change) {
  base::Json json = base::Json::array();
  for (const auto& [leaf, difference] : change) json.push_back({leaf, difference});
  return json;
}

}  // namespace

SmallestWidths CheckCountProofs(const table::CountHistory& history,
                                const std::vector<table::CountProof>& proofs,
                                const policies::disclosure::Policy& policy,
                                const std::string& pointer, base::Problems& findings) {
  const Checker checker(history, policy);
  // A proof serves every cell that is the same sum.
  std::map<std::pair<std::vector<size_t>, Attacker>, int64_t> proved;
  for (const table::CountProof& proof : proofs) {
    const auto width = checker.WidthOf(proof);
    if (!width) continue;
    const auto& leaves = history.cells()[proof.cell].leaves;
    const auto [found, made] = proved.emplace(std::pair(leaves, proof.attacker), *width);
    if (!made) found->second = std::max(found->second, *width);
  }
  SmallestWidths smallest;
  for (const Cell& cell : history.cells()) {
    if (!checker.IsSensitive(cell)) continue;
    const std::string at = base::Pointer(base::Pointer(pointer, cell.release), cell.number);
    if (table::HasNumber(cell.status)) {
      findings.Add("audit-failed", at, "a count that the policy protects is shown");
      continue;
    }
    if (checker.IsKnownElsewhere(cell)) {
      ++smallest.known_elsewhere;
      continue;
    }
    for (const Attacker& attacker : checker.Attackers()) {
      if (!checker.Threatens(attacker, cell)) continue;
      const auto found = proved.find({cell.leaves, attacker});
      if (found == proved.end()) {
        findings.Add("audit-failed", at,
                     std::string(attacker.empty()            ? "an outsider"
                                 : checker.IsAlone(attacker) ? "someone who is alone in a cell"
                                 : attacker.size() == 1      ? "a member"
                                                             : "a pair of members") +
                         " may find a hidden count more closely than the policy allows");
        break;
      }
      auto& width = attacker.empty()            ? smallest.outsider
                    : checker.IsAlone(attacker) ? smallest.alone
                    : attacker.size() == 1      ? smallest.member
                                                : smallest.pair;
      Lower(width, found->second);
    }
  }
  return smallest;
}

std::string CountCertificate(const table::CountHistory& history,
                             const std::vector<table::CountProof>& proofs,
                             const std::string& salt) {
  base::Json list = base::Json::array();
  for (const table::CountProof& proof : proofs) {
    const Cell& cell = history.cells().at(proof.cell);
    base::Json attacker = base::Json::array();
    for (const size_t who : proof.attacker) {
      const size_t members = history.members().size();
      attacker.push_back(who < members ? history.members()[who]
                                       : "alone in " + history.members().at(who - members));
    }
    list.push_back({{"release", cell.release},
                    {"cell", cell.number},
                    {"attacker", std::move(attacker)},
                    {"low", ToJson(proof.low)},
                    {"high", ToJson(proof.high)}});
  }
  return base::CanonicalJson(base::Json{
      {"format", "polder-count-certificate-1"}, {"salt", salt}, {"proofs", std::move(list)}});
}

}  // namespace polder::stats::audit
