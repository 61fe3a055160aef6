// What a frozen release will take from the budget: known before its seeds are.
#ifndef POLDER_SERVER_JOBS_PLANNED_RESERVATION_H_
#define POLDER_SERVER_JOBS_PLANNED_RESERVATION_H_

#include <string>

#include "server/govern/routes.h"
#include "server/store/store.h"

namespace polder::server::jobs {

// The same reservation that the job asks for later: to the ledger the two are one. Throws
// ProblemError "not-frozen", "freeze-damaged", "seed-not-committed", or what planning throws.
govern::PlannedReservation PlanReservation(const store::Store& store,
                                           const std::string& release_id);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_PLANNED_RESERVATION_H_
