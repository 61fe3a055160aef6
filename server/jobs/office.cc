#include "server/jobs/office.h"

#include <exception>
#include <filesystem>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "crypto/random/keystream.h"
#include "crypto/random/seed.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"
#include "server/jobs/files.h"
#include "server/jobs/office_input.h"
#include "server/jobs/office_ledger.h"
#include "server/jobs/pipeline.h"
#include "stats/table/csv.h"

namespace polder::server::jobs {
namespace {

using stats::budget::Stage;
using stats::table::PublishedRelease;

std::string ReleaseIdOf(const OfficeInput& input) {
  return input.codebook.region() + "-" + input.period.Text() + "-" +
         std::string(policies::disclosure::ToText(input.kind)) + "-office";
}

std::vector<std::string> CommitmentsOf(const OfficeInput& input, const std::string& release_id) {
  std::vector<std::string> commitments;
  for (const auto& seed : input.seeds) {
    commitments.push_back(
        base::ToHex(crypto::random::SeedCommitment(seed, base::AsBytes(release_id))));
  }
  return commitments;
}

std::vector<PublishedRelease> EarlierOf(const ProtectOptions& options, const OfficeInput& input,
                                        const OfficeLedger& ledger, const std::string& own) {
  std::vector<PublishedRelease> earlier = ledger.Earlier(input.period, own);
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

}  // namespace

ProtectResult Protect(const ProtectOptions& options, const base::Clock& clock) {
  OfficeInput input = ReadOfficeInput(options);
  const Question question = input.Asked();
  const PlannedRelease planned = PlanRelease(question);
  const std::string release_id = ReleaseIdOf(input);
  MakeDirectories(options.out_directory);

  OfficeLedger ledger(options.ledger_path);
  const auto earlier = EarlierOf(options, input, ledger, release_id);
  const stats::budget::Reservation reservation{
      .population = input.codebook.region(),
      .period = input.period,
      .kind = input.kind,
      .binding = {.release_id = release_id,
                  .freeze_digest = input.FreezeDigest(),
                  .plan_digest = planned.digest,
                  .seed_commitments = CommitmentsOf(input, release_id)},
      .cost = planned.charge};
  const auto entry =
      ledger.Reserve(reservation, stats::budget::LimitsOf(input.policy, input.kind), clock.Now());
  ledger.Advance(entry, Stage::kDrawn, clock.Now());

  const NoiseBinding binding{
      .policy_digest = crypto::digest::Sha256Hex(base::AsBytes(input.policy.canonical())),
      .codebook_digest = crypto::digest::Sha256Hex(base::AsBytes(input.codebook.canonical())),
      .plan_digest = planned.digest,
      .freeze_digest = reservation.binding.freeze_digest,
      .release_id = release_id,
      .reservation_id = entry.reservation_id};
  const crypto::random::Keystream source(input.seeds, NoiseSalt(binding));
  std::vector<stats::cases::Manifest> manifests;
  for (const auto& delivery : input.deliveries) manifests.push_back(delivery.manifest);
  const auto answers = DrawAndMeasure(question, planned, std::move(input.deliveries), source, {});
  ledger.Advance(entry, Stage::kSealed, clock.Now());

  const base::Instant made_at = ledger.ReservedAt(entry.reservation_id);
  const ReleaseFacts facts{.release_id = release_id,
                           .origin = "office",
                           .demo = clock.simulated(),
                           .freeze_digest = reservation.binding.freeze_digest,
                           .reservation_id = entry.reservation_id,
                           .seed_commitments = reservation.binding.seed_commitments,
                           .made_at = made_at,
                           .public_at = made_at,
                           .members = MembersOf(question, manifests)};
  const PublishedText published = PublishRelease(question, planned, answers, facts, earlier, {});
  ledger.Keep(release_id, published.release);
  WriteWholeFile(options.out_directory + "/audit.json", published.audit);
  WriteWholeFile(options.out_directory + "/cells.csv",
                 stats::table::CellsCsv(PublishedRelease::Parse(published.release)));
  WriteWholeFile(options.out_directory + "/release.json", published.release);
  ledger.Advance(entry, Stage::kCommitted, clock.Now());
  return {.release_id = release_id, .digest = published.digest, .charge = planned.charge.Text()};
}

int RunProtect(const ProtectOptions& options, const base::Clock& clock, std::string& out,
               std::string& err) {
  try {
    const ProtectResult result = Protect(options, clock);
    out += result.release_id + " sha256:" + result.digest + " rho " + result.charge + "\n";
    return 0;
  } catch (const base::ProblemError& error) {
    for (const auto& problem : error.problems()) err += base::ToLine(problem) + "\n";
    const std::set<std::string> machine{"cannot-read", "cannot-write", "crypto-failure",
                                        "random-source-failed", "ledger-busy"};
    return machine.contains(error.code()) ? 3 : 1;
  } catch (const std::exception&) {
    // what the library says may quote what it was working on
    err += "protect: something went wrong inside; nothing was released\n";
    return 3;
  }
}

}  // namespace polder::server::jobs
