#include "server/jobs/office_counts.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/jobs/office_draw.h"

namespace polder::server::jobs {
namespace {

using policies::codebook::Codebook;
using policies::disclosure::Policy;

constexpr const char* kFormat = "polder-office-counts-1";

}  // namespace

void KeepOfficeCounts(const OfficeInput& input, const PlannedRelease& planned,
                      const Answers& answers, OfficeLedger& ledger) {
  if (planned.counted.empty()) return;
  std::string counts = AnswersToText(planned, answers);
  std::string text = base::CanonicalJson(base::Json{{"format", kFormat},
                                                    {"codebook", input.codebook.canonical()},
                                                    {"policy", input.policy.canonical()},
                                                    {"answers", counts}});
  ledger.KeepCounts(OfficeReleaseId(input), text);
  crypto::digest::SecureWipe(counts);
  crypto::digest::SecureWipe(text);
}

OfficeCounts::OfficeCounts(const OfficeLedger* ledger, const PlannedRelease& planned,
                           const std::vector<stats::table::PublishedRelease>& releases) {
  if (ledger == nullptr || planned.counted.empty()) return;
  for (const auto& release : releases) {
    const bool exact = std::any_of(release.measures().begin(), release.measures().end(),
                                   [](const auto& measure) { return measure.exact; });
    if (!exact) continue;
    auto text = ledger->FindCounts(release.header().release_id);
    if (!text) continue;
    try {
      const base::Json json = base::ParseJson(*text, {.max_bytes = size_t{512} << 20});
      const auto part = [&](const char* name) { return json.at(name).get<std::string>(); };
      Codebook codebook = Codebook::FromJson(base::ParseJson(part("codebook")));
      Policy policy = Policy::FromJson(base::ParseJson(part("policy")), codebook);
      const auto kind = policies::disclosure::ParseReleaseKind(release.header().kind);
      PlannedRelease earlier =
          PlanRelease({&codebook, &policy, release.header().period, kind.value()});
      Answers answers = AnswersFromText(earlier, part("answers"));
      opened_.push_back(std::make_unique<Opened>(
          Opened{std::move(codebook), std::move(policy), std::move(earlier), std::move(answers)}));
    } catch (const std::exception&) {
      // what the library says may quote a count
      crypto::digest::SecureWipe(*text);
      throw base::ProblemError("counts-damaged", "",
                               "the counts behind " + release.header().release_id +
                                   " that are kept beside the ledger cannot be read; restore the "
                                   "file from a copy");
    }
    crypto::digest::SecureWipe(*text);
    list_.push_back({.planned = &opened_.back()->planned,
                     .answers = &opened_.back()->answers,
                     .release = &release});
  }
}

}  // namespace polder::server::jobs
