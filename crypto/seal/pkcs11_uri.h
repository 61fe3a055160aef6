// The parts of a PKCS #11 URI that name one key and how to get at it. Internal to crypto/seal.
// Source: RFC 7512.
#ifndef POLDER_CRYPTO_SEAL_PKCS11_URI_H_
#define POLDER_CRYPTO_SEAL_PKCS11_URI_H_

#include <string>
#include <string_view>

namespace polder::crypto::seal {

struct Pkcs11Uri {
  std::string token;        // label of the token
  std::string object;       // label of the key
  std::string module_path;  // the vendor's library, an absolute path
  std::string pin_path;     // file that holds the PIN, an absolute path
};

// Throws ProblemError "pkcs11-uri" with every fault: a part that is missing, named twice, unknown,
// badly escaped, or a PIN in the URI itself, which would stand in process lists and backups.
Pkcs11Uri ParsePkcs11Uri(std::string_view uri);

}  // namespace polder::crypto::seal

#endif  // POLDER_CRYPTO_SEAL_PKCS11_URI_H_
