#include <string>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "server/readers/openapi_parts.h"
#include "server/readers/routes.h"

namespace polder::server::readers {
namespace {

std::string Assemble() {
  base::Json paths = base::ParseJson(kReaderPaths);
  const base::Json region = base::ParseJson(kRegionPaths);
  for (const auto& [path, operations] : region.items()) {
    for (const auto& [method, operation] : operations.items()) paths[path][method] = operation;
  }
  base::Json document{
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Polder"},
        {"version", "0.1.0"},
        {"description",
         "School-attendance and early-leaver figures of a Dutch region, with exact noise, hiding "
         "and audit. Answers are computed from releases only: there is no query on live data."},
        {"license", {{"name", "EUPL-1.2"}, {"identifier", "EUPL-1.2"}}}}},
      {"servers", {{{"url", "/"}}}},
      {"tags",
       {{{"name", "readers"}, {"description", "Everyone: releases, tables, comparisons"}},
        {{"name", "members"}, {"description", "Municipalities: deliveries"}},
        {{"name", "officers"}, {"description", "Coordinator, privacy officers, seed holders"}},
        {{"name", "log"}, {"description", "The tamper-evident log"}}}},
      {"paths", paths},
      {"components", base::ParseJson(kComponents)}};
  return base::CanonicalJson(document);
}

}  // namespace

const std::string& OpenApiText() {
  static const std::string text = Assemble();
  return text;
}

}  // namespace polder::server::readers
