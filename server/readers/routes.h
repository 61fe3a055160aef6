// The public routes: releases, their tables, comparisons between years, and the description of the
// whole API.
#ifndef POLDER_SERVER_READERS_ROUTES_H_
#define POLDER_SERVER_READERS_ROUTES_H_

#include <string>
#include <vector>

#include "policies/base/json.h"
#include "policies/codebook/codebook.h"
#include "server/http/router.h"
#include "server/readers/shelf.h"
#include "stats/compare/compare.h"

namespace polder::server::readers {

struct ReaderContext {
  Shelf* shelf = nullptr;
  const policies::codebook::Codebook* codebook = nullptr;  // public denominators and labels
  stats::compare::CompareOptions compare;
};

// Adds every GET route below to `router`; `context` must outlive it. All answers come from public
// releases only, allow any origin, carry a strong ETag, and answer If-None-Match with 304.
//   /v1/releases?period=&kind=                      list
//   /v1/releases/{id}                               the canonical bytes, immutable
//   /v1/releases/{id}/note, /proof                  signed note; tlog-proof
//   /v1/releases/{id}/tables/{measure}/{table}      one table; JSON or CSV by Accept
//   /v1/comparisons?measure=&table=&years=&codes=   years side by side; JSON or CSV by Accept
//   /v1/openapi.json                                OpenAPI 3.1 of every route of the service
void AddReaderRoutes(http::Router& router, ReaderContext& context);

struct RouteName {
  std::string method;
  std::string pattern;
};
// What AddReaderRoutes adds: kept beside the OpenAPI document by a test.
std::vector<RouteName> ReaderRoutes();

// The OpenAPI 3.1 document of the whole service, canonical JSON.
const std::string& OpenApiText();

}  // namespace polder::server::readers

#endif  // POLDER_SERVER_READERS_ROUTES_H_
