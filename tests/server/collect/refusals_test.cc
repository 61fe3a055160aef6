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
    request.peer.oin = Everyone().dalfsen.oin();
    request.peer.fingerprint = Everyone().dalfsen.fingerprint();
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
  request.peer.oin = Everyone().dalfsen.oin();
  request.peer.fingerprint = Everyone().dalfsen.fingerprint();
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
      request.peer.oin = Everyone().dalfsen.oin();
      request.peer.fingerprint = Everyone().dalfsen.fingerprint();
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

TEST(Replay, OfAContentInANewEnvelopeIsRefused) {
  Desk desk;
  ASSERT_EQ(desk.Post(DeliveryText("d1")).status, 201);
  EXPECT_EQ(ProblemOf(desk.Post(DeliveryText("d1"))), "delivery-id-used");
  EXPECT_EQ(desk.Stored(), 1u);
}

}  // namespace
}  // namespace polder::server::collect::testing
