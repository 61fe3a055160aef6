// The largest checkpoint ever given out, in a file outside the store.
#ifndef POLDER_SERVER_GOVERN_WITNESS_FILE_H_
#define POLDER_SERVER_GOVERN_WITNESS_FILE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "crypto/digest/digest.h"

namespace polder::server::govern {

struct Witnessed {
  uint64_t size = 0;
  crypto::digest::Digest root{};
};

// Holds the lock of the file's companion ("<path>.lock") for as long as it lives, so that several
// processes compare and replace one after another.
class WitnessFile {
 public:
  // Throws ProblemError "store-unavailable" when the folder cannot be written.
  explicit WitnessFile(const std::string& path);
  ~WitnessFile();
  WitnessFile(const WitnessFile&) = delete;
  WitnessFile& operator=(const WitnessFile&) = delete;

  // nullopt when there is no file yet. Throws ProblemError "log-behind" when it is unreadable: what
  // cannot be compared is not signed.
  std::optional<Witnessed> Read() const;
  // Beside the file, forced to disk, then renamed over it.
  void Replace(const Witnessed& witnessed) const;

 private:
  std::string path_;
  int lock_;
};

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_WITNESS_FILE_H_
