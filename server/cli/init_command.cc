#include "server/cli/init_command.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "crypto/keys/authority.h"
#include "crypto/log/note.h"
#include "crypto/random/random.h"
#include "policies/base/bytes.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "server/cli/cli.h"
#include "server/config/files.h"

namespace polder::server::cli {
namespace {

using crypto::keys::Certificate;
using crypto::keys::CertificateAuthority;
using crypto::keys::CertificateUse;
using crypto::keys::KeyType;
using crypto::keys::PrivateKey;
using crypto::keys::Subject;

struct Person {
  const char* name;
  const char* role;
};
// Three privacy officers: one writes a policy, two others approve it.
constexpr Person kPeople[] = {{"coordinator", "coordinator"},
                              {"privacy-officer-1", "privacyOfficer"},
                              {"privacy-officer-2", "privacyOfficer"},
                              {"privacy-officer-3", "privacyOfficer"},
                              {"auditor", "auditor"},
                              {"operator", "operator"},
                              {"replay-auditor", "replayAuditor"}};

// Two organisations; the numbers are made up, like everything here.
struct DemoHolder {
  const char* name;
  const char* oin;
};
constexpr DemoHolder kHolders[] = {{"key-holder-1", "00000001999900000001"},
                                   {"key-holder-2", "00000001999900000002"}};

// The organisation that runs the service: deliveries name it.
constexpr char kRegionOin[] = "00000001999900000010";

class Site {
 public:
  Site(std::string out, const CertificateAuthority& authority,
       const crypto::keys::Validity& validity)
      : out_(std::move(out)), authority_(authority), validity_(validity) {}

  std::string Path(const std::string& name) const { return out_ + "/" + name; }
  void Put(const std::string& name, std::string_view text) const {
    config::WriteFile(Path(name), text);
  }
  void PutSecret(const std::string& name, std::string_view text) const {
    config::WriteFile(Path(name), text, true);
  }
  void PutRandomKey(const std::string& name) const {
    const auto key = crypto::random::RandomSecret(32);
    PutSecret(name, base::ToHex(key.view()) + "\n");
  }
  void PutServer(const std::string& name, const Subject& subject) const {
    const PrivateKey key = PrivateKey::Generate(KeyType::kP256);
    PutSecret(name + ".key", key.ToPem().text());
    Put(name + ".pem", authority_.IssueServer(key.public_key(), subject, validity_).ToPem());
  }
  Certificate PutCertificate(const std::string& name, CertificateUse use,
                             const Subject& subject) const {
    const PrivateKey key = PrivateKey::Generate(KeyType::kP256);
    const Certificate certificate = authority_.Issue(use, key.public_key(), subject, validity_);
    PutSecret(name + ".key", key.ToPem().text());
    Put(name + ".pem", certificate.ToPem());
    return certificate;
  }

 private:
  std::string out_;
  const CertificateAuthority& authority_;
  crypto::keys::Validity validity_;
};

base::Json Officers(const Site& site) {
  base::Json officers = base::Json::array();
  for (const Person& person : kPeople) {
    const Certificate certificate = site.PutCertificate(std::string("people/") + person.name,
                                                        CertificateUse::kClient, {person.name, ""});
    officers.push_back({{"name", person.name},
                        {"roles", base::Json::array({person.role})},
                        {"fingerprint", certificate.fingerprint()}});
  }
  for (const DemoHolder& holder : kHolders) {
    const Certificate certificate = site.PutCertificate(
        std::string("people/") + holder.name, CertificateUse::kClient, {holder.name, holder.oin});
    officers.push_back({{"name", holder.name},
                        {"roles", base::Json::array({"keyHolder"})},
                        {"fingerprint", certificate.fingerprint()}});
  }
  return officers;
}

base::Json ConfigOf(const InitOptions& options, const std::string& log_origin,
                    base::Json officers) {
  return {{"format", "polder-config-1"},
          {"listen",
           {{"address", "127.0.0.1"},
            {"port", options.port},
            {"certificate", "tls/server.pem"},
            {"privateKey", "tls/server.key"},
            {"clientAuthority", "tls/authority.pem"},
            {"revocationLists", "tls/revoked.pem"},
            {"accessLog", true}}},
          {"dataDirectory", "data"},
          {"keyDirectory", "keys"},
          {"keys",
           {{"root", "keys/root"},
            {"rekey", "keys/rekey"},
            {"log", "keys/log.key"},
            {"recipientPrivateKey", "keys/recipient.key"},
            {"recipientCertificate", "keys/recipient.pem"},
            {"signerAuthority", "tls/authority.pem"},
            {"signerRevocationLists", "tls/revoked.pem"}}},
          {"codebook", "codebook.json"},
          {"logOrigin", log_origin},
          {"officers", std::move(officers)},
          {"demo", {{"clockFile", "clock"}}}};
}

}  // namespace

int RunInit(const InitOptions& options) {
  if (std::filesystem::exists(options.out + "/polder.json")) {
    throw base::ProblemError("already-there", "--out",
                             options.out + " holds a region already. Choose another folder.");
  }
  const std::string codebook_text = config::ReadFile(options.codebook);
  const auto codebook = policies::codebook::Codebook::FromJson(base::ParseJson(codebook_text));

  // Valid on the made-up clock and on the machine's own, which TLS looks at.
  constexpr int64_t kYear = 366 * 86400;
  const base::Instant now = base::SystemClock().Now();
  const crypto::keys::Validity validity{std::min(options.start, now).Plus(-86400),
                                        std::max(options.start, now).Plus(10 * kYear)};
  const CertificateAuthority authority =
      CertificateAuthority::Create("Polder demo authority", validity);
  const Site site(options.out, authority, validity);
  site.Put("tls/authority.pem", authority.root().ToPem());
  site.Put("tls/revoked.pem", authority.RevocationList({}, validity));
  site.PutServer("tls/server", {"Polder demo service", ""});
  site.PutRandomKey("keys/root");
  site.PutRandomKey("keys/rekey");
  site.PutCertificate("keys/recipient", CertificateUse::kRecipient,
                      {"Polder demo region " + codebook.region(), kRegionOin});

  // What the replay auditor gets of seeds is encrypted to this.
  site.PutCertificate("people/replay-auditor-seeds", CertificateUse::kRecipient,
                      {"replay-auditor", ""});

  PrivateKey log_key = PrivateKey::Generate(KeyType::kEd25519);
  std::string log_origin = "polder.example/demo/";
  for (char c : codebook.region()) {
    log_origin += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  site.PutSecret("keys/log.key", log_key.ToPem().text());
  const crypto::log::NoteSigner signer(log_origin, std::move(log_key));
  site.Put("log.policy", "log " + signer.verifier().Text() + "\nquorum none\n");

  for (const auto& municipality : codebook.municipalities()) {
    const std::string folder = "members/" + municipality.code.code;
    site.PutCertificate(folder + "/certificate", CertificateUse::kClient,
                        {municipality.code.label.nl, municipality.oin});
    site.PutCertificate(folder + "/signer", CertificateUse::kSigner,
                        {municipality.code.label.nl, municipality.oin});
    site.PutRandomKey(folder + "/case.key");
  }
  for (const DemoHolder& holder : kHolders) {
    site.PutServer(std::string("holders/") + holder.name, {holder.name, holder.oin});
  }
  site.Put("clock", options.start.Text() + "\n");
  site.Put("codebook.json", codebook_text);
  const base::Json config = ConfigOf(options, log_origin, Officers(site));
  // Last: a folder with this file is complete.
  site.Put("polder.json", config.dump(2) + "\n");
  std::cout << site.Path("polder.json") << "\n";
  return kDone;
}

}  // namespace polder::server::cli
