// The library's algorithms, fetched once per process and kept until it ends.
#ifndef POLDER_CRYPTO_DIGEST_ALGORITHMS_H_
#define POLDER_CRYPTO_DIGEST_ALGORITHMS_H_

struct evp_md_st;
struct evp_mac_st;
struct evp_kdf_st;
struct evp_cipher_st;

namespace polder::crypto::digest {

// Never null: throw ProblemError "crypto-failure" when the library lacks the algorithm.
const evp_md_st* FetchedSha256();
evp_mac_st* FetchedHmac();
evp_kdf_st* FetchedHkdf();
const evp_cipher_st* FetchedAes256Gcm();
const evp_cipher_st* FetchedAes256Ecb();

}  // namespace polder::crypto::digest

#endif  // POLDER_CRYPTO_DIGEST_ALGORITHMS_H_
