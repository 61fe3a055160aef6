#include "server/collect/receive.h"

#include <chrono>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/cms/cms.h"
#include "crypto/digest/digest.h"
#include "crypto/seal/seal.h"
#include "crypto/token/token.h"
#include "policies/base/bytes.h"
#include "server/collect/receipt.h"
#include "server/collect/rekeyed_text.h"
#include "server/collect/sealed_keys.h"
#include "server/govern/act.h"
#include "server/govern/documents.h"
#include "server/govern/leaf.h"

namespace polder::server::collect {

namespace {

using crypto::digest::SecretBytes;
using govern::Refuse;
using policies::codebook::Municipality;

// Opening an envelope takes several times its size in memory.
constexpr int kAtOnce = 2;
constexpr std::chrono::seconds kPatience{30};

http::Response Receipt(int status, const std::string& signed_note) {
  return http::Response::Text(status, signed_note);
}

const Municipality& MemberOf(const CollectContext& context, const http::Peer& peer) {
  const Municipality* member =
      peer.oin.empty() ? nullptr : context.codebook.MunicipalityOfOin(peer.oin);
  if (member == nullptr) {
    Refuse(403, "unknown-member",
           "The client certificate carries no OIN of a municipality in the codebook. Use your "
           "organisation's own certificate.");
  }
  return *member;
}

int StatusOf(crypto::cms::Refusal refusal) {
  switch (refusal) {
    case crypto::cms::Refusal::kUnknownSigner:
    case crypto::cms::Refusal::kExpiredSigner:
    case crypto::cms::Refusal::kRevokedSigner:
      return 403;
    case crypto::cms::Refusal::kRevocationUnknown:
      return 503;  // the service lacks something, not the sender
    default:
      return 400;
  }
}

// Opens the envelope; the signer must be the one who speaks.
SecretBytes Open(const CollectContext& context, const http::Request& request) {
  crypto::cms::OpenResult opened =
      crypto::cms::OpenDelivery(request.body, context.recipient_key, context.recipient_certificate,
                                *context.signer_trust(), context.clock.Now());
  if (!opened.ok()) {
    Refuse(StatusOf(opened.refusal()), opened.code(), crypto::cms::RefusalText(opened.refusal()));
  }
  if (opened.oin().empty() || opened.oin() != request.peer.oin) {
    Refuse(403, "oin-differs",
           "The delivery is signed by another organisation than the one that sends it. Sign and "
           "send with certificates of the same OIN.");
  }
  // One key for both would let whoever keeps the line's key sign, and what was signed on the line
  // could be passed off as something else. Another certificate on the same key is the same.
  if (opened.signer().fingerprint() == request.peer.fingerprint ||
      opened.signer().key_fingerprint() == request.peer.key) {
    Refuse(403, "shared-certificate",
           "The delivery is signed with the key that the connection is made with. Use two "
           "certificates: one for connecting, one for signing.");
  }
  return opened.TakeContent();
}

stats::cases::ServiceTerms TermsOf(const CollectContext& context) {
  stats::cases::ServiceTerms terms;
  terms.recipient = context.recipient_certificate.oin();
  terms.codebook_digest = govern::DocumentDigest(context.codebook.canonical());
  context.store.Read([&](const store::Reader& reader) {
    terms.policy_digests = govern::ApprovedPolicies(reader, context.codebook);
  });
  return terms;
}

stats::cases::Delivery Read(const CollectContext& context, const Municipality& member,
                            const SecretBytes& content) {
  // The sender's own file is read before whose it says it is: all faults at once. What is said
  // about it is about the sender's own lines only.
  const stats::cases::ServiceTerms terms = TermsOf(context);
  stats::cases::Delivery delivery =
      stats::cases::ReadDelivery(content.text(), context.codebook, context.limits, &terms);
  if (delivery.manifest.municipality != member.code.code) {
    Refuse(403, "oin-differs",
           "The manifest names another municipality than the one whose certificate signed and sent "
           "it. Deliver for your own municipality only.");
  }
  if (context.clock.Now().Day() < delivery.manifest.period.First()) {
    throw base::ProblemError({{"period-not-begun", "/period",
                               "This period has not begun yet. Check the period.", 1, 0}});
  }
  return delivery;
}

// Why this delivery cannot be stored next to what stands. Throws.
void CheckPlace(const store::Reader& reader, const stats::cases::Manifest& manifest) {
  if (reader.FindDelivery(manifest.municipality, manifest.delivery_id)) {
    Refuse(
        409, "delivery-id-used",
        "You sent a delivery with this deliveryId before, and its receipt stands: the same export "
        "prepared again needs no sending. Give another export an id of its own.");
  }
  const auto current = reader.CurrentDelivery(manifest.municipality, manifest.period);
  if (manifest.replaces.empty()) {
    if (current) {
      Refuse(409, "already-delivered",
             "You delivered this period before, as \"" + current->id +
                 "\". To correct it, send the whole period again with \"replaces\":\"" +
                 current->id + "\" in the manifest.");
    }
    return;
  }
  const auto replaced = reader.FindDelivery(manifest.municipality, manifest.replaces);
  if (!replaced || replaced->period != manifest.period) {
    throw base::ProblemError(
        {{"unknown-replaced", "/replaces",
          "You have no delivery of this period with that id. Name the one that "
          "this delivery corrects, or leave it empty.",
          1, 0}});
  }
  if (current && current->id != manifest.replaces) {
    Refuse(409, "replaced-already",
           "That delivery was replaced already, by \"" + current->id +
               "\" at last. Replace that one.");
  }
}

// Public fields only: how many cases there are is not kept in the clear.
std::string StoredManifest(const stats::cases::Manifest& manifest) {
  base::Json json = base::ParseJson(stats::cases::WriteManifest(manifest));
  json.erase("cases");
  return base::CanonicalJson(json);
}

store::DeliveryRecord RecordOf(const CollectContext& context,
                               const stats::cases::Manifest& manifest, const std::string& digest,
                               const std::string& key_id) {
  store::DeliveryRecord record;
  record.municipality = manifest.municipality;
  record.id = manifest.delivery_id;
  record.period = manifest.period;
  record.replaces = manifest.replaces;
  record.envelope_digest = digest;
  record.manifest = StoredManifest(manifest);
  record.codebook_digest = govern::DocumentDigest(context.codebook.canonical());
  record.key_id = key_id;
  record.received_at = context.clock.Now();
  record.simulated = context.clock.simulated();
  return record;
}

// Leaf, receipt and fact in one transaction.
void Store(const CollectContext& context, store::Transaction& transaction,
           store::DeliveryRecord& record, base::ByteView sealed) {
  record.late = !transaction.FreezesOver(record.period).empty();
  base::Json leaf{{"municipality", record.municipality},
                  {"period", record.period.Text()},
                  {"deliveryId", record.id},
                  {"digest", record.envelope_digest},
                  {"status", record.late ? "late" : "accepted"}};
  if (!record.replaces.empty()) leaf["replaces"] = record.replaces;
  record.log_index = govern::AppendLeaf(transaction, "delivery", context.clock, leaf);
  record.receipt = ReceiptText(record);
  record.signed_note = govern::SignNote(context.receipt_signer, record.receipt + "\n");
  transaction.AddDelivery(record, sealed);
}

http::Response Receive(const CollectContext& context, const http::Request& request) {
  const Municipality& member = MemberOf(context, request.peer);
  const std::string digest = crypto::digest::Sha256Hex(request.body);
  const auto received_before = [&](const store::Reader& reader) -> std::optional<std::string> {
    auto before = reader.FindDeliveryByDigest(digest);
    if (!before || before->municipality != member.code.code) return std::nullopt;
    return before->signed_note;
  };
  std::optional<std::string> standing;
  context.store.Read([&](const store::Reader& reader) { standing = received_before(reader); });
  if (standing) return Receipt(200, *standing);

  stats::cases::Manifest manifest;
  SecretBytes text;
  {
    const SecretBytes content = Open(context, request);
    const stats::cases::Delivery delivery = Read(context, member, content);
    manifest = delivery.manifest;
    // Said early, before the work of sealing; decided again where it is stored.
    context.store.Read([&](const store::Reader& reader) {
      standing = received_before(reader);
      if (!standing) CheckPlace(reader, manifest);
    });
    if (standing) return Receipt(200, *standing);
    const crypto::token::ReKeyer rekeyer(
        context.rekey_key,
        {context.codebook.region(), std::string(base::ToText(manifest.period.calendar())),
         manifest.period.year().Text()});
    text = RekeyedText(delivery, context.codebook, rekeyer, content.size());
  }
  SealedKeys keys(context.keys, context.root_key);
  const DeliveryKey key = keys.MakeDeliveryKey(manifest.municipality, manifest.period.year(),
                                               digest, context.clock.Now());
  const base::Bytes sealed =
      crypto::seal::Seal(text.view(), key.key,
                         base::AsBytes(store::DeliveryContext(
                             manifest.municipality, manifest.period.Text(), manifest.delivery_id)));
  text = SecretBytes();

  store::DeliveryRecord record = RecordOf(context, manifest, digest, key.id);
  context.store.Write([&](store::Transaction& transaction) {
    standing = received_before(transaction);
    if (standing) return;
    CheckPlace(transaction, manifest);
    Store(context, transaction, record, sealed);
  });
  if (standing) return Receipt(200, *standing);
  return Receipt(201, record.signed_note);
}

}  // namespace

http::Response ReceiveDelivery(const CollectContext& context, const http::Request& request) {
  try {
    return govern::Answer([&] { return Receive(context, request); });
  } catch (const http::ResponseError& refusal) {
    return refusal.response();
  }
}

void AddCollectRoutes(http::Router& router, const CollectContext& context) {
  auto places = std::make_shared<std::counting_semaphore<kAtOnce>>(kAtOnce);
  http::RouteOptions options;
  options.max_body = crypto::cms::kMaxEnvelopeBytes;
  options.client_certificate = true;
  options.content_types = {"application/pkcs7-mime"};
  router.Add(
      "POST", "/v1/deliveries",
      [context, places](const http::Request& request) {
        if (!places->try_acquire_for(kPatience)) {
          return http::Response::Problem(503, "busy", http::ReasonPhrase(503),
                                         "Other deliveries are being read. Send again in a minute: "
                                         "nothing was stored.");
        }
        struct Leave {
          std::counting_semaphore<kAtOnce>& places;
          ~Leave() { places.release(); }
        } leave{*places};
        return ReceiveDelivery(context, request);
      },
      options);
}

}  // namespace polder::server::collect
