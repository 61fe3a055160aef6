// Receiving a delivery: from bytes of the wire to a sealed, logged, receipted fact.
//
// The order is the protection. Who speaks (TLS), whether the same bytes were received before, what
// is in the envelope (CMS), whether the three OINs are one municipality, whether every line is
// right; only then tokens are re-keyed, the text is sealed under a key of its own, and fact, leaf
// and receipt are stored in one transaction. Anything wrong stores nothing.
//
// What is sealed is the delivery's own NDJSON (docs/formats/delivery.md) with every "pupil" token
// replaced by the service's: `stats::cases::ReadDelivery` reads it back. The seal's context is
// store::DeliveryContext(municipality, period, delivery id); the delivery's key is wrapped in the
// key store under the municipality's key of the year, and that one under the root key
// (`SealedKeys`).
// Privacy: plaintext exists in memory only, in buffers that are wiped. Answers name lines and
// fields of the sender's own file, never a token, and nothing about another's delivery.
#ifndef POLDER_SERVER_COLLECT_RECEIVE_H_
#define POLDER_SERVER_COLLECT_RECEIVE_H_

#include <functional>
#include <memory>

#include "crypto/digest/secret.h"
#include "crypto/keys/certificate.h"
#include "crypto/keys/key.h"
#include "crypto/keys/trust.h"
#include "crypto/seal/root_key.h"
#include "policies/base/clock.h"
#include "policies/codebook/codebook.h"
#include "server/govern/checkpoints.h"
#include "server/http/router.h"
#include "server/store/key_store.h"
#include "server/store/store.h"
#include "stats/cases/delivery.h"

namespace polder::server::collect {

// What receiving works with. All references must outlive the router.
struct CollectContext {
  store::Store& store;
  store::KeyStore& keys;
  const base::Clock& clock;
  const policies::codebook::Codebook& codebook;
  const crypto::keys::PrivateKey& recipient_key;
  const crypto::keys::Certificate& recipient_certificate;
  // Asked at each delivery: SignerTrust::Current.
  std::function<std::shared_ptr<const crypto::keys::TrustStore>()> signer_trust;
  const govern::NoteSigner& receipt_signer;      // the log's key
  const crypto::seal::RootKey& root_key;         // wraps year keys
  const crypto::digest::SecretBytes& rekey_key;  // the service's own root for tokens
  stats::cases::DeliveryLimits limits;
};

// 201 with the signed receipt (a signed note, text/plain), or 200 with the same receipt for the
// same bytes again. 400 with every problem of the envelope or the file; 403 for a peer that is no
// member, an unknown signer, or OINs that differ; 409 "already-delivered" for a second delivery of
// a period that names no replaced one, "replaced-already", "delivery-id-used". A period that is
// frozen: accepted with status "late", for the next release.
http::Response ReceiveDelivery(const CollectContext& context, const http::Request& request);

// POST /v1/deliveries, at most two envelopes at work at once (CMS takes memory): others
// wait, and get 503 after half a minute.
void AddCollectRoutes(http::Router& router, const CollectContext& context);

}  // namespace polder::server::collect

#endif  // POLDER_SERVER_COLLECT_RECEIVE_H_
