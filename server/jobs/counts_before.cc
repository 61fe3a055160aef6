#include "server/jobs/counts_before.h"

#include <algorithm>
#include <utility>

#include "policies/base/problem.h"

namespace polder::server::jobs {

CountsBefore CountsBefore::Open(const SealedAccess& access, const PlannedRelease& planned,
                                const base::Period& period,
                                const std::vector<store::ReleaseRecord>& records,
                                const std::vector<stats::table::PublishedRelease>& releases) {
  CountsBefore before;
  if (planned.counted.empty()) return before;
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& measures = releases.at(i).measures();
    const bool exact = std::any_of(measures.begin(), measures.end(),
                                   [](const auto& measure) { return measure.exact; });
    if (!exact || records[i].period.year() != period.year()) continue;
    ReleaseInputs inputs = ReadReleaseInputs(access, records[i].id);
    inputs.seeds.clear();
    PlannedRelease earlier = PlanRelease(inputs.Asked());
    auto stored = OpenAnswers(access, records[i].id, records[i].reservation_id);
    if (!stored) {
      throw base::ProblemError("earlier-counts-gone", "",
                               "the counts behind an earlier release of this year are not kept any "
                               "more; exact counts of it cannot be released again");
    }
    Answers answers = AnswersFromText(earlier, stored->text.text());
    before.opened_.push_back(std::make_unique<Opened>(
        Opened{std::move(inputs), std::move(earlier), std::move(answers)}));
    const Opened& kept = *before.opened_.back();
    before.list_.push_back(
        {.planned = &kept.planned, .answers = &kept.answers, .release = &releases[i]});
  }
  return before;
}

}  // namespace polder::server::jobs
