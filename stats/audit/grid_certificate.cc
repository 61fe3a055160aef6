#include "stats/audit/grid_certificate.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/json_reader.h"

namespace polder::stats::audit {
namespace {

using base::ObjectReader;
using table::CountCell;
using table::CountStatus;

using Change = std::vector<std::pair<size_t, int64_t>>;  // leaf cells

class Checker {
 public:
  Checker(const table::CountSpec& spec, const std::vector<int64_t>& counts,
          const std::vector<CountCell>& cells, base::Problems& findings)
      : spec_(spec), grid_(spec.grid), counts_(counts), findings_(findings) {
    status_.assign(grid_.cells(), std::nullopt);
    for (const CountCell& cell : cells) status_[cell.cell] = cell.status;
    FindSensitive();
    for (const CountCell& cell : cells) {
      if (cell.status == CountStatus::kHidden) continue;
      if (cell.count != counts[cell.cell]) Fail(cell.cell, "is published with another count");
      if (sensitive_.contains(cell.cell)) Fail(cell.cell, "is sensitive and shown");
    }
    for (size_t cell = 0; cell < grid_.cells(); ++cell) {
      if (spec.offered[cell] && !status_[cell]) Fail(cell, "is missing from the tables");
    }
  }

  void Check(const base::Json& json, CertifiedWidths& widths) {
    widths.sensitive = sensitive_.size();
    base::Problems faults;
    ObjectReader document(json, "", faults);
    const bool interval = spec_.protect == table::Protection::kInterval;
    if (document.Text("format") != "polder-certificate-1") {
      document.Fault("wrong-format", "format", "must be \"polder-certificate-1\"");
    }
    std::vector<std::string> columns;
    for (const table::Tree& tree : grid_.trees()) columns.push_back(tree.column());
    if (document.Texts("columns") != columns) Other(document, "columns");
    if (document.Text("protect") != (interval ? "interval" : "exact")) Other(document, "protect");
    if (document.Integer("threshold", 1, INT32_MAX) != spec_.threshold) {
      Other(document, "threshold");
    }
    if (interval) {
      if (document.Integer("width", 1, INT32_MAX) != spec_.width) Other(document, "width");
      document.Objects(
          "proofs", [&](ObjectReader& proof) { ReadProof(proof); }, true);
    } else {
      witness_ = ReadChange(document, "witness");
    }
    document.Finish();
    faults.ThrowIfAny();
    if (interval) {
      CheckProofs(widths);
    } else {
      CheckWitness();
    }
  }

 private:
  using Attacker = std::vector<size_t>;  // leaves of the insiders' dimension, ascending
  struct Proof {
    size_t cell;
    Attacker attacker;
    Change low, high;
  };

  void Fail(size_t cell, const char* why) {
    findings_.Add("certificate-failed", "", grid_.Describe(cell) + " " + why);
  }
  static void Other(ObjectReader& document, const char* name) {
    document.Fault("other-specification", name, "is of another specification");
  }

  bool IsUnder(size_t cell, const std::vector<size_t>& nodes) const {
    for (size_t d = 0; d < nodes.size(); ++d) {
      const auto upwards = grid_.trees()[d].Upwards(grid_.NodeOf(cell, d));
      if (std::find(upwards.begin(), upwards.end(), nodes[d]) == upwards.end()) return false;
    }
    return true;
  }

  // Every leaf under it is one where no case can stand.
  bool CannotOccur(size_t cell) const {
    if (spec_.structural.empty()) return false;
    const std::vector<size_t> leaves = grid_.LeavesUnder(cell);
    return std::all_of(leaves.begin(), leaves.end(), [&](size_t leaf) {
      return std::any_of(spec_.structural.begin(), spec_.structural.end(),
                         [&](const auto& nodes) { return IsUnder(leaf, nodes); });
    });
  }

  // Counts under the threshold, and what the further rules of the specification add.
  void FindSensitive() {
    const int64_t least = spec_.zeros == table::Zeros::kPublished ? 1 : 0;
    for (size_t cell = 0; cell < grid_.cells(); ++cell) {
      const bool small = counts_[cell] >= least && counts_[cell] < spec_.threshold;
      if (small && spec_.offered[cell] && !CannotOccur(cell)) sensitive_.insert(cell);
    }
    if (!spec_.full_cells && !spec_.group_disclosure) return;
    for (const table::GridEquation& sum : grid_.Equations()) {
      if (sum.parts.size() < 2 || !spec_.offered[sum.total] || counts_[sum.total] == 0) continue;
      for (const size_t part : sum.parts) {
        const int64_t others = counts_[sum.total] - counts_[part];
        const bool full = spec_.full_cells && others == 0;
        const bool nearly =
            spec_.group_disclosure && counts_[part] > 0 && others > 0 && others < spec_.threshold;
        if ((full || nearly) && spec_.offered[part]) sensitive_.insert(part);
      }
    }
  }

  std::optional<size_t> ReadCell(const base::Json& names) const {
    if (!names.is_array() || names.size() != grid_.trees().size()) return std::nullopt;
    std::vector<size_t> nodes;
    for (size_t d = 0; d < names.size(); ++d) {
      if (!names[d].is_string()) return std::nullopt;
      const auto node = grid_.trees()[d].Find(names[d].get_ref<const std::string&>());
      if (!node) return std::nullopt;
      nodes.push_back(*node);
    }
    return grid_.CellOf(nodes);
  }

  Change ReadChange(ObjectReader& object, const char* name) const {
    Change change;
    object.Objects(
        name,
        [&](ObjectReader& item) {
          const auto cell = ReadCell(item.Raw("cell"));
          const int64_t by = item.Integer("change", -INT32_MAX, INT32_MAX);
          if (!cell || !grid_.IsLeaf(*cell)) {
            item.Fault("unknown-code", "cell", "must be a leaf cell of the specification");
          } else {
            change.emplace_back(*cell, by);
          }
        },
        true);
    return change;
  }

  void ReadProof(ObjectReader& object) {
    Proof proof{};
    const auto cell = ReadCell(object.Raw("cell"));
    if (!cell) object.Fault("unknown-code", "cell", "must be a cell of the specification");
    for (const std::string& name : object.Texts("attacker")) {
      const auto node = spec_.insiders ? grid_.trees()[*spec_.insiders].Find(name) : std::nullopt;
      if (node) {
        proof.attacker.push_back(*node);
      } else {
        object.Fault("unknown-code", "attacker", "must be members of the specification");
      }
    }
    std::sort(proof.attacker.begin(), proof.attacker.end());
    object.Integer("width", 0, INT32_MAX);  // what it claims; what it has is added up
    proof.low = ReadChange(object, "low");
    proof.high = ReadChange(object, "high");
    if (!cell) return;
    proof.cell = *cell;
    proofs_.push_back(std::move(proof));
  }

  // The change of every cell that a change of leaves moves; nothing when a leaf stands in it twice.
  std::optional<std::map<size_t, int64_t>> EffectsOf(const Change& change) const {
    std::map<size_t, int64_t> effects;
    std::set<size_t> leaves;
    for (const auto& [leaf, by] : change) {
      if (!leaves.insert(leaf).second) return std::nullopt;
      for (const size_t cell : grid_.CellsOver(leaf)) effects[cell] += by;
    }
    std::erase_if(effects, [](const auto& entry) { return entry.second == 0; });
    return effects;
  }

  bool IsShown(size_t cell) const { return status_[cell] && status_[cell] != CountStatus::kHidden; }

  bool Knows(const Attacker& attacker, size_t cell) const {
    return !attacker.empty() && std::find(attacker.begin(), attacker.end(),
                                          grid_.NodeOf(cell, *spec_.insiders)) != attacker.end();
  }

  // What a possible table makes of the cell; nothing when it is not possible.
  std::optional<int64_t> InPossibleTable(const Proof& proof, const Change& change) const {
    const auto effects = EffectsOf(change);
    if (!effects) return std::nullopt;
    for (const auto& [cell, by] : *effects) {
      const int64_t least =
          status_[cell] == CountStatus::kHidden && spec_.zeros == table::Zeros::kPublished ? 1 : 0;
      if (IsShown(cell) || counts_[cell] + by < least) return std::nullopt;
      if (grid_.IsLeaf(cell) && Knows(proof.attacker, cell)) return std::nullopt;
    }
    const auto found = effects->find(proof.cell);
    return counts_[proof.cell] + (found == effects->end() ? 0 : found->second);
  }

  std::vector<Attacker> Attackers() const {
    std::vector<Attacker> attackers = {{}};
    if (!spec_.insiders) return attackers;
    std::vector<size_t> members;
    const table::Tree& tree = grid_.trees()[*spec_.insiders];
    for (size_t node = 0; node < tree.size(); ++node) {
      if (tree.IsLeaf(node)) members.push_back(node);
    }
    for (size_t a = 0; a < members.size(); ++a) {
      attackers.push_back({members[a]});
      for (size_t b = 0; b < a; ++b) attackers.push_back({members[b], members[a]});
    }
    return attackers;
  }

  // Nought, and everyone can see it.
  bool IsKnownNought(size_t leaf) const {
    if (counts_[leaf] != 0) return false;
    const std::vector<size_t> over = grid_.CellsOver(leaf);
    return CannotOccur(leaf) || std::any_of(over.begin(), over.end(), [&](size_t cell) {
             return IsShown(cell) && counts_[cell] == 0;
           });
  }

  // All leaves that are not known to be nought are the attacker's own.
  bool IsOwn(const Attacker& attacker, size_t cell) const {
    if (attacker.empty()) return false;
    const std::vector<size_t> leaves = grid_.LeavesUnder(cell);
    return std::all_of(leaves.begin(), leaves.end(),
                       [&](size_t leaf) { return Knows(attacker, leaf) || IsKnownNought(leaf); });
  }

  void CheckProofs(CertifiedWidths& widths) {
    std::map<std::pair<size_t, Attacker>, int64_t> proved;
    for (const Proof& proof : proofs_) {
      const auto low = InPossibleTable(proof, proof.low);
      const auto high = InPossibleTable(proof, proof.high);
      if (!low || !high || *high < spec_.threshold || *high - *low < spec_.width) continue;
      int64_t& width = proved[{proof.cell, proof.attacker}];
      width = std::max(width, *high - *low);
    }
    const std::vector<Attacker> attackers = Attackers();
    for (const size_t cell : sensitive_) {
      for (const Attacker& attacker : attackers) {
        if (IsOwn(attacker, cell)) continue;
        const auto found = proved.find({cell, attacker});
        if (found == proved.end()) {
          Fail(cell, attacker.empty()       ? "is not proved against an outsider"
                     : attacker.size() == 1 ? "is not proved against every member"
                                            : "is not proved against every pair of members");
          break;
        }
        auto& narrowest = attacker.empty()       ? widths.outsider
                          : attacker.size() == 1 ? widths.member
                                                 : widths.pair;
        if (!narrowest || found->second < *narrowest) narrowest = found->second;
      }
    }
  }

  void CheckWitness() {
    const auto effects = EffectsOf(witness_);
    if (!effects) {
      findings_.Add("certificate-failed", "/witness", "a leaf stands in the witness twice");
      return;
    }
    for (const auto& [cell, by] : *effects) {
      if (IsShown(cell)) Fail(cell, "is shown, and the witness moves it");
    }
    for (const size_t cell : sensitive_) {
      if (!effects->contains(cell)) Fail(cell, "does not move in the witness");
    }
  }

  const table::CountSpec& spec_;
  const table::Grid& grid_;
  const std::vector<int64_t>& counts_;
  base::Problems& findings_;
  std::vector<std::optional<CountStatus>> status_;
  std::set<size_t> sensitive_;
  Change witness_;
  std::vector<Proof> proofs_;
};

}  // namespace

CertifiedWidths CheckGridCertificate(const table::CountSpec& spec,
                                     const std::vector<int64_t>& counts,
                                     const std::vector<CountCell>& cells,
                                     std::string_view certificate, base::Problems& findings) {
  CertifiedWidths widths;
  Checker checker(spec, counts, cells, findings);
  // The office's own file, as long as the table asks: 43 MB for 70,000 cells.
  checker.Check(base::ParseJson(certificate, {.max_bytes = size_t{1} << 30}), widths);
  return widths;
}

}  // namespace polder::stats::audit
