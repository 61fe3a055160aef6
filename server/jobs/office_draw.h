// What follows from an office's input alone: the same for the run that makes a release and for the
// replay that makes it again.
#ifndef POLDER_SERVER_JOBS_OFFICE_DRAW_H_
#define POLDER_SERVER_JOBS_OFFICE_DRAW_H_

#include <string>
#include <vector>

#include "crypto/random/keystream.h"
#include "policies/base/clock.h"
#include "server/jobs/office.h"
#include "server/jobs/office_input.h"
#include "server/jobs/office_ledger.h"
#include "server/jobs/pipeline.h"
#include "stats/budget/ledger.h"
#include "stats/table/published_release.h"

namespace polder::server::jobs {

std::string OfficeReleaseId(const OfficeInput& input);

stats::budget::Reservation OfficeReservation(const OfficeInput& input,
                                             const PlannedRelease& planned);

crypto::random::Keystream OfficeSource(const OfficeInput& input, const PlannedRelease& planned,
                                       const std::string& reservation_id);

// Both are read while the deliveries are still there: their manifests say which members count.
std::vector<stats::table::Member> OfficeMembers(const OfficeInput& input);
ReleaseFacts OfficeFacts(const OfficeInput& input, const std::string& reservation_id,
                         base::Instant made_at, bool demo);

// The ledger's own (none when it is null), then those named by path, each once. Throws ProblemError
// with every fault of every file: "other-release" for one of another region or year.
std::vector<stats::table::PublishedRelease> OfficeEarlier(const ProtectOptions& options,
                                                          const OfficeInput& input,
                                                          const OfficeLedger* ledger);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_OFFICE_DRAW_H_
