// One release, from a frozen period to a signed document under embargo. See worker.h for the order.
#ifndef POLDER_SERVER_JOBS_RELEASE_JOB_H_
#define POLDER_SERVER_JOBS_RELEASE_JOB_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/jobs/pipeline.h"
#include "server/jobs/release_inputs.h"
#include "server/jobs/worker.h"
#include "stats/budget/ledger.h"

namespace polder::server::jobs {

// The text that is signed for a release: three lines, "polder-release-1", id and digest.
std::string ReleaseNoteText(std::string_view release_id, std::string_view digest);

// Every write checks the job's fence, so a worker that lost its lease changes nothing.
class ReleaseJob {
 public:
  ReleaseJob(const WorkerContext& context, const store::JobRecord& job)
      : context_(context), job_(job) {}

  // Throws ProblemError when the release cannot be made; what stands by then stays.
  void Run();

 private:
  struct Measured {
    Answers answers;
    base::Instant at;  // when they were sealed
  };

  void Begin(std::string_view step) const;
  bool AlreadyMade() const;
  stats::budget::Entry Reserve(const ReleaseInputs& inputs, const PlannedRelease& planned) const;
  std::optional<Measured> FindAnswers(const PlannedRelease& planned,
                                      const stats::budget::Entry& entry) const;
  Measured Measure(ReleaseInputs& inputs, const PlannedRelease& planned,
                   const stats::budget::Entry& entry) const;
  void Seal(const PlannedRelease& planned, const stats::budget::Entry& entry,
            const Measured& answers) const;
  void Commit(const stats::budget::Entry& entry) const;
  void Publish(const ReleaseInputs& inputs, const PlannedRelease& planned,
               const stats::budget::Entry& entry, const Measured& answers) const;
  std::vector<store::ReleaseRecord> Standing(const base::Period& period) const;
  void Store(const ReleaseInputs& inputs, const ReleaseFacts& facts, const PublishedText& published,
             const std::vector<store::ReleaseRecord>& before) const;

  const WorkerContext& context_;
  const store::JobRecord& job_;
};

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_RELEASE_JOB_H_
