// A whole region in one process: members who deliver in envelopes, people who act, a worker,
// readers. The real store, keys, envelopes, log and pipeline; only the network is left out.
#ifndef POLDER_TESTS_OUTSIDE_WHOLE_REGION_H_
#define POLDER_TESTS_OUTSIDE_WHOLE_REGION_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypto/cms/cms.h"
#include "crypto/keys/authority.h"
#include "crypto/seal/root_key.h"
#include "policies/codebook/public_pupils.h"
#include "server/collect/receive.h"
#include "server/collect/sealed_keys.h"
#include "server/jobs/planned_reservation.h"
#include "server/jobs/sealed_seeds.h"
#include "server/jobs/worker.h"
#include "server/readers/routes.h"
#include "server/readers/store_shelf.h"
#include "stats/cases/padding.h"
#include "tests/server/govern/region.h"
#include "tests/server/jobs/small_region.h"

namespace polder::testing_outside {

using crypto::digest::SecretBytes;
using crypto::keys::Certificate;
using crypto::keys::CertificateAuthority;
using crypto::keys::CertificateUse;
using crypto::keys::KeyType;
using crypto::keys::PrivateKey;

// Keys take time: made once.
struct Parties {
  crypto::keys::Validity validity{*base::Instant::Parse("2022-01-01T00:00:00Z"),
                                  *base::Instant::Parse("2030-01-01T00:00:00Z")};
  CertificateAuthority authority = CertificateAuthority::Create("Test root", validity);
  std::shared_ptr<const crypto::keys::TrustStore> trust =
      std::make_shared<const crypto::keys::TrustStore>(std::vector{authority.root()},
                                                       authority.RevocationList({}, validity));
  PrivateKey region_key = PrivateKey::Generate(KeyType::kP256);
  Certificate region = authority.Issue(CertificateUse::kRecipient, region_key.public_key(),
                                       {"Region", "00000001999900000010"}, validity);
  PrivateKey member_key = PrivateKey::Generate(KeyType::kP256);
  std::map<std::string, Certificate> members;  // by municipality: what they sign with
  PrivateKey line_key = PrivateKey::Generate(KeyType::kP256);
  std::map<std::string, Certificate> lines;  // what they connect with

  Parties() {
    for (const auto& municipality : server::jobs::TestCodebook().municipalities()) {
      members.emplace(municipality.code.code,
                      authority.Issue(CertificateUse::kSigner, member_key.public_key(),
                                      {"Member", municipality.oin}, validity));
      lines.emplace(municipality.code.code,
                    authority.Issue(CertificateUse::kClient, line_key.public_key(),
                                    {"Member", municipality.oin}, validity));
    }
  }
};

inline const Parties& Everyone() {
  static const Parties* const parties = new Parties();
  return *parties;
}

class WholeRegion : public server::govern::testing::Region {
 public:
  WholeRegion()
      : keys(server::store::KeyStore::Open(server::store::testing::FreshPath("keys.db"))),
        root(SecretBytes::CopyOf(base::ByteView(base::Bytes(32, 1)))),
        rekey(SecretBytes::CopyOf(base::ByteView(base::Bytes(32, 2)))),
        shelf(*store, clock),
        reading{&shelf, &server::jobs::TestCodebook(), {}} {
    router = server::http::Router();
    server::govern::GovernContext context = Context();
    server::govern::AddGovernRoutes(
        router, {context.store,
                 context.clock,
                 context.codebook,
                 context.people,
                 context.checkpoints,
                 context.seed_commitment,
                 [this](const SecretBytes& seed, std::string_view about) {
                   return server::jobs::SealSeed(*keys, root, seed, about, clock.now);
                 },
                 [this](const std::string& release) {
                   return server::jobs::PlanReservation(*store, release);
                 },
                 {}});
    server::collect::AddCollectRoutes(router, {*store,
                                               *keys,
                                               clock,
                                               server::jobs::TestCodebook(),
                                               Everyone().region_key,
                                               Everyone().region,
                                               [] { return Everyone().trust; },
                                               signer,
                                               root,
                                               rekey,
                                               {}});
    server::readers::AddReaderRoutes(router, reading);
  }

  // As `polder-member prepare` ends: padded, signed, encrypted.
  static base::Bytes Envelope(const stats::cases::Delivery& delivery) {
    const std::string& municipality = delivery.manifest.municipality;
    std::string text = server::jobs::NdjsonOf(delivery);
    text += stats::cases::PaddingLine(
        text.size(), policies::codebook::PublicPupils(server::jobs::TestCodebook(), municipality));
    return crypto::cms::SignAndEncrypt(base::AsBytes(text), Everyone().member_key,
                                       Everyone().members.at(municipality), {{Everyone().region}});
  }

  server::http::Response Deliver(const std::string& municipality, const base::Bytes& envelope) {
    const Certificate& certificate = Everyone().lines.at(municipality);
    server::http::Request request;
    request.method = "POST";
    request.path = "/v1/deliveries";
    request.headers["Content-Type"] = "application/pkcs7-mime; smime-type=authEnveloped-data";
    request.body = envelope;
    request.peer.oin = certificate.oin();
    request.peer.fingerprint = certificate.fingerprint();
    request.peer.key = certificate.key_fingerprint();
    return router.Handle(request);
  }

  // One round of the worker: a job, if there is one, and what is due.
  void Work() {
    const server::collect::SealedKeys sealed(*keys, root);
    server::jobs::Worker worker(
        {.store = *store,
         .keys = *keys,
         .clock = clock,
         .checkpoints = checkpoints,
         .signer = signer,
         .root = root,
         .open_delivery_key =
             [&](const std::string& municipality, const base::Year& year, const std::string& id) {
               return sealed.OpenDeliveryKey(municipality, year, id);
             },
         .open_seed =
             [&](base::ByteView seed, std::string_view about) {
               return server::jobs::OpenSeed(*keys, root, seed, about);
             },
         .begins = {}});
    worker.RunOnce();
    server::jobs::PublishDue(*store, clock, checkpoints);
  }

  std::unique_ptr<server::store::KeyStore> keys;
  crypto::seal::FileRootKey root;
  SecretBytes rekey;
  server::readers::StoreShelf shelf;
  server::readers::ReaderContext reading;
};

}  // namespace polder::testing_outside

#endif  // POLDER_TESTS_OUTSIDE_WHOLE_REGION_H_
