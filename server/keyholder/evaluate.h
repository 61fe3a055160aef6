// The one thing a key holder does for others: POST /v1/evaluate.
//
//   {"keyId","blindedElements":[base64url, …]} -> {"keyId","evaluatedElements":[…],"proof"}
//
// An evaluation is a try at a pupil's number, so it is counted before it is made, for each member,
// key and quarter, and refused when the quota of public pupils is spent or the count cannot be
// written. Only who the TLS handshake proved to be a member is answered; refusals come all at once.
// Source: docs/formats/evaluate.md; RFC 9497 §3.3.2.
#ifndef POLDER_SERVER_KEYHOLDER_EVALUATE_H_
#define POLDER_SERVER_KEYHOLDER_EVALUATE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "policies/base/clock.h"
#include "policies/base/rational.h"
#include "policies/codebook/codebook.h"
#include "server/http/router.h"
#include "server/keyholder/token_keys.h"
#include "server/store/holder_store.h"

namespace polder::server::keyholder {

inline constexpr size_t kMaxElements = 4096;

// References must outlive the router.
struct EvaluateContext {
  store::HolderStore& store;
  const TokenKeys& keys;
  const base::Clock& clock;
  const std::vector<policies::codebook::Codebook>& codebooks;
  base::Rational quota_per_pupil;
  bool padded_only = true;  // whether a batch must be of one of the member's classes
};

// POST /v1/evaluate and GET /healthz.
void AddEvaluateRoutes(http::Router& router, const EvaluateContext& context);

// Elements that a municipality may ask of one key in one quarter of the year: `per_pupil` times its
// public pupils, rounded up to a whole step. 0 when the codebook has no public count of it.
uint64_t QuotaOf(const policies::codebook::Codebook& codebook, const std::string& municipality,
                 const base::Rational& per_pupil);

// "2026-Q4": the quarter of the year that a quota is for.
std::string QuotaPeriod(base::Instant now);

}  // namespace polder::server::keyholder

#endif  // POLDER_SERVER_KEYHOLDER_EVALUATE_H_
