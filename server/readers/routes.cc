#include "server/readers/routes.h"

#include <functional>
#include <memory>

#include "server/readers/answer.h"
#include "server/readers/comparison_routes.h"
#include "server/readers/release_routes.h"

namespace polder::server::readers {
namespace {

constexpr int kMinute = 60;
constexpr int kYear = 365 * 24 * 3600;

struct ReaderRoute {
  std::string pattern;
  http::RouteOptions options;
  std::function<http::Response(const http::Request&, ReaderContext&, ComparisonShelf*)> handle;
};

http::RouteOptions Cached(int seconds, bool immutable) {
  http::RouteOptions options;
  options.cors = true;
  options.cache_seconds = seconds;
  options.immutable = immutable;
  return options;
}

http::RouteOptions Fixed() { return Cached(kYear, true); }
http::RouteOptions Fresh() { return Cached(kMinute, false); }

// A veto can only come before a release is public, so what is public stays, byte for byte; a
// proof's checkpoint likewise.
const std::vector<ReaderRoute>& Table() {
  static const std::vector<ReaderRoute> table{
      {"/v1/releases", Fresh(),
       [](const auto& request, auto& context, auto*) {
         return ListReleases(request, *context.shelf);
       }},
      {"/v1/releases/{id}", Fixed(),
       [](const auto& request, auto& context, auto*) {
         return GetRelease(request, *context.shelf);
       }},
      {"/v1/releases/{id}/note", Fixed(),
       [](const auto& request, auto& context, auto*) { return GetNote(request, *context.shelf); }},
      {"/v1/releases/{id}/proof", Fixed(),
       [](const auto& request, auto& context, auto*) { return GetProof(request, *context.shelf); }},
      {"/v1/releases/{id}/audit", Fixed(),
       [](const auto& request, auto& context, auto*) { return GetAudit(request, *context.shelf); }},
      {"/v1/releases/{id}/hidden.svg", Fresh(),
       [](const auto& request, auto& context, auto*) {
         return GetHidden(request, *context.shelf, *context.codebook);
       }},
      {"/v1/releases/{id}/tables/{measure}/{table}", Fixed(),
       [](const auto& request, auto& context, auto*) { return GetTable(request, *context.shelf); }},
      {"/v1/comparisons", Fresh(),
       [](const auto& request, auto& context, auto* comparisons) {
         return GetComparisons(request, *context.shelf, *context.codebook, *comparisons);
       }},
      {"/v1/openapi.json", Fresh(),
       [](const auto&, auto&, auto*) { return Answer(OpenApiText(), "application/json"); }},
  };
  return table;
}

}  // namespace

void AddReaderRoutes(http::Router& router, ReaderContext& context) {
  auto comparisons = std::make_shared<ComparisonShelf>(*context.codebook, context.compare);
  for (const ReaderRoute& route : Table()) {
    router.Add(
        "GET", route.pattern,
        [&context, comparisons, handle = route.handle](const http::Request& request) {
          return handle(request, context, comparisons.get());
        },
        route.options);
  }
}

std::vector<RouteName> ReaderRoutes() {
  std::vector<RouteName> names;
  for (const ReaderRoute& route : Table()) names.push_back({"GET", route.pattern});
  return names;
}

}  // namespace polder::server::readers
