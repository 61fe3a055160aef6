#include "server/govern/routes.h"

#include <string>
#include <utility>

#include "server/govern/act.h"
#include "server/govern/acts.h"

namespace polder::server::govern {

void AddGovernRoutes(http::Router& router, const GovernContext& context) {
  using Act = http::Response (*)(const GovernContext&, const http::Request&);
  const auto add = [&](const char* method, const char* pattern, Act act,
                       http::RouteOptions options) {
    router.Add(
        method, pattern,
        [context, act, people = options.or_token](const http::Request& request) {
          if (!people) {
            return Answer([&] { return act(context, request); });
          }
          http::Request identified = request;
          context.sign_in->Identify(identified);
          return Answer([&] { return act(context, identified); });
        },
        std::move(options));
  };

  http::RouteOptions document;
  document.max_body = size_t{1} << 20;
  document.client_certificate = true;
  document.or_token = context.sign_in != nullptr;
  document.content_types = {"application/json"};
  http::RouteOptions act = document;
  act.max_body = size_t{16} << 10;
  http::RouteOptions bare = act;
  bare.content_types = {};
  http::RouteOptions person;
  person.client_certificate = true;
  person.or_token = context.sign_in != nullptr;
  http::RouteOptions machine = act;  // a key holder comes with a certificate
  machine.or_token = false;
  http::RouteOptions bare_machine = bare;
  bare_machine.or_token = false;
  http::RouteOptions open;
  open.cors = true;
  http::RouteOptions fixed = open;
  fixed.cache_seconds = 31'536'000;
  fixed.immutable = true;

  add("POST", "/v1/policies", ProposePolicy, document);
  add("GET", "/v1/policies/{digest}", GetPolicy, fixed);
  add("POST", "/v1/policies/{digest}/approvals", ApprovePolicy, bare);
  add("POST", "/v1/deadlines", AnnounceDeadline, act);
  add("POST", "/v1/token-keys", PublishTokenKey, machine);
  add("POST", "/v1/token-keys/{id}/ends", EndTokenKey, bare_machine);
  add("GET", "/v1/token-keys", GetTokenKeys, open);
  add("POST", "/v1/seed-commitments", CommitSeed, act);
  add("POST", "/v1/freezes", Freeze, act);
  add("POST", "/v1/seed-reveals", RevealSeed, act);
  add("POST", "/v1/releases", StartRelease, act);
  add("POST", "/v1/releases/{id}/vetoes", VetoRelease, act);
  add("GET", "/v1/seed-escrows/{id}/{role}", ReadSeedEscrow, person);
  add("GET", "/v1/erasures", GetErasures, person);
  add("POST", "/v1/erasures", AskErasure, document);
  add("POST", "/v1/erasures/{digest}/approvals", ApproveErasure, bare);
  add("POST", "/v1/erasures/{digest}/withdrawals", WithdrawErasure, bare);
  add("GET", "/v1/jobs/{id}", GetJob, person);
  add("GET", "/v1/budget", GetBudget, open);
  add("GET", "/v1/log/checkpoint", GetCheckpoint, open);
  add("GET", "/v1/log/tile/{path...}", GetTile, fixed);
  add("GET", "/v1/log/leaves", GetLeaves, open);
  add("GET", "/v1/log/proofs/{index}", GetProof, open);
  add("GET", "/v1/codebooks/{id}", GetCodebook, open);
  add("GET", "/v1/health", GetHealth, open);
}

}  // namespace polder::server::govern
