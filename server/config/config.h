// How one region is run: where it listens, where its data and keys are, who its people are.
//
// Source of the format: docs/for-operators/configuration.md.
#ifndef POLDER_SERVER_CONFIG_CONFIG_H_
#define POLDER_SERVER_CONFIG_CONFIG_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/json.h"

namespace polder::server::config {

// A person who acts for the region, known by the certificate of their browser or tool.
struct Officer {
  std::string name;
  std::vector<std::string> roles;  // "coordinator", "privacyOfficer", "auditor", "operator",
                                   // "steward", "replayAuditor", "keyHolder"
  std::string fingerprint;         // SHA-256 of the certificate (DER), lower-case hex; may be empty
  std::string subject = {};        // of the sign-in, with or instead of a certificate
};

// Where people sign in: whose access tokens are believed, and what they give.
struct SignInPlace {
  std::string issuer;
  std::string audience;
  std::string keys;       // https address of the issuer's key set (its jwks_uri)
  std::string authority;  // path: who signs the certificate of that address
  std::string role_claim;
  std::map<std::string, std::string> roles;  // what the claim holds, to a role
};

// How a place that is not a file begins.
inline constexpr std::string_view kPkcs11Scheme = "pkcs11:";

struct TlsPaths {
  std::string certificate;
  std::string private_key;
  std::string client_ca;
  std::string revocation_lists;  // of everyone who signs clients' certificates
};

struct KeyPaths {
  std::string root;   // path of 32 bytes in hex, or a PKCS #11 URI: wraps every year key
  std::string rekey;  // 32 bytes, hex: the service's own secret for tokens
  std::string log;    // Ed25519, PKCS #8: receipts, checkpoints and releases
  std::string recipient_private_key;  // opens deliveries; only `serve --role collect` needs it
  std::string recipient_certificate;
  std::string signer_roots;             // who signs the certificates of those who sign deliveries
  std::string signer_revocation_lists;  // of those
};

// Who watches the log, and how they are asked. Empty paths: no certificate is used.
struct WitnessPaths {
  std::string policy;     // a tlog-policy with an address for each witness
  std::string authority;  // who signs the witnesses' certificates
  std::string certificate;
  std::string private_key;
};

// Where members find a key holder: its name is that of the officer with the role keyHolder.
struct KeyHolderPlace {
  std::string name;
  std::string url;
  std::string authority;  // path: who signs its certificate
};

struct Config {
  std::string address;  // an IP address
  uint16_t port = 0;    // 0 takes a free one
  TlsPaths tls;
  std::string data_directory;  // polder.db
  std::string key_directory;   // keys.db: wrapped keys, kept and backed up apart from the data
  KeyPaths keys;
  std::string codebook;    // path
  std::string log_origin;  // name of the log, as "polder.example/rmc10"
  std::optional<WitnessPaths> witnesses;
  std::vector<Officer> officers;
  std::optional<SignInPlace> sign_in;
  std::vector<KeyHolderPlace> key_holders;
  bool access_log = false;
  // Only in a demonstration: the file that holds the made-up time.
  std::optional<std::string> demo_clock;

  std::string StorePath() const { return data_directory + "/polder.db"; }
  // How far the log was given out.
  std::string GivenOutPath() const { return key_directory + "/checkpoint"; }
  std::string KeyStorePath() const { return key_directory + "/keys.db"; }
};

// `directory` is where relative paths start. Throws ProblemError with every fault.
Config ReadConfig(const base::Json& json, const std::string& directory);

// The roles a person can have.
const std::vector<std::string>& Roles();

}  // namespace polder::server::config

#endif  // POLDER_SERVER_CONFIG_CONFIG_H_
