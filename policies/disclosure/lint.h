// Advice about a policy that is valid but may not be wise: read by the privacy officer beside the
// policy itself, never a reason to refuse it.
#ifndef POLDER_POLICIES_DISCLOSURE_LINT_H_
#define POLDER_POLICIES_DISCLOSURE_LINT_H_

#include <vector>

#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"

namespace polder::policies::disclosure {

// One problem per remark, with the JSON pointer into the policy document: budget that is never
// spent, measures and tables that no release makes, thresholds and peers below what statistics
// offices use, a delta that is not small against the population, and under mechanism "suppression"
// the promise that is given up. Empty when there is nothing to say.
std::vector<base::Problem> Lint(const Policy& policy, const codebook::Codebook& codebook);

}  // namespace polder::policies::disclosure

#endif  // POLDER_POLICIES_DISCLOSURE_LINT_H_
