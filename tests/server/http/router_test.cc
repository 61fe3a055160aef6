#include "server/http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "server/http/media_type.h"
#include "server/http/target.h"
#include "server/http/wire.h"
#include "tests/server/http/support.h"

namespace polder::server::http {
namespace {

using testing::HasSubstr;
using testing::Not;

Request Ask(std::string method, std::string path) {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.request_id = "r1";
  return request;
}

base::Json BodyOf(const Response& response) {
  return base::Json::parse(base::AsText(response.body));
}

TEST(Target, IsDecodedStrictly) {
  EXPECT_EQ(PercentDecode("a%20b%C3%A9+"), "a b\xc3\xa9+");
  EXPECT_EQ(PercentDecode("a+b", true), "a b");
  for (const auto* text : {"%", "%2", "%zz", "%00", "%0a", "%7f", "%ff", "%c3"}) {
    EXPECT_FALSE(PercentDecode(text)) << text;
  }
  const std::string all = "/?#[]@ :%\xc3\xa9~._-aZ9";
  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentEncode("/"), "%2F");
}

TEST(Target, PathsThatTwoProgramsMightReadDifferentlyAreNone) {
  EXPECT_EQ(SplitPath("/")->size(), 0u);
  EXPECT_THAT(*SplitPath("/a/b%20c"), testing::ElementsAre("a", "b c"));
  for (const auto* path :
       {"", "a", "//", "/a//b", "/a/", "/.", "/a/../b", "/%2e%2e/b", "/a%2fb", "/a%5cb", "/%00"}) {
    EXPECT_FALSE(SplitPath(path)) << path;
  }
}

TEST(MediaType, NeedsTheParametersThatTheRouteNames) {
  const std::string wanted = "application/pkcs7-mime; smime-type=authEnveloped-data";
  EXPECT_TRUE(MatchesMediaType(wanted, "Application/PKCS7-mime;smime-type=AuthEnveloped-Data"));
  EXPECT_TRUE(MatchesMediaType(wanted,
                               "application/pkcs7-mime; name=x; "
                               "smime-type=\"authEnveloped-data\""));
  EXPECT_FALSE(MatchesMediaType(wanted, "application/pkcs7-mime"));
  EXPECT_FALSE(MatchesMediaType(wanted, "application/pkcs7-mime; smime-type=enveloped-data"));
  EXPECT_TRUE(MatchesMediaType("application/json", "application/json; charset=utf-8"));
  for (const auto* sent :
       {"", "json", "/json", "application/", "application/json; x", "application/jsonx"}) {
    EXPECT_FALSE(MatchesMediaType("application/json", sent)) << sent;
  }
  EXPECT_FALSE(MatchesMediaType("a/b", "a/b; c=1; c=2"));
}

TEST(Router, LiteralWinsOverParameterAndParameterOverRest) {
  Router router;
  const auto says = [](std::string text) {
    return [text](const Request& request) {
      return Response::Text(200, text + request.Param("id") + request.Param("path"));
    };
  };
  router.Add("GET", "/a/{path...}", says("rest "));
  router.Add("GET", "/a/{id}", says("one "));
  router.Add("GET", "/a/fixed", says("fixed"));
  router.Add("GET", "/a/{id}/b", says("under "));
  const auto text = [&](const char* path) {
    return std::string(base::AsText(router.Handle(Ask("GET", path)).body));
  };
  EXPECT_EQ(text("/a/fixed"), "fixed");
  EXPECT_EQ(text("/a/x%20y"), "one x y");
  EXPECT_EQ(text("/a/x/b"), "under x");
  EXPECT_EQ(text("/a/x/y/z"), "rest x/y/z");
  EXPECT_EQ(router.Handle(Ask("GET", "/a")).status, 404);
}

TEST(Router, RefusesRoutesThatAreNoneOrTwice) {
  Router router;
  const Handler handler = [](const Request&) { return Response::Empty(); };
  const auto code = [&](const char* method, const char* pattern) -> std::string {
    try {
      router.Add(method, pattern, handler);
    } catch (const base::ProblemError& error) {
      return error.code();
    }
    return "";
  };
  EXPECT_EQ(code("GET", "/x/{a}"), "");
  EXPECT_EQ(code("GET", "/x/{b}"), "ambiguous-route");
  EXPECT_EQ(code("POST", "/x/{b}"), "");
  for (const auto* pattern :
       {"", "x", "/x/", "/x//y", "/{a", "/{a}b", "/{}", "/{a}/{a}", "/{a...}/b", "/%41"}) {
    EXPECT_EQ(code("GET", pattern), "bad-route") << pattern;
  }
  EXPECT_EQ(code("HEAD", "/y"), "bad-route");
  EXPECT_EQ(code("TRACE", "/y"), "bad-route");
}

TEST(Router, SaysWhatAPathAnswers) {
  const Router router = TestRouter();
  EXPECT_EQ(router.Handle(Ask("GET", "/nothing")).status, 404);
  EXPECT_EQ(router.Handle(Ask("GET", "/hello/")).status, 404);
  EXPECT_EQ(router.Handle(Ask("GET", "/he%llo")).status, 400);
  EXPECT_EQ(router.Handle(Ask("BREW", "/hello")).status, 501);
  const Response wrong = router.Handle(Ask("DELETE", "/slow"));
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.at("Allow"), "OPTIONS, GET, HEAD, POST");
  const Response options = router.Handle(Ask("OPTIONS", "/hello"));
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.at("Allow"), "OPTIONS, GET, HEAD");
  EXPECT_EQ(options.headers.at("Access-Control-Allow-Origin"), "*");
  EXPECT_FALSE(
      router.Handle(Ask("OPTIONS", "/slow")).headers.contains("Access-Control-Allow-Origin"));
}

TEST(Router, ChecksWhoHowMuchAndWhatBeforeTheHandler) {
  const Router router = TestRouter();
  Request request = Ask("POST", "/deliveries");
  request.headers["content-TYPE"] = "application/pkcs7-mime; smime-type=authEnveloped-data";
  request.body.resize(10);
  EXPECT_EQ(router.Handle(request).status, 403);
  request.peer.oin = kOin;  // an OIN without a certificate behind it proves nothing
  EXPECT_EQ(router.Handle(request).status, 403);
  request.peer.fingerprint = "ab";
  EXPECT_EQ(router.Handle(request).status, 201);
  request.body.resize((size_t{1} << 20) + 1);
  EXPECT_EQ(router.Handle(request).status, 413);
  request.body.resize(size_t{1} << 20);
  EXPECT_EQ(router.Handle(request).status, 201);
  request.headers["Content-Type"] = "text/plain";
  const Response refusal = router.Handle(request);
  EXPECT_EQ(refusal.status, 415);
  EXPECT_THAT(BodyOf(refusal)["detail"].get<std::string>(), HasSubstr("authEnveloped-data"));
}

TEST(Door, GivesAllProblemsAtOnceInRfc9457Form) {
  const Response response = TestRouter().Handle(Ask("GET", "/problems"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.content_type, "application/problem+json");
  const base::Json expected = {{"type", "urn:polder:problem:unknown-code"},
                               {"title", "Bad Request"},
                               {"status", 400},
                               {"detail", "2 problems were found; all are listed in `errors`."},
                               {"errors",
                                {{{"code", "unknown-code"},
                                  {"pointer", "/cases/1/kind"},
                                  {"detail", "Use a code of the codebook."}},
                                 {{"code", "missing-field"},
                                  {"pointer", "opened"},
                                  {"detail", "Add the week the case was opened."},
                                  {"line", 3},
                                  {"column", 9}}}}};
  EXPECT_EQ(BodyOf(response), expected);
}

TEST(Door, TellsTheClientNothingOfAnUnexpectedException) {
  for (const auto* path : {"/throw", "/throw-int", "/split"}) {
    const Response response = TestRouter().Handle(Ask("GET", path));
    EXPECT_EQ(response.status, 500) << path;
    const std::string text(base::AsText(response.body));
    EXPECT_THAT(text, HasSubstr("request r1")) << path;
    EXPECT_THAT(text, Not(HasSubstr("123456782"))) << path;
    EXPECT_FALSE(response.headers.contains("X-Name")) << path;
  }
}

TEST(Door, ReportsTheTypeOfAnExceptionAndNotItsText) {
  std::string reported;
  CallHandler([](const Request&) -> Response { throw std::out_of_range("pupil 123456782"); },
              Ask("GET", "/"), [&](std::string_view what) { reported = what; });
  EXPECT_EQ(reported, "std::out_of_range");
}

TEST(Door, LetsDeeperCodeChooseTheAnswer) {
  const Response response = TestRouter().Handle(Ask("GET", "/refuse"));
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(BodyOf(response)["type"], "urn:polder:problem:already-frozen");
}

TEST(Door, AnswersAMatchingTagWith304) {
  Router router;
  router.Add("GET", "/r", [](const Request&) {
    Response response = Response::Text(200, "content");
    response.headers["ETag"] = "\"abc\"";
    return response;
  });
  Request request = Ask("GET", "/r");
  EXPECT_EQ(router.Handle(request).status, 200);
  for (const auto* tag : {"\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"}) {
    request.headers["If-None-Match"] = tag;
    const Response response = router.Handle(request);
    EXPECT_EQ(response.status, 304) << tag;
    EXPECT_TRUE(response.body.empty()) << tag;
  }
  request.headers["If-None-Match"] = "\"abcd\", abc";
  EXPECT_EQ(router.Handle(request).status, 200);
}

TEST(Wire, EveryAnswerCarriesItsSafetyFields) {
  Response response = Response::Text(200, "hello");
  response.headers["Content-Length"] = "1";
  response.headers["Transfer-Encoding"] = "chunked";
  const std::string head = ResponseHead(response, true, "id7", {784'111'777});
  EXPECT_EQ(head.substr(0, 17), "HTTP/1.1 200 OK\r\n");
  for (const auto* field :
       {"API-Version: 1.0.0\r\n", "Cache-Control: no-store\r\n", "Content-Length: 5\r\n",
        "Connection: close\r\n", "Strict-Transport-Security: max-age=31536000\r\n",
        "X-Content-Type-Options: nosniff\r\n", "X-Frame-Options: DENY\r\n",
        "Content-Security-Policy: frame-ancestors 'none'\r\n", "X-Request-Id: id7\r\n",
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"}) {
    EXPECT_THAT(head, HasSubstr(field));
  }
  EXPECT_THAT(head, Not(HasSubstr("chunked")));
  EXPECT_EQ(CountOf(head, "Content-Length"), 1u);
}

TEST(Wire, APageMayStrengthenItsPolicyButNotAllowFraming) {
  Response response = Response::Text(200, "x");
  response.headers["Content-Security-Policy"] = "default-src 'self'";
  EXPECT_THAT(ResponseHead(response, false, "i", {0}),
              HasSubstr("Content-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\n"));
}

TEST(Wire, AnEmptyAnswerHasNoLength) {
  EXPECT_THAT(ResponseHead(Response::Empty(204), false, "i", {0}),
              Not(HasSubstr("Content-Length")));
  EXPECT_EQ(HttpDate({0}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(HttpDate({951'827'696}), "Tue, 29 Feb 2000 12:34:56 GMT");
}

}  // namespace
}  // namespace polder::server::http
