// The pipeline without a region: one statistician, case files on disk, no service (`polder
// protect`).
//
// It keeps the same promises as the service: the budget is reserved on disk before noise is drawn,
// a scope is drawn once, anything wrong yields no release. What it cannot give is a second seed
// holder who is not in the room and a log; so the release says `"origin":"office"`.
#ifndef POLDER_SERVER_JOBS_OFFICE_H_
#define POLDER_SERVER_JOBS_OFFICE_H_

#include <optional>
#include <string>
#include <vector>

#include "policies/base/clock.h"
#include "policies/base/period.h"
#include "policies/disclosure/policy.h"

namespace polder::server::jobs {

struct ProtectOptions {
  std::string policy_path;
  std::string codebook_path;
  std::vector<std::string> case_paths;  // delivery files (NDJSON), in order of arrival
  // Made when absent. Beside it are kept the releases, and what is behind their exact counts.
  std::string ledger_path;
  std::string seeds_path;     // {"format":"polder-seeds-1","seeds":[hex of 32 bytes, …]}
  std::string out_directory;  // made when absent
  // Releases of the same year made elsewhere. Those made under this ledger are known to it and
  // always taken into account.
  std::vector<std::string> earlier_paths;
  // What is released; when absent it follows from the files: one quarter is a monitor of it, a
  // whole school year the definitive release, a whole vsv year the vsv release.
  std::optional<base::Period> period;
  std::optional<policies::disclosure::ReleaseKind> kind;
};

struct ProtectResult {
  std::string release_id;
  std::string digest;  // sha256 of release.json, hex
  std::string charge;  // exact decimal rho
};

// Writes release.json, cells.csv and audit.json into the out directory. Throws ProblemError with
// every problem found: of the files (with file name and line), "already-released" when the ledger
// holds a finished draw for this scope, "other-draw" when it holds an unfinished one for other
// input, "budget-exceeded", "audit-failed". An interrupted run may be repeated with the same input:
// it gives the same bytes and is charged once.
ProtectResult Protect(const ProtectOptions& options, const base::Clock& clock);

// Protect, reporting as a command does: one line on `out` or the problems on `err`. Returns 0 done,
// 1 refused, 3 a file could not be read or written.
int RunProtect(const ProtectOptions& options, const base::Clock& clock, std::string& out,
               std::string& err);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_OFFICE_H_
