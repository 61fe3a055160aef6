#include "crypto/keys/handles.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace polder::crypto::keys {

void FreePkey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }
void FreeX509::operator()(x509_st* certificate) const { X509_free(certificate); }
void FreeStore::operator()(x509_store_st* store) const { X509_STORE_free(store); }

}  // namespace polder::crypto::keys
