#include "server/jobs/worker.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/problem.h"
#include "server/govern/erasures.h"
#include "server/govern/leaf.h"
#include "server/jobs/erasure.h"
#include "server/jobs/release_job.h"

namespace polder::server::jobs {
namespace {

// The machine was in the way, not the job: it may go better next time.
bool MayPass(const std::string& code) {
  static const std::set<std::string> passing{
      "store-unavailable", "crypto-failure",  "random-source-failed", "cannot-read",
      "cannot-write",      "simulated-clock", "releases-changed",     "not-witnessed"};
  return passing.contains(code);
}

// Problems are written for people and carry no count, token or key; what other exceptions say was
// written for nobody.
std::string MessageOf(const base::ProblemError& error) {
  std::string message;
  for (const auto& problem : error.problems()) {
    if (!message.empty()) message += "\n";
    message += problem.code + ": " + problem.detail;
  }
  return message;
}

}  // namespace

const std::vector<std::string>& ReleaseSteps() {
  static const std::vector<std::string> steps{
      "check",     "reserve",  "draw",  "tabulate", "measure", "seal", "commit",
      "reconcile", "suppress", "audit", "release",  "log",     "done"};
  return steps;
}

Worker::Worker(WorkerContext context) : context_(std::move(context)) {}

bool Worker::RunOnce() {
  std::optional<store::JobRecord> job;
  context_.store.Write([&](store::Transaction& transaction) {
    job = transaction.LeaseJob(context_.name, context_.clock.Now(), context_.lease_seconds);
  });
  if (!job) return false;
  if (job->attempts > context_.max_leases) {
    End(*job, false,
        "worker-died: every worker that took this job ended without a word, " +
            std::to_string(context_.max_leases) +
            " times. Nothing was released; read the log of `polder work`, then ask for the job "
            "again: it continues where it stands");
  } else {
    Do(*job);
  }
  return true;
}

void Worker::Do(const store::JobRecord& job) {
  std::string message;
  bool again = false;
  try {
    if (job.kind == govern::kErasureJob) {
      RunErasure(context_, job);
      return;
    }
    if (job.kind != "release") {
      throw base::ProblemError("unknown-job", "", "this worker does not know such jobs; update it");
    }
    ReleaseJob(context_, job).Run();
    return;
  } catch (const base::ProblemError& error) {
    if (error.code() == "lease-lost") return;  // another worker has it now
    message = MessageOf(error);
    again = MayPass(error.code());
  } catch (const std::bad_alloc&) {
    message = "out-of-memory: the worker had too little memory";
    again = true;
  } catch (const std::exception&) {
    message = "internal: something went wrong inside; nothing was released";
  }
  End(job, again, message);
}

void Worker::End(const store::JobRecord& job, bool again, const std::string& message) {
  context_.store.Write([&](store::Transaction& transaction) {
    try {
      if (again && job.attempts < context_.max_attempts) {
        transaction.RequeueJob(job.id, job.fence, context_.clock.Now(), message);
      } else {
        transaction.FailJob(job.id, job.fence, context_.clock.Now(), message);
      }
    } catch (const base::ProblemError& error) {
      if (error.code() != "lease-lost") throw;
    }
  });
}

void Worker::Run(const std::atomic<bool>& stop) {
  std::optional<base::Date> looked;  // for what is due to be erased: once a day
  while (!stop) {
    bool worked = false;
    try {
      if (looked != context_.clock.Now().Day()) {
        AskDueErasures(context_);
        looked = context_.clock.Now().Day();
      }
      PublishDue(context_.store, context_.clock, context_.checkpoints);
      worked = RunOnce();
    } catch (const base::ProblemError& error) {
      if (!MayPass(error.code())) throw;
    }
    for (int i = 0; !worked && !stop && i < 10; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

std::vector<std::string> PublishDue(store::Store& store, const base::Clock& clock,
                                    const govern::Checkpoints& checkpoints) {
  const base::Instant now = clock.Now();
  const auto is_due = [&](const store::ReleaseRecord& release) {
    return release.state == store::ReleaseState::kEmbargoed && release.public_at <= now;
  };
  std::vector<store::ReleaseRecord> due;
  store.Read([&](const store::Reader& reader) {
    for (auto& release : reader.Releases()) {
      if (is_due(release)) due.push_back(std::move(release));
    }
  });
  std::vector<std::string> published;
  if (due.empty()) return published;
  // Nothing is public whose place in the log witnesses have not seen.
  for (const auto& release : due) checkpoints.RequireWitnessed(store, release.log_index, now);
  store.Write([&](store::Transaction& transaction) {
    for (const auto& release : transaction.Releases()) {
      const bool asked = std::any_of(due.begin(), due.end(),
                                     [&](const auto& one) { return one.id == release.id; });
      if (!asked || !is_due(release)) continue;
      govern::AppendLeaf(transaction, "public", clock,
                         base::Json{{"releaseId", release.id}, {"digest", release.digest}});
      transaction.SetReleaseState(release.id, store::ReleaseState::kPublic, now);
      published.push_back(release.id);
    }
  });
  if (!published.empty()) checkpoints.Latest(store, now);
  return published;
}

}  // namespace polder::server::jobs
