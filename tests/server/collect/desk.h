// A municipality's and a region's desk for tests of receiving: parties with certificates, a store,
// a key store and the route.
#ifndef POLDER_TESTS_SERVER_COLLECT_DESK_H_
#define POLDER_TESTS_SERVER_COLLECT_DESK_H_

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "crypto/cms/cms.h"
#include "crypto/keys/authority.h"
#include "crypto/seal/seal.h"
#include "server/collect/receive.h"
#include "server/collect/sealed_keys.h"
#include "tests/server/govern/region.h"
#include "tests/stats/cases/delivery_fixture.h"

namespace polder::server::collect::testing {

using crypto::digest::SecretBytes;
using crypto::keys::Certificate;
using crypto::keys::CertificateAuthority;
using crypto::keys::CertificateUse;
using crypto::keys::KeyType;
using crypto::keys::PrivateKey;
using govern::testing::Region;
using stats::cases::Join;
using stats::cases::Lines;
using stats::cases::ManifestJson;

inline base::Instant At(const char* text) { return *base::Instant::Parse(text); }

inline const crypto::keys::Validity kDecade{At("2020-01-01T00:00:00Z"), At("2040-01-01T00:00:00Z")};
inline const crypto::keys::Validity kYears{At("2022-01-01T00:00:00Z"), At("2030-01-01T00:00:00Z")};

// Keys take time: made once.
struct Parties {
  CertificateAuthority authority = CertificateAuthority::Create("Demo root", kDecade);
  CertificateAuthority stranger = CertificateAuthority::Create("Other root", kDecade);
  std::shared_ptr<const crypto::keys::TrustStore> trust =
      std::make_shared<const crypto::keys::TrustStore>(std::vector{authority.root()},
                                                       authority.RevocationList({}, kDecade));
  PrivateKey region_key = PrivateKey::Generate(KeyType::kP256);
  Certificate region = authority.Issue(CertificateUse::kRecipient, region_key.public_key(),
                                       {"Regio", "00000001999900000010"}, kYears);
  PrivateKey member_key = PrivateKey::Generate(KeyType::kP256);
  Certificate dalfsen = Signer(authority, "00000001999000000148");
  Certificate hardenberg = Signer(authority, "00000001999000000160");
  PrivateKey line_key = PrivateKey::Generate(KeyType::kP256);
  Certificate nobody = Signer(authority, "00000009999000000000");
  Certificate forged = Signer(stranger, "00000001999000000148");

  Certificate Signer(const CertificateAuthority& by, const std::string& oin) const {
    return by.Issue(CertificateUse::kSigner, member_key.public_key(), {"Gemeente", oin}, kYears);
  }
  // The certificate that an organisation connects with, known by that which it signs with.
  http::Peer Peer(const Certificate& signer) const {
    const Certificate line = authority.Issue(CertificateUse::kClient, line_key.public_key(),
                                             {"Gemeente", signer.oin()}, kYears);
    http::Peer peer;
    peer.oin = line.oin();
    peer.fingerprint = line.fingerprint();
    peer.key = line.key_fingerprint();
    return peer;
  }
  base::Bytes Envelope(const std::string& text, const Certificate& signer) const {
    return crypto::cms::SignAndEncrypt(base::AsBytes(text), member_key, signer, {{region}});
  }
};

inline const Parties& Everyone() {
  static const Parties* const parties = new Parties();
  return *parties;
}

class Desk : public Region {
 public:
  Desk()
      : keys(store::KeyStore::Open(store::testing::FreshPath("keys.db"))),
        root_key(SecretBytes::CopyOf(base::ByteView(base::Bytes(32, 1)))),
        rekey_key(SecretBytes::CopyOf(base::ByteView(base::Bytes(32, 2)))) {
    ApprovedPolicy();
    AddCollectRoutes(router, Collecting());
  }

  CollectContext Collecting() {
    return {*store,
            *keys,
            clock,
            govern::testing::Book(),
            Everyone().region_key,
            Everyone().region,
            [] { return Everyone().trust; },
            signer,
            root_key,
            rekey_key,
            {}};
  }

  http::Response Post(const base::Bytes& envelope, const Certificate& sender,
                      const std::string& type = "application/pkcs7-mime") {
    return Post(envelope, Everyone().Peer(sender), type);
  }
  http::Response Post(const base::Bytes& envelope, const http::Peer& peer,
                      const std::string& type = "application/pkcs7-mime") {
    http::Request request;
    request.method = "POST";
    request.path = "/v1/deliveries";
    request.headers["Content-Type"] = type;
    request.body = envelope;
    request.peer = peer;
    return router.Handle(request);
  }
  // From Dalfsen, by Dalfsen.
  http::Response Post(const std::string& text) {
    return Post(Everyone().Envelope(text, Everyone().dalfsen), Everyone().dalfsen);
  }

  base::Json ReceiptOf(const http::Response& response) {
    const auto note = crypto::log::VerifyNote(base::AsText(response.body), signer.verifier());
    EXPECT_TRUE(note.has_value()) << base::AsText(response.body);
    return note ? base::ParseJson(note->text) : base::Json();
  }

  size_t Stored() {
    size_t count = 0;
    store->Read([&](const store::Reader& reader) {
      count = reader.Deliveries("GM0148").size() + reader.Deliveries("GM0160").size();
    });
    return count;
  }

  // What the worker does.
  stats::cases::Delivery Unseal(const std::string& id) {
    store::DeliveryRecord record;
    base::Bytes sealed;
    store->Read([&](const store::Reader& reader) {
      record = *reader.FindDelivery("GM0148", id);
      sealed = reader.SealedDelivery(record.sequence);
    });
    const SecretBytes key =
        SealedKeys(*keys, root_key).OpenDeliveryKey("GM0148", record.period.year(), record.key_id);
    const std::string context = store::DeliveryContext("GM0148", record.period.Text(), id);
    const SecretBytes text = crypto::seal::Unseal(sealed, key, base::AsBytes(context));
    return stats::cases::ReadDelivery(crypto::seal::WithoutPadding(text.text()),
                                      govern::testing::Book());
  }

  std::unique_ptr<store::KeyStore> keys;
  crypto::seal::FileRootKey root_key;
  SecretBytes rekey_key;
};

inline const policies::disclosure::Policy& ThePolicy() {
  static const auto policy = policies::disclosure::Policy::FromJson(govern::testing::PolicyJson(),
                                                                    govern::testing::Book());
  return policy;
}

// As this desk takes it.
inline base::Json ManifestOf(unsigned cases) {
  base::Json manifest = ManifestJson(cases);
  manifest["codebookDigest"] = govern::DocumentDigest(govern::testing::Book().canonical());
  manifest["policyDigest"] = govern::DocumentDigest(ThePolicy().canonical());
  return manifest;
}

inline std::string DeliveryText(const std::string& id, const std::string& replaces = "",
                                unsigned cases = 3) {
  auto lines = Lines(cases);
  base::Json manifest = ManifestOf(cases);
  manifest["deliveryId"] = id;
  manifest["replaces"] = replaces;
  lines[0] = manifest.dump();
  return Join(lines);
}

}  // namespace polder::server::collect::testing

#endif  // POLDER_TESTS_SERVER_COLLECT_DESK_H_
