// `polder attack`: what an outsider, a member or a pair of members can be sure of from tables of
// counts, whoever published them.
#ifndef POLDER_STATS_AUDIT_TABLE_ATTACK_H_
#define POLDER_STATS_AUDIT_TABLE_ATTACK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "stats/audit/count_bounds.h"
#include "stats/table/spec.h"

namespace polder::stats::audit {

struct PublicTables {
  std::vector<CountStatement> tables;  // those that are attacked, their hidden cells too
  std::vector<CountStatement> known;   // what other offices publish
  // The true count of every cell: then members attack too, and widths are judged.
  std::optional<std::vector<int64_t>> counts = {};
};

struct TableFinding {
  size_t cell = 0;
  std::vector<size_t> attacker;  // nodes of the insiders' dimension; empty for an outsider
  CountRange range;
  bool undecided = false;  // neither that the cell is open nor the contrary could be shown
};

struct AttackWatch {
  // When given, grows by the cells that are open in tables of fractions only, once per attacker.
  size_t* in_fractions = nullptr;
  std::function<void(const std::vector<size_t>& attacker, size_t cells)> begins = {};
  std::function<void(size_t left)> progress = {};
  std::function<bool()> stop = {};  // true: what is open then is undecided
};

// Every cell that the tables hide, or leave out of a cross that they show, and that somebody can
// be sure of: an exact small count; with Protection::kInterval also one that cannot reach the
// threshold or, with the true counts, has no room of the specification's width. A cell that is
// neither found nor shown to be open comes back as undecided, so that no answer is empty by
// silence. Throws ProblemError "tables-contradict" with the cells when no counts fit.
std::vector<TableFinding> AttackTables(const table::CountSpec& spec, const PublicTables& tables,
                                       const AttackWatch& watch = {});

}  // namespace polder::stats::audit

#endif  // POLDER_STATS_AUDIT_TABLE_ATTACK_H_
