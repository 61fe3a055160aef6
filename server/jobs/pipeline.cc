#include "server/jobs/pipeline.h"

#include <utility>

namespace polder::server::jobs {

const std::vector<std::string>& PipelineStages() {
  static const std::vector<std::string> stages{"plan",      "draw",     "tabulate", "measure",
                                               "reconcile", "suppress", "audit",    "release"};
  return stages;
}

PipelineResult RunPipeline(PipelineInput&& input) {
  if (input.progress) input.progress("plan");
  const PlannedRelease planned = PlanRelease(input.question);
  std::vector<stats::cases::Manifest> manifests;
  for (const auto& delivery : input.deliveries) manifests.push_back(delivery.manifest);
  input.facts.members = MembersOf(input.question, manifests);
  CheckDelivered(input.question, planned, input.facts.members);
  const auto answers = DrawAndMeasure(input.question, planned, std::move(input.deliveries),
                                      *input.source, input.progress);
  return {.published = PublishRelease(input.question, planned, answers, input.facts, input.earlier,
                                      {}, input.progress),
          .answers = AnswersToText(planned, answers),
          .charge = planned.charge};
}

}  // namespace polder::server::jobs
