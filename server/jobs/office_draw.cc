#include "server/jobs/office_draw.h"

#include <filesystem>
#include <set>
#include <utility>

#include "crypto/digest/digest.h"
#include "crypto/random/seed.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"
#include "server/jobs/files.h"

namespace polder::server::jobs {
namespace {

using stats::table::PublishedRelease;

std::vector<std::string> Commitments(const OfficeInput& input) {
  const std::string release_id = OfficeReleaseId(input);
  std::vector<std::string> commitments;
  for (const auto& seed : input.seeds) {
    commitments.push_back(
        base::ToHex(crypto::random::SeedCommitment(seed, base::AsBytes(release_id))));
  }
  return commitments;
}

}  // namespace

std::string OfficeReleaseId(const OfficeInput& input) {
  return input.codebook.region() + "-" + input.period.Text() + "-" +
         std::string(policies::disclosure::ToText(input.kind)) + "-office";
}

stats::budget::Reservation OfficeReservation(const OfficeInput& input,
                                             const PlannedRelease& planned) {
  return {.population = input.codebook.region(),
          .period = input.period,
          .kind = input.kind,
          .binding = {.release_id = OfficeReleaseId(input),
                      .freeze_digest = input.FreezeDigest(),
                      .plan_digest = planned.digest,
                      .seed_commitments = Commitments(input)},
          .cost = planned.charge};
}

crypto::random::Keystream OfficeSource(const OfficeInput& input, const PlannedRelease& planned,
                                       const std::string& reservation_id) {
  const NoiseBinding binding{
      .policy_digest = crypto::digest::Sha256Hex(base::AsBytes(input.policy.canonical())),
      .codebook_digest = crypto::digest::Sha256Hex(base::AsBytes(input.codebook.canonical())),
      .plan_digest = planned.digest,
      .freeze_digest = input.FreezeDigest(),
      .release_id = OfficeReleaseId(input),
      .reservation_id = reservation_id};
  return crypto::random::Keystream(input.seeds, NoiseSalt(binding));
}

std::vector<stats::table::Member> OfficeMembers(const OfficeInput& input) {
  std::vector<stats::cases::Manifest> manifests;
  for (const auto& delivery : input.deliveries) manifests.push_back(delivery.manifest);
  return MembersOf(input.Asked(), manifests);
}

ReleaseFacts OfficeFacts(const OfficeInput& input, const std::string& reservation_id,
                         base::Instant made_at, bool demo) {
  return {.release_id = OfficeReleaseId(input),
          .origin = "office",
          .demo = demo,
          .freeze_digest = input.FreezeDigest(),
          .reservation_id = reservation_id,
          .seed_commitments = Commitments(input),
          .made_at = made_at,
          .public_at = made_at,
          .members = OfficeMembers(input)};
}

std::vector<PublishedRelease> OfficeEarlier(const ProtectOptions& options, const OfficeInput& input,
                                            const OfficeLedger* ledger) {
  std::vector<PublishedRelease> earlier;
  if (ledger != nullptr) earlier = ledger->Earlier(input.period, OfficeReleaseId(input));
  std::set<std::string> ids;
  for (const auto& release : earlier) ids.insert(release.header().release_id);
  base::Problems problems;
  for (const std::string& path : options.earlier_paths) {
    const std::string name = std::filesystem::path(path).filename().string();
    try {
      PublishedRelease release = PublishedRelease::Parse(ReadWholeFile(path));
      if (release.header().region != input.codebook.region() ||
          release.header().period.year() != input.period.year()) {
        problems.Add("other-release", "",
                     name + ": not a release of this region and year; leave it out");
      } else if (ids.insert(release.header().release_id).second) {
        earlier.push_back(std::move(release));
      }
    } catch (const base::ProblemError& error) {
      if (error.code() == "cannot-read") throw;
      for (const auto& problem : error.problems()) {
        problems.Add(problem.code, problem.pointer, name + ": " + problem.detail);
      }
    }
  }
  problems.ThrowIfAny();
  return earlier;
}

}  // namespace polder::server::jobs
