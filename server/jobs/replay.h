// The replay auditor's tool: makes a release again, from the sealed seeds and the sealed deliveries
// of the store or from the files of an office, and says whether it is the same bit for bit.
//
// Nothing is made a second way: the stages are those of pipeline.h, in their order. What is
// compared: the noisy answers, the canonical release, the audit's public part, the charge in the
// ledger and the digest in the log. The answer is one word. It never says what differs: whoever
// could ask that of chosen inputs would learn noise, and with it counts.
#ifndef POLDER_SERVER_JOBS_REPLAY_H_
#define POLDER_SERVER_JOBS_REPLAY_H_

#include <string>
#include <string_view>
#include <vector>

#include "policies/base/clock.h"
#include "policies/base/problem.h"
#include "server/jobs/office.h"
#include "server/jobs/pipeline.h"
#include "server/jobs/sealed_access.h"

namespace polder::server::jobs {

enum class Verdict { kMatch, kMismatch };
std::string_view ToText(Verdict verdict);  // "match", "mismatch"

struct ReplayResult {
  Verdict verdict = Verdict::kMismatch;
  // Inputs that are not what was pinned, sealed or approved. Empty on a match, and when everything
  // could be opened but gives another result. Privacy: states only.
  std::vector<base::Problem> problems;
};

// Writes nothing. Throws ProblemError when the release cannot be made again at all:
// "no-such-release", "key-destroyed" (its deliveries or answers were erased), "not-found" and
// "answers-key-missing" (a key store older than the store), and what the machine refuses.
ReplayResult Replay(const SealedAccess& access, const std::string& release_id,
                    const Progress& progress = {});

// The same for what `polder protect` made: `options` as they were given then, `release_path` the
// release to judge, which also says what period, kind and moment it is of. The ledger is optional:
// with it the earlier releases come from it and the charge is compared; it is never changed.
ReplayResult ReplayFiles(ProtectOptions options, const std::string& release_path);

// A replay opens what was sealed about pupils, so it is logged like any act (leaf "replay"): once
// before it opens anything ("begun"), so that no opening goes unseen, and once for how it ended
// ("match", "mismatch", or "failed" when it could not be done).
void LogReplay(store::Store& store, const base::Clock& clock, const std::string& release_id,
               const std::string& officer, std::string_view state);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_REPLAY_H_
