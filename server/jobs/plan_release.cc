#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "policies/base/problem.h"
#include "policies/disclosure/size_classes.h"
#include "server/jobs/pipeline.h"
#include "stats/noise/design.h"
#include "stats/noise/sampler.h"
#include "stats/noise/weigh.h"
#include "stats/table/count_history.h"

namespace polder::server::jobs {
namespace {

using policies::disclosure::ReleaseKind;

// A monitor is of a quarter, everything else of a year; vsv of its own calendar.
void CheckPeriod(const Question& question) {
  const bool vsv = question.kind == ReleaseKind::kVsv;
  const base::Calendar calendar = vsv ? base::Calendar::kVsv : base::Calendar::kAbsence;
  const bool whole_year = question.kind != ReleaseKind::kMonitor;
  const bool any_length = question.kind == ReleaseKind::kSlice;
  const std::string kind(policies::disclosure::ToText(question.kind));
  if (question.period.calendar() != calendar) {
    throw base::ProblemError("wrong-period", "/period",
                             question.period.Text() + " is a period of the other calendar; a " +
                                 kind + " release is made over the " +
                                 std::string(base::ToText(calendar)) + " calendar");
  }
  if (!any_length && question.period.IsYear() != whole_year) {
    throw base::ProblemError("wrong-period", "/period",
                             "a " + kind + " release is made over a whole " +
                                 (whole_year ? "year" : "quarter") + ", not over " +
                                 question.period.Text());
  }
}

// Names the deliveries and says nothing else of them: anyone can recompute it from the log.
std::string DeliveriesDigest(const std::string& municipality,
                             const std::set<std::pair<std::string, std::string>>& deliveries) {
  base::Json list = base::Json::array();
  for (const auto& [period, id] : deliveries) {
    list.push_back({{"period", period}, {"deliveryId", id}});
  }
  return crypto::digest::Sha256Hex(base::AsBytes(base::CanonicalJson(
      base::Json{{"municipality", municipality}, {"deliveries", std::move(list)}})));
}

// The tables of a measure of exact counts, over the same dimensions as under noise.
CountedMeasure CountedOf(const Question& question,
                         const policies::disclosure::BudgetLine::Content& content,
                         const std::vector<std::string>& members) {
  const auto request =
      stats::noise::MakePlanRequest(*question.policy, *question.codebook, question.period,
                                    {content.measure, {}, content.share}, 1, members);
  const auto* measure = question.policy->FindMeasure(content.measure);
  CountedMeasure counted{request.measure,
                         request.schema,
                         {},
                         stats::table::CountedParts(measure->unit, question.period)};
  for (const auto& planned : request.tables) {
    const auto& wanted = content.tables;
    if (wanted.empty() ||
        std::find(wanted.begin(), wanted.end(), planned.shape.id) != wanted.end()) {
      counted.tables.push_back(planned.shape);
    }
  }
  // A member knows its own part of every regional count, so the counts are kept by municipality
  // also when no table shows them so.
  const std::string name(
      policies::disclosure::ToText(policies::disclosure::Attribute::kMunicipality));
  if (!request.schema.IndexOf(name)) {
    std::vector<stats::table::Dimension> dimensions{{name, members}};
    for (const auto& dimension : request.schema.dimensions()) dimensions.push_back(dimension);
    counted.schema = stats::table::Schema(std::move(dimensions));
    for (auto& table : counted.tables) table.attributes <<= 1;
  }
  return counted;
}

base::Json ToJson(const CountedMeasure& counted) {
  base::Json dimensions = base::Json::array();
  for (const auto& dimension : counted.schema.dimensions()) {
    dimensions.push_back({{"name", dimension.name}, {"codes", dimension.codes}});
  }
  base::Json tables = base::Json::array();
  for (const auto& table : counted.tables) {
    tables.push_back({{"id", table.id}, {"attributes", counted.schema.Names(table.attributes)}});
  }
  base::Json json{{"measure", counted.measure},
                  {"dimensions", std::move(dimensions)},
                  {"tables", std::move(tables)}};
  if (counted.parts.size() > 1) {
    base::Json parts = base::Json::array();
    for (const base::Period& part : counted.parts) parts.push_back(part.Text());
    json["parts"] = std::move(parts);
  }
  return json;
}

}  // namespace

PlannedRelease PlanRelease(const Question& question) {
  const auto& policy = *question.policy;
  CheckPeriod(question);
  const auto* line = policy.FindBudget(question.kind);
  if (line == nullptr || line->content.empty()) {
    throw base::ProblemError(
        "no-budget-line", "/budget",
        "the policy grants nothing to a " +
            std::string(policies::disclosure::ToText(question.kind)) +
            " release; add a budget line with its content, or release another kind");
  }
  const std::vector<std::string> members = question.codebook->MembersIn(question.period);
  PlannedRelease planned;
  base::Rational cost = 0;
  base::Json plans = base::Json::array();
  base::Json counted = base::Json::array();
  for (const auto& content : line->content) {
    const auto* measure = policy.FindMeasure(content.measure);
    if (measure->mechanism == policies::disclosure::Mechanism::kSuppression) {
      planned.counted.push_back(CountedOf(question, content, members));
      counted.push_back(ToJson(planned.counted.back()));
      continue;
    }
    const base::Rational rho = line->per_release.rho() * content.share;
    for (const auto& request : stats::noise::MakePlanRequests(
             policy, *question.codebook, question.period, content, rho, members)) {
      planned.plans.push_back(stats::noise::Plan::Make(request));
      cost += planned.plans.back().cost();
      plans.push_back(base::ParseJson(planned.plans.back().Canonical()));
    }
  }
  planned.charge = base::NanoRho::CostOf(cost);
  if (planned.charge > line->per_release) {
    throw base::ProblemError("budget-exceeded", "/budget",
                             "the plans of this release cost more than its budget line grants");
  }
  base::Json canonical{{"format", "polder-release-plan-1"},
                       {"noise", stats::noise::kMechanism},
                       {"period", question.period.Text()},
                       {"plans", std::move(plans)}};
  if (!counted.empty()) canonical["counted"] = std::move(counted);
  planned.canonical = base::CanonicalJson(canonical);
  planned.digest = crypto::digest::Sha256Hex(base::AsBytes(planned.canonical));
  return planned;
}

std::vector<stats::table::Member> MembersOf(const Question& question,
                                            const std::vector<stats::cases::Manifest>& manifests) {
  std::map<std::string, std::set<int>> quarters;
  std::map<std::string, std::set<std::pair<std::string, std::string>>> counting;  // period, id
  std::set<std::string> converted;
  std::set<std::pair<std::string, std::string>> replaced;  // (municipality, delivery id)
  for (const auto& manifest : manifests) {
    if (!manifest.replaces.empty()) replaced.emplace(manifest.municipality, manifest.replaces);
  }
  for (const auto& manifest : manifests) {
    if (replaced.contains({manifest.municipality, manifest.delivery_id})) continue;
    if (manifest.period.year() != question.period.year() || manifest.period.IsYear()) continue;
    if (!question.period.IsYear() && manifest.period != question.period) continue;
    quarters[manifest.municipality].insert(manifest.period.quarter());
    counting[manifest.municipality].emplace(manifest.period.Text(), manifest.delivery_id);
    if (manifest.conversion) converted.insert(manifest.municipality);
  }
  const size_t needed = question.period.IsYear() ? 4 : 1;
  std::vector<stats::table::Member> members;
  for (const std::string& code : question.codebook->MembersIn(question.period)) {
    const auto found = quarters.find(code);
    const bool delivered = found != quarters.end() && found->second.size() == needed;
    members.push_back(
        {.municipality = code,
         .delivered = delivered,
         .conversion = converted.contains(code),
         .deliveries_digest = delivered ? DeliveriesDigest(code, counting[code]) : ""});
  }
  return members;
}

void CheckDelivered(const Question& question, const PlannedRelease& planned,
                    const std::vector<stats::table::Member>& members) {
  const bool by_class = std::any_of(
      planned.plans.begin(), planned.plans.end(),
      [](const stats::noise::Plan& plan) { return plan.request().schema.IsHierarchical(); });
  if (!by_class) return;
  std::vector<std::string> all, delivered;
  for (const stats::table::Member& member : members) {
    all.push_back(member.municipality);
    if (member.delivered) delivered.push_back(member.municipality);
  }
  policies::disclosure::RequirePeersDelivered(*question.policy, *question.codebook, question.period,
                                              all, delivered);
}

base::Bytes NoiseSalt(const NoiseBinding& binding) {
  base::Bytes salt;
  for (const std::string* part :
       {&binding.policy_digest, &binding.codebook_digest, &binding.plan_digest,
        &binding.freeze_digest, &binding.release_id, &binding.reservation_id}) {
    base::AppendFramed(salt, base::AsBytes(*part));
  }
  return salt;
}

}  // namespace polder::server::jobs
