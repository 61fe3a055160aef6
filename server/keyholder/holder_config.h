// How one key holder is run. Source of the format: docs/for-operators/key-holder.md.
#ifndef POLDER_SERVER_KEYHOLDER_HOLDER_CONFIG_H_
#define POLDER_SERVER_KEYHOLDER_HOLDER_CONFIG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policies/base/clock.h"
#include "policies/base/json.h"
#include "policies/base/rational.h"
#include "policies/codebook/codebook.h"
#include "server/http/tls_files.h"

namespace polder::server::keyholder {

struct HolderConfig {
  std::string address;  // an IP address
  uint16_t port = 0;    // 0 takes a free one
  http::TlsFiles tls;   // own certificate; the authority of the members' certificates
  bool access_log = false;
  std::string data_directory;          // holder.db: keys' public parts, quotas
  std::string key_directory;           // keys.db: wrapped keys, kept and backed up apart
  std::string root_key;                // path of 32 bytes in hex, or a PKCS #11 URI
  std::vector<std::string> codebooks;  // of each region that is served: members and public counts
  base::Rational quota_per_pupil;  // elements a member may ask per public pupil, key and quarter
  bool padded_only = true;         // batches of a class only; off for trials of another client
  int64_t correction_days = 0;     // from the end of a key's year until it may be destroyed
  std::optional<std::string> demo_clock;

  std::string StorePath() const { return data_directory + "/holder.db"; }
  std::string KeyStorePath() const { return key_directory + "/keys.db"; }
};

// `directory` is where relative paths start. Throws ProblemError with every fault.
HolderConfig ReadHolderConfig(const base::Json& json, const std::string& directory);
HolderConfig LoadHolderConfig(const std::string& path);

std::unique_ptr<base::Clock> ClockOf(const HolderConfig& config);
// Throws ProblemError with every fault, "duplicate" for two codebooks of one region.
std::vector<policies::codebook::Codebook> CodebooksOf(const HolderConfig& config);

}  // namespace polder::server::keyholder

#endif  // POLDER_SERVER_KEYHOLDER_HOLDER_CONFIG_H_
