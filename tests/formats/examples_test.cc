// What docs/formats shows is what the programs read.
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "policies/base/json.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "server/member/mapping.h"
#include "server/member/token_sheet.h"
#include "stats/cases/delivery.h"
#include "stats/table/published_release.h"
#include "tests/support/places.h"

namespace polder {
namespace {

std::string Text(const std::string& path) {
  std::ifstream file(polder::tests::SourceDir() + "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file) << path;
  return text.str();
}

std::string Example(const std::string& name) { return Text("docs/formats/examples/" + name); }

const policies::codebook::Codebook& Book() {
  static const auto book = policies::codebook::Codebook::FromJson(
      base::ParseJson(Text("policies/data/codebooks/nl-leerplicht-2026.1.json")));
  return book;
}

TEST(Formats, TheExampleDeliveryIsRead) {
  const auto delivery = stats::cases::ReadDelivery(Example("delivery.ndjson"), Book());
  EXPECT_EQ(delivery.cases.size(), 3U);
  // The digests in it are those of the shipped documents.
  const auto digest = [](const std::string& canonical) {
    return crypto::digest::Sha256Hex(base::AsBytes(canonical));
  };
  EXPECT_EQ(delivery.manifest.codebook_digest, digest(Book().canonical()));
  EXPECT_EQ(delivery.manifest.policy_digest,
            digest(policies::disclosure::Policy::FromJson(
                       base::ParseJson(Text("policies/data/policies/default.json")), Book())
                       .canonical()));
}

TEST(Formats, TheExampleCodebookIsRead) {
  EXPECT_EQ(policies::codebook::Codebook::FromJson(base::ParseJson(Example("codebook.json"))).id(),
            "example");
}

TEST(Formats, TheExamplePolicyIsRead) {
  EXPECT_EQ(
      policies::disclosure::Policy::FromJson(base::ParseJson(Example("policy.json")), Book()).id(),
      "example");
}

TEST(Formats, TheExampleMappingAndTheShippedOnesAreRead) {
  for (const char* path :
       {"docs/formats/examples/mapping.json", "policies/data/mappings/jvs-csv-1.json",
        "policies/data/mappings/register-csv-1.json"}) {
    EXPECT_NO_THROW(server::member::Mapping::FromJson(base::ParseJson(Text(path)), Book())) << path;
  }
}

TEST(Formats, TheExampleTokensStandInTheExampleLog) {
  const auto sheet = server::member::TokenSheet::FromJson(base::ParseJson(Example("tokens.json")));
  EXPECT_NO_THROW(sheet.CheckProofs(crypto::log::LogPolicy::Parse(Example("tokens.policy"))));
}

TEST(Formats, TheExampleTokensAreRead) {
  const auto sheet = server::member::TokenSheet::FromJson(base::ParseJson(Example("tokens.json")));
  const auto* keys = sheet.KeysOf({"RMC10", "vsv", "2022VSV"});
  ASSERT_NE(keys, nullptr);
  EXPECT_EQ(keys->size(), 2U);
}

TEST(Formats, TheExampleReleaseIsReadAndIsCanonical) {
  EXPECT_EQ(stats::table::PublishedRelease::Parse(Example("release.json")).header().region,
            "RMC10");
}

TEST(Formats, TheExampleReceiptAndLeafAreCanonical) {
  for (const char* name : {"receipt.json", "log-leaf.json"}) {
    std::string text = Example(name);
    if (text.ends_with('\n')) text.pop_back();
    EXPECT_EQ(base::CanonicalJson(base::ParseJson(text)), text) << name;
  }
}

}  // namespace
}  // namespace polder
