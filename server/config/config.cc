#include "server/config/config.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <nlohmann/json.hpp>

#include "policies/base/json_reader.h"
#include "policies/base/problem.h"

namespace polder::server::config {
namespace {

bool IsFingerprint(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Officer ReadOfficer(base::ObjectReader& object, std::set<std::string>& names,
                    std::set<std::string>& fingerprints, std::set<std::string>& subjects) {
  Officer officer;
  officer.name = object.Text("name", 1, 100);
  officer.roles = object.Texts("roles");
  if (object.Has("subject")) officer.subject = object.Text("subject", 1, 255);
  if (object.Has("fingerprint") || officer.subject.empty()) {
    officer.fingerprint = object.Text("fingerprint");
  }
  if (!officer.fingerprint.empty() && !IsFingerprint(officer.fingerprint)) {
    object.Fault("wrong-fingerprint", "fingerprint",
                 "Write the SHA-256 of the certificate as 64 lower-case hexadecimal digits.");
  }
  // Four eyes need two people: one name or one certificate must not stand for two.
  if (!officer.name.empty() && !names.insert(officer.name).second) {
    object.Fault("duplicate", "name", "Two officers have this name. Give each person one entry.");
  }
  if (!officer.fingerprint.empty() && !fingerprints.insert(officer.fingerprint).second) {
    object.Fault("duplicate", "fingerprint",
                 "Two officers share this certificate. Each person needs their own.");
  }
  if (!officer.subject.empty() && !subjects.insert(officer.subject).second) {
    object.Fault("duplicate", "subject", "Two officers share this sign-in. Each needs their own.");
  }
  for (const std::string& role : officer.roles) {
    if (std::find(Roles().begin(), Roles().end(), role) == Roles().end()) {
      std::string known;
      for (const std::string& one : Roles()) known += (known.empty() ? "" : ", ") + one;
      object.Fault("unknown-code", "roles", "Unknown role. Choose from: " + known + ".");
    }
  }
  const auto has = [&](const char* role) {
    return std::find(officer.roles.begin(), officer.roles.end(), role) != officer.roles.end();
  };
  if (has("operator") && has("auditor")) {
    object.Fault("role-conflict", "roles",
                 "Operator and auditor hold one seed each, so they must be two people.");
  }
  if (has("operator") && has("replayAuditor")) {
    object.Fault("role-conflict", "roles",
                 "Who replays releases checks the operator, so they must be two people.");
  }
  if (has("operator") && has("keyHolder")) {
    object.Fault("role-conflict", "roles",
                 "Whoever holds half of a key must not be the one who holds the tokens.");
  }
  object.Finish();
  return officer;
}

}  // namespace

const std::vector<std::string>& Roles() {
  static const std::vector<std::string> kRoles = {"steward",  "coordinator", "privacyOfficer",
                                                  "auditor",  "operator",    "replayAuditor",
                                                  "keyHolder"};
  return kRoles;
}

Config ReadConfig(const base::Json& json, const std::string& directory) {
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  const auto path = [&](base::ObjectReader& reader, std::string_view name) {
    const std::string text = reader.Text(name);
    if (text.empty()) return text;
    return (std::filesystem::path(directory) / text).lexically_normal().string();
  };
  Config config;
  if (object.Text("format") != "polder-config-1") {
    object.Fault("unknown-format", "format", "This program reads \"polder-config-1\".");
  }
  object.Object("listen", [&](base::ObjectReader& listen) {
    config.address = listen.Text("address");
    config.port = static_cast<uint16_t>(listen.Integer("port", 0, 65535));
    config.tls.certificate = path(listen, "certificate");
    config.tls.private_key = path(listen, "privateKey");
    config.tls.client_ca = path(listen, "clientAuthority");
    config.tls.revocation_lists = path(listen, "revocationLists");
    config.access_log = listen.OptionalBoolean("accessLog").value_or(false);
    listen.Finish();
  });
  config.data_directory = path(object, "dataDirectory");
  config.key_directory = path(object, "keyDirectory");
  object.Object("keys", [&](base::ObjectReader& keys) {
    config.keys.root = keys.Text("root");
    if (!config.keys.root.empty() && !config.keys.root.starts_with(kPkcs11Scheme)) {
      config.keys.root =
          (std::filesystem::path(directory) / config.keys.root).lexically_normal().string();
    }
    config.keys.rekey = path(keys, "rekey");
    config.keys.log = path(keys, "log");
    config.keys.recipient_private_key = path(keys, "recipientPrivateKey");
    config.keys.recipient_certificate = path(keys, "recipientCertificate");
    config.keys.signer_roots = path(keys, "signerAuthority");
    config.keys.signer_revocation_lists = path(keys, "signerRevocationLists");
    keys.Finish();
  });
  config.codebook = path(object, "codebook");
  config.log_origin = object.Text("logOrigin", 1, 100);
  if (config.log_origin.find_first_of(" +\n\r\t") != std::string::npos) {
    object.Fault("wrong-origin", "logOrigin",
                 "The name of a log has no spaces and no plus sign: \"polder.example/rmc10\".");
  }
  object.Object(
      "witnesses",
      [&](base::ObjectReader& witnesses) {
        const auto optional = [&](std::string_view name) {
          return witnesses.Has(name) ? path(witnesses, name) : std::string();
        };
        WitnessPaths paths;
        paths.policy = path(witnesses, "policy");
        paths.authority = optional("authority");
        paths.certificate = optional("certificate");
        paths.private_key = optional("privateKey");
        if (paths.certificate.empty() != paths.private_key.empty()) {
          witnesses.Fault("missing", "privateKey",
                          "A certificate and its private key are given together.");
        }
        config.witnesses = std::move(paths);
        witnesses.Finish();
      },
      false);
  if (!config.data_directory.empty() && config.data_directory == config.key_directory) {
    object.Fault("keys-beside-data", "keyDirectory",
                 "Keep the keys in another folder than the data: whoever copies one must not get "
                 "the other.");
  }
  std::set<std::string> names;
  std::set<std::string> fingerprints;
  std::set<std::string> subjects;
  object.Array("officers", [&](const base::Json& item, const std::string& at) {
    base::ObjectReader officer(item, at, problems);
    config.officers.push_back(ReadOfficer(officer, names, fingerprints, subjects));
  });
  object.Array(
      "keyHolders",
      [&](const base::Json& item, const std::string& at) {
        base::ObjectReader holder(item, at, problems);
        KeyHolderPlace place;
        place.name = holder.Text("name", 1, 100);
        place.url = holder.Text("url", 1, 300);
        place.authority = path(holder, "authority");
        const bool known = std::any_of(
            config.officers.begin(), config.officers.end(), [&](const Officer& officer) {
              return officer.name == place.name &&
                     std::find(officer.roles.begin(), officer.roles.end(), "keyHolder") !=
                         officer.roles.end();
            });
        if (!place.name.empty() && !known) {
          holder.Fault("unknown-holder", "name", "No officer of this name has the role keyHolder.");
        }
        holder.Finish();
        config.key_holders.push_back(std::move(place));
      },
      false);
  object.Object(
      "signIn",
      [&](base::ObjectReader& sign_in) {
        SignInPlace place;
        place.issuer = sign_in.Text("issuer", 1, 300);
        place.audience = sign_in.Text("audience", 1, 300);
        place.keys = sign_in.Text("keys", 1, 300);
        place.authority = path(sign_in, "authority");
        place.role_claim = sign_in.Text("roleClaim", 1, 100);
        sign_in.Array("roles", [&](const base::Json& item, const std::string& at) {
          base::ObjectReader mapped(item, at, problems);
          const std::string value = mapped.Text("value", 1, 200);
          const std::string role = mapped.Text("role", 1, 40);
          const auto known = std::find(Roles().begin(), Roles().end(), role);
          if (!role.empty() && (known == Roles().end() || role == "keyHolder")) {
            mapped.Fault("unknown-code", "role", "This is no role of people.");
          }
          if (!value.empty() && !place.roles.emplace(value, role).second) {
            mapped.Fault("duplicate", "value", "This value stands in the list twice.");
          }
          mapped.Finish();
        });
        sign_in.Finish();
        config.sign_in = std::move(place);
      },
      false);
  if (!subjects.empty() && !config.sign_in) {
    object.Fault("missing", "signIn", "An officer has a subject, but nobody can sign in.");
  }
  object.Object(
      "demo",
      [&](base::ObjectReader& demo) {
        config.demo_clock = path(demo, "clockFile");
        demo.Finish();
      },
      false);
  object.Finish();
  problems.ThrowIfAny();
  return config;
}

}  // namespace polder::server::config
