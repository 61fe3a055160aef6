// What a witness saw last of each log that it follows: one file, replaced whole and forced to disk.
//
// The file is the witness's memory. Without it the witness would cosign a second history, so a file
// that is missing or damaged stops it, and no two programs hold one file.
#ifndef POLDER_SERVER_WITNESS_SEEN_FILE_H_
#define POLDER_SERVER_WITNESS_SEEN_FILE_H_

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/log/note.h"
#include "crypto/log/witness.h"

namespace polder::server::witness {

struct Seen {
  std::string note;  // as the log signed it; empty before the first
  crypto::log::SeenCheckpoint checkpoint;
};

// Not thread-safe: `Witness` holds the lock.
class SeenFile {
 public:
  // A witness that has seen nothing. Throws ProblemError "already-there" or "cannot-write".
  static void Create(const std::string& path);
  // What stands in the file, for showing: nothing is locked or checked against a key. Throws as the
  // constructor.
  static std::map<std::string, std::string> Notes(const std::string& path);

  // Holds "<path>.lock" for as long as it lives. Throws ProblemError "witness-running" when another
  // program has it, "witness-memory" when the file is missing, damaged, or holds a checkpoint that
  // its log's key did not sign.
  SeenFile(std::string path, std::span<const crypto::log::VerifierKey> logs);
  ~SeenFile();
  SeenFile(const SeenFile&) = delete;
  SeenFile& operator=(const SeenFile&) = delete;

  crypto::log::SeenCheckpoint Of(const std::string& origin) const;
  // On disk when it returns. Throws ProblemError "cannot-write"; then nothing changed.
  void Replace(const std::string& origin, Seen seen);

 private:
  std::string path_;
  int lock_;
  std::map<std::string, Seen> seen_;
};

// Beside `path`, forced to disk, then renamed over it. Throws ProblemError "cannot-write".
void WriteDurably(const std::string& path, std::string_view text);

}  // namespace polder::server::witness

#endif  // POLDER_SERVER_WITNESS_SEEN_FILE_H_
