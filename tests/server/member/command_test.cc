#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "crypto/cms/cms.h"
#include "crypto/digest/digest.h"
#include "crypto/keys/authority.h"
#include "server/http/server.h"
#include "server/member/member_command.h"
#include "stats/cases/delivery.h"
#include "tests/server/member/key_holders.h"
#include "tests/server/member/support.h"
#include "tests/support/places.h"

namespace polder::server::member {
namespace {

namespace fs = std::filesystem;
using crypto::keys::CertificateUse;
using crypto::keys::KeyType;
using crypto::keys::PrivateKey;

void WriteText(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

struct Ran {
  int status = 0;
  std::string out, err;
};

Ran RunProgram(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"polder-member"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.status = RunMember(static_cast<int>(argv.size()), argv.data());
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

// A municipality's folder with keys, a region with a server that answers as a test wants.
class Command : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(dir_);
    fs::create_directories(dir_);
    const auto now = base::SystemClock().Now();
    const crypto::keys::Validity validity{now.Plus(-600), now.Plus(3600)};
    const auto& authority = Authority();
    WriteText(dir_ / "ca.pem", authority.root().ToPem());
    const auto issue = [&](const std::string& name, CertificateUse use, const std::string& oin) {
      const PrivateKey key = PrivateKey::Generate(KeyType::kP256);
      WriteText(dir_ / (name + ".key"), key.ToPem().text());
      const crypto::keys::Subject subject{name, oin};
      WriteText(dir_ / (name + ".pem"),
                (use == CertificateUse::kServer
                     ? authority.IssueServer(key.public_key(), subject, validity)
                     : authority.Issue(use, key.public_key(), subject, validity))
                    .ToPem());
    };
    issue("server", CertificateUse::kServer, "");
    issue("dalfsen", CertificateUse::kClient, "00000001999000000148");
    issue("signer", CertificateUse::kSigner, "00000001999000000148");
    issue("region", CertificateUse::kRecipient, "00000001999900000010");
    WriteText(dir_ / "tokens.json", holders_.Sheet().dump());
    WriteText(dir_ / "log.policy", TestHolders::LogPolicyText());
    WriteText(dir_ / "case.key", std::string(64, 'b') + "\n");
    WriteText(dir_ / "good.csv",
              kRegisterHeader +
                  "Z1,P01,111222333,,Nijland,Zoë,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n");
    WriteText(
        dir_ / "bad.csv",
        kRegisterHeader + "Z1,P01,111222334,,N,Z,17-5-2008,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n");
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::string At(const std::string& name) const { return (dir_ / name).string(); }

  std::vector<std::string> Arguments(const std::string& command, const std::string& csv,
                                     const std::string& out) const {
    const std::string data = polder::tests::SourceDir() + "/policies/data/";
    return {command,
            "--mapping",
            data + "mappings/register-csv-1.json",
            "--codebook",
            data + "codebooks/nl-leerplicht-2026.1.json",
            "--export",
            At(csv),
            "--municipality",
            "GM0148",
            "--period",
            "2022SJ-Q3",
            "--policy",
            data + "policies/default.json",
            "--recipient",
            At("region.pem"),
            "--tokens",
            At("tokens.json"),
            "--log-policy",
            At("log.policy"),
            "--certificate",
            At("dalfsen.pem"),
            "--private-key",
            At("dalfsen.key"),
            "--case-key",
            At("case.key"),
            "--out",
            At(out)};
  }
  Ran Prepare(const std::string& csv, const std::string& out,
              const std::vector<std::string>& more = {}) const {
    auto arguments = Arguments("prepare", csv, out);
    for (const std::string& argument : {std::string("--signer"), At("signer.pem"),
                                        std::string("--signer-key"), At("signer.key")}) {
      arguments.push_back(argument);
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProgram(arguments);
  }

  void Serve(http::Handler handler) {
    http::Router router;
    router.Add("POST", "/v1/deliveries", std::move(handler),
               {.max_body = size_t{1} << 20,
                .client_certificate = true,
                .content_types = {"application/pkcs7-mime; smime-type=authEnveloped-data"}});
    server_ = std::make_unique<http::Server>(
        "127.0.0.1", uint16_t{0}, http::TlsFiles{At("server.pem"), At("server.key"), At("ca.pem")},
        std::move(router), http::Limits{}, clock_);
    server_->Start();
  }
  Ran Send(const std::vector<std::string>& files, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"send"};
    for (const std::string& file : files) arguments.push_back(At(file));
    for (const std::string& argument :
         {std::string("--url"), "https://127.0.0.1:" + std::to_string(server_->port()),
          std::string("--ca"), At("ca.pem"), std::string("--certificate"), At("dalfsen.pem"),
          std::string("--private-key"), At("dalfsen.key")}) {
      arguments.push_back(argument);
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProgram(arguments);
  }
  static http::Response Receipt(const http::Request& request, const std::string& digest) {
    const base::Json receipt = {{"deliveryId", "GM0148-1"},
                                {"digest", digest},
                                {"municipality", request.peer.oin},
                                {"receivedAt", "2023-05-02T09:00:00Z"},
                                {"status", "accepted"}};
    return http::Response::Text(201, base::CanonicalJson(receipt) + "\n\n— region sig\n");
  }
  static http::Response Accept(const http::Request& request) {
    return Receipt(request, crypto::digest::Sha256Hex(request.body));
  }

  const fs::path dir_ =
      fs::path(testing::TempDir()) /
      ("member_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
  base::SystemClock clock_;
  std::unique_ptr<http::Server> server_;
  TestHolders holders_;
};

TEST_F(Command, PreparesAnEnvelopeThatTheRegionOpens) {
  const Ran ran = Prepare("good.csv", "q3.p7m", {"--conversion"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const std::string envelope = ReadText(At("q3.p7m"));
  EXPECT_EQ(envelope.find("caseKey"), std::string::npos);
  const auto opened = crypto::cms::OpenDelivery(
      base::AsBytes(envelope), PrivateKey::FromPem(ReadText(At("region.key"))),
      crypto::keys::Certificate::FromPem(ReadText(At("region.pem"))),
      crypto::keys::TrustStore::WithoutRevocation(
          crypto::keys::Certificate::BundleFromPem(ReadText(At("ca.pem")))),
      clock_.Now());
  ASSERT_TRUE(opened.ok()) << opened.code();
  EXPECT_EQ(opened.oin(), "00000001999000000148");
  const auto delivery = stats::cases::ReadDelivery(opened.content().text(), TheCodebook());
  EXPECT_EQ(delivery.cases.size(), 1U);
  EXPECT_TRUE(delivery.manifest.conversion);
  EXPECT_NE(ran.out.find(delivery.manifest.delivery_id), std::string::npos);
}

TEST_F(Command, RefusesAFaultyExportWithEveryFaultAndWritesNothing) {
  const Ran dutch = Prepare("bad.csv", "q3.p7m");
  EXPECT_EQ(dutch.status, 1);
  EXPECT_NE(dutch.err.find("regel 2, kolom 8 (bsn): Dit is geen geldig"), std::string::npos)
      << dutch.err;
  EXPECT_NE(dutch.err.find("regel 2, kolom 23 (date_of_birth): "), std::string::npos) << dutch.err;
  EXPECT_FALSE(fs::exists(dir_ / "q3.p7m"));
  EXPECT_TRUE(holders_.first.Asked().empty()) << "faults first, then the key holders";
  const Ran english = Prepare("bad.csv", "q3.p7m", {"--lang", "en"});
  EXPECT_NE(english.err.find("line 2, column 8 (bsn): This is not a valid"), std::string::npos);
  const Ran json = Prepare("bad.csv", "q3.p7m", {"--format", "json"});
  const auto errors = base::ParseJson(json.err).at("errors");
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0]["code"], "bad-bsn");
  EXPECT_EQ(errors[0]["line"], 2);
  EXPECT_EQ(errors[0]["column"], 8);
}

TEST_F(Command, NamesAKeyHolderThatIsDownAndWritesNothing) {
  holders_.second.server->Drain();
  const Ran ran = Prepare("good.csv", "q3.p7m", {"--patience", "0"});
  EXPECT_EQ(ran.status, 3);
  EXPECT_NE(ran.err.find("Sleutelhouder south is niet bereikbaar"), std::string::npos) << ran.err;
  EXPECT_FALSE(fs::exists(dir_ / "q3.p7m"));
}

TEST_F(Command, ShowsHowFarItIsUnlessToldNotTo) {
  EXPECT_NE(Prepare("good.csv", "q3.p7m").err.find("pseudoniemen 1/1"), std::string::npos);
  EXPECT_EQ(Prepare("good.csv", "q3.p7m", {"--quiet"}).err, "");
}

TEST_F(Command, WritesThePlainDeliveryOnlyWhenToldWhatItIs) {
  auto arguments = Arguments("tokenise", "good.csv", "plain.ndjson");
  EXPECT_EQ(RunProgram(arguments).status, 1);
  EXPECT_FALSE(fs::exists(dir_ / "plain.ndjson"));
  arguments.emplace_back("--i-know-this-is-case-data");
  const Ran ran = RunProgram(arguments);
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(stats::cases::ReadDelivery(ReadText(At("plain.ndjson")), TheCodebook()).cases.size(),
            1U);
  struct stat facts {};
  ASSERT_EQ(::stat(At("plain.ndjson").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(Command, SaysWrongUsageAndMissingFilesApart) {
  EXPECT_EQ(RunProgram({}).status, 2);
  EXPECT_EQ(RunProgram({"prepare"}).status, 2);
  EXPECT_EQ(RunProgram({"--help"}).status, 0);
  EXPECT_EQ(RunProgram({"prepare", "--help"}).status, 0);
  EXPECT_EQ(Prepare("absent.csv", "q3.p7m").status, 3);
  EXPECT_EQ(Prepare("good.csv", "no/such/folder/q3.p7m").status, 3);
  WriteText(dir_ / "case.key", "not hexadecimal");
  const Ran ran = Prepare("good.csv", "q3.p7m");
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.err.find("not hexadecimal"), std::string::npos);
}

TEST_F(Command, SendsManyFilesOverOneConnectionAndKeepsTheReceipts) {
  Serve(Accept);
  ASSERT_EQ(Prepare("good.csv", "a.p7m").status, 0);
  ASSERT_EQ(Prepare("good.csv", "b.p7m").status, 0);
  const Ran ran = Send({"a.p7m", "b.p7m"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(server_->counters().connections_accepted, 1U);
  EXPECT_NE(ran.out.find("a.p7m: ontvangen, GM0148-1, 2023-05-02T09:00:00Z"), std::string::npos);
  for (const char* name : {"a.p7m", "b.p7m"}) {
    const std::string receipt = ReadText(At(std::string(name) + ".receipt.json"));
    EXPECT_NE(receipt.find(crypto::digest::Sha256Hex(base::AsBytes(ReadText(At(name))))),
              std::string::npos);
    EXPECT_NE(receipt.find("\"municipality\":\"00000001999000000148\""), std::string::npos);
    EXPECT_TRUE(receipt.ends_with("— region sig\n"));
  }
}

TEST_F(Command, ShowsEveryProblemOfARefusedFileAndStillSendsTheNext) {
  int calls = 0;
  Serve([&](const http::Request& request) {
    if (calls++ > 0) return Accept(request);
    return http::Response::Problem(400, "invalid-delivery", "Bad Request", "two problems",
                                   {{"unknown-code", "/kind", "no such kind", 7, 0},
                                    {"bad-week", "/opened", "no such week", 9, 4}});
  });
  ASSERT_EQ(Prepare("good.csv", "a.p7m").status, 0);
  fs::copy(dir_ / "a.p7m", dir_ / "b.p7m");
  const Ran ran = Send({"a.p7m", "b.p7m"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("a.p7m: geweigerd"), std::string::npos);
  EXPECT_NE(ran.err.find("regel 7 (/kind): no such kind"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("regel 9, kolom 4 (/opened): no such week"), std::string::npos);
  EXPECT_FALSE(fs::exists(dir_ / "a.p7m.receipt.json"));
  EXPECT_TRUE(fs::exists(dir_ / "b.p7m.receipt.json"));
}

TEST_F(Command, TellsRefusedAndFailedApartInJson) {
  Serve([](const http::Request&) {
    return http::Response::Problem(503, "busy", "Service Unavailable", "later");
  });
  ASSERT_EQ(Prepare("good.csv", "a.p7m").status, 0);
  const Ran ran = Send({"a.p7m"}, {"--format", "json"});
  EXPECT_EQ(ran.status, 3);
  const auto told = base::ParseJson(ran.out);
  EXPECT_EQ(told.at(0).at("status"), "failed");
  EXPECT_EQ(told.at(0).at("errors").at(0).at("detail"), "Service Unavailable: later");
}

TEST_F(Command, KeepsNoReceiptThatIsNotForTheFile) {
  Serve([](const http::Request& request) { return Receipt(request, std::string(64, '0')); });
  ASSERT_EQ(Prepare("good.csv", "a.p7m").status, 0);
  const Ran ran = Send({"a.p7m"});
  EXPECT_EQ(ran.status, 3);
  EXPECT_FALSE(fs::exists(dir_ / "a.p7m.receipt.json"));
}

TEST_F(Command, TrustsNoServerOfAnotherAuthority) {
  Serve(Accept);
  ASSERT_EQ(Prepare("good.csv", "a.p7m").status, 0);
  const auto now = clock_.Now();
  WriteText(dir_ / "ca.pem",
            crypto::keys::CertificateAuthority::Create("Another", {now.Plus(-60), now.Plus(60)})
                .root()
                .ToPem());
  EXPECT_EQ(Send({"a.p7m"}).status, 3);
  EXPECT_EQ(server_->counters().requests, 0U);
}

// A region that hands one member another key than stands in the log has nothing of it: no holder is
// asked, nothing is written.
TEST_F(Command, PrepareRefusesAKeyThatIsNotTheOneInTheLog) {
  base::Json swapped = holders_.Sheet();
  const TestHolder rogue("south");
  swapped["domains"][0]["keys"][1]["publicKey"] = rogue.KeyLine()["publicKey"];
  WriteText(dir_ / "tokens.json", swapped.dump());
  const Ran ran = Prepare("good.csv", "out.p7m", {"--lang", "en"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("another key"), std::string::npos) << ran.err;
  EXPECT_FALSE(fs::exists(dir_ / "out.p7m"));
  EXPECT_TRUE(holders_.first.Asked().empty());
  EXPECT_TRUE(holders_.second.Asked().empty());
}

TEST_F(Command, PrepareRefusesOneCertificateForConnectingAndSigning) {
  const Ran ran = Prepare("good.csv", "out.p7m");
  EXPECT_EQ(ran.status, 0) << ran.err;
  fs::copy_file(dir_ / "dalfsen.pem", dir_ / "signer.pem", fs::copy_options::overwrite_existing);
  fs::copy_file(dir_ / "dalfsen.key", dir_ / "signer.key", fs::copy_options::overwrite_existing);
  const Ran shared = Prepare("good.csv", "shared.p7m", {"--format", "json"});
  EXPECT_EQ(shared.status, 1);
  EXPECT_NE(shared.err.find("shared-certificate"), std::string::npos) << shared.err;
  EXPECT_FALSE(fs::exists(dir_ / "shared.p7m"));
}

TEST_F(Command, RefusesAnAddressThatIsNotHttps) {
  for (const char* url : {"http://127.0.0.1:1", "https://", "https://h:0", "https://h:99999",
                          "https://h/path", "127.0.0.1:1"}) {
    EXPECT_EQ(RunProgram({"send", At("good.csv"), "--url", url, "--ca", At("ca.pem"),
                          "--certificate", At("dalfsen.pem"), "--private-key", At("dalfsen.key")})
                  .status,
              2)
        << url;
  }
}

}  // namespace
}  // namespace polder::server::member
