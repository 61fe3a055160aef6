// The documentation's example is a configuration.
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/config/config.h"
#include "tests/support/places.h"

namespace polder::server::config {
namespace {

std::string Page() {
  std::ifstream file(polder::tests::SourceDir() + "/docs/for-operators/configuration.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

base::Json Example(const std::string& page) {
  const std::string fence = "```json\n";
  const size_t start = page.find(fence) + fence.size();
  return base::ParseJson(page.substr(start, page.find("```", start) - start));
}

TEST(DocumentedConfiguration, IsAcceptedAsItStands) {
  const Config config = ReadConfig(Example(Page()), "/etc/polder");
  EXPECT_EQ(config.port, 8443);
  EXPECT_EQ(config.tls.certificate, "/etc/polder/tls/server.pem");
  EXPECT_EQ(config.officers.size(), 1u);
  EXPECT_FALSE(config.demo_clock.has_value());
}

TEST(DocumentedConfiguration, NamesEveryFieldThatTheReaderKnows) {
  const std::string page = Page();
  for (const char* field : {"clockFile", "accessLog", "dataDirectory", "keyDirectory", "root",
                            "rekey", "log", "recipient", "signerAuthority", "codebook", "logOrigin",
                            "officers", "fingerprint", "clientAuthority", "revocationLists"}) {
    EXPECT_NE(page.find(field), std::string::npos) << field;
  }
}

TEST(DocumentedConfiguration, EveryFieldOfItIsNeededOrOptionalOnPurpose) {
  const base::Json example = Example(Page());
  for (const auto& [name, value] : example.items()) {
    base::Json without = example;
    without.erase(name);
    EXPECT_THROW(ReadConfig(without, "/etc/polder"), base::ProblemError) << name;
  }
}

}  // namespace
}  // namespace polder::server::config
