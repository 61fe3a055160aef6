// The proof that a batch was evaluated with the published key: one for all its elements.
// Source: RFC 9497 §2.2 (batched Chaum-Pedersen, made non-interactive by hashing).
#ifndef POLDER_CRYPTO_OPRF_PROOF_H_
#define POLDER_CRYPTO_OPRF_PROOF_H_

#include <span>
#include <string>
#include <string_view>

#include "crypto/oprf/group.h"
#include "crypto/oprf/oprf.h"

namespace polder::crypto::oprf {

// `prefix` || "OPRFV1-" || mode || "-P256-SHA256".
std::string Label(std::string_view prefix, Mode mode);

// One batch: what was asked and what came back, each as it travelled and as points.
struct Batch {
  std::span<const Element> blinded;
  std::span<const Affine> blinded_points;
  std::span<const Element> evaluated;
  std::span<const Affine> evaluated_points;  // only the verifier needs them
};

// GenerateProof. `nonce` is random, secret and used once.
Proof Prove(const SecretScalar& key, const Element& public_key, const Batch& batch,
            const SecretScalar& nonce);

// VerifyProof. False too for a public key that is none and for scalars of n or more.
bool Verify(const Element& public_key, const Batch& batch, const Proof& proof);

}  // namespace polder::crypto::oprf

#endif  // POLDER_CRYPTO_OPRF_PROOF_H_
