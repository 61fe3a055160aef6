// must not compile: is private within this context
#include <utility>

#include "stats/audit/audit.h"

using polder::stats::audit::AuditedTables;
using polder::stats::audit::Candidate;
using polder::stats::audit::Certificate;

#ifdef ALLOWED
Candidate Pass(Candidate candidate) { return candidate; }
#else
AuditedTables Pass(Candidate candidate) { return AuditedTables(std::move(candidate), Certificate{}); }
#endif
