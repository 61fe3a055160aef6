#include "server/govern/ledger.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "server/govern/leaf.h"

namespace polder::server::govern {

namespace {

using stats::budget::Entry;
using stats::budget::Ledger;
using stats::budget::Outcome;
using stats::budget::Stage;

void AddEntry(store::Transaction& transaction, const Entry& entry, const base::Clock& clock) {
  const std::string canonical = stats::budget::CanonicalEntry(entry);
  transaction.AddLedgerRow({0, entry.reservation.population, canonical, clock.Now()});
  // What is drawn and sealed between the two is the worker's business; the log holds what was taken
  // from the budget and what came of it.
  if (entry.stage == Stage::kReserved || entry.stage == Stage::kCommitted) {
    AppendLeaf(transaction, entry.stage == Stage::kReserved ? "reservation" : "commit", clock,
               base::Json{{"entry", base::ParseJson(canonical)}});
  }
}

}  // namespace

Ledger LoadLedger(const store::Reader& reader) {
  std::vector<Entry> entries;
  for (const store::LedgerRow& row : reader.Ledger("")) {
    entries.push_back(stats::budget::EntryFromJson(base::ParseJson(row.json)));
  }
  return Ledger::Replay(entries);
}

Outcome Reserve(store::Transaction& transaction, const stats::budget::Reservation& reservation,
                const stats::budget::Limits& limits, const base::Clock& clock) {
  Ledger ledger = LoadLedger(transaction);
  Outcome outcome = ledger.Reserve(reservation, limits);
  if (outcome.appended) AddEntry(transaction, outcome.entry, clock);
  return outcome;
}

Outcome Advance(store::Transaction& transaction, std::string_view reservation_id,
                const stats::budget::Binding& binding, Stage stage, const base::Clock& clock) {
  Ledger ledger = LoadLedger(transaction);
  Outcome outcome = ledger.Advance(reservation_id, binding, stage);
  if (outcome.appended) AddEntry(transaction, outcome.entry, clock);
  return outcome;
}

}  // namespace polder::server::govern
