// A change split into a named part and the rest, which add up to it exactly: how much of a rise is
// displaced pupils from Ukraine, how much administrative processes.
#ifndef POLDER_STATS_COMPARE_DECOMPOSE_H_
#define POLDER_STATS_COMPARE_DECOMPOSE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "stats/compare/compare.h"

namespace polder::stats::compare {

struct ChangePart {
  int64_t from_value = 0;
  int64_t to_value = 0;
  int64_t difference = 0;
  ChangeInterval noise;  // 97.5 %, of the difference as a count
};

struct Decomposition {
  std::string measure;
  std::string kind;       // kind group
  std::string attribute;  // "group", "administrative", …
  std::string code;       // of the named part
  base::Year from;
  base::Year to;
  bool possible = false;
  // Why not: "not-released" (a release lacks the tables), "hidden" and the other statuses without a
  // usable number, "break" (a municipality's declared break or missing delivery lies in the total),
  // "year-between".
  std::string reason;
  ChangePart total, part, rest;  // when possible: total = part + rest, in every field but the noise
};

// The region's change of a kind between two yearly releases, split by one code of an attribute.
// Only numbers that the releases show are used; the rest is the total less the part.
Decomposition DecomposeChange(const table::PublishedRelease& from,
                              const table::PublishedRelease& to, std::string_view measure,
                              std::string_view kind, std::string_view attribute,
                              std::string_view code);

base::Json DecompositionJson(const Decomposition& decomposition);

}  // namespace polder::stats::compare

#endif  // POLDER_STATS_COMPARE_DECOMPOSE_H_
