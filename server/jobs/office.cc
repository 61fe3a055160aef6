#include "server/jobs/office.h"

#include <exception>
#include <set>
#include <utility>

#include "policies/base/problem.h"
#include "server/jobs/files.h"
#include "server/jobs/office_counts.h"
#include "server/jobs/office_draw.h"
#include "server/jobs/office_input.h"
#include "server/jobs/office_ledger.h"
#include "server/jobs/pipeline.h"
#include "stats/table/csv.h"

namespace polder::server::jobs {
using stats::budget::Stage;
using stats::table::PublishedRelease;

ProtectResult Protect(const ProtectOptions& options, const base::Clock& clock) {
  OfficeInput input = ReadOfficeInput(options);
  const Question question = input.Asked();
  const PlannedRelease planned = PlanRelease(question);
  CheckDelivered(question, planned, OfficeMembers(input));
  const std::string release_id = OfficeReleaseId(input);
  MakeDirectories(options.out_directory);

  OfficeLedger ledger(options.ledger_path);
  const auto earlier = OfficeEarlier(options, input, &ledger);
  const auto entry = ledger.Reserve(OfficeReservation(input, planned),
                                    stats::budget::LimitsOf(input.policy, input.kind), clock.Now());
  ledger.Advance(entry, Stage::kDrawn, clock.Now());

  const auto source = OfficeSource(input, planned, entry.reservation_id);
  const ReleaseFacts facts = OfficeFacts(
      input, entry.reservation_id, ledger.ReservedAt(entry.reservation_id), clock.simulated());
  const auto answers = DrawAndMeasure(question, planned, std::move(input.deliveries), source, {});
  ledger.Advance(entry, Stage::kSealed, clock.Now());

  const OfficeCounts counted(&ledger, planned, earlier);
  const PublishedText published =
      PublishRelease(question, planned, answers, facts, earlier, counted.list(), {});
  KeepOfficeCounts(input, planned, answers, ledger);
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
