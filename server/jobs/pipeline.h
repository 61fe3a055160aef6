// From deliveries to a release, as pure functions: no store, no clock, no file.
//
// A release is made in three stages, so that whoever runs them (the worker over a store, the office
// tool over files, a replay auditor) can write down what each gave before the next one starts:
//
//   PlanRelease      what will be measured, with how much noise, and what that costs. Sees no case.
//   DrawAndMeasure   draws all noise of all measures, and only then counts. Its answers are already
//                    private by the plan's cost, so they may be kept (sealed).
//   PublishRelease   reconcile, suppress, audit, release: works on the noisy answers alone.
//
// `RunPipeline` is the three in a row. The same input always gives the same bytes.
#ifndef POLDER_SERVER_JOBS_PIPELINE_H_
#define POLDER_SERVER_JOBS_PIPELINE_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/bytes.h"
#include "policies/base/json.h"
#include "policies/base/nano_rho.h"
#include "policies/base/period.h"
#include "policies/base/random_bits.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "stats/cases/case.h"
#include "stats/noise/answers.h"
#include "stats/noise/plan.h"
#include "stats/table/published_release.h"
#include "stats/tabulate/counts.h"

namespace polder::server::jobs {

// What is asked. `codebook` and `policy` must outlive everything made from it.
struct Question {
  const policies::codebook::Codebook* codebook = nullptr;
  const policies::disclosure::Policy* policy = nullptr;
  base::Period period;
  policies::disclosure::ReleaseKind kind = policies::disclosure::ReleaseKind::kMonitor;
};

// Called when a stage begins, with one of kStages; may throw to stop the work.
using Progress = std::function<void(std::string_view stage)>;

// "plan", "draw", "tabulate", "measure", "reconcile", "suppress", "audit", "release".
const std::vector<std::string>& PipelineStages();

// A measure that the policy publishes as exact counts: nothing is drawn for it.
struct CountedMeasure {
  std::string measure;
  // All attributes of the measure's tables, also of those that this kind of release leaves out, so
  // that the finest counts of two releases are the same.
  stats::table::Schema schema;
  std::vector<stats::table::TableShape> tables;
  std::vector<base::Period> parts;  // what is counted by itself and added up
};

struct PlannedRelease {
  // One per measure under noise, in the order of the budget's content, or two where the tables
  // without the kind are measured apart (stats/noise/weigh.h); one per counted measure.
  std::vector<stats::noise::Plan> plans;
  std::vector<CountedMeasure> counted;
  std::string canonical;  // canonical JSON of all of them
  std::string digest;     // sha256 of it, hex
  base::NanoRho charge;   // of all plans together, rounded up once
};

// Throws ProblemError: "no-budget-line" when the policy has none for the kind, "wrong-period" when
// the period's calendar or length is not the kind's, "budget-exceeded" when the plans would cost
// more than the line grants.
PlannedRelease PlanRelease(const Question& question);

// The members of the region in the period, in codebook order. `delivered` only when there is a
// delivery for every quarter of the period; `conversion` when one of them that was not replaced
// declares it; `deliveries_digest` as docs/formats/release.md defines it.
std::vector<stats::table::Member> MembersOf(const Question& question,
                                            const std::vector<stats::cases::Manifest>& manifests);

// Asked before anything is reserved: what no release may be made of, whatever the noise. Throws
// ProblemError "class-incomplete" when too few municipalities of a size class delivered.
void CheckDelivered(const Question& question, const PlannedRelease& planned,
                    const std::vector<stats::table::Member>& members);

// What the noise is bound to, besides the seeds. One changed byte changes every draw.
struct NoiseBinding {
  std::string policy_digest;    // sha256 of the canonical policy, hex
  std::string codebook_digest;  // sha256 of the canonical codebook, hex
  std::string plan_digest;
  std::string freeze_digest;
  std::string release_id;
  std::string reservation_id;
};

// The salt of the keystream: every part framed with its length, in the order above.
base::Bytes NoiseSalt(const NoiseBinding& binding);

// What a release is made from once the cases are closed: noisy answers, and exact counts of the
// measures that the policy publishes so. Privacy: as `Counts`.
struct Answers {
  std::vector<stats::noise::NoisyAnswers> noisy;  // as PlannedRelease::plans
  std::vector<stats::tabulate::Counts> counts;    // as PlannedRelease::counted
  std::string salt;  // hex; makes the digest of the certificates of counts tell nothing
};

// An earlier release of the same year with measures of exact counts, and the counts behind it.
struct CountedBefore {
  const PlannedRelease* planned = nullptr;
  const Answers* answers = nullptr;
  const stats::table::PublishedRelease* release = nullptr;
};

// Counts the deliveries (in order of arrival) under noise. Deliveries of members that are
// incomplete in the period (see MembersOf), of earlier periods, of the other calendar and of
// municipalities outside the region count nowhere; of those that replace one another only the last
// counts. Privacy: all noise is drawn before the first cube exists; the cases and the cubes are
// wiped before this returns.
Answers DrawAndMeasure(const Question& question, const PlannedRelease& planned,
                       std::vector<stats::cases::Delivery>&& deliveries,
                       const base::RandomSource& source, const Progress& progress = {});

// The answers as one canonical JSON text, for sealing; and back. FromText throws ProblemError when
// the text does not belong to this plan.
std::string AnswersToText(const PlannedRelease& planned, const Answers& answers);
Answers AnswersFromText(const PlannedRelease& planned, std::string_view text);

// What the header of the release says besides what follows from question and plan.
struct ReleaseFacts {
  std::string release_id;
  std::string origin;  // "region" or "office"
  bool demo = false;
  std::string freeze_digest;
  std::string reservation_id;
  std::vector<std::string> seed_commitments;  // hex
  base::Instant made_at;
  base::Instant public_at;
  std::vector<stats::table::Member> members;
};

struct PublishedText {
  std::string release;  // canonical JSON: what is signed, logged and published
  std::string audit;    // canonical JSON: the public part of the audit's certificate
  std::string digest;   // sha256 of `release`, hex
};

// `earlier`: every release of the same year already made, embargoed ones too; `counted`: those of
// them that have exact counts, in the same order. Throws ProblemError
// "audit-failed" when the audit finds anything; then there is no release.
PublishedText PublishRelease(const Question& question, const PlannedRelease& planned,
                             const Answers& answers, const ReleaseFacts& facts,
                             const std::vector<stats::table::PublishedRelease>& earlier,
                             const std::vector<CountedBefore>& counted,
                             const Progress& progress = {});

struct PipelineInput {
  Question question;
  std::vector<stats::cases::Delivery> deliveries;
  ReleaseFacts facts;  // `members` is filled by the pipeline
  const base::RandomSource* source = nullptr;
  std::vector<stats::table::PublishedRelease> earlier;
  Progress progress;
};

struct PipelineResult {
  PublishedText published;
  std::string answers;  // as AnswersToText
  base::NanoRho charge;
};

PipelineResult RunPipeline(PipelineInput&& input);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_PIPELINE_H_
