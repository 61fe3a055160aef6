#include "stats/budget/ledger.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "policies/base/problem.h"

namespace polder::stats::budget {
namespace {

using base::NanoRho;
using base::ProblemError;
using base::Year;

std::string IdOf(uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), '0');
  return "R" + digits;
}

bool SameReservation(const Reservation& a, const Reservation& b) {
  return a.population == b.population && a.period == b.period && a.kind == b.kind &&
         a.binding == b.binding && a.cost == b.cost;
}

std::vector<Charge> ChargesOf(const Reservation& reservation) {
  std::vector<Charge> charges;
  for (const Year& year : SchoolYearsOf(reservation.period)) {
    charges.push_back({year, reservation.cost});
  }
  return charges;
}

void FindGaps(const Reservation& reservation, base::Problems& problems) {
  const auto need = [&](bool there, const char* pointer) {
    if (!there) {
      problems.Add("incomplete-binding", pointer,
                   "A reservation is bound to everything the draw depends on; fill this in.");
    }
  };
  const Binding& binding = reservation.binding;
  need(!reservation.population.empty(), "/population");
  need(!binding.release_id.empty(), "/binding/releaseId");
  need(!binding.freeze_digest.empty(), "/binding/freezeDigest");
  need(!binding.plan_digest.empty(), "/binding/planDigest");
  need(!binding.seed_commitments.empty() &&
           std::none_of(binding.seed_commitments.begin(), binding.seed_commitments.end(),
                        [](const std::string& digest) { return digest.empty(); }),
       "/binding/seedCommitments");
}

void CheckComplete(const Reservation& reservation) {
  base::Problems problems;
  FindGaps(reservation, problems);
  problems.ThrowIfAny();
}

// Noise always costs something; only a line that grants nothing has releases that draw none.
void CheckComplete(const Reservation& reservation, const Limits& limits) {
  base::Problems problems;
  FindGaps(reservation, problems);
  if (reservation.cost == NanoRho() && limits.line != NanoRho()) {
    problems.Add("nothing-to-reserve", "/cost",
                 "The cost of a release must be above 0 where its budget line grants anything.");
  }
  problems.ThrowIfAny();
}

// Whether `more` fits on top of `spent` under `cap`; a sum beyond the ledger's range does not.
bool Fits(NanoRho spent, NanoRho more, NanoRho cap) { return spent <= cap && more <= cap - spent; }

[[noreturn]] void Broken(uint64_t number, const std::string& what) {
  throw ProblemError("ledger-broken", "/entries/" + std::to_string(number),
                     what +
                         " Nothing may be released until the ledger is restored and checked "
                         "against the log.");
}

[[noreturn]] void Withheld() {
  throw ProblemError("reservation-withheld", "",
                     "This release was withheld and stays spent; reserve again under a new release "
                     "id if the budget allows it.");
}

}  // namespace

Limits LimitsOf(const policies::disclosure::Policy& policy,
                policies::disclosure::ReleaseKind kind) {
  const policies::disclosure::BudgetLine* line = policy.FindBudget(kind);
  if (line == nullptr) {
    throw ProblemError("no-budget-line", "/budget",
                       "The policy grants no budget to this kind of release.");
  }
  NanoRho allowed;
  for (int i = 0; i < line->releases_per_year; ++i) allowed = allowed + line->per_release;
  return {policy.yearly_cap(), allowed};
}

std::vector<Year> SchoolYearsOf(const base::Period& period) {
  const Year first = Year::Of(base::Calendar::kAbsence, period.First());
  const Year last = Year::Of(base::Calendar::kAbsence, period.Last());
  if (first == last) return {first};
  return {first, last};
}

Ledger Ledger::Replay(const std::vector<Entry>& entries) {
  Ledger ledger;
  for (const Entry& entry : entries) {
    const uint64_t number = ledger.entries_.size() + 1;
    if (entry.number != number) Broken(number, "An entry is missing or out of order.");
    if (entry.stage == Stage::kReserved) {
      CheckComplete(entry.reservation);
      if (entry.reservation_id != IdOf(number))
        Broken(number, "The reservation id is not its own.");
      if (entry.charges != ChargesOf(entry.reservation)) {
        Broken(number, "The charges are not those of the period and the cost.");
      }
      for (const Entry& earlier : ledger.entries_) {
        if (earlier.stage == Stage::kReserved &&
            SameReservation(earlier.reservation, entry.reservation)) {
          Broken(number, "The same reservation stands twice.");
        }
      }
    } else {
      const Entry* last = ledger.LastOf(entry.reservation_id);
      if (last == nullptr) Broken(number, "A reservation is continued that was never made.");
      if (!SameReservation(last->reservation, entry.reservation) || !entry.charges.empty()) {
        Broken(number, "An entry differs from the reservation that it continues.");
      }
      const bool next = static_cast<int>(entry.stage) == static_cast<int>(last->stage) + 1;
      if (last->stage == Stage::kWithheld || (entry.stage != Stage::kWithheld && !next)) {
        Broken(number, "A stage is out of order.");
      }
    }
    ledger.Append(entry);
  }
  return ledger;
}

void Ledger::Append(const Entry& entry) {
  // First everything that can fail, so that a failure leaves the ledger as it was.
  auto spent = spent_;
  for (const Charge& charge : entry.charges) {
    NanoRho& sum = spent[{entry.reservation.population, charge.school_year}];
    try {
      sum = sum + charge.amount;
    } catch (const std::overflow_error&) {
      Broken(entry.number, "The sum of the charges is beyond the ledger's range.");
    }
  }
  entries_.push_back(entry);
  last_[entry.reservation_id] = entries_.size() - 1;
  spent_ = std::move(spent);
}

const Entry* Ledger::LastOf(std::string_view reservation_id) const {
  const auto found = last_.find(reservation_id);
  return found == last_.end() ? nullptr : &entries_[found->second];
}

Outcome Ledger::Reserve(const Reservation& reservation, const Limits& limits) {
  CheckComplete(reservation, limits);
  for (const Entry& entry : entries_) {
    if (entry.stage == Stage::kReserved && SameReservation(entry.reservation, reservation)) {
      if (LastOf(entry.reservation_id)->stage == Stage::kWithheld) Withheld();
      return {entry, false};
    }
  }
  base::Problems problems;
  Entry entry;
  entry.number = entries_.size() + 1;
  entry.reservation_id = IdOf(entry.number);
  entry.reservation = reservation;
  entry.charges = ChargesOf(reservation);
  for (const Charge& charge : entry.charges) {
    const NanoRho spent = Spent(reservation.population, charge.school_year);
    if (!Fits(spent, charge.amount, limits.yearly_cap)) {
      problems.Add("budget-exhausted", "/schoolYears/" + charge.school_year.Text(),
                   "School year " + charge.school_year.Text() + " has spent " + spent.Text() +
                       " of " + limits.yearly_cap.Text() + "; this release needs " +
                       charge.amount.Text() + " more. Release less, or wait for the next year.");
    }
  }
  if (limits.line) {
    const NanoRho spent =
        SpentOnLine(reservation.population, reservation.period.year(), reservation.kind);
    if (!Fits(spent, reservation.cost, *limits.line)) {
      problems.Add("budget-exhausted",
                   "/lines/" + std::string(policies::disclosure::ToText(reservation.kind)),
                   "Releases of this kind have spent " + spent.Text() + " of the " +
                       limits.line->Text() + " that the policy grants them in " +
                       reservation.period.year().Text() + "; this one needs " +
                       reservation.cost.Text() + " more.");
    }
  }
  problems.ThrowIfAny();
  Append(entry);
  return {entry, true};
}

Outcome Ledger::Advance(std::string_view reservation_id, const Binding& binding, Stage stage) {
  const Entry* last = LastOf(reservation_id);
  if (last == nullptr) {
    throw ProblemError("unknown-reservation", "/reservationId",
                       "The ledger holds no such reservation; reserve first.");
  }
  if (!(last->reservation.binding == binding)) {
    throw ProblemError("binding-differs", "/binding",
                       "The reservation was made for other inputs. Changed inputs are another "
                       "mechanism: reserve anew.");
  }
  if (last->stage == Stage::kWithheld) {
    if (stage == Stage::kWithheld) return {*last, false};
    Withheld();
  }
  if (stage != Stage::kWithheld && stage <= last->stage) return {*last, false};
  if (stage != Stage::kWithheld && static_cast<int>(stage) != static_cast<int>(last->stage) + 1) {
    throw ProblemError(
        "stage-out-of-order", "/stage",
        "After \"" + std::string(ToText(last->stage)) + "\" comes \"" +
            std::string(ToText(static_cast<Stage>(static_cast<int>(last->stage) + 1))) +
            "\", not \"" + std::string(ToText(stage)) + "\".");
  }
  Entry entry = *last;
  entry.number = entries_.size() + 1;
  entry.stage = stage;
  entry.charges.clear();
  Append(entry);
  return {entry, true};
}

NanoRho Ledger::Spent(std::string_view population, const Year& school_year) const {
  const auto found = spent_.find({std::string(population), school_year});
  return found == spent_.end() ? NanoRho() : found->second;
}

NanoRho Ledger::Bound(std::string_view population, const Year& school_year,
                      int64_t identifiers) const {
  return Spent(population, school_year).OfIdentifiers(identifiers);
}

NanoRho Ledger::Remaining(std::string_view population, const Year& school_year, NanoRho cap) const {
  const NanoRho spent = Spent(population, school_year);
  return spent < cap ? cap - spent : NanoRho();
}

NanoRho Ledger::SpentOnLine(std::string_view population, const Year& year,
                            policies::disclosure::ReleaseKind kind) const {
  NanoRho sum;
  for (const Entry& entry : entries_) {
    const Reservation& made = entry.reservation;
    if (entry.stage == Stage::kReserved && made.population == population && made.kind == kind &&
        made.period.year() == year) {
      sum = sum + made.cost;
    }
  }
  return sum;
}

std::optional<Stage> Ledger::StageOf(std::string_view reservation_id) const {
  const Entry* last = LastOf(reservation_id);
  return last == nullptr ? std::nullopt : std::optional(last->stage);
}

}  // namespace polder::stats::budget
