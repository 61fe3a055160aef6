#include <algorithm>
#include <functional>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "server/readers/routes.h"

namespace polder::server::readers {
namespace {

using base::Json;

Json Document() { return base::ParseJson(OpenApiText()); }

// Calls `visit` with every object of the document.
void Walk(const Json& json, const std::function<void(const Json&)>& visit) {
  if (json.is_object()) visit(json);
  if (json.is_structured()) {
    for (const Json& child : json) Walk(child, visit);
  }
}

const std::set<std::string> kMethods{"get", "put", "post", "delete", "options", "head", "patch"};

TEST(OpenApi, IsVersion31WithTitleAndVersion) {
  const Json document = Document();
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_TRUE(document["info"]["title"].is_string());
  EXPECT_TRUE(document["info"]["version"].is_string());
}

TEST(OpenApi, ListsExactlyTheRoutesOfTheService) {
  std::set<std::string> listed;
  const Json document = Document();
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) listed.insert(method + " " + path);
  }
  std::set<std::string> expected{"post /v1/deliveries",
                                 "post /v1/policies",
                                 "post /v1/policies/{digest}/approvals",
                                 "post /v1/deadlines",
                                 "post /v1/token-keys",
                                 "get /v1/token-keys",
                                 "post /v1/token-keys/{id}/ends",
                                 "post /v1/seed-commitments",
                                 "get /v1/seed-escrows/{id}/{role}",
                                 "post /v1/freezes",
                                 "post /v1/seed-reveals",
                                 "post /v1/releases",
                                 "get /v1/erasures",
                                 "post /v1/erasures",
                                 "post /v1/erasures/{digest}/approvals",
                                 "post /v1/erasures/{digest}/withdrawals",
                                 "get /v1/jobs/{id}",
                                 "post /v1/releases/{id}/vetoes",
                                 "get /v1/budget",
                                 "get /v1/log/checkpoint",
                                 "get /v1/log/leaves",
                                 "get /v1/log/proofs/{index}",
                                 "get /v1/log/tile/{path...}",
                                 "get /v1/codebooks/{id}",
                                 "get /v1/policies/{digest}",
                                 "get /v1/health"};
  for (const RouteName& route : ReaderRoutes()) {
    EXPECT_EQ(route.method, "GET");
    EXPECT_TRUE(expected.insert("get " + route.pattern).second) << route.pattern;
  }
  EXPECT_EQ(listed, expected);
}

TEST(OpenApi, EveryReferenceResolves) {
  const Json document = Document();
  size_t references = 0;
  Walk(document, [&](const Json& object) {
    if (!object.contains("$ref")) return;
    ++references;
    const std::string text = object["$ref"].get<std::string>();
    ASSERT_EQ(text.substr(0, 2), "#/") << text;
    EXPECT_TRUE(document.contains(Json::json_pointer(text.substr(1)))) << text;
  });
  EXPECT_GT(references, 50u);
}

TEST(OpenApi, EveryComponentIsUsed) {
  const Json document = Document();
  std::set<std::string> used;
  Walk(document, [&](const Json& object) {
    if (object.contains("$ref")) used.insert(object["$ref"].get<std::string>());
    if (object.contains("security")) {
      for (const Json& requirement : object["security"]) {
        for (const auto& [name, scopes] : requirement.items()) {
          used.insert("#/components/securitySchemes/" + name);
        }
      }
    }
  });
  for (const auto& [group, members] : document["components"].items()) {
    for (const auto& [name, member] : members.items()) {
      std::string reference = "#/components/" + group;
      reference += "/" + name;
      EXPECT_TRUE(used.contains(reference)) << reference;
    }
  }
}

TEST(OpenApi, EveryOperationIsCompleteAndNamedOnce) {
  const Json document = Document();
  std::set<std::string> names;
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      const std::string where = method + " " + path;
      EXPECT_TRUE(kMethods.contains(method)) << where;
      EXPECT_TRUE(names.insert(operation.value("operationId", "")).second) << where;
      EXPECT_FALSE(operation.value("summary", "").empty()) << where;
      ASSERT_FALSE(operation["responses"].empty()) << where;
      for (const auto& [status, response] : operation["responses"].items()) {
        EXPECT_EQ(status.size(), 3u) << where;
        EXPECT_TRUE(response.contains("$ref") || response.contains("description")) << where;
      }
    }
  }
}

TEST(OpenApi, PathParametersAreDeclaredExactly) {
  const Json document = Document();
  for (const auto& [path, operations] : document["paths"].items()) {
    std::set<std::string> in_path;
    for (size_t open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1)) {
      in_path.insert(path.substr(open + 1, path.find('}', open) - open - 1));
    }
    for (const auto& [method, operation] : operations.items()) {
      std::set<std::string> declared;
      for (Json parameter : operation.value("parameters", Json::array())) {
        if (parameter.contains("$ref")) {
          parameter = document[Json::json_pointer(parameter["$ref"].get<std::string>().substr(1))];
        }
        if (parameter["in"] != "path") continue;
        EXPECT_EQ(parameter["required"], true) << path;
        declared.insert(parameter["name"].get<std::string>());
      }
      EXPECT_EQ(declared, in_path) << method << " " << path;
    }
  }
}

TEST(OpenApi, OnlyTheActsJobsAndSeedsAskForACertificate) {
  const Json document = Document();
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      EXPECT_EQ(operation.contains("security"), method == "post" || path == "/v1/jobs/{id}" ||
                                                    path == "/v1/erasures" ||
                                                    path == "/v1/seed-escrows/{id}/{role}")
          << path;
    }
  }
}

}  // namespace
}  // namespace polder::server::readers
