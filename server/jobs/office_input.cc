#include "server/jobs/office_input.h"

#include <filesystem>
#include <functional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "crypto/random/seed.h"
#include "policies/base/json_reader.h"
#include "policies/base/problem.h"
#include "server/jobs/files.h"
#include "stats/cases/delivery.h"

namespace polder::server::jobs {
namespace {

using policies::disclosure::ReleaseKind;

std::vector<base::Problem> InFile(const std::string& path, const base::ProblemError& error) {
  std::vector<base::Problem> problems = error.problems();
  const std::string name = std::filesystem::path(path).filename().string();
  for (base::Problem& problem : problems) problem.detail = name + ": " + problem.detail;
  return problems;
}

template <typename Read>
auto Reading(const std::string& path, Read read) {
  try {
    return read(ReadWholeFile(path));
  } catch (const base::ProblemError& error) {
    if (error.code() == "cannot-read") throw;
    throw base::ProblemError(InFile(path, error));
  }
}

std::vector<crypto::digest::SecretBytes> ReadSeeds(std::string&& text) {
  std::vector<crypto::digest::SecretBytes> seeds;
  base::Problems problems;
  const base::Json json = base::ParseJson(text);
  base::ObjectReader object(json, "", problems);
  if (object.Text("format") != "polder-seeds-1") {
    problems.Add("wrong-format", "/format", "write \"polder-seeds-1\"");
  }
  for (const std::string& hex : object.Texts("seeds")) {
    auto bytes = base::FromHex(hex);
    if (!bytes || bytes->size() < crypto::random::kMinSeedBytes) {
      problems.Add("malformed-seed", "/seeds",
                   "a seed is at least 64 hexadecimal digits from a random source, such as "
                   "openssl rand -hex 32 gives");
      continue;
    }
    seeds.push_back(crypto::digest::SecretBytes::Taking(std::move(*bytes)));
  }
  object.Finish();
  if (problems.empty() && seeds.empty()) {
    problems.Add("seed-missing", "/seeds", "give at least one seed");
  }
  crypto::digest::SecureWipe(text);
  problems.ThrowIfAny();
  return seeds;
}

void ReadDeliveries(const ProtectOptions& options, OfficeInput& input) {
  base::Problems problems;
  std::set<std::pair<std::string, std::string>> seen;
  for (const std::string& path : options.case_paths) {
    std::string text = ReadWholeFile(path);
    try {
      input.delivery_digests.push_back(crypto::digest::Sha256Hex(base::AsBytes(text)));
      input.deliveries.push_back(stats::cases::ReadDelivery(text, input.codebook));
      const auto& manifest = input.deliveries.back().manifest;
      if (!seen.emplace(manifest.municipality, manifest.delivery_id).second) {
        problems.Add("repeated-delivery", "/deliveryId",
                     std::filesystem::path(path).filename().string() +
                         ": this municipality's delivery was given before; name each file once");
      }
    } catch (const base::ProblemError& error) {
      for (base::Problem& problem : InFile(path, error)) problems.Add(std::move(problem));
    }
    crypto::digest::SecureWipe(text);
  }
  problems.ThrowIfAny();
}

// The scope that the files themselves speak of.
void ChooseScope(const ProtectOptions& options, OfficeInput& input) {
  std::set<base::Period> periods;
  for (const auto& delivery : input.deliveries) periods.insert(delivery.manifest.period);
  if (periods.empty()) {
    throw base::ProblemError("no-deliveries", "", "give at least one delivery file");
  }
  const base::Period first = *periods.begin();
  if (options.period) {
    input.period = *options.period;
  } else if (first.year() != periods.rbegin()->year()) {
    throw base::ProblemError("several-years", "",
                             "the files are of several years; say which period is released");
  } else if (periods.size() == 1 && first.calendar() == base::Calendar::kAbsence) {
    input.period = first;
  } else {
    input.period = base::Period(first.year());
  }
  if (options.kind) {
    input.kind = *options.kind;
  } else if (input.period.calendar() == base::Calendar::kVsv) {
    input.kind = ReleaseKind::kVsv;
  } else {
    input.kind = input.period.IsYear() ? ReleaseKind::kDefinitive : ReleaseKind::kMonitor;
  }
}

}  // namespace

std::string OfficeInput::FreezeDigest() const {
  base::Json pinned = base::Json::array();
  for (size_t i = 0; i < deliveries.size(); ++i) {
    const auto& manifest = deliveries[i].manifest;
    pinned.push_back({{"municipality", manifest.municipality},
                      {"id", manifest.delivery_id},
                      {"period", manifest.period.Text()},
                      {"digest", delivery_digests.at(i)}});
  }
  const base::Json freeze{
      {"format", "polder-office-freeze-1"},
      {"period", period.Text()},
      {"kind", policies::disclosure::ToText(kind)},
      {"policy", crypto::digest::Sha256Hex(base::AsBytes(policy.canonical()))},
      {"codebook", crypto::digest::Sha256Hex(base::AsBytes(codebook.canonical()))},
      {"deliveries", std::move(pinned)}};
  return crypto::digest::Sha256Hex(base::AsBytes(base::CanonicalJson(freeze)));
}

OfficeInput ReadOfficeInput(const ProtectOptions& options) {
  auto codebook = Reading(options.codebook_path, [](std::string&& text) {
    return policies::codebook::Codebook::FromJson(base::ParseJson(text));
  });
  auto policy = Reading(options.policy_path, [&](std::string&& text) {
    return policies::disclosure::Policy::FromJson(base::ParseJson(text), codebook);
  });
  OfficeInput input{.codebook = std::move(codebook),
                    .policy = std::move(policy),
                    .deliveries = {},
                    .delivery_digests = {},
                    .seeds = Reading(options.seeds_path, ReadSeeds),
                    .period = {},
                    .kind = ReleaseKind::kMonitor};
  ReadDeliveries(options, input);
  ChooseScope(options, input);
  return input;
}

}  // namespace polder::server::jobs
