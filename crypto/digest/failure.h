// One way for the cryptographic library to fail.
#ifndef POLDER_CRYPTO_DIGEST_FAILURE_H_
#define POLDER_CRYPTO_DIGEST_FAILURE_H_

#include <string_view>

namespace polder::crypto::digest {

// Empties the library's error queue and throws ProblemError "crypto-failure" naming `operation`.
// Privacy: nothing of the library's own message is passed on, it may quote input.
[[noreturn]] void ThrowCryptoFailure(std::string_view operation);

// Throws as above unless `done` is 1, the library's word for success.
void Require(int done, std::string_view operation);

}  // namespace polder::crypto::digest

#endif  // POLDER_CRYPTO_DIGEST_FAILURE_H_
