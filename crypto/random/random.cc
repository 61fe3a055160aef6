#include "crypto/random/random.h"

#include <openssl/err.h>
#include <openssl/rand.h>

#include "policies/base/problem.h"

namespace polder::crypto::random {
namespace {

[[noreturn]] void ThrowNoRandomness() {
  ERR_clear_error();
  throw base::ProblemError("random-source-failed", "",
                           "The system's random generator delivered nothing. Nothing was made; "
                           "repair the generator and try again.");
}

}  // namespace

base::Bytes RandomBytes(size_t count) {
  base::Bytes bytes(count);
  if (count > 0 && RAND_bytes_ex(nullptr, bytes.data(), count, 0) != 1) ThrowNoRandomness();
  return bytes;
}

digest::SecretBytes RandomSecret(size_t count) {
  digest::SecretBytes secret(count);
  if (count > 0 && RAND_priv_bytes_ex(nullptr, secret.writable().data(), count, 0) != 1) {
    ThrowNoRandomness();
  }
  return secret;
}

}  // namespace polder::crypto::random
