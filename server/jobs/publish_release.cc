#include <optional>
#include <utility>

#include "crypto/digest/digest.h"
#include "server/jobs/pipeline.h"
#include "stats/audit/audit.h"
#include "stats/audit/count_proofs.h"
#include "stats/noise/accounting.h"
#include "stats/reconcile/reconcile.h"
#include "stats/release/release.h"
#include "stats/suppress/hide_counts.h"
#include "stats/suppress/rules.h"
#include "stats/suppress/suppress.h"
#include "stats/table/count_history.h"

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
  const base::NanoRho twice = planned.charge.OfIdentifiers(2);
  header.rho_two_identifiers = twice.Text();
  header.epsilon_two_identifiers = stats::noise::EpsilonOf(twice.rho(), policy.delta());
  header.half_width_share = policy.precision().half_width_share;
  header.min_rate_denominator = policy.precision().min_rate_denominator;
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
  const size_t size = schema.CellCount(all);
  for (size_t cell = 0; cell < counts.cells().size(); ++cell) {
    for (size_t t = 0; t < counted.tables.size(); ++t) {
      const size_t over = schema.Project(all, cell % size, counted.tables[t].attributes);
      tables.values()[tables.Number(t, over)] += counts.cells()[cell];
    }
  }
  return tables;
}

std::vector<std::string> PartsOf(const CountedMeasure& counted) {
  std::vector<std::string> parts;
  for (const base::Period& part : counted.parts) parts.push_back(part.Text());
  return parts;
}

// The counts behind an earlier release, as it was published.
std::optional<stats::audit::CountEvidence::Earlier> EarlierOf(const CountedBefore& before,
                                                              const std::string& measure) {
  const auto* published = before.release->FindMeasure(measure);
  if (published == nullptr || !published->exact) return std::nullopt;
  for (size_t i = 0; i < before.planned->counted.size(); ++i) {
    const CountedMeasure& counted = before.planned->counted[i];
    if (counted.measure != measure) continue;
    const auto& counts = before.answers->counts.at(i);
    stats::table::LinkedTables tables = TablesOf(counted, counts);
    size_t cell = 0;
    for (const auto& table : published->tables) {
      for (const auto& shown : table.cells) tables.statuses().at(cell++) = shown.status;
    }
    return stats::audit::CountEvidence::Earlier{before.release->header().release_id,
                                                {std::move(tables),
                                                 counts.cells(),
                                                 before.release->header().members,
                                                 {},
                                                 PartsOf(counted)}};
  }
  return std::nullopt;
}

// Those of the releases before that speak of the same cases in the measure.
std::vector<const CountedBefore*> Linked(const Question& question, const std::string& measure,
                                         const std::vector<CountedBefore>& before) {
  std::vector<const CountedBefore*> having;
  std::vector<base::Period> periods;
  for (const CountedBefore& one : before) {
    const auto* published = one.release->FindMeasure(measure);
    if (published == nullptr || !published->exact) continue;
    having.push_back(&one);
    periods.push_back(one.release->header().period);
  }
  const std::vector<bool> same = stats::table::SpeakOfTheSame(
      question.policy->FindMeasure(measure)->unit, question.period, periods);
  std::vector<const CountedBefore*> linked;
  for (size_t i = 0; i < having.size(); ++i) {
    if (same[i]) linked.push_back(having[i]);
  }
  return linked;
}

// Hides what must be hidden of one measure of exact counts, over all releases of these cases, and
// gathers what the audit needs to believe it.
void AddCounts(const Question& question, const CountedMeasure& counted,
               const stats::tabulate::Counts& counts, const std::string& salt,
               const std::vector<stats::table::Member>& members,
               const std::vector<CountedBefore>& before, stats::audit::Candidate& candidate) {
  stats::audit::CountEvidence evidence{.measure = counted.measure,
                                       .earlier = {},
                                       .cells = counts.cells(),
                                       .members = members,
                                       .proofs = {},
                                       .certificate_digest = {}};
  std::vector<stats::table::LinkedTables> tables{TablesOf(counted, counts)};
  stats::suppress::ApplyCellRules(tables.front(),
                                  {*question.policy, *question.codebook, question.period, members});
  std::vector<stats::table::CountedRelease> releases;
  std::vector<base::Period> periods;
  for (const CountedBefore* one : Linked(question, counted.measure, before)) {
    if (auto earlier = EarlierOf(*one, counted.measure)) {
      releases.push_back(earlier->counted);
      periods.push_back(one->release->header().period);
      evidence.earlier.push_back(std::move(*earlier));
    }
  }
  releases.push_back({tables.front(), counts.cells(), members, {}, PartsOf(counted)});
  periods.push_back(question.period);
  for (size_t i = 0; i < releases.size(); ++i) {
    releases[i].known =
        stats::table::KnownFigures(*question.policy, counted.measure, periods[i],
                                   stats::table::KnownOf::kThisPeriod, releases[i].tables.schema());
  }
  const stats::table::CountHistory history(releases, candidate.redivisions);
  auto hidden = stats::suppress::HideCounts(history, *question.policy);
  for (const size_t cell : hidden.hidden) {
    tables.front().statuses().at(cell) = stats::table::CellStatus::kHidden;
  }
  evidence.certificate_digest = Hex(stats::audit::CountCertificate(history, hidden.proofs, salt));
  evidence.proofs = std::move(hidden.proofs);
  candidate.measures.push_back(std::move(tables.front()));
  candidate.counts.push_back(std::move(evidence));
}

}  // namespace

PublishedText PublishRelease(const Question& question, const PlannedRelease& planned,
                             const Answers& answers, const ReleaseFacts& facts,
                             const std::vector<stats::table::PublishedRelease>& earlier,
                             const std::vector<CountedBefore>& counted, const Progress& progress) {
  Tell(progress, "reconcile");
  stats::audit::Candidate candidate;
  candidate.period = question.period;
  candidate.redivisions = question.codebook->Redivisions();
  candidate.members = facts.members;
  for (size_t i = 0; i < planned.plans.size(); ++i) {
    candidate.measures.push_back(
        stats::reconcile::Reconcile(answers.noisy.at(i), planned.plans[i]));
  }
  Tell(progress, "suppress");
  stats::suppress::Suppress(candidate.measures, *question.policy, *question.codebook,
                            question.period, facts.members, earlier);
  for (size_t i = 0; i < planned.counted.size(); ++i) {
    AddCounts(question, planned.counted[i], answers.counts.at(i), answers.salt, facts.members,
              counted, candidate);
  }
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
