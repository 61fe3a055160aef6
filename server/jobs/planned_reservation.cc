#include "server/jobs/planned_reservation.h"

#include <optional>
#include <utility>

#include "policies/base/bytes.h"
#include "policies/base/problem.h"
#include "server/govern/documents.h"
#include "server/jobs/pipeline.h"
#include "server/jobs/release_inputs.h"

namespace polder::server::jobs {

govern::PlannedReservation PlanReservation(const store::Store& store,
                                           const std::string& release_id) {
  std::optional<ReleaseInputs> inputs;
  store.Read([&](const store::Reader& reader) {
    auto freeze = reader.FindFreeze(release_id);
    if (!freeze) {
      throw base::ProblemError("not-frozen", "/releaseId",
                               "nothing was frozen for this release; freeze its period first");
    }
    const auto kind = policies::disclosure::ParseReleaseKind(freeze->kind);
    if (!kind) {
      throw base::ProblemError("freeze-damaged", "/freeze/kind",
                               "the stored freeze names no kind of release; check the store");
    }
    auto codebook = govern::ReadCodebook(reader, freeze->codebook_digest);
    auto policy = govern::ReadPolicy(reader, freeze->policy_digest, codebook);
    inputs.emplace(ReleaseInputs{.freeze = std::move(*freeze),
                                 .codebook = std::move(codebook),
                                 .policy = std::move(policy),
                                 .kind = *kind,
                                 .seed_commitments = {},
                                 .seeds = {},
                                 .manifests = {}});
    for (const char* role : {"operator", "auditor"}) {
      for (const auto& commitment : reader.SeedCommitments(release_id)) {
        if (commitment.role == role) {
          inputs->seed_commitments.push_back(base::ToHex(commitment.commitment));
        }
      }
    }
  });
  if (inputs->seed_commitments.size() != 2) {
    throw base::ProblemError("seed-not-committed", "/seeds",
                             "operator and auditor must both have committed to a seed");
  }
  const PlannedRelease planned = PlanRelease(inputs->Asked());
  return {ReservationOf(*inputs, planned), stats::budget::LimitsOf(inputs->policy, inputs->kind)};
}

}  // namespace polder::server::jobs
