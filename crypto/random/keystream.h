// The noise's random bits: a function of seeds, salt, name and place, the same on every machine.
//
// key(info) = HKDF-SHA256(ikm = be64(n_1) seed_1 be64(n_2) seed_2 …, salt, info), 32 bytes.
// Block(position, block) = the 64 bytes of AES-256-CTR under key(info) from the initial counter
// block be64(position) || be64(4 * block). Distinct (info, position, block) never share a counter.
// Source: RFC 5869, NIST SP 800-38A §6.5.
#ifndef POLDER_CRYPTO_RANDOM_KEYSTREAM_H_
#define POLDER_CRYPTO_RANDOM_KEYSTREAM_H_

#include <memory>
#include <span>
#include <string_view>

#include "crypto/digest/secret.h"
#include "policies/base/bytes.h"
#include "policies/base/random_bits.h"

namespace polder::crypto::random {

// Privacy: whoever holds the seeds of a release recomputes its noise, hence the counts. Move-only,
// wiped. Thread-safe; each lane belongs to one thread.
class Keystream : public base::RandomSource {
 public:
  // The order of the seeds matters. Throws ProblemError "seed-missing" without a seed,
  // "seed-too-short" for one under kMinSeedBytes.
  Keystream(std::span<const digest::SecretBytes> seeds, base::ByteView salt);

  // A lane throws ProblemError "crypto-failure" when the cipher refuses, and "keystream-exhausted"
  // for a block number of 2^62 or more.
  std::unique_ptr<base::RandomLane> Open(std::string_view info) const override;

 private:
  digest::SecretBytes extracted_;
};

}  // namespace polder::crypto::random

#endif  // POLDER_CRYPTO_RANDOM_KEYSTREAM_H_
