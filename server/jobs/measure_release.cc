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

const policies::disclosure::Measure& MeasureOf(const Question& question, const std::string& id) {
  const auto* measure = question.policy->FindMeasure(id);
  if (measure == nullptr) {
    throw base::ProblemError("unknown-measure", "/measures",
                             "the plan names a measure that the policy does not have");
  }
  return *measure;
}

std::string SaltFrom(const base::RandomSource& source) {
  base::RandomBlock block;
  source.Open("polder-certificate-salt-1")->Block(0, 0, block);
  return base::ToHex(base::ByteView(block).first(32));
}

void Tell(const Progress& progress, std::string_view stage) {
  if (progress) progress(stage);
}

}  // namespace

Answers DrawAndMeasure(const Question& question, const PlannedRelease& planned,
                       std::vector<stats::cases::Delivery>&& deliveries,
                       const base::RandomSource& source, const Progress& progress) {
  Tell(progress, "draw");
  std::vector<stats::noise::Noise> noise;
  for (const auto& plan : planned.plans) noise.push_back(stats::noise::Noise::Draw(plan, source));

  Tell(progress, "tabulate");
  const stats::tabulate::LinkedCases linked = stats::tabulate::Link(
      Selected(question, std::move(deliveries)), *question.codebook, question.period);
  Tell(progress, "measure");
  const auto cube_of = [&](const stats::tabulate::LinkedCases& cases, const std::string& id,
                           const stats::table::Schema& schema,
                           const stats::tabulate::Bounds& bounds) {
    return stats::tabulate::Tabulate(cases, MeasureOf(question, id), bounds,
                                     stats::noise::CubeDimensions(schema), *question.codebook);
  };
  Answers answers;
  for (size_t i = 0; i < planned.plans.size(); ++i) {
    const auto& request = planned.plans[i].request();
    answers.noisy.push_back(
        stats::noise::NoisyAnswers::Measure(cube_of(linked, request.measure, request.schema,
                                                    stats::tabulate::BoundsOf(*question.policy)),
                                            planned.plans[i], std::move(noise[i])));
  }
  for (const CountedMeasure& counted : planned.counted) {
    std::vector<stats::tabulate::Cube> cubes;
    for (const base::Period& part : counted.parts) {
      const auto count = [&](const stats::tabulate::LinkedCases& cases) {
        cubes.push_back(
            cube_of(cases, counted.measure, counted.schema, stats::tabulate::Unbounded()));
      };
      part == question.period ? count(linked) : count(linked.Within(part));
    }
    answers.counts.push_back(
        stats::tabulate::Counts::Take(cubes, MeasureOf(question, counted.measure)));
  }
  if (!answers.counts.empty()) answers.salt = SaltFrom(source);
  return answers;
}

std::string AnswersToText(const PlannedRelease& planned, const Answers& answers) {
  base::Json list = base::Json::array();
  for (const auto& measured : answers.noisy) list.push_back(measured.ToJson());
  base::Json counts = base::Json::array();
  for (const auto& counted : answers.counts) counts.push_back(counted.ToJson());
  base::Json text{
      {"format", "polder-answers-1"}, {"plan", planned.digest}, {"answers", std::move(list)}};
  if (!counts.empty()) {
    text["counts"] = std::move(counts);
    text["salt"] = answers.salt;
  }
  return base::CanonicalJson(text);
}

Answers AnswersFromText(const PlannedRelease& planned, std::string_view text) {
  const base::Json json = base::ParseJson(text, {.max_bytes = size_t{256} << 20});
  const auto list_of = [&](const char* name, size_t size) {
    return json.contains(name) ? json[name].is_array() && json[name].size() == size : size == 0;
  };
  const bool fits = json.is_object() && json.value("format", base::Json()) == "polder-answers-1" &&
                    json.value("plan", base::Json()) == planned.digest &&
                    list_of("answers", planned.plans.size()) &&
                    list_of("counts", planned.counted.size());
  if (!fits) {
    throw base::ProblemError(
        "other-plan", "/answers",
        "the stored answers belong to another plan; the policy or the codebook "
        "changed after the draw");
  }
  Answers answers;
  for (size_t i = 0; i < planned.plans.size(); ++i) {
    answers.noisy.push_back(
        stats::noise::NoisyAnswers::FromJson(json["answers"][i], planned.plans[i]));
  }
  for (size_t i = 0; i < planned.counted.size(); ++i) {
    const auto& schema = planned.counted[i].schema;
    answers.counts.push_back(stats::tabulate::Counts::FromJson(
        json["counts"][i],
        schema.CellCount(stats::table::WholeSet(schema)) * planned.counted[i].parts.size()));
  }
  if (!answers.counts.empty()) answers.salt = json.value("salt", "");
  return answers;
}

}  // namespace polder::server::jobs
