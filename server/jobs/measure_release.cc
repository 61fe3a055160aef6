#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/problem.h"
#include "server/jobs/pipeline.h"
#include "stats/noise/design.h"
#include "stats/tabulate/tabulate.h"

namespace polder::server::jobs {
namespace {

// What counts: the last delivery per member and quarter, of members that are complete.
std::vector<stats::cases::Delivery> Selected(const Question& question,
                                             std::vector<stats::cases::Delivery>&& deliveries) {
  std::vector<stats::cases::Manifest> manifests;
  std::set<std::pair<std::string, std::string>> replaced;  // (municipality, delivery id)
  for (const auto& delivery : deliveries) {
    manifests.push_back(delivery.manifest);
    if (!delivery.manifest.replaces.empty()) {
      replaced.emplace(delivery.manifest.municipality, delivery.manifest.replaces);
    }
  }
  std::set<std::string> complete;
  for (const auto& member : MembersOf(question, manifests)) {
    if (member.delivered) complete.insert(member.municipality);
  }
  std::vector<stats::cases::Delivery> selected;
  for (auto& delivery : deliveries) {
    const auto& manifest = delivery.manifest;
    // a later quarter's delivery may hold a later version of a case of this period
    const bool may_hold = manifest.period.calendar() == question.period.calendar() &&
                          question.period.First() <= manifest.period.First();
    if (may_hold && complete.contains(manifest.municipality) &&
        !replaced.contains({manifest.municipality, manifest.delivery_id})) {
      selected.push_back(std::move(delivery));
    }
  }
  deliveries.clear();
  return selected;
}

void Tell(const Progress& progress, std::string_view stage) {
  if (progress) progress(stage);
}

}  // namespace

std::vector<stats::noise::NoisyAnswers> DrawAndMeasure(
    const Question& question, const PlannedRelease& planned,
    std::vector<stats::cases::Delivery>&& deliveries, const base::RandomSource& source,
    const Progress& progress) {
  Tell(progress, "draw");
  std::vector<stats::noise::Noise> noise;
  for (const auto& plan : planned.plans) noise.push_back(stats::noise::Noise::Draw(plan, source));

  Tell(progress, "tabulate");
  const stats::tabulate::LinkedCases linked = stats::tabulate::Link(
      Selected(question, std::move(deliveries)), *question.codebook, question.period);
  Tell(progress, "measure");
  std::vector<stats::noise::NoisyAnswers> answers;
  for (size_t i = 0; i < planned.plans.size(); ++i) {
    const auto& plan = planned.plans[i];
    const auto* measure = question.policy->FindMeasure(plan.request().measure);
    if (measure == nullptr) {
      throw base::ProblemError("unknown-measure", "/measures",
                               "the plan names a measure that the policy does not have");
    }
    const stats::tabulate::Cube cube = stats::tabulate::Tabulate(
        linked, *measure, stats::tabulate::BoundsOf(*question.policy),
        stats::noise::CubeDimensions(plan.request().schema), *question.codebook);
    answers.push_back(stats::noise::NoisyAnswers::Measure(cube, plan, std::move(noise[i])));
  }
  return answers;
}

std::string AnswersToText(const PlannedRelease& planned,
                          const std::vector<stats::noise::NoisyAnswers>& answers) {
  base::Json list = base::Json::array();
  for (const auto& measured : answers) list.push_back(measured.ToJson());
  return base::CanonicalJson(base::Json{
      {"format", "polder-answers-1"}, {"plan", planned.digest}, {"answers", std::move(list)}});
}

std::vector<stats::noise::NoisyAnswers> AnswersFromText(const PlannedRelease& planned,
                                                        std::string_view text) {
  const base::Json json = base::ParseJson(text, {.max_bytes = size_t{256} << 20});
  const auto fits = [&] {
    return json.is_object() && json.value("format", base::Json()) == "polder-answers-1" &&
           json.value("plan", base::Json()) == planned.digest && json.contains("answers") &&
           json["answers"].is_array() && json["answers"].size() == planned.plans.size();
  };
  if (!fits()) {
    throw base::ProblemError(
        "other-plan", "/answers",
        "the stored answers belong to another plan; the policy or the codebook "
        "changed after the draw");
  }
  std::vector<stats::noise::NoisyAnswers> answers;
  for (size_t i = 0; i < planned.plans.size(); ++i) {
    answers.push_back(stats::noise::NoisyAnswers::FromJson(json["answers"][i], planned.plans[i]));
  }
  return answers;
}

}  // namespace polder::server::jobs
