#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "crypto/keys/authority.h"
#include "policies/base/problem.h"
#include "server/keyholder/holder_config.h"
#include "server/keyholder/keyholder_command.h"
#include "tests/server/keyholder/holder.h"
#include "tests/support/places.h"
#include "tests/support/soft_token.h"

namespace polder::server::keyholder {
namespace {

struct Ran {
  int status = 0;
  std::string out, err;
};

Ran RunProgram(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"polder-keyholder"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.status = RunKeyholder(static_cast<int>(argv.size()), argv.data());
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

class Command : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    const auto now = base::SystemClock().Now();
    const crypto::keys::Validity validity{now.Plus(-3600), now.Plus(3600)};
    const auto authority = crypto::keys::CertificateAuthority::Create("Test authority", validity);
    const auto key = crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kP256);
    Write("ca.pem", authority.root().ToPem());
    Write("tls.pem", authority.IssueServer(key.public_key(), {"Key holder", ""}, validity).ToPem());
    Write("tls.key", key.ToPem().text());
    Write("revoked.pem", authority.RevocationList({}, validity));
    Write("clock", "2023-02-06T09:00:00Z\n");
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  void Write(const std::string& name, std::string_view text) const {
    std::ofstream(At(name), std::ios::binary) << text;
  }
  std::string At(const std::string& name) const { return dir_ + "/" + name; }
  std::vector<std::string> InitArguments() const {
    return {"init",
            "--out",
            At("site"),
            "--codebook",
            polder::tests::SourceDir() + "/policies/data/codebooks/nl-leerplicht-2026.1.json",
            "--certificate",
            At("tls.pem"),
            "--private-key",
            At("tls.key"),
            "--client-authority",
            At("ca.pem"),
            "--revocation-lists",
            At("revoked.pem"),
            "--port",
            "0",
            "--clock-file",
            At("clock")};
  }
  std::vector<std::string> With(std::vector<std::string> arguments) const {
    arguments.push_back("--config");
    arguments.push_back(At("site/holder.json"));
    return arguments;
  }

  const std::string dir_ =
      testing::TempDir() + "/polder-holder-command-" + std::to_string(::getpid());
};

TEST_F(Command, TheCeremonyPrintsTheLineToPublishAndTheKeyLivesItsLife) {
  ASSERT_EQ(RunProgram(InitArguments()).status, 0);
  struct stat root {};
  ASSERT_EQ(::stat(At("site/root/root").c_str(), &root), 0);
  EXPECT_EQ(root.st_mode & 0777, 0600U);
  EXPECT_EQ(RunProgram(InitArguments()).status, 1) << "a folder is made once";

  const Ran made = RunProgram(With({"create-key", "--domain", "RMC10/absence/2022SJ"}));
  ASSERT_EQ(made.status, 0) << made.err;
  const base::Json line = base::ParseJson(made.out);
  EXPECT_EQ(line.at("domain"), "RMC10/absence/2022SJ");
  EXPECT_EQ(RunProgram(With({"create-key", "--domain", "RMC10/absence/2022SJ"})).status, 1);
  EXPECT_EQ(RunProgram(With({"create-key", "--domain", "RMC99/absence/2022SJ"})).status, 1);
  EXPECT_EQ(RunProgram(With({"create-key", "--domain", "2022SJ"})).status, 2);

  const std::string id = line.at("keyId");
  const Ran early = RunProgram(With({"destroy-key", "--key", id}));
  EXPECT_EQ(early.status, 1);
  EXPECT_NE(early.err.find("2024-09-04"), std::string::npos) << early.err;
  Write("clock", "2024-09-04T00:00:00Z\n");
  EXPECT_EQ(RunProgram(With({"destroy-key", "--key", id})).status, 0);
  const base::Json listed = base::ParseJson(RunProgram(With({"list-keys"})).out);
  EXPECT_EQ(listed.at("keyId"), id);
  EXPECT_EQ(listed.at("destroyedAt"), "2024-09-04T00:00:00Z");
}

TEST_F(Command, WhatIsMissingIsToldAndEndsInThree) {
  EXPECT_EQ(RunProgram(With({"list-keys"})).status, 3);
  EXPECT_EQ(RunProgram({"no-such-command"}).status, 2);
  ASSERT_EQ(RunProgram(InitArguments()).status, 0);
  Write("site/root/root", "short\n");
  const Ran ran = RunProgram(With({"list-keys", "--format", "json"}));
  EXPECT_EQ(ran.status, 3);
  EXPECT_EQ(base::ParseJson(ran.err).at("errors").at(0).at("code"), "wrong-key");
}

TEST_F(Command, RevocationListsAreTakenAlongAndUsed) {
  ASSERT_EQ(RunProgram(InitArguments()).status, 0);
  EXPECT_EQ(LoadHolderConfig(At("site/holder.json")).tls.revocation_lists,
            std::filesystem::path(At("site/tls/revoked.pem")).lexically_normal().string());
}

// The whole life of a key under a root that never leaves its token.
TEST_F(Command, TheRootKeyMayBeInAToken) {
  const auto* token = testing_support::SoftToken::Get();
  if (token == nullptr) GTEST_SKIP() << "softhsm2 and opensc are not installed";
  auto arguments = InitArguments();
  arguments.insert(arguments.end(), {"--root-key", token->Uri()});
  ASSERT_EQ(RunProgram(arguments).status, 0);
  EXPECT_FALSE(std::filesystem::exists(At("site/root"))) << "no root key on the disk";
  const Ran made = RunProgram(With({"create-key", "--domain", "RMC10/absence/2022SJ"}));
  ASSERT_EQ(made.status, 0) << made.err;
  const std::string id = base::ParseJson(made.out).at("keyId");

  const auto evaluate = [&](const crypto::seal::RootKey& root) {
    const auto store = store::HolderStore::Open(At("site/data/holder.db"));
    const auto wrapped = store::KeyStore::Open(At("site/keys/keys.db"));
    const TokenKeys keys(*store, *wrapped, root);
    MovedClock clock;
    const std::vector<policies::codebook::Codebook> codebooks = {TheCodebook()};
    http::Router router;
    AddEvaluateRoutes(router, {*store, keys, clock, codebooks, base::Rational(6, 5), true});
    base::Json blinded = base::Json::array();
    for (const auto& element : Elements(320)) blinded.push_back(base::ToBase64Url(element));
    http::Request request;
    request.method = "POST";
    request.path = "/v1/evaluate";
    request.headers["Content-Type"] = "application/json";
    request.body = base::ToBytes(base::Json{{"keyId", id}, {"blindedElements", blinded}}.dump());
    request.peer.oin = kDalfsen;
    request.peer.fingerprint = "00";
    return router.Handle(std::move(request)).status;
  };
  EXPECT_EQ(evaluate(*crypto::seal::OpenPkcs11RootKey(token->Uri())), 200);
  ASSERT_TRUE(token->MakeKey("another-root"));
  EXPECT_EQ(evaluate(*crypto::seal::OpenPkcs11RootKey(token->Uri("another-root"))), 503);
  EXPECT_EQ(evaluate(crypto::seal::FileRootKey(crypto::digest::SecretBytes(32))), 503);

  Write("clock", "2024-09-04T00:00:00Z\n");
  EXPECT_EQ(RunProgram(With({"destroy-key", "--key", id})).status, 0);
  EXPECT_EQ(evaluate(*crypto::seal::OpenPkcs11RootKey(token->Uri())), 410);
}

TEST_F(Command, WithoutRevocationListsAHolderStartsOnlyWhenThatIsSaid) {
  auto arguments = InitArguments();
  const auto at = std::find(arguments.begin(), arguments.end(), "--revocation-lists");
  arguments.erase(at, at + 2);
  EXPECT_EQ(RunProgram(arguments).status, 2);
  arguments.emplace_back("--no-revocation-lists");
  ASSERT_EQ(RunProgram(arguments).status, 0);
  EXPECT_EQ(LoadHolderConfig(At("site/holder.json")).tls.revocation_lists, "");
  base::Json config = base::ParseJson(ReadText(At("site/holder.json")));
  config["listen"].erase("withoutRevocationLists");
  Write("site/holder.json", config.dump());
  EXPECT_EQ(RunProgram(With({"list-keys"})).status, 1) << "the lists are required";
}

TEST(HolderConfig, TellsEveryFaultAtOnce) {
  try {
    ReadHolderConfig(base::ParseJson(R"({"format":"polder-holder-1","dataDirectory":"x",
        "keyDirectory":"x","rootKey":"r","codebooks":[],"quotaPerPupil":"-1","colour":"blue"})"),
                     "/site");
    FAIL();
  } catch (const base::ProblemError& error) {
    std::vector<std::string> codes;
    for (const auto& problem : error.problems()) codes.push_back(problem.code + problem.pointer);
    EXPECT_THAT(codes, testing::UnorderedElementsAre(
                           testing::EndsWith("/listen"), "keys-beside-data/keyDirectory",
                           "empty-list/codebooks", "wrong-quota/quotaPerPupil",
                           testing::EndsWith("/correctionDays"), testing::EndsWith("/colour")));
  }
}

}  // namespace
}  // namespace polder::server::keyholder
