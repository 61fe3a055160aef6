// The exact counts behind earlier releases of a year, opened again: a new release of the year or a
// part of it is proved safe together with them.
#ifndef POLDER_SERVER_JOBS_COUNTS_BEFORE_H_
#define POLDER_SERVER_JOBS_COUNTS_BEFORE_H_

#include <memory>
#include <vector>

#include "server/jobs/pipeline.h"
#include "server/jobs/release_inputs.h"
#include "server/jobs/sealed_access.h"
#include "stats/table/published_release.h"

namespace polder::server::jobs {

// Privacy: true counts; wiped when it dies.
class CountsBefore {
 public:
  // Opens nothing unless `planned` has exact counts. `records` and `releases` are the same
  // releases, in order of making; `releases` must outlive this. Throws ProblemError
  // "earlier-counts-gone" when the counts behind one of the same year were destroyed: nothing can
  // then be proved about the two together.
  static CountsBefore Open(const SealedAccess& access, const PlannedRelease& planned,
                           const base::Period& period,
                           const std::vector<store::ReleaseRecord>& records,
                           const std::vector<stats::table::PublishedRelease>& releases);

  const std::vector<CountedBefore>& list() const { return list_; }

 private:
  struct Opened {
    ReleaseInputs inputs;
    PlannedRelease planned;
    Answers answers;
  };
  std::vector<std::unique_ptr<Opened>> opened_;
  std::vector<CountedBefore> list_;
};

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_COUNTS_BEFORE_H_
