// Jobs: leased with a fence, so that a worker that slept through its lease cannot write.
#include "policies/base/problem.h"
#include "server/store/connection.h"
#include "server/store/store.h"

namespace polder::server::store {

namespace {

const std::string kSelect =
    "SELECT id, kind, subject, parameters, state, worker, lease_until, fence, attempts, progress, "
    "message, officer, created_at, changed_at FROM jobs ";

JobState ParseState(const std::string& text) {
  for (JobState state : {JobState::kQueued, JobState::kRunning, JobState::kDone}) {
    if (ToText(state) == text) return state;
  }
  return JobState::kFailed;
}

JobRecord ReadJob(Statement& row) {
  JobRecord job;
  job.id = row.Text();
  job.kind = row.Text();
  job.subject = row.Text();
  job.parameters = row.Text();
  job.state = ParseState(row.Text());
  job.worker = row.Text();
  job.lease_until = row.Time();
  job.fence = row.Int();
  job.attempts = static_cast<int>(row.Int());
  job.progress = row.Text();
  job.message = row.Text();
  job.officer = row.Text();
  job.created_at = row.Time();
  job.changed_at = row.Time();
  return job;
}

[[noreturn]] void LeaseLost() {
  throw base::ProblemError("lease-lost", "",
                           "The lease on this job ended and another worker has it. Stop working on "
                           "it: nothing of this attempt was stored.");
}

}  // namespace

std::optional<JobRecord> Reader::FindJob(std::string_view id) const {
  Statement statement = connection_.Prepare(kSelect + "WHERE id = ?");
  statement.Bind(id);
  if (!statement.Step()) return std::nullopt;
  return ReadJob(statement);
}

std::optional<JobRecord> Reader::FindJob(std::string_view kind, std::string_view subject) const {
  Statement statement = connection_.Prepare(
      kSelect + "WHERE kind = ? AND subject = ? ORDER BY sequence DESC LIMIT 1");
  statement.Bind(kind).Bind(subject);
  if (!statement.Step()) return std::nullopt;
  return ReadJob(statement);
}

std::vector<JobRecord> Reader::Jobs() const {
  Statement statement = connection_.Prepare(kSelect + "ORDER BY sequence");
  std::vector<JobRecord> jobs;
  while (statement.Step()) jobs.push_back(ReadJob(statement));
  return jobs;
}

JobRecord Transaction::EnqueueJob(const JobRecord& job) {
  auto standing = FindJob(job.kind, job.subject);
  if (standing && standing->state != JobState::kFailed) return *standing;
  Statement statement = connection_.Prepare(
      "INSERT INTO jobs (id, kind, subject, parameters, state, worker, lease_until, fence, "
      "attempts, "
      "progress, message, officer, created_at, changed_at) VALUES (?1, ?2, ?3, ?4, 'queued', '', "
      "0, "
      "0, 0, '', '', ?5, ?6, ?6)");
  statement.Bind(job.id)
      .Bind(job.kind)
      .Bind(job.subject)
      .Bind(job.parameters)
      .Bind(job.officer)
      .Bind(job.created_at)
      .Run();
  return *FindJob(job.id);
}

std::optional<JobRecord> Transaction::LeaseJob(std::string_view worker, base::Instant now,
                                               int64_t lease_seconds) {
  std::optional<JobRecord> job;
  {
    Statement statement = connection_.Prepare(kSelect +
                                              "WHERE state = 'queued' OR (state = 'running' AND "
                                              "lease_until <= ?) ORDER BY sequence LIMIT "
                                              "1");
    statement.Bind(now);
    if (!statement.Step()) return std::nullopt;
    job = ReadJob(statement);
  }
  Statement statement = connection_.Prepare(
      "UPDATE jobs SET state = 'running', worker = ?, lease_until = ?, fence = fence + 1, attempts "
      "= "
      "attempts + 1, message = '', changed_at = ? WHERE id = ?");
  statement.Bind(worker).Bind(now.Plus(lease_seconds)).Bind(now).Bind(job->id).Run();
  return FindJob(job->id);
}

void Transaction::CheckLease(std::string_view id, int64_t fence) const {
  Statement statement = connection_.Prepare("SELECT state, fence FROM jobs WHERE id = ?");
  statement.Bind(id);
  if (!statement.Step() || statement.Text() != "running" || statement.Int() != fence) LeaseLost();
}

void Transaction::RenewJob(std::string_view id, int64_t fence, base::Instant now,
                           int64_t lease_seconds, std::string_view progress) {
  CheckLease(id, fence);
  Statement statement = connection_.Prepare(
      "UPDATE jobs SET lease_until = ?, progress = ?, changed_at = ? WHERE id = ?");
  statement.Bind(now.Plus(lease_seconds)).Bind(progress).Bind(now).Bind(id).Run();
}

void Transaction::FinishJob(std::string_view id, int64_t fence, base::Instant now) {
  CheckLease(id, fence);
  Statement statement =
      connection_.Prepare("UPDATE jobs SET state = 'done', changed_at = ? WHERE id = ?");
  statement.Bind(now).Bind(id).Run();
}

void Transaction::FailJob(std::string_view id, int64_t fence, base::Instant now,
                          std::string_view message) {
  CheckLease(id, fence);
  Statement statement = connection_.Prepare(
      "UPDATE jobs SET state = 'failed', message = ?, changed_at = ? WHERE id = ?");
  statement.Bind(message).Bind(now).Bind(id).Run();
}

void Transaction::RequeueJob(std::string_view id, int64_t fence, base::Instant now,
                             std::string_view message) {
  CheckLease(id, fence);
  Statement statement = connection_.Prepare(
      "UPDATE jobs SET state = 'queued', worker = '', lease_until = 0, message = ?, changed_at = ? "
      "WHERE id = ?");
  statement.Bind(message).Bind(now).Bind(id).Run();
}

}  // namespace polder::server::store
