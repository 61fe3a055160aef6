// What the region refuses before it reads a line, each with its own word.
#include <atomic>
#include <cstdio>
#include <thread>

#include "server/collect/signer_trust.h"
#include "tests/crypto/keys/openssl_command.h"
#include "tests/server/collect/desk.h"

namespace polder::server::collect::testing {
namespace {

using govern::testing::BodyOf;
using govern::testing::ProblemOf;

std::string TrustFile(const std::string& name, const std::string& text) {
  const std::string path = store::testing::FreshPath(name);
  std::ofstream(path + ".new", std::ios::binary) << text;
  std::rename((path + ".new").c_str(), path.c_str());
  return path;
}

// A desk whose trust is read from files, as in the service.
class FiledDesk : public Desk {
 public:
  FiledDesk() {
    Lists(Everyone().authority.RevocationList({}, kDecade));
    trust = std::make_unique<SignerTrust>(roots, lists, [this](std::string_view) { ++troubles; });
    CollectContext context = Collecting();
    context.signer_trust = [this] { return trust->Current(); };
    filed = std::make_unique<http::Router>();
    AddCollectRoutes(*filed, context);
  }
  void Lists(const std::string& text) { lists = TrustFile("lists.pem", text); }
  http::Response PostFiled(const std::string& text) {
    http::Request request;
    request.method = "POST";
    request.path = "/v1/deliveries";
    request.headers["Content-Type"] = "application/pkcs7-mime";
    request.body = Everyone().Envelope(text, Everyone().dalfsen);
    request.peer = Everyone().Peer(Everyone().dalfsen);
    return filed->Handle(request);
  }

  int troubles = 0;
  std::string roots = TrustFile("roots.pem", Everyone().authority.root().ToPem());
  std::string lists;
  std::unique_ptr<SignerTrust> trust;
  std::unique_ptr<http::Router> filed;
};

TEST(Revocation, HoldsFromTheMomentTheListIsReplaced) {
  FiledDesk desk;
  EXPECT_EQ(desk.PostFiled(DeliveryText("d1")).status, 201);
  desk.Lists(Everyone().authority.RevocationList({Everyone().dalfsen}, kDecade));
  const auto refused = desk.PostFiled(DeliveryText("d2", "d1"));
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(ProblemOf(refused), "revoked-signer");
  EXPECT_EQ(desk.Stored(), 1u);
}

TEST(Revocation, WithoutAValidListNobodyIsBelieved) {
  FiledDesk desk;
  const crypto::keys::Validity past{At("2020-01-01T00:00:00Z"), At("2020-02-01T00:00:00Z")};
  desk.Lists(Everyone().authority.RevocationList({}, past));
  EXPECT_EQ(ProblemOf(desk.PostFiled(DeliveryText("d1"))), "revocation-unknown");
  desk.Lists(Everyone().stranger.RevocationList({}, kDecade));
  const auto refused = desk.PostFiled(DeliveryText("d1"));
  EXPECT_EQ(refused.status, 503) << "the region lacks something, not the sender";
  EXPECT_EQ(ProblemOf(refused), "revocation-unknown");
  EXPECT_EQ(desk.Stored(), 0u);
}

TEST(Revocation, AHalfWrittenListChangesNothingAndIsTold) {
  FiledDesk desk;
  desk.Lists(Everyone().authority.RevocationList({Everyone().dalfsen}, kDecade));
  EXPECT_EQ(ProblemOf(desk.PostFiled(DeliveryText("d1"))), "revoked-signer");
  desk.Lists(Everyone().authority.RevocationList({}, kDecade).substr(0, 90));
  EXPECT_EQ(ProblemOf(desk.PostFiled(DeliveryText("d1"))), "revoked-signer");
  EXPECT_EQ(desk.troubles, 1);
}

TEST(Revocation, ARegionDoesNotStartWithoutItsLists) {
  using store::testing::CodeOf;
  const std::string roots = TrustFile("roots.pem", Everyone().authority.root().ToPem());
  EXPECT_EQ(CodeOf([&] { SignerTrust(roots, ""); }), "cannot-read");
  EXPECT_EQ(CodeOf([&] { SignerTrust(roots, TrustFile("lists.pem", "nothing")); }),
            "revocation-list");
}

TEST(Cap, ALargerUploadIsRefusedBeforeItsBodyIsRead) {
  Desk desk;
  http::Request request;
  request.method = "POST";
  request.path = "/v1/deliveries";
  request.headers["Content-Type"] = "application/pkcs7-mime";
  request.peer = Everyone().Peer(Everyone().dalfsen);
  EXPECT_NE(desk.router.Find(request, crypto::cms::kMaxEnvelopeBytes).route, nullptr);
  const auto refused = desk.router.Find(request, crypto::cms::kMaxEnvelopeBytes + 1);
  EXPECT_EQ(refused.route, nullptr);
  EXPECT_EQ(refused.refusal.status, 413);
}

TEST(Memory, AtMostTwoEnvelopesAreOpenAtOnce) {
  Desk desk;
  CollectContext context = desk.Collecting();
  std::atomic<int> inside = 0;
  std::atomic<bool> go = false;
  context.signer_trust = [&] {
    ++inside;
    while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return Everyone().trust;
  };
  http::Router router;
  AddCollectRoutes(router, context);
  std::vector<std::thread> senders;
  std::vector<int> answers(5);
  for (size_t i = 0; i < answers.size(); ++i) {
    senders.emplace_back([&, i] {
      http::Request request;
      request.method = "POST";
      request.path = "/v1/deliveries";
      request.headers["Content-Type"] = "application/pkcs7-mime";
      request.body = Everyone().Envelope(DeliveryText("d" + std::to_string(i)), Everyone().dalfsen);
      request.peer = Everyone().Peer(Everyone().dalfsen);
      answers[i] = router.Handle(request).status;
    });
  }
  while (inside < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(inside, 2) << "the others wait outside";
  go = true;
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(inside, 5) << "each had its turn";
  EXPECT_EQ(std::count(answers.begin(), answers.end(), 201), 1);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), 409), 4);
}

TEST(Replay, OfAnotherMunicipalitysEnvelopeIsRefused) {
  Desk desk;
  const base::Bytes envelope = Everyone().Envelope(DeliveryText("d1"), Everyone().dalfsen);
  ASSERT_EQ(desk.Post(envelope, Everyone().dalfsen).status, 201);
  // Bytes that were seen on the way, sent under one's own certificate: no receipt, no word of it.
  const auto replayed = desk.Post(envelope, Everyone().hardenberg);
  EXPECT_EQ(replayed.status, 403);
  EXPECT_EQ(ProblemOf(replayed), "oin-differs");
}

// The terms of a delivery: for whom, under which codebook, under which policy.
std::string Retold(const std::string& field, const std::string& value) {
  std::string text = DeliveryText("d1");
  const size_t end = text.find('\n');
  base::Json manifest = base::ParseJson(text.substr(0, end));
  manifest[field] = value;
  return manifest.dump() + text.substr(end);
}

std::string FaultsOf(const http::Response& answer) {
  EXPECT_EQ(answer.status, 400);
  std::string codes;
  const base::Json body = BodyOf(answer);
  for (const auto& error : body["errors"]) {
    codes += error["code"].get<std::string>() + error["pointer"].get<std::string>() + " ";
  }
  return codes;
}

TEST(Terms, AnotherRecipientCodebookOrPolicyIsEachRefusedWithItsOwnCode) {
  Desk desk;
  const std::string other(64, '5');
  EXPECT_EQ(FaultsOf(desk.Post(Retold("recipient", "00000001999900000011"))),
            "other-recipient/recipient ");
  EXPECT_EQ(FaultsOf(desk.Post(Retold("codebookDigest", other))),
            "other-codebook-content/codebookDigest ");
  EXPECT_EQ(FaultsOf(desk.Post(Retold("policyDigest", other))), "other-policy/policyDigest ");
  EXPECT_EQ(FaultsOf(desk.Post(Retold("period", "2022SJ-Q4"))),
            "outside-period/closed outside-period/closed outside-period/closed ");
  EXPECT_EQ(FaultsOf(desk.Post(Retold("tokenDomain", "RMC10/absence/2021SJ"))),
            "wrong-token-domain/tokenDomain ");
  EXPECT_EQ(desk.Stored(), 0u);
  EXPECT_EQ(desk.Post(DeliveryText("d1")).status, 201) << "nothing else was wrong with it";
}

TEST(Terms, APolicyThatWasPutInButNotApprovedIsNone) {
  Desk desk;
  base::Json draft = govern::testing::PolicyJson();
  draft["version"] = "draft";
  const auto proposed = desk.Send("petra", "POST", "/v1/policies", draft);
  ASSERT_EQ(proposed.status, 201);
  const std::string digest = BodyOf(proposed)["digest"];
  EXPECT_EQ(FaultsOf(desk.Post(Retold("policyDigest", digest))), "other-policy/policyDigest ");
  for (const char* officer : {"paul", "pien"}) {
    desk.Send(officer, "POST", "/v1/policies/" + digest + "/approvals");
  }
  EXPECT_EQ(desk.Post(Retold("policyDigest", digest)).status, 201);
}

// Surreptitious forwarding: another service of the same region, which was sent the delivery and
// opened it, encrypts what the municipality signed to this one. The signature holds, and so does
// everything else but for whom it was made.
TEST(Terms, ADeliveryForAnotherServiceOfTheRegionCannotBePassedOn) {
  const auto& all = Everyone();
  const PrivateKey other_key = PrivateKey::Generate(KeyType::kP256);
  const Certificate other = all.authority.Issue(CertificateUse::kRecipient, other_key.public_key(),
                                                {"Regio, proef", "00000001999900000011"}, kYears);
  const tests::Folder folder;
  folder.Write("first.p7m", base::AsText(crypto::cms::SignAndEncrypt(
                                base::AsBytes(Retold("recipient", other.oin())), all.member_key,
                                all.dalfsen, {{other}})));
  folder.Write("other.pem", other.ToPem());
  folder.Write("other.key", other_key.ToPem().text());
  folder.Write("region.pem", all.region.ToPem());
  ASSERT_TRUE(folder.Openssl(
      "cms -decrypt -binary -inform DER -in first.p7m -recip other.pem -inkey other.key -out "
      "signed.der"))
      << folder.Read("log");
  ASSERT_TRUE(folder.Openssl(
      "cms -encrypt -binary -aes-256-gcm -in signed.der -outform DER -out second.p7m -recip "
      "region.pem -keyopt ecdh_kdf_md:sha256 -aes256-wrap"))
      << folder.Read("log");
  Desk desk;
  const std::string passed_on = folder.Read("second.p7m");
  EXPECT_EQ(FaultsOf(desk.Post(base::ToBytes(passed_on), all.dalfsen)),
            "other-recipient/recipient ");
  EXPECT_EQ(ProblemOf(desk.Post(base::ToBytes(folder.Read("first.p7m")), all.dalfsen)),
            "wrong-recipient");
  EXPECT_EQ(desk.Stored(), 0u);
}

// The same certificate, or another one on the same key, must not both connect and sign.
TEST(TwoCertificates, OneKeyForConnectingAndSigningIsRefused) {
  Desk desk;
  const auto& all = Everyone();
  const base::Bytes envelope = all.Envelope(DeliveryText("d1"), all.dalfsen);
  http::Peer same = all.Peer(all.dalfsen);
  same.fingerprint = all.dalfsen.fingerprint();
  same.key = all.dalfsen.key_fingerprint();
  EXPECT_EQ(ProblemOf(desk.Post(envelope, same)), "shared-certificate");
  const Certificate line = all.authority.Issue(CertificateUse::kClient, all.member_key.public_key(),
                                               {"Gemeente", all.dalfsen.oin()}, kYears);
  http::Peer renewed = all.Peer(all.dalfsen);
  renewed.fingerprint = line.fingerprint();
  renewed.key = line.key_fingerprint();
  EXPECT_NE(renewed.fingerprint, all.dalfsen.fingerprint());
  const auto refused = desk.Post(envelope, renewed);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(ProblemOf(refused), "shared-certificate");
  EXPECT_EQ(desk.Stored(), 0u);
  EXPECT_EQ(desk.Post(envelope, all.dalfsen).status, 201);
}

TEST(TwoCertificates, TheAuthorityMakesNoneThatDoesBoth) {
  const auto& all = Everyone();
  const auto verdict = [&](CertificateUse made_for, CertificateUse used_for) {
    const Certificate one = all.authority.Issue(made_for, all.member_key.public_key(),
                                                {"Gemeente", all.dalfsen.oin()}, kYears);
    return crypto::keys::TrustCode(
        all.trust->Verify(one, {}, used_for, At("2024-01-01T00:00:00Z")));
  };
  EXPECT_EQ(verdict(CertificateUse::kSigner, CertificateUse::kSigner), "trusted");
  EXPECT_EQ(verdict(CertificateUse::kClient, CertificateUse::kClient), "trusted");
  EXPECT_EQ(verdict(CertificateUse::kSigner, CertificateUse::kClient), "wrong-use");
  EXPECT_EQ(verdict(CertificateUse::kClient, CertificateUse::kSigner), "wrong-use");
}

TEST(Replay, OfAContentInANewEnvelopeIsRefused) {
  Desk desk;
  ASSERT_EQ(desk.Post(DeliveryText("d1")).status, 201);
  EXPECT_EQ(ProblemOf(desk.Post(DeliveryText("d1"))), "delivery-id-used");
  EXPECT_EQ(desk.Stored(), 1u);
}

}  // namespace
}  // namespace polder::server::collect::testing
