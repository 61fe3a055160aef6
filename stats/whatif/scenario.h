// The policies that are set side by side: each given one as it is, and with another budget or
// another number of kinds per pupil.
//
// A variation is an edited document that is read as any policy is, so that what the region would
// refuse is refused here, with the same reason.
#ifndef POLDER_STATS_WHATIF_SCENARIO_H_
#define POLDER_STATS_WHATIF_SCENARIO_H_

#include <optional>
#include <string>
#include <vector>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "policies/base/rational.h"
#include "policies/disclosure/policy.h"

namespace polder::stats::whatif {

// What is changed in a policy; nothing stays as it was.
struct Variation {
  std::optional<base::Rational> yearly_budget;  // rho per pupil and school year
  std::optional<int> kinds_per_pupil;
};

// One column of the comparison.
struct Scenario {
  std::string label;                                 // "default", "default rho 0.25 k 1"
  std::string policy;                                // "default 2026.1"
  std::optional<policies::disclosure::Policy> read;  // nothing when refused
  std::vector<base::Problem> refused;                // why; empty when it was read
};

// The document with the variation in it. Another yearly budget moves cap and lines by one factor,
// each rounded down to a billionth of rho; the shares within a release stay. Fields that are absent
// or of another type stay as they are: reading the result says what is wrong with them.
base::Json Vary(const base::Json& policy, const Variation& variation);

// The scenario of a policy document under a variation. Never throws for what a policy may be
// refused for.
Scenario MakeScenario(const base::Json& policy, const policies::codebook::Codebook& codebook,
                      const Variation& variation);

}  // namespace polder::stats::whatif

#endif  // POLDER_STATS_WHATIF_SCENARIO_H_
