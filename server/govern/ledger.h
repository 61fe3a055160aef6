// The budget ledger over the store: stats/budget decides, the store remembers, in one transaction.
#ifndef POLDER_SERVER_GOVERN_LEDGER_H_
#define POLDER_SERVER_GOVERN_LEDGER_H_

#include <string_view>

#include "policies/base/clock.h"
#include "server/store/store.h"
#include "stats/budget/ledger.h"

namespace polder::server::govern {

// Replays what is stored. Throws ProblemError "ledger-broken".
stats::budget::Ledger LoadLedger(const store::Reader& reader);

// Reserves, or finds the same reservation again, with its row and its leaf ("reservation"). The cap
// is checked under the store's write lock: two services cannot both take the last of it. Throws as
// stats::budget::Ledger::Reserve.
stats::budget::Outcome Reserve(store::Transaction& transaction,
                               const stats::budget::Reservation& reservation,
                               const stats::budget::Limits& limits, const base::Clock& clock);

// Takes a reservation one stage further, with its row, and with a leaf ("commit") when it is
// committed. Throws as stats::budget::Ledger::Advance.
stats::budget::Outcome Advance(store::Transaction& transaction, std::string_view reservation_id,
                               const stats::budget::Binding& binding, stats::budget::Stage stage,
                               const base::Clock& clock);

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_LEDGER_H_
