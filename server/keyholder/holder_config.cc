#include "server/keyholder/holder_config.h"

#include <filesystem>

#include <nlohmann/json.hpp>

#include "policies/base/json_reader.h"
#include "policies/base/problem.h"
#include "server/config/config.h"
#include "server/config/files.h"

namespace polder::server::keyholder {

HolderConfig ReadHolderConfig(const base::Json& json, const std::string& directory) {
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  const auto absolute = [&](const std::string& text) {
    if (text.empty()) return text;
    return (std::filesystem::path(directory) / text).lexically_normal().string();
  };
  const auto path = [&](base::ObjectReader& reader, std::string_view name) {
    return absolute(reader.Text(name));
  };
  HolderConfig config;
  if (object.Text("format") != "polder-holder-1") {
    object.Fault("unknown-format", "format", "This program reads \"polder-holder-1\".");
  }
  object.Object("listen", [&](base::ObjectReader& listen) {
    config.address = listen.Text("address");
    config.port = static_cast<uint16_t>(listen.Integer("port", 0, 65535));
    config.tls.certificate = path(listen, "certificate");
    config.tls.private_key = path(listen, "privateKey");
    config.tls.client_ca = path(listen, "clientAuthority");
    // Left out only on purpose: a stolen certificate is then good until its member is struck off.
    const bool none = listen.OptionalBoolean("withoutRevocationLists").value_or(false);
    if (!none) {
      config.tls.revocation_lists = path(listen, "revocationLists");
    } else if (listen.Has("revocationLists")) {
      listen.Fault("lists-and-none", "withoutRevocationLists",
                   "There are revocation lists: leave this out, or leave out the lists.");
      listen.Ignore("revocationLists");
    }
    config.access_log = listen.OptionalBoolean("accessLog").value_or(false);
    listen.Finish();
  });
  config.data_directory = path(object, "dataDirectory");
  config.key_directory = path(object, "keyDirectory");
  if (!config.data_directory.empty() && config.data_directory == config.key_directory) {
    object.Fault("keys-beside-data", "keyDirectory",
                 "Keep the keys in another folder than the data: whoever copies one must not get "
                 "the other.");
  }
  config.root_key = object.Text("rootKey");
  if (!config.root_key.starts_with(config::kPkcs11Scheme)) {
    config.root_key = absolute(config.root_key);
  }
  for (const std::string& text : object.Texts("codebooks")) {
    config.codebooks.push_back(absolute(text));
  }
  if (object.Has("codebooks") && config.codebooks.empty()) {
    object.Fault("empty-list", "codebooks", "Name the codebook of each region that is served.");
  }
  config.quota_per_pupil = object.Fraction("quotaPerPupil");
  if (object.Has("quotaPerPupil") &&
      (config.quota_per_pupil <= 0 || config.quota_per_pupil > 100)) {
    object.Fault("wrong-quota", "quotaPerPupil",
                 "A quota is more than 0 and at most 100 evaluations for each pupil, as \"6/5\".");
  }
  config.padded_only = object.OptionalBoolean("paddedBatchesOnly").value_or(true);
  config.correction_days = object.Integer("correctionDays", 0, 3660);
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

HolderConfig LoadHolderConfig(const std::string& path) {
  const std::filesystem::path whole = std::filesystem::absolute(path);
  return ReadHolderConfig(base::ParseJson(config::ReadFile(whole.string())),
                          whole.parent_path().string());
}

std::unique_ptr<base::Clock> ClockOf(const HolderConfig& config) {
  if (config.demo_clock) return std::make_unique<base::FileClock>(*config.demo_clock);
  return std::make_unique<base::SystemClock>();
}

std::vector<policies::codebook::Codebook> CodebooksOf(const HolderConfig& config) {
  std::vector<policies::codebook::Codebook> codebooks;
  for (const std::string& path : config.codebooks) {
    auto codebook = policies::codebook::Codebook::FromJson(base::ParseJson(config::ReadFile(path)));
    for (const auto& other : codebooks) {
      if (other.region() != codebook.region()) continue;
      throw base::ProblemError(
          "duplicate", "/codebooks",
          "Two codebooks are of region " + codebook.region() + ". Name the newest one only.");
    }
    codebooks.push_back(std::move(codebook));
  }
  return codebooks;
}

}  // namespace polder::server::keyholder
