// How a replay comes to its word: what stops it, what makes a mismatch, and what of that is told.
// Private to the two replays.
#ifndef POLDER_SERVER_JOBS_REPLAY_JUDGE_H_
#define POLDER_SERVER_JOBS_REPLAY_JUDGE_H_

#include <optional>
#include <string>

#include "policies/base/problem.h"
#include "server/jobs/replay.h"
#include "stats/budget/ledger.h"

namespace polder::server::jobs {

// True for problems that the release is not to blame for: it may be what it should, and nobody can
// tell.
bool CannotTell(const std::string& code);

// Runs `same`. What it throws about the inputs makes a mismatch, and is told.
template <typename Same>
ReplayResult Judge(Same same) {
  try {
    return {.verdict = same() ? Verdict::kMatch : Verdict::kMismatch, .problems = {}};
  } catch (const base::ProblemError& error) {
    if (CannotTell(error.code())) throw;
    return {.verdict = Verdict::kMismatch, .problems = error.problems()};
  }
}

// Runs a stage that sees figures. What it throws makes a mismatch and is not told: nullopt.
template <typename Stage>
auto Silently(Stage stage) -> std::optional<decltype(stage())> {
  try {
    return stage();
  } catch (const base::ProblemError& error) {
    if (CannotTell(error.code())) throw;
    return std::nullopt;
  }
}

// Throws ProblemError "other-plan" when the plan is not the one that the noise was drawn under.
void CheckPlan(const std::string& planned_digest, const std::string& drawn_digest);

// True when the ledger holds this very reservation under that id, once, and its draw was finished.
bool IsChargedOnce(const stats::budget::Ledger& ledger,
                   const stats::budget::Reservation& reservation,
                   const std::string& reservation_id);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_REPLAY_JUDGE_H_
