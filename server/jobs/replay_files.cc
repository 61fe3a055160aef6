#include <filesystem>
#include <optional>
#include <utility>

#include "server/jobs/files.h"
#include "server/jobs/office_counts.h"
#include "server/jobs/office_draw.h"
#include "server/jobs/office_ledger.h"
#include "server/jobs/replay.h"
#include "server/jobs/replay_judge.h"

namespace polder::server::jobs {
namespace {

using stats::table::PublishedRelease;

std::optional<OfficeLedger> OpenLedger(const std::string& path) {
  if (path.empty()) return std::nullopt;
  if (!std::filesystem::exists(path)) {
    throw base::ProblemError("cannot-read", "", path + " does not exist; name the ledger's file");
  }
  return std::optional<OfficeLedger>(std::in_place, path);
}

bool Same(ProtectOptions options, const std::string& text) {
  const PublishedRelease release = PublishedRelease::Parse(text);
  const auto& header = release.header();
  options.period = header.period;
  options.kind = policies::disclosure::ParseReleaseKind(header.kind);
  OfficeInput input = ReadOfficeInput(options);
  const Question question = input.Asked();
  const PlannedRelease planned = PlanRelease(question);
  CheckPlan(planned.digest, header.plan_digest);
  const auto ledger = OpenLedger(options.ledger_path);
  const auto earlier = OfficeEarlier(options, input, ledger ? &*ledger : nullptr);
  if (ledger &&
      !IsChargedOnce(ledger->ledger(), OfficeReservation(input, planned), header.reservation_id)) {
    return false;
  }
  const ReleaseFacts facts = OfficeFacts(input, header.reservation_id, header.made_at, header.demo);
  const OfficeCounts counted(ledger ? &*ledger : nullptr, planned, earlier);
  const auto made = Silently([&] {
    const auto source = OfficeSource(input, planned, header.reservation_id);
    return PublishRelease(question, planned,
                          DrawAndMeasure(question, planned, std::move(input.deliveries), source),
                          facts, earlier, counted.list());
  });
  return made && made->release == text;
}

}  // namespace

ReplayResult ReplayFiles(ProtectOptions options, const std::string& release_path) {
  const std::string text = ReadWholeFile(release_path);
  return Judge([&] { return Same(std::move(options), text); });
}

}  // namespace polder::server::jobs
