#include "server/jobs/replay_judge.h"

#include <set>

namespace polder::server::jobs {

using stats::budget::Stage;

std::string_view ToText(Verdict verdict) {
  return verdict == Verdict::kMatch ? "match" : "mismatch";
}

bool CannotTell(const std::string& code) {
  static const std::set<std::string> codes{
      "no-such-release",      "key-destroyed",     "not-found",    "answers-key-missing",
      "cannot-read",          "cannot-write",      "ledger-busy",  "crypto-failure",
      "random-source-failed", "store-unavailable", "store-version"};
  return codes.contains(code);
}

void CheckPlan(const std::string& planned_digest, const std::string& drawn_digest) {
  if (planned_digest == drawn_digest) return;
  throw base::ProblemError("other-plan", "/plan",
                           "this program plans the noise in another way than was drawn: replay "
                           "with the version of polder that made the release");
}

bool IsChargedOnce(const stats::budget::Ledger& ledger,
                   const stats::budget::Reservation& reservation,
                   const std::string& reservation_id) {
  size_t charged = 0;
  bool fits = false;
  for (const auto& entry : ledger.entries()) {
    const auto& held = entry.reservation;
    if (entry.stage != Stage::kReserved ||
        held.binding.release_id != reservation.binding.release_id) {
      continue;
    }
    if (held.binding == reservation.binding) ++charged;
    fits |= entry.reservation_id == reservation_id && held.binding == reservation.binding &&
            held.population == reservation.population && held.period == reservation.period &&
            held.kind == reservation.kind && held.cost == reservation.cost;
  }
  const auto stage = ledger.StageOf(reservation_id);
  return charged == 1 && fits && (stage == Stage::kCommitted || stage == Stage::kWithheld);
}

}  // namespace polder::server::jobs
