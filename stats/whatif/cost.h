// What a policy costs one pupil: in a release, in a school year, in a school career.
#ifndef POLDER_STATS_WHATIF_COST_H_
#define POLDER_STATS_WHATIF_COST_H_

#include <string>
#include <vector>

#include "policies/base/rational.h"
#include "policies/disclosure/policy.h"

namespace polder::stats::whatif {

// rho as an exact decimal rounded up to a billionth, and what it means as epsilon at the policy's
// delta, rounded up.
struct Cost {
  std::string rho;
  std::string epsilon;
};

struct Costs {
  Cost release;  // the plans of the release, exact
  Cost year;     // all lines of one school year, vsv in both years that it touches
  Cost cap;      // the most that a school year may cost
  // The same for a pupil who stood under two identifiers in that year (a newcomer's local number,
  // then a service number): two tokens, each bounded and charged as a pupil. In the worst case both
  // count for the same, which moves every figure twice as far, and that costs four times as much.
  Cost cap_two_tokens;
  Cost career_13;  // thirteen school years at the cap: from 5 to and including 17
  Cost career_19;  // nineteen at the cap: to and including 23
  std::string delta;
};

// `release`: exact cost of the plans of the release looked at.
Costs CostsOf(const policies::disclosure::Policy& policy, const base::Rational& release);

}  // namespace polder::stats::whatif

#endif  // POLDER_STATS_WHATIF_COST_H_
