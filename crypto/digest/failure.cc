#include "crypto/digest/failure.h"

#include <string>

#include <openssl/err.h>

#include "policies/base/problem.h"

namespace polder::crypto::digest {

void ThrowCryptoFailure(std::string_view operation) {
  ERR_clear_error();
  throw base::ProblemError("crypto-failure", "",
                           "The cryptographic library failed (" + std::string(operation) +
                               "). Check the installation of OpenSSL 3.0 or later.");
}

void Require(int done, std::string_view operation) {
  if (done != 1) ThrowCryptoFailure(operation);
}

}  // namespace polder::crypto::digest
