// Ownership of the library's objects, by named deleters, and what every room that holds such an
// object does when the library refuses.
#ifndef POLDER_CRYPTO_KEYS_HANDLES_H_
#define POLDER_CRYPTO_KEYS_HANDLES_H_

#include <memory>

#include "crypto/digest/failure.h"

struct evp_pkey_st;
struct x509_st;
struct x509_store_st;

namespace polder::crypto::keys {

using digest::Require;
using digest::ThrowCryptoFailure;

struct FreePkey {
  void operator()(evp_pkey_st* key) const;
};
struct FreeX509 {
  void operator()(x509_st* certificate) const;
};
struct FreeStore {
  void operator()(x509_store_st* store) const;
};
using PkeyHandle = std::unique_ptr<evp_pkey_st, FreePkey>;
using X509Handle = std::unique_ptr<x509_st, FreeX509>;
using StoreHandle = std::unique_ptr<x509_store_st, FreeStore>;

}  // namespace polder::crypto::keys

#endif  // POLDER_CRYPTO_KEYS_HANDLES_H_
