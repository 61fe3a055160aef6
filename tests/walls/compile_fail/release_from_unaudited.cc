// must not compile: could not convert|no matching function|invalid initialization|cannot convert
#include <string>

#include "stats/audit/audit.h"
#include "stats/release/release.h"

using polder::stats::audit::AuditedTables;
using polder::stats::audit::Candidate;

#ifdef ALLOWED
using Input = AuditedTables;
#else
using Input = Candidate;
#endif

std::string Publish(const Input& tables, const polder::stats::table::ReleaseHeader& header,
                    const polder::policies::codebook::Codebook& codebook,
                    const polder::policies::disclosure::Policy& policy) {
  return polder::stats::release::MakeRelease(tables, header, codebook, policy);
}
