// The privacy ledger: what has been spent on the pupils of a region, per school year, and what may
// still be.
//
// A pure state machine. The store keeps its entries, in order, and appends what a call returns in
// the same transaction as the fact that it records; `Ledger::Replay` of what is stored is the
// ledger. An amount is spent the moment it is reserved and is never given back: not after a crash,
// a failure or a veto. It fails closed: an entry that does not fit stops the replay.
#ifndef POLDER_STATS_BUDGET_LEDGER_H_
#define POLDER_STATS_BUDGET_LEDGER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/base/json.h"
#include "policies/base/nano_rho.h"
#include "policies/base/period.h"
#include "policies/disclosure/policy.h"

namespace polder::stats::budget {

// The inputs that a draw is bound to. The noise is a function of these and of the seeds, so a
// repetition with all of them equal is the same mechanism; with one different it is another one.
struct Binding {
  std::string release_id;
  std::string freeze_digest;                  // sha256, hex
  std::string plan_digest;                    // sha256, hex
  std::vector<std::string> seed_commitments;  // sha256, hex; operator's, then auditor's

  friend bool operator==(const Binding&, const Binding&) = default;
};

struct Charge {
  base::Year school_year;  // of calendar absence
  base::NanoRho amount;

  friend bool operator==(const Charge&, const Charge&) = default;
};

// What is asked for.
struct Reservation {
  std::string population;  // the region's code
  base::Period period;     // what is released
  policies::disclosure::ReleaseKind kind = policies::disclosure::ReleaseKind::kMonitor;
  Binding binding;
  base::NanoRho cost;  // of the whole release; charged in full to every school year it touches
};

// What the policy grants. `line` limits all reservations of one kind of release for one year of its
// own calendar; absent: only the yearly cap counts.
struct Limits {
  base::NanoRho yearly_cap;
  std::optional<base::NanoRho> line;
};
// Throws ProblemError "no-budget-line" when the policy has none for this kind.
Limits LimitsOf(const policies::disclosure::Policy& policy, policies::disclosure::ReleaseKind kind);

// The school years in which a record of the period can lie: one for absence, one or two for vsv.
std::vector<base::Year> SchoolYearsOf(const base::Period& period);

// The way of a reservation. Withheld ends it from any state: spent, and nothing is published.
enum class Stage { kReserved, kDrawn, kSealed, kCommitted, kWithheld };
std::string_view ToText(Stage stage);  // "reserved", "drawn", "sealed", "committed", "withheld"
std::optional<Stage> ParseStage(std::string_view text);

// One line of the ledger, appended and never changed.
struct Entry {
  uint64_t number = 0;         // 1, 2, 3, …
  std::string reservation_id;  // "R000001": number of the entry that reserved
  Stage stage = Stage::kReserved;
  Reservation reservation;      // repeated in every entry, so that a line can be read alone
  std::vector<Charge> charges;  // of a reserving entry; empty in the others
};

// Canonical JSON (RFC 8785) for the store and the log, and back. FromJson throws ProblemError with
// every fault.
base::Json ToJson(const Entry& entry);
std::string CanonicalEntry(const Entry& entry);
Entry EntryFromJson(const base::Json& json);

// What a call did. When `appended` is false the entry was there already and nothing may be stored
// again.
struct Outcome {
  Entry entry;
  bool appended = false;
};

// Not thread-safe; several services share a ledger by replaying and appending within one
// transaction of the store.
class Ledger {
 public:
  Ledger() = default;
  // Throws ProblemError "ledger-broken" when numbers are missing or repeat, a stage is out of
  // order, an entry's reservation differs from the one it continues, or a charge is not what the
  // rule says.
  static Ledger Replay(const std::vector<Entry>& entries);

  // Reserves, before any noise is drawn. The same reservation again returns the entry it got the
  // first time and charges nothing; a withheld one is refused.
  // Throws ProblemError "budget-exhausted" when a school year, or the line, cannot carry the cost,
  // "nothing-to-reserve" when the cost is zero, "incomplete-binding" when a field is empty,
  // "reservation-withheld". Only where the line grants nothing may the cost be zero: a release of
  // nothing but exact counts draws nothing, and is reserved so that it is made once, like any
  // other.
  Outcome Reserve(const Reservation& reservation, const Limits& limits);

  // Takes a reservation one stage further: drawn, sealed, committed in this order, or withheld. The
  // stage it is in already, or an earlier one it has passed, appends nothing: a retry after a
  // crash. Throws ProblemError "unknown-reservation", "binding-differs", "stage-out-of-order",
  // "reservation-withheld".
  Outcome Advance(std::string_view reservation_id, const Binding& binding, Stage stage);

  // Everything reserved, whatever came of it.
  base::NanoRho Spent(std::string_view population, const base::Year& school_year) const;
  // What bounds a pupil who was delivered under several identifiers in that year, hence as several
  // tokens, each bounded and charged as a pupil (policies/base/nano_rho.h, `OfIdentifiers`).
  base::NanoRho Bound(std::string_view population, const base::Year& school_year,
                      int64_t identifiers) const;
  // What `cap` leaves; zero when more was spent under an earlier policy.
  base::NanoRho Remaining(std::string_view population, const base::Year& school_year,
                          base::NanoRho cap) const;
  // Sum of the costs of all reservations of this kind for this year of the period's own calendar.
  base::NanoRho SpentOnLine(std::string_view population, const base::Year& year,
                            policies::disclosure::ReleaseKind kind) const;
  std::optional<Stage> StageOf(std::string_view reservation_id) const;
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  void Append(const Entry& entry);
  const Entry* LastOf(std::string_view reservation_id) const;

  std::vector<Entry> entries_;
  std::map<std::string, size_t, std::less<>> last_;  // reservation id -> its latest entry
  std::map<std::pair<std::string, base::Year>, base::NanoRho> spent_;
};

}  // namespace polder::stats::budget

#endif  // POLDER_STATS_BUDGET_LEDGER_H_
