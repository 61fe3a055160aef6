#include <utility>

#include "crypto/digest/digest.h"
#include "policies/base/problem.h"
#include "server/jobs/pipeline.h"
#include "stats/audit/audit.h"
#include "stats/noise/accounting.h"
#include "stats/reconcile/reconcile.h"
#include "stats/release/release.h"
#include "stats/suppress/suppress.h"

namespace polder::server::jobs {
namespace {

void Tell(const Progress& progress, std::string_view stage) {
  if (progress) progress(stage);
}

std::string Hex(const std::string& text) { return crypto::digest::Sha256Hex(base::AsBytes(text)); }

stats::table::ReleaseHeader HeaderOf(const Question& question, const PlannedRelease& planned,
                                     const ReleaseFacts& facts,
                                     const stats::audit::Certificate& certificate) {
  const auto& policy = *question.policy;
  const auto& codebook = *question.codebook;
  stats::table::ReleaseHeader header;
  header.release_id = facts.release_id;
  header.region = codebook.region();
  header.period = question.period;
  header.kind = policies::disclosure::ToText(question.kind);
  header.origin = facts.origin;
  header.demo = facts.demo;
  header.policy = {policy.id(), policy.version(), Hex(policy.canonical())};
  header.codebook = {codebook.id(), codebook.version(), Hex(codebook.canonical())};
  header.freeze_digest = facts.freeze_digest;
  header.plan_digest = planned.digest;
  header.reservation_id = facts.reservation_id;
  header.seed_commitments = facts.seed_commitments;
  header.rho = planned.charge.Text();
  header.epsilon = stats::noise::EpsilonOf(planned.charge.rho(), policy.delta());
  header.delta = base::ToText(policy.delta());
  header.made_at = facts.made_at;
  header.public_at = facts.public_at;
  header.members = facts.members;
  header.audit_digest = Hex(certificate.document);
  header.min_hidden_sd = certificate.smallest_standard_error;
  return header;
}

// Exact counts as tables; no residual, so no error.
stats::table::LinkedTables TablesOf(const CountedMeasure& counted,
                                    const stats::tabulate::Counts& counts) {
  stats::table::LinkedTables tables(counted.measure, counted.schema, counted.tables);
  tables.exact = true;
  const auto& schema = counted.schema;
  const stats::table::AttributeSet all = stats::table::WholeSet(schema);
  for (size_t cell = 0; cell < counts.cells().size(); ++cell) {
    for (size_t t = 0; t < counted.tables.size(); ++t) {
      const size_t part = schema.Project(all, cell, counted.tables[t].attributes);
      tables.values()[tables.Number(t, part)] += counts.cells()[cell];
    }
  }
  return tables;
}

}  // namespace

PublishedText PublishRelease(const Question& question, const PlannedRelease& planned,
                             const Answers& answers, const ReleaseFacts& facts,
                             const std::vector<stats::table::PublishedRelease>& earlier,
                             const Progress& progress) {
  Tell(progress, "reconcile");
  stats::audit::Candidate candidate;
  candidate.period = question.period;
  for (size_t i = 0; i < planned.plans.size(); ++i) {
    candidate.measures.push_back(
        stats::reconcile::Reconcile(answers.noisy.at(i), planned.plans[i]));
  }
  for (size_t i = 0; i < planned.counted.size(); ++i) {
    candidate.measures.push_back(TablesOf(planned.counted[i], answers.counts.at(i)));
  }
  if (!planned.counted.empty()) {
    throw base::ProblemError("mechanism", "/measures",
                             "exact counts cannot be proved safe yet, so they are not published");
  }
  Tell(progress, "suppress");
  stats::suppress::Suppress(candidate.measures, *question.policy, *question.codebook,
                            question.period, facts.members, earlier);
  Tell(progress, "audit");
  const stats::audit::AuditedTables audited =
      stats::audit::Audit(std::move(candidate), *question.policy, earlier);
  Tell(progress, "release");
  PublishedText published;
  published.audit = audited.certificate().document;
  published.release = stats::release::MakeRelease(
      audited, HeaderOf(question, planned, facts, audited.certificate()), *question.codebook,
      *question.policy);
  published.digest = Hex(published.release);
  return published;
}

}  // namespace polder::server::jobs
