// Figures that other offices publish (DUO, CBS, a council's own), as the policy lists them: every
// attacker has them.
#ifndef POLDER_POLICIES_DISCLOSURE_KNOWN_H_
#define POLDER_POLICIES_DISCLOSURE_KNOWN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policies/base/json_reader.h"
#include "policies/base/period.h"
#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"

namespace polder::policies::disclosure {

// Of the units of one measure. An exact figure has low == high; a rounded or banded one lies
// between; without `high` it has no end.
struct KnownTable {
  std::string id;
  std::string source;
  std::string measure;
  base::Period period;
  std::vector<Attribute> attributes;
  struct Figure {
    std::vector<std::string> codes;  // one per attribute, in their order
    int64_t low = 0;
    std::optional<int64_t> high;
  };
  std::vector<Figure> figures;
};

// The known tables of a policy. Part of its digest, so approved and logged with it.
std::vector<KnownTable> KnownTablesOf(const Policy& policy);

// Reads the part "known" of a policy document, noting every fault: codes that the codebook lacks in
// the period, measures that `policy` lacks. Without the two the document is taken to be checked.
std::vector<KnownTable> ReadKnownTables(base::ObjectReader& document, const Policy* policy,
                                        const codebook::Codebook* codebook,
                                        base::Problems& problems);

}  // namespace polder::policies::disclosure

#endif  // POLDER_POLICIES_DISCLOSURE_KNOWN_H_
