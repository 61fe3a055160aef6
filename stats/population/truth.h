// The figures that a correct reading of the exports must find: counted here from the exported rows,
// by code that shares nothing with stats/tabulate, so that each can catch the other.
#ifndef POLDER_STATS_POPULATION_TRUTH_H_
#define POLDER_STATS_POPULATION_TRUTH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "policies/base/json.h"
#include "policies/base/period.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "stats/population/exports.h"

namespace polder::stats::population {

// What is counted: the measures, tables and clamps of a policy.
struct TruthRules {
  std::vector<policies::disclosure::Measure> measures;
  int max_kinds = 2;
  int64_t report_clamp = 6;  // above it a report is dropped; of the measure of unit reports
};

TruthRules RulesOf(const policies::disclosure::Policy& policy);
// Those of the shipped default policy.
TruthRules DefaultRules();

// The estimand of one year or quarter, from the files of that year's deliveries (later years' files
// carry other tokens and do not take part):
//   {"persons": {"kind": {"absolute": 412, …}, "municipality-kind": {"GM0148|absolute": 29, …},
//    "total": {"": 2310}}, …}
// Codes are joined by "|" in the order of the table's attributes; cells that count nothing are left
// out. `files` must hold at most one file per (municipality, period).
base::Json CountTruth(const World& world, const std::vector<const ExportFile*>& files,
                      const policies::codebook::Codebook& codebook, const base::Period& period,
                      const TruthRules& rules);

// `files` with every file replaced by the one of `instead` for the same municipality and period.
std::vector<const ExportFile*> Replace(const std::vector<ExportFile>& files,
                                       const std::vector<ExportFile>& instead);

}  // namespace polder::stats::population

#endif  // POLDER_STATS_POPULATION_TRUTH_H_
