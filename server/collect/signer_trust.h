// Whose signatures on deliveries count now: the agreed roots and their revocation lists, read again
// when a file changes, so that a revocation holds without a restart.
#ifndef POLDER_SERVER_COLLECT_SIGNER_TRUST_H_
#define POLDER_SERVER_COLLECT_SIGNER_TRUST_H_

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "crypto/keys/trust.h"
#include "policies/base/file_stamp.h"

namespace polder::server::collect {

// Thread-safe.
class SignerTrust {
 public:
  // Paths of PEM files. Throws ProblemError "cannot-read", "certificate-unreadable" or
  // "revocation-list". `trouble` is told when files were changed into something unusable: then what
  // was read before stays, until its revocation lists end, and nobody is trusted after that.
  SignerTrust(std::string roots, std::string revocation_lists,
              std::function<void(std::string_view)> trouble = {});

  std::shared_ptr<const crypto::keys::TrustStore> Current();

 private:
  std::shared_ptr<const crypto::keys::TrustStore> Read() const;

  const std::string roots_;
  const std::string revocation_lists_;
  const std::function<void(std::string_view)> trouble_;
  std::mutex mutex_;
  base::FileStamp stamp_;
  std::shared_ptr<const crypto::keys::TrustStore> current_;
};

}  // namespace polder::server::collect

#endif  // POLDER_SERVER_COLLECT_SIGNER_TRUST_H_
