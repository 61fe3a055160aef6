#include "server/keyholder/evaluate.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "crypto/oprf/oprf.h"
#include "policies/base/bytes.h"
#include "policies/base/json_reader.h"
#include "policies/base/problem.h"
#include "policies/codebook/public_pupils.h"
#include "policies/codebook/token_class.h"

namespace polder::server::keyholder {
namespace {

using crypto::oprf::Element;
using http::Response;
using policies::codebook::Codebook;
using store::HolderStore;

// 4096 elements of 44 letters, quotes and commas, and some white space.
constexpr size_t kMaxBody = size_t{256} << 10;

[[noreturn]] void Refuse(int status, std::string_view code, std::string_view detail) {
  throw http::ResponseError(Response::Problem(status, code, http::ReasonPhrase(status), detail));
}

int StatusOf(const base::ProblemError& error) {
  static const std::set<std::string, std::less<>> kUnable = {
      "store-unavailable", "store-conflict",       "store-version", "key-damaged",
      "crypto-failure",    "random-source-failed", "pkcs11-failed", "simulated-clock"};
  if (error.code() == "key-destroyed") return 410;
  return kUnable.contains(error.code()) ? 503 : 400;
}

struct Asked {
  std::string key_id;
  std::vector<Element> elements;
};

Asked ReadAsked(const http::Request& request) {
  const base::Json json = base::ParseJson(request.Text());
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  Asked asked;
  asked.key_id = object.Text("keyId", 1, 200);
  const bool there =
      object.Array("blindedElements", [&](const base::Json& item, const std::string& at) {
        const auto bytes = item.is_string()
                               ? base::FromBase64Url(item.get_ref<const std::string&>())
                               : std::nullopt;
        Element element{};
        if (asked.elements.size() >= kMaxElements) {
          asked.elements.push_back(element);
        } else if (!bytes || !crypto::oprf::IsElement(*bytes)) {
          problems.Add("wrong-element", at,
                       "An element is a point of P-256, compressed to 33 bytes, in base64url.");
          asked.elements.push_back(element);
        } else {
          std::copy(bytes->begin(), bytes->end(), element.begin());
          asked.elements.push_back(element);
        }
      });
  if (there && asked.elements.empty()) {
    object.Fault("empty-list", "blindedElements", "A batch has at least one element.");
  }
  if (asked.elements.size() > kMaxElements) {
    object.Fault("too-many-elements", "blindedElements",
                 "A batch has at most " + std::to_string(kMaxElements) + " elements.");
  }
  object.Finish();
  problems.ThrowIfAny();
  return asked;
}

// What makes two batches the same one: an answer to it again tells nothing new.
store::Hash DigestOf(const Asked& asked) {
  crypto::digest::Hasher hasher;
  hasher.Update(base::AsBytes("polder/evaluated-batch/v1")).Update(base::AsBytes(asked.key_id));
  for (const Element& element : asked.elements) hasher.Update(element);
  return hasher.Finish();
}

class Evaluator {
 public:
  explicit Evaluator(const EvaluateContext& context) : context_(context) {}

  Response operator()(const http::Request& request) const {
    try {
      return Evaluate(request);
    } catch (const base::ProblemError& error) {
      return Response::FromProblems(StatusOf(error), error);
    }
  }

 private:
  // The member's place in a region that is served here.
  struct Member {
    const Codebook& codebook;
    const std::string& municipality;
  };

  // Which region is decided by the key; that the caller is anybody at all is decided first.
  bool IsKnown(const std::string& oin) const {
    return !oin.empty() && std::any_of(context_.codebooks.begin(), context_.codebooks.end(),
                                       [&](const Codebook& codebook) {
                                         return codebook.MunicipalityOfOin(oin) != nullptr;
                                       });
  }

  Member MemberOf(const std::string& oin, const HolderStore::Key& key) const {
    const auto domain = Domain::Parse(key.domain);
    for (const Codebook& codebook : context_.codebooks) {
      if (!domain || codebook.region() != domain->region) continue;
      const auto* municipality = codebook.MunicipalityOfOin(oin);
      if (municipality == nullptr) break;
      const auto members = codebook.MembersIn(base::Period(domain->year));
      if (std::find(members.begin(), members.end(), municipality->code.code) == members.end()) {
        break;
      }
      return {codebook, municipality->code.code};
    }
    Refuse(403, "not-a-member", "The organisation is no member of this key's region and year.");
  }

  Response Evaluate(const http::Request& request) const {
    if (!IsKnown(request.peer.oin)) {
      Refuse(403, "not-a-member",
             "The certificate's organisation number (OIN) is not on this key holder's list.");
    }
    const Asked asked = ReadAsked(request);
    const auto key = context_.store.FindKey(asked.key_id);
    if (!key) {
      Refuse(404, "unknown-key",
             "This key holder has no such key. Fetch the region's newest tokens.json.");
    }
    const Member member = MemberOf(request.peer.oin, *key);
    const crypto::oprf::OprfKey secret = context_.keys.Open(*key);
    CheckPadding(asked, member);
    Charge(asked, member);
    const auto evaluation = crypto::oprf::BlindEvaluate(secret, asked.elements);
    base::Json evaluated = base::Json::array();
    for (const Element& element : evaluation.elements) {
      evaluated.push_back(base::ToBase64Url(element));
    }
    return Response::Json(200, base::Json{{"keyId", asked.key_id},
                                          {"evaluatedElements", std::move(evaluated)},
                                          {"proof", base::ToBase64Url(evaluation.proof)}});
  }

  // A size between the classes would tell this holder, and who watches the line, how many pupils
  // were asked for.
  void CheckPadding(const Asked& asked, const Member& member) const {
    const auto pupils = policies::codebook::PublicPupils(member.codebook, member.municipality);
    if (!context_.padded_only ||
        policies::codebook::IsBatchOfAClass(asked.elements.size(), pupils)) {
      return;
    }
    throw base::ProblemError("not-padded", "/blindedElements",
                             "A batch is filled up to a size that follows from the municipality's "
                             "public pupils (docs/formats/evaluate.md). Fill it up, or use "
                             "polder-member, which does.");
  }

  void Charge(const Asked& asked, const Member& member) const {
    const base::Instant now = context_.clock.Now();
    HolderStore::Batch batch;
    batch.key_id = asked.key_id;
    batch.member = member.municipality;
    batch.period = QuotaPeriod(now);
    const uint64_t steps =
        (asked.elements.size() + HolderStore::kBatchStep - 1) / HolderStore::kBatchStep;
    batch.size = steps * HolderStore::kBatchStep;
    batch.digest = DigestOf(asked);
    const uint64_t quota = QuotaOf(member.codebook, member.municipality, context_.quota_per_pupil);
    if (context_.store.ChargeBatch(batch, quota, now) == HolderStore::Charge::kExhausted) {
      Refuse(429, "quota-exhausted",
             "The municipality has no evaluations left for this key in this quarter of the year. "
             "Wait for the next one, or ask the key holder why so many were made.");
    }
  }

  const EvaluateContext context_;
};

}  // namespace

uint64_t QuotaOf(const Codebook& codebook, const std::string& municipality,
                 const base::Rational& per_pupil) {
  const base::Rational exact =
      per_pupil * base::ToInteger(policies::codebook::PublicPupils(codebook, municipality)) /
      base::ToInteger(static_cast<int64_t>(HolderStore::kBatchStep));
  const auto steps = base::ToInt64(base::Ceil(exact));
  return steps && *steps > 0 ? static_cast<uint64_t>(*steps) * HolderStore::kBatchStep : 0;
}

std::string QuotaPeriod(base::Instant now) {
  const base::Date day = now.Day();
  return std::to_string(day.year()) + "-Q" + std::to_string((day.month() + 2) / 3);
}

void AddEvaluateRoutes(http::Router& router, const EvaluateContext& context) {
  router.Add(
      "POST", "/v1/evaluate", Evaluator(context),
      {.max_body = kMaxBody, .client_certificate = true, .content_types = {"application/json"}});
  router.Add("GET", "/healthz", [context](const http::Request&) {
    try {
      static_cast<void>(context.store.Keys());
    } catch (const base::ProblemError& error) {
      return Response::FromProblems(503, error);
    }
    return Response::Json(200, base::Json{{"status", "ok"}, {"demo", context.clock.simulated()}});
  });
}

}  // namespace polder::server::keyholder
