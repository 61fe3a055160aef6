#include "stats/cases/manifest.h"

#include <algorithm>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/json_reader.h"
#include "stats/cases/case_line.h"
#include "stats/cases/delivery.h"

namespace polder::stats::cases {
namespace {

constexpr size_t kMaxManifest = 16384;
constexpr std::string_view kFormat = "polder-delivery-1";

constexpr auto kFields = std::to_array<std::string_view>(
    {"format", "deliveryId", "municipality", "period", "recipient", "codebookId", "codebookVersion",
     "codebookDigest", "policyDigest", "tokenDomain", "sourceSystem", "mappingId", "replaces",
     "conversion", "cases"});

constexpr size_t kOinDigits = 20;
constexpr size_t kDigestDigits = 64;

bool IsMadeOf(std::string_view text, size_t size, std::string_view characters) {
  return text.size() == size && text.find_first_not_of(characters) == std::string_view::npos;
}

std::string Digest(base::ObjectReader& object, std::string_view name) {
  std::string digest = object.Text(name, 1, 100);
  if (!digest.empty() && !IsMadeOf(digest, kDigestDigits, "0123456789abcdef")) {
    object.Fault("wrong-digest", name, "must be a SHA-256 in 64 lower-case hexadecimal digits");
    digest.clear();
  }
  return digest;
}

void ReadFields(base::ObjectReader& object, ReadManifestResult& result) {
  Manifest& manifest = result.manifest;
  manifest.format = object.Text("format");
  if (!manifest.format.empty() && manifest.format != kFormat) {
    object.Fault("wrong-format", "format",
                 "must be \"polder-delivery-1\"; update polder-member if it writes another format");
  }
  manifest.delivery_id = object.Code("deliveryId");
  manifest.municipality = object.Code("municipality");
  const std::string period = object.Text("period", 1, 32);
  result.period = base::Period::Parse(period);
  if (!period.empty() && !result.period) {
    object.Fault("wrong-period", "period", "must be a quarter, such as 2022SJ-Q3 or 2022VSV-Q1");
  } else if (result.period && result.period->IsYear()) {
    object.Fault("period-not-a-quarter", "period",
                 "a delivery covers one quarter; send the four quarters of the year one by one");
  }
  manifest.period = result.period.value_or(base::Period());
  manifest.recipient = object.Text("recipient", 1, 100);
  if (!manifest.recipient.empty() && !IsMadeOf(manifest.recipient, kOinDigits, "0123456789")) {
    object.Fault("wrong-oin", "recipient",
                 "must be the organisation number (OIN) of the region's service, 20 digits; its "
                 "certificate has it");
    manifest.recipient.clear();
  }
  manifest.codebook_id = object.Code("codebookId");
  manifest.codebook_version = object.Code("codebookVersion");
  manifest.codebook_digest = Digest(object, "codebookDigest");
  manifest.policy_digest = Digest(object, "policyDigest");
  manifest.token_domain = object.Text("tokenDomain", 1, 100);
  manifest.source_system = object.Text("sourceSystem", 1, 200);
  manifest.mapping_id = object.Code("mappingId");
  manifest.replaces = object.Text("replaces", 0, 64);
  if (!manifest.replaces.empty() && !base::IsCode(manifest.replaces)) {
    object.Fault("wrong-code", "replaces",
                 "must be the deliveryId of the delivery that this one corrects, or empty");
  } else if (!manifest.replaces.empty() && manifest.replaces == manifest.delivery_id) {
    object.Fault("replaces-itself", "replaces",
                 "a delivery cannot replace itself; give this one a new deliveryId");
  }
  manifest.conversion = object.Boolean("conversion");
  manifest.cases = static_cast<uint64_t>(object.Integer("cases", 0, 1'000'000'000));
}

}  // namespace

ReadManifestResult ReadManifestLine(std::string_view line, base::Problems& problems) {
  ReadManifestResult result;
  base::Problems found;
  try {
    if (line.starts_with("\xEF\xBB\xBF")) throw base::ProblemError("malformed-json", "", "");
    const base::Json json = base::ParseJson(line, {kMaxManifest, 4});
    result.is_object = json.is_object();
    base::ObjectReader object(json, "", found);
    ReadFields(object, result);
    if (json.is_object()) {
      for (const auto& item : json.items()) {
        if (std::find(kFields.begin(), kFields.end(), item.key()) == kFields.end()) {
          NoteStrangeField(item.key(), 1, found);
        }
      }
    }
  } catch (const base::ProblemError&) {
    found.Add("malformed-manifest", "",
              "the first line must be the manifest, one JSON object on one line in UTF-8 without a "
              "byte order mark; send the file as polder-member made it");
  }
  for (base::Problem problem : found.found()) {
    problem.line = 1;
    problems.Add(std::move(problem));
  }
  return result;
}

void CheckManifest(const ReadManifestResult& read, const policies::codebook::Codebook& codebook,
                   base::Problems& problems) {
  const Manifest& manifest = read.manifest;
  const auto fault = [&](std::string code, std::string pointer, std::string detail) {
    problems.Add({std::move(code), std::move(pointer), std::move(detail), 1, 0});
  };
  if (!manifest.codebook_id.empty() && manifest.codebook_id != codebook.id()) {
    fault("other-codebook", "/codebookId",
          "this region uses codebook \"" + codebook.id() + "\"; prepare the export again with it");
  } else if (!manifest.codebook_version.empty() &&
             manifest.codebook_version != codebook.version()) {
    fault("other-codebook", "/codebookVersion",
          "this region uses version \"" + codebook.version() +
              "\" of the codebook; prepare the export again with it");
  }
  if (!manifest.municipality.empty()) {
    const bool known = codebook.FindMunicipality(manifest.municipality) != nullptr;
    if (!known) {
      fault("unknown-code", "/municipality", "this municipality is not in the codebook");
    } else if (read.period) {
      const auto members = codebook.MembersIn(*read.period);
      if (std::find(members.begin(), members.end(), manifest.municipality) == members.end()) {
        fault("not-a-member", "/municipality",
              "this municipality was not a member of the region in " + read.period->Text());
      }
    }
  }
  if (read.period && !manifest.token_domain.empty()) {
    const std::string expected = codebook.region() + "/" +
                                 std::string(base::ToText(read.period->calendar())) + "/" +
                                 read.period->year().Text();
    if (manifest.token_domain != expected) {
      fault("wrong-token-domain", "/tokenDomain",
            "the pupils' tokens of " + read.period->Text() + " belong to domain " + expected +
                "; fetch tokens of that domain and prepare the export again");
    }
  }
}

void CheckTerms(const Manifest& manifest, const ServiceTerms& terms, base::Problems& problems) {
  const auto fault = [&](std::string code, std::string pointer, std::string detail) {
    problems.Add({std::move(code), std::move(pointer), std::move(detail), 1, 0});
  };
  if (!manifest.recipient.empty() && manifest.recipient != terms.recipient) {
    fault(
        "other-recipient", "/recipient",
        "this delivery was made for the service of another organisation; prepare it for this one, "
        "whose organisation number is " +
            terms.recipient);
  }
  if (!manifest.codebook_digest.empty() && manifest.codebook_digest != terms.codebook_digest) {
    fault(
        "other-codebook-content", "/codebookDigest",
        "this region's codebook has other content; fetch it again and prepare the export with it");
  }
  if (!manifest.policy_digest.empty() &&
      std::find(terms.policy_digests.begin(), terms.policy_digests.end(), manifest.policy_digest) ==
          terms.policy_digests.end()) {
    fault("other-policy", "/policyDigest",
          "this region has no approved policy with this digest; fetch the policy that is in force "
          "and prepare the export under it");
  }
}

Manifest ReadManifest(std::string_view ndjson) {
  base::Problems problems;
  ReadManifestResult result = ReadManifestLine(ndjson.substr(0, ndjson.find('\n')), problems);
  problems.ThrowIfAny();
  return std::move(result.manifest);
}

std::string WriteManifest(const Manifest& manifest) {
  return base::CanonicalJson({{"format", manifest.format},
                              {"deliveryId", manifest.delivery_id},
                              {"municipality", manifest.municipality},
                              {"period", manifest.period.Text()},
                              {"recipient", manifest.recipient},
                              {"codebookId", manifest.codebook_id},
                              {"codebookVersion", manifest.codebook_version},
                              {"codebookDigest", manifest.codebook_digest},
                              {"policyDigest", manifest.policy_digest},
                              {"tokenDomain", manifest.token_domain},
                              {"sourceSystem", manifest.source_system},
                              {"mappingId", manifest.mapping_id},
                              {"replaces", manifest.replaces},
                              {"conversion", manifest.conversion},
                              {"cases", manifest.cases}});
}

}  // namespace polder::stats::cases
