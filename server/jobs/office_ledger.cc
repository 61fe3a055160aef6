#include "server/jobs/office_ledger.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/jobs/files.h"

namespace polder::server::jobs {
namespace {

using stats::budget::Entry;
using stats::budget::Stage;

[[noreturn]] void Broken(size_t line) {
  throw base::ProblemError({{.code = "ledger-broken",
                             .pointer = "",
                             .detail = "this line of the ledger is not what was written; restore "
                                       "the file from a copy, nothing is released until then",
                             .line = line}});
}

}  // namespace

OfficeLedger::OfficeLedger(std::string path) : path_(std::move(path)) {
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file_ < 0) {
    throw base::ProblemError("cannot-write", "",
                             path_ + " could not be opened for writing; check its directory");
  }
  try {
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
      throw base::ProblemError("ledger-busy", "",
                               "another run is using this ledger; wait until it has ended");
    }
    const std::string text = ReadWholeFile(path_);
    std::vector<Entry> entries;
    size_t from = 0;
    for (size_t to = text.find('\n'); to != std::string::npos; to = text.find('\n', from)) {
      try {
        const base::Json line = base::ParseJson(std::string_view(text).substr(from, to - from));
        entries.push_back(stats::budget::EntryFromJson(line.at("entry")));
        const auto at = base::Instant::Parse(line.at("at").get<std::string>());
        if (!at) Broken(entries.size());
        times_.push_back(*at);
      } catch (const base::ProblemError&) {
        Broken(entries.size() + 1);
      } catch (const nlohmann::json::exception&) {
        Broken(entries.size() + 1);
      }
      from = to + 1;
    }
    if (from < text.size() && ::ftruncate(file_, static_cast<off_t>(from)) != 0) {
      throw base::ProblemError("cannot-write", "", path_ + " could not be repaired");
    }
    ledger_ = stats::budget::Ledger::Replay(entries);
    CheckReleases();
  } catch (...) {
    ::close(file_);
    throw;
  }
}

void OfficeLedger::CheckReleases() const {
  if (!std::filesystem::exists(ReleaseDirectory())) return;
  std::set<std::string> known;
  for (const Entry& entry : ledger_.entries()) known.insert(entry.reservation.binding.release_id);
  for (const auto& kept : std::filesystem::directory_iterator(ReleaseDirectory())) {
    if (kept.path().extension() != ".json" || known.contains(kept.path().stem().string())) continue;
    throw base::ProblemError("ledger-behind", "",
                             "a release is kept beside the ledger that it knows nothing of (" +
                                 kept.path().filename().string() +
                                 "). Was the ledger put back from an older copy? Restore the "
                                 "newest one; what was spent stays spent.");
  }
}

OfficeLedger::~OfficeLedger() { ::close(file_); }

Entry OfficeLedger::Reserve(const stats::budget::Reservation& reservation,
                            const stats::budget::Limits& limits, base::Instant now) {
  for (const Entry& entry : ledger_.entries()) {
    const auto& held = entry.reservation;
    if (held.population != reservation.population || held.period != reservation.period ||
        held.kind != reservation.kind) {
      continue;
    }
    if (ledger_.StageOf(entry.reservation_id) == Stage::kCommitted) {
      throw base::ProblemError("already-released", "",
                               reservation.period.Text() +
                                   " was released before under this ledger; a scope is drawn once, "
                                   "use the release that was made");
    }
    if (held.binding != reservation.binding || held.cost != reservation.cost) {
      throw base::ProblemError("other-draw", "",
                               "an unfinished run for " + reservation.period.Text() +
                                   " was made from other cases, seeds, policy or codebook; repeat "
                                   "it with exactly that input");
    }
  }
  const auto outcome = ledger_.Reserve(reservation, limits);
  if (outcome.appended) Append(outcome.entry, now);
  return outcome.entry;
}

void OfficeLedger::Advance(const Entry& entry, Stage stage, base::Instant now) {
  const auto outcome = ledger_.Advance(entry.reservation_id, entry.reservation.binding, stage);
  if (outcome.appended) Append(outcome.entry, now);
}

base::Instant OfficeLedger::ReservedAt(const std::string& reservation_id) const {
  for (size_t i = 0; i < ledger_.entries().size(); ++i) {
    if (ledger_.entries()[i].reservation_id == reservation_id) return times_.at(i);
  }
  throw base::ProblemError("unknown-reservation", "", "the ledger has no such reservation");
}

void OfficeLedger::Append(const Entry& entry, base::Instant now) {
  const std::string line =
      base::CanonicalJson(base::Json{{"at", now.Text()}, {"entry", stats::budget::ToJson(entry)}}) +
      "\n";
  const auto written = ::write(file_, line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size()) || ::fsync(file_) != 0) {
    throw base::ProblemError("cannot-write", "",
                             path_ + " could not be written to disk; nothing was drawn");
  }
  times_.push_back(now);
}

void OfficeLedger::Keep(const std::string& release_id, const std::string& canonical) {
  MakeDirectories(ReleaseDirectory());
  WriteWholeFile(ReleaseDirectory() + "/" + release_id + ".json", canonical);
}

void OfficeLedger::KeepCounts(const std::string& release_id, std::string_view text) {
  MakeDirectories(ReleaseDirectory());
  WriteSecretFile(ReleaseDirectory() + "/" + release_id + ".counts", text);
}

std::optional<std::string> OfficeLedger::FindCounts(const std::string& release_id) const {
  const std::string path = ReleaseDirectory() + "/" + release_id + ".counts";
  if (!std::filesystem::exists(path)) return std::nullopt;
  return ReadWholeFile(path);
}

std::vector<stats::table::PublishedRelease> OfficeLedger::Earlier(
    const base::Period& period, const std::string& without) const {
  std::vector<stats::table::PublishedRelease> earlier;
  std::vector<std::string> kept;  // reservations of the year whose release was finished
  for (const Entry& entry : ledger_.entries()) {
    if (entry.stage != Stage::kCommitted || entry.reservation.period.year() != period.year()) {
      continue;
    }
    if (entry.reservation.binding.release_id == without) break;
    kept.push_back(entry.reservation.binding.release_id);
  }
  for (const std::string& id : kept) {
    earlier.push_back(stats::table::PublishedRelease::Parse(
        ReadWholeFile(ReleaseDirectory() + "/" + id + ".json")));
  }
  return earlier;
}

}  // namespace polder::server::jobs
