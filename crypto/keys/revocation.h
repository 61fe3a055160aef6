// Revocation lists, added to a store against which chains are verified.
#ifndef POLDER_CRYPTO_KEYS_REVOCATION_H_
#define POLDER_CRYPTO_KEYS_REVOCATION_H_

#include <string_view>

struct x509_store_st;

namespace polder::crypto::keys {

// `pem` holds one list after another and nothing else. Throws ProblemError "revocation-list" when
// one cannot be read or there is none. Whether a chain is checked against them is the caller's.
void AddRevocationLists(x509_store_st* store, std::string_view pem);

}  // namespace polder::crypto::keys

#endif  // POLDER_CRYPTO_KEYS_REVOCATION_H_
