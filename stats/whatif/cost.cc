#include "stats/whatif/cost.h"

#include "policies/base/nano_rho.h"
#include "stats/noise/accounting.h"

namespace polder::stats::whatif {

Costs CostsOf(const policies::disclosure::Policy& policy, const base::Rational& release) {
  const auto cost = [&](const base::Rational& rho) {
    return Cost{base::NanoRho::CostOf(rho).Text(), noise::EpsilonOf(rho, policy.delta())};
  };
  base::NanoRho year;
  for (const auto& line : policy.budget()) year = year + line.PerSchoolYear();
  const base::Rational cap = policy.yearly_cap().rho();
  Costs costs;
  costs.release = cost(release);
  costs.year = cost(year.rho());
  costs.cap = cost(cap);
  costs.cap_two_tokens = cost(policy.yearly_cap().OfIdentifiers(2).rho());
  costs.career_13 = cost(cap * 13);
  costs.career_19 = cost(cap * 19);
  costs.delta = base::ToText(policy.delta());
  return costs;
}

}  // namespace polder::stats::whatif
