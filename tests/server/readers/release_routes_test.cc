#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "server/http/router.h"
#include "server/readers/routes.h"
#include "tests/server/readers/sample_release.h"
#include "tests/support/places.h"

namespace polder::server::readers {
namespace {

constexpr char kDefinitive[] = "RMC10-2022SJ-definitive";
constexpr char kLater[] = "RMC10-2023SJ-definitive";

class ReaderRoutesTest : public testing::Test {
 protected:
  ReaderRoutesTest()
      : codebook_(policies::codebook::Codebook::FromJson(base::ParseJson(ReadCodebook()))),
        clock_("2023-12-01T00:00:00Z"),
        shelf_({SampleItem(),
                SampleItem({.id = "RMC10-2022SJ-provisional",
                            .kind = "provisional",
                            .made_at = "2023-08-20T06:00:00Z",
                            .public_at = "2023-08-27T06:00:00Z"}),
                SampleItem({.id = kLater,
                            .period = "2023SJ",
                            .made_at = "2024-10-01T06:00:00Z",
                            .public_at = "2024-10-08T06:00:00Z",
                            .more = 60})},
               clock_) {
    context_.shelf = &shelf_;
    context_.codebook = &codebook_;
    AddReaderRoutes(router_, context_);
  }

  static std::string ReadCodebook() {
    std::ifstream file(polder::tests::SourceDir() +
                       "/policies/data/codebooks/nl-leerplicht-2026.1.json");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  http::Response Get(const std::string& path, http::Headers headers = {},
                     std::multimap<std::string, std::string> query = {},
                     const std::string& method = "GET") {
    http::Request request;
    request.method = method;
    request.path = path;
    request.headers = std::move(headers);
    request.query = std::move(query);
    return router_.Handle(std::move(request));
  }

  static std::string Body(const http::Response& response) {
    return std::string(base::AsText(response.body));
  }
  static base::Json Json(const http::Response& response) {
    return base::ParseJson(base::AsText(response.body));
  }

  policies::codebook::Codebook codebook_;
  SetClock clock_;
  FixedShelf shelf_;
  ReaderContext context_;
  http::Router router_;
};

TEST_F(ReaderRoutesTest, TheListHoldsPublicReleasesInOrderOfPeriodAndMaking) {
  const auto list = Json(Get("/v1/releases"))["releases"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["id"], "RMC10-2022SJ-provisional");
  EXPECT_EQ(list[1]["id"], kDefinitive);
  EXPECT_EQ(list[1]["href"], "/v1/releases/" + std::string(kDefinitive));
  EXPECT_EQ(list[1]["measures"][0]["tables"].size(), 4u);
}

TEST_F(ReaderRoutesTest, TheListIsFilteredByPeriodAndKind) {
  clock_.now = *base::Instant::Parse("2025-01-01T00:00:00Z");
  EXPECT_EQ(Json(Get("/v1/releases"))["releases"].size(), 3u);
  EXPECT_EQ(Json(Get("/v1/releases", {}, {{"period", "2023SJ"}}))["releases"].size(), 1u);
  EXPECT_EQ(Json(Get("/v1/releases", {}, {{"kind", "provisional"}}))["releases"].size(), 1u);
  EXPECT_EQ(Json(Get("/v1/releases", {}, {{"kind", "monitor"}}))["releases"].size(), 0u);
}

TEST_F(ReaderRoutesTest, EveryFaultyFilterIsReportedAtOnce) {
  const auto response = Get("/v1/releases", {}, {{"period", "last year"}, {"kind", "nice"}});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(Json(response)["errors"].size(), 2u);
  EXPECT_EQ(Get("/v1/releases", {}, {{"perod", "2022SJ"}}).status, 400);
  EXPECT_EQ(Get("/v1/releases", {}, {{"period", ""}}).status, 400);
}

TEST_F(ReaderRoutesTest, AReleaseIsServedByteForByteAndForever) {
  const auto response = Get("/v1/releases/" + std::string(kDefinitive));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Body(response), SampleRelease());
  EXPECT_EQ(response.headers.at("ETag"), '"' + SampleItem()->digest + '"');
  EXPECT_THAT(response.headers.at("Cache-Control"), testing::HasSubstr("immutable"));
  EXPECT_EQ(response.headers.at("Access-Control-Allow-Origin"), "*");
}

TEST_F(ReaderRoutesTest, AKnownTagIsAnsweredWithoutTheBytes) {
  const std::string path = "/v1/releases/" + std::string(kDefinitive);
  const auto response = Get(path, {{"If-None-Match", '"' + SampleItem()->digest + '"'}});
  EXPECT_EQ(response.status, 304);
  EXPECT_TRUE(response.body.empty());
  EXPECT_EQ(Get(path, {{"If-None-Match", "\"other\""}}).status, 200);
}

TEST_F(ReaderRoutesTest, HeadIsAnsweredWithTheSameTag) {
  const auto response = Get("/v1/releases/" + std::string(kDefinitive), {}, {}, "HEAD");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("ETag"), '"' + SampleItem()->digest + '"');
}

TEST_F(ReaderRoutesTest, UnderEmbargoEveryPathSaysTheSameAsForWhatNeverWas) {
  for (const std::string tail : {"", "/note", "/proof", "/tables/persons/kind"}) {
    const auto embargoed = Get("/v1/releases/" + std::string(kLater) + tail);
    const auto never = Get("/v1/releases/never" + tail);
    EXPECT_EQ(embargoed.status, 404) << tail;
    EXPECT_EQ(Body(embargoed), Body(never)) << tail;
    EXPECT_FALSE(embargoed.headers.contains("ETag")) << tail;
    if (const auto cache = embargoed.headers.find("Cache-Control");
        cache != embargoed.headers.end()) {
      EXPECT_EQ(cache->second.find("immutable"), std::string::npos) << tail;
    }
  }
  EXPECT_EQ(Body(Get("/v1/releases")).find(kLater), std::string::npos);
  EXPECT_EQ(Body(Get("/v1/comparisons")).find("2023SJ"), std::string::npos);
}

TEST_F(ReaderRoutesTest, TheEmbargoEndsAtTheAnnouncedSecond) {
  clock_.now = *base::Instant::Parse("2024-10-08T05:59:59Z");
  EXPECT_EQ(Get("/v1/releases/" + std::string(kLater)).status, 404);
  clock_.now = clock_.now.Plus(1);
  EXPECT_EQ(Get("/v1/releases/" + std::string(kLater)).status, 200);
}

TEST_F(ReaderRoutesTest, NoteAndProofAreText) {
  const std::string path = "/v1/releases/" + std::string(kDefinitive);
  EXPECT_EQ(Body(Get(path + "/note")), "note of " + std::string(kDefinitive) + "\n");
  EXPECT_EQ(Body(Get(path + "/proof")), "proof of " + std::string(kDefinitive) + "\n");
  EXPECT_THAT(Get(path + "/proof").content_type, testing::StartsWith("text/plain"));
}

TEST_F(ReaderRoutesTest, JsonAndCsvOfATableAgreeCellByCell) {
  const std::string path = "/v1/releases/" + std::string(kDefinitive) + "/tables/persons/kind";
  const auto json = Json(Get(path));
  EXPECT_EQ(json["table"]["cells"][0]["value"], 40);
  const auto csv = Get(path, {{"Accept", "text/csv"}});
  EXPECT_THAT(csv.content_type, testing::StartsWith("text/csv"));
  for (const auto& cell : json["table"]["cells"]) {
    EXPECT_THAT(Body(csv), testing::HasSubstr(cell["codes"][0].get<std::string>()));
    EXPECT_THAT(Body(csv),
                testing::HasSubstr("," + std::to_string(cell["value"].get<int>()) + ","));
  }
  EXPECT_NE(Get(path).headers.at("ETag"), csv.headers.at("ETag"));
  EXPECT_EQ(csv.headers.at("Vary"), "Accept");
}

TEST_F(ReaderRoutesTest, AHiddenCellHasNoNumberInAnyForm) {
  const std::string path =
      "/v1/releases/" + std::string(kDefinitive) + "/tables/persons/municipality-kind";
  const auto document = Json(Get(path));  // kept: what the loop walks over must outlive it
  ASSERT_FALSE(document["table"]["cells"].empty());
  for (const auto& cell : document["table"]["cells"]) {
    EXPECT_EQ(cell["status"], "hidden");
    EXPECT_EQ(cell.size(), 2u);
  }
  EXPECT_THAT(Body(Get(path, {{"Accept", "text/csv"}})), testing::HasSubstr("hidden,,,"));
}

TEST_F(ReaderRoutesTest, AcceptChoosesByWeightAndRefusesWhatIsNotOffered) {
  const std::string path = "/v1/releases/" + std::string(kDefinitive) + "/tables/persons/kind";
  const auto type = [&](const std::string& accept) {
    return Get(path, {{"Accept", accept}}).content_type.substr(0, 8);
  };
  EXPECT_EQ(type("application/json;q=0.5, text/csv"), "text/csv");
  EXPECT_EQ(type("text/csv;q=0.1, */*"), "applicat");
  EXPECT_EQ(type("text/*"), "text/csv");
  EXPECT_EQ(type("TEXT/CSV"), "text/csv");
  EXPECT_EQ(type("*/*"), "applicat");
  EXPECT_EQ(Get(path, {{"Accept", "image/png"}}).status, 406);
  EXPECT_EQ(Get(path, {{"Accept", "text/csv;q=0, application/json;q=0"}}).status, 406);
}

TEST_F(ReaderRoutesTest, AnUnknownMeasureOrTableIsNotFound) {
  const std::string path = "/v1/releases/" + std::string(kDefinitive) + "/tables/";
  EXPECT_EQ(Get(path + "pupils/kind").status, 404);
  EXPECT_EQ(Get(path + "persons/school").status, 404);
}

TEST_F(ReaderRoutesTest, ComparisonsNameYearsReleasesAndSentences) {
  clock_.now = *base::Instant::Parse("2025-01-01T00:00:00Z");
  const auto json = Json(Get("/v1/comparisons", {}, {{"codes", "absolute"}}));
  EXPECT_EQ(json["years"], (base::Json{"2022SJ", "2023SJ"}));
  ASSERT_EQ(json["comparisons"].size(), 1u);
  EXPECT_EQ(json["comparisons"][0]["codes"], base::Json{"absolute"});
  EXPECT_FALSE(json["comparisons"][0]["sentence"]["nl"].get<std::string>().empty());
  EXPECT_NE(json["comparisons"][0]["sentence"]["nl"], json["comparisons"][0]["sentence"]["en"]);
}

TEST_F(ReaderRoutesTest, ANewReleaseChangesTheComparisonThatWasRemembered) {
  const auto before = Get("/v1/comparisons");
  EXPECT_EQ(Body(Get("/v1/comparisons")), Body(before));
  EXPECT_EQ(Json(before)["comparisons"][0]["years"].size(), 1u);
  clock_.now = *base::Instant::Parse("2025-01-01T00:00:00Z");
  const auto after = Get("/v1/comparisons");
  EXPECT_EQ(Json(after)["comparisons"][0]["years"].size(), 2u);
  EXPECT_NE(after.headers.at("ETag"), before.headers.at("ETag"));
}

TEST_F(ReaderRoutesTest, YearsAreChosenAndMustShareACalendar) {
  clock_.now = *base::Instant::Parse("2025-01-01T00:00:00Z");
  EXPECT_EQ(Json(Get("/v1/comparisons", {}, {{"years", "2023SJ"}}))["years"], base::Json{"2023SJ"});
  EXPECT_EQ(Get("/v1/comparisons", {}, {{"years", "2022SJ,2022VSV"}}).status, 400);
  EXPECT_EQ(Get("/v1/comparisons", {}, {{"years", "2022SJ,,"}}).status, 400);
  EXPECT_EQ(Get("/v1/comparisons", {}, {{"table", "nowhere"}}).status, 400);
  EXPECT_EQ(Get("/v1/comparisons", {}, {{"years", "2030SJ"}}).status, 200);
}

TEST_F(ReaderRoutesTest, ComparisonsAsCsvHaveAHeaderLine) {
  const auto response = Get("/v1/comparisons", {{"Accept", "text/csv"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(Body(response), testing::HasSubstr("\r\n"));
  EXPECT_THAT(Body(response), testing::HasSubstr("absolute"));
}

}  // namespace
}  // namespace polder::server::readers
