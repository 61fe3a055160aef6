// The exact counts behind the releases of an office, kept beside its ledger: a later release of the
// year is proved safe together with them.
//
// Privacy: true counts on disk, readable by their owner only. Whoever may read them has the case
// files anyway.
#ifndef POLDER_SERVER_JOBS_OFFICE_COUNTS_H_
#define POLDER_SERVER_JOBS_OFFICE_COUNTS_H_

#include <memory>
#include <vector>

#include "server/jobs/office_input.h"
#include "server/jobs/office_ledger.h"
#include "server/jobs/pipeline.h"
#include "stats/table/published_release.h"

namespace polder::server::jobs {

// Nothing is kept of a release without exact counts.
void KeepOfficeCounts(const OfficeInput& input, const PlannedRelease& planned,
                      const Answers& answers, OfficeLedger& ledger);

class OfficeCounts {
 public:
  // Those of `releases` that have exact counts of the year of `planned` and whose counts are beside
  // the ledger; none when there is no ledger or nothing is counted exactly. Of the others the audit
  // says that their counts are not at hand. `releases` must outlive this. Throws ProblemError
  // "counts-damaged" when a file is not what was written.
  OfficeCounts(const OfficeLedger* ledger, const PlannedRelease& planned,
               const std::vector<stats::table::PublishedRelease>& releases);

  const std::vector<CountedBefore>& list() const { return list_; }

 private:
  struct Opened {
    policies::codebook::Codebook codebook;
    policies::disclosure::Policy policy;
    PlannedRelease planned;
    Answers answers;
  };
  std::vector<std::unique_ptr<Opened>> opened_;
  std::vector<CountedBefore> list_;
};

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_OFFICE_COUNTS_H_
