// The office's ledger: a file of lines that is only ever appended to, and the releases it stands
// for in a directory beside it.
//
// A line is on disk before the call that wrote it returns; a line that a power cut tore off was
// never answered for and is dropped when the file is opened again.
#ifndef POLDER_SERVER_JOBS_OFFICE_LEDGER_H_
#define POLDER_SERVER_JOBS_OFFICE_LEDGER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/clock.h"
#include "stats/budget/ledger.h"
#include "stats/table/published_release.h"

namespace polder::server::jobs {

// Holds the file's lock for as long as it lives: two runs never draw at once.
class OfficeLedger {
 public:
  // Opens or makes the file. Throws ProblemError "cannot-write", "ledger-busy" when another run has
  // it, "ledger-broken" when its lines do not follow from one another, "ledger-behind" when a
  // release is kept beside it whose reservation it does not have: an older copy of it was put back.
  explicit OfficeLedger(std::string path);
  ~OfficeLedger();
  OfficeLedger(const OfficeLedger&) = delete;
  OfficeLedger& operator=(const OfficeLedger&) = delete;

  // The reservation for this scope (population, period, kind of release). A scope is drawn once:
  // the same binding continues an unfinished draw; throws ProblemError "already-released" when it
  // is finished, "other-draw" when it is bound to other input, and what stats::budget::Ledger
  // throws when the budget cannot carry it.
  stats::budget::Entry Reserve(const stats::budget::Reservation& reservation,
                               const stats::budget::Limits& limits, base::Instant now);
  void Advance(const stats::budget::Entry& entry, stats::budget::Stage stage, base::Instant now);
  // When the reservation was made: what a repeated run takes for the time of making.
  base::Instant ReservedAt(const std::string& reservation_id) const;

  // The release of the scope is kept beside the ledger before it is committed, and read back as an
  // earlier release of later scopes: an audit cannot be dodged by leaving one out.
  void Keep(const std::string& release_id, const std::string& canonical);
  // Kept releases of the same year, without that one; when that one was finished, those that were
  // finished before it.
  std::vector<stats::table::PublishedRelease> Earlier(const base::Period& period,
                                                      const std::string& without) const;

  // What is behind a release with exact counts (office_counts.h), for its owner's eyes only; and
  // back, nothing when it is not kept.
  void KeepCounts(const std::string& release_id, std::string_view text);
  std::optional<std::string> FindCounts(const std::string& release_id) const;

  const stats::budget::Ledger& ledger() const { return ledger_; }

 private:
  void CheckReleases() const;
  void Append(const stats::budget::Entry& entry, base::Instant now);
  std::string ReleaseDirectory() const { return path_ + ".releases"; }

  std::string path_;
  int file_ = -1;
  stats::budget::Ledger ledger_;
  std::vector<base::Instant> times_;  // of the ledger's entries
};

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_OFFICE_LEDGER_H_
