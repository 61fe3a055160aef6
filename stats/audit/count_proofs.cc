#include "stats/audit/count_proofs.h"

#include <algorithm>
#include <iterator>
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

  struct Class {
    Attacker attacker;
    std::optional<int64_t> SmallestWidths::*width;
    const char* name;
  };

  // Everybody against whom a count needs a proof, but those of `AloneInTheCell`.
  std::vector<Class> Attackers() const {
    std::vector<Class> attackers = {{{}, &SmallestWidths::outsider, "an outsider"}};
    for (size_t m = 0; m < history_.members().size(); ++m) {
      if (!PersonsAloneIn(m).empty()) {
        attackers.push_back({{history_.members().size() + m},
                             &SmallestWidths::alone,
                             "someone who is alone in a cell"});
      }
    }
    if (!policy_.suppression().insiders) return attackers;
    const auto& archives = history_.archives();
    for (size_t a = 0; a < history_.members().size(); ++a) {
      attackers.push_back({archives[a], &SmallestWidths::member, "a member"});
      for (size_t b = 0; b < a; ++b) {
        Attacker both;
        std::set_union(archives[a].begin(), archives[a].end(), archives[b].begin(),
                       archives[b].end(), std::back_inserter(both));
        attackers.push_back({std::move(both), &SmallestWidths::pair, "a pair of members"});
      }
    }
    return attackers;
  }

  // Where only persons who are alone in a leaf of one member stand in the cell: each of that
  // member's by itself (the leaf), unless they are all of it.
  std::vector<size_t> AloneInTheCell(const Cell& cell) const {
    const auto& leaves = history_.leaves();
    const auto member = leaves[cell.leaves.front()].member;
    if (!member || Threatens({history_.members().size() + *member}, cell)) return {};
    std::vector<size_t> persons = PersonsAloneIn(*member);
    std::erase_if(persons,
                  [&](size_t person) { return cell.leaves == std::vector<size_t>{person}; });
    return persons;
  }

  // The leaves of a proof against persons who are alone in one; empty when it is against others.
  std::vector<size_t> PersonsOf(const Attacker& attacker) const {
    std::vector<size_t> persons;
    for (const size_t who : attacker) {
      if (who < 2 * history_.members().size()) return {};
      persons.push_back(who - 2 * history_.members().size());
    }
    return persons;
  }

 private:
  std::vector<size_t> PersonsAloneIn(size_t member) const {
    std::vector<size_t> persons;
    for (size_t leaf = 0; leaf < history_.leaves().size(); ++leaf) {
      const auto& found = history_.leaves()[leaf];
      if (found.member == member && found.count == 1) persons.push_back(leaf);
    }
    return persons;
  }

  bool Knows(const Attacker& attacker, size_t leaf) const {
    const int64_t count = history_.leaves()[leaf].count;
    const auto& member = history_.leaves()[leaf].member;
    if (std::find(attacker.begin(), attacker.end(), 2 * history_.members().size() + leaf) !=
        attacker.end()) {
      return true;
    }
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
  std::map<std::pair<std::vector<size_t>, size_t>, int64_t> proved_alone;  // by person
  const auto note = [](auto& to, auto key, int64_t width) {
    const auto [found, made] = to.emplace(std::move(key), width);
    if (!made) found->second = std::max(found->second, width);
  };
  for (const table::CountProof& proof : proofs) {
    const auto width = checker.WidthOf(proof);
    if (!width) continue;
    const auto& leaves = history.cells()[proof.cell].leaves;
    note(proved, std::pair(leaves, proof.attacker), *width);
    for (const size_t person : checker.PersonsOf(proof.attacker)) {
      note(proved_alone, std::pair(leaves, person), *width);
    }
  }
  const auto attackers = checker.Attackers();
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
    const auto fail = [&](const std::string& who) {
      findings.Add("audit-failed", at,
                   who + " may find a hidden count more closely than the policy allows");
    };
    const size_t before = findings.size();
    for (const auto& one : attackers) {
      if (!checker.Threatens(one.attacker, cell)) continue;
      const auto found = proved.find({cell.leaves, one.attacker});
      if (found == proved.end()) {
        fail(one.name);
        break;
      }
      Lower(smallest.*one.width, found->second);
    }
    if (findings.size() > before) continue;
    for (const size_t person : checker.AloneInTheCell(cell)) {
      const auto found = proved_alone.find({cell.leaves, person});
      if (found == proved_alone.end()) {
        fail("someone who is alone in a cell");
        break;
      }
      Lower(smallest.alone, found->second);
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
      attacker.push_back(who < members       ? history.members()[who]
                         : who < 2 * members ? "alone in " + history.members().at(who - members)
                                             : "leaf " + std::to_string(who - 2 * members));
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
