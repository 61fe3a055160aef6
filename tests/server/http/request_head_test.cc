#include "server/http/request_head.h"

#include <gtest/gtest.h>

namespace polder::server::http {
namespace {

int Status(std::string_view head, const Limits& limits = {}) {
  const auto outcome = ParseRequestHead(head, limits);
  const auto* refusal = std::get_if<HeadRefusal>(&outcome);
  return refusal == nullptr ? 200 : refusal->status;
}

std::string Code(std::string_view head) {
  const auto outcome = ParseRequestHead(head, {});
  const auto* refusal = std::get_if<HeadRefusal>(&outcome);
  return refusal == nullptr ? "" : refusal->code;
}

TEST(RequestHead, ReadsAPlainRequestCompletely) {
  const auto outcome = ParseRequestHead(
      "POST /v1/x%20y?a=1&b=x+y HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\naccept: a\r\n"
      "Accept:  b \r\nExpect: 100-Continue\r\n\r\n",
      {});
  ASSERT_TRUE(std::holds_alternative<RequestHead>(outcome));
  const auto& head = std::get<RequestHead>(outcome);
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path, "/v1/x%20y");
  EXPECT_EQ(head.query.find("b")->second, "x y");
  EXPECT_EQ(head.headers.at("ACCEPT"), "a, b");
  EXPECT_EQ(head.body_length, 12u);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.expect_continue);
}

TEST(RequestHead, TakesTheAbsoluteFormWithoutItsAuthority) {
  const auto outcome = ParseRequestHead("GET https://other:1/a?b HTTP/1.1\r\nHost: h\r\n\r\n", {});
  ASSERT_TRUE(std::holds_alternative<RequestHead>(outcome));
  EXPECT_EQ(std::get<RequestHead>(outcome).path, "/a");
  EXPECT_EQ(Status("GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(Status("GET http://only-a-host HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

struct Case {
  const char* name;
  std::string_view head;
  int status;
  const char* code;
};

class RefusedHead : public testing::TestWithParam<Case> {};

TEST_P(RefusedHead, IsRefusedWithItsOwnCode) {
  EXPECT_EQ(Status(GetParam().head), GetParam().status);
  EXPECT_EQ(Code(GetParam().head), GetParam().code);
}

using namespace std::string_view_literals;

INSTANTIATE_TEST_SUITE_P(
    Framing, RefusedHead,
    testing::Values(
        Case{"TwoLengths",
             "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400,
             "repeated-field"},
        Case{"TwoEqualLengths",
             "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n", 400,
             "repeated-field"},
        Case{"LengthList", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\n", 400,
             "bad-content-length"},
        Case{"LengthSigned", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\n", 400,
             "bad-content-length"},
        Case{"LengthNegative", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400,
             "bad-content-length"},
        Case{"LengthThousands", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3,000\r\n\r\n", 400,
             "bad-content-length"},
        Case{"LengthHex", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x3\r\n\r\n", 400,
             "bad-content-length"},
        Case{"LengthJunk", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3x\r\n\r\n", 400,
             "bad-content-length"},
        Case{"LengthHuge",
             "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000000000000000\r\n\r\n", 400,
             "bad-content-length"},
        Case{"LengthEmpty", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", 400,
             "bad-content-length"},
        Case{
            "LengthAndChunked",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            400, "ambiguous-framing"},
        Case{"ChunkedAndLength",
             "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\nContent-Length: "
             "3\r\n\r\n",
             400, "ambiguous-framing"},
        Case{"Chunked", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 411,
             "length-required"},
        Case{"ChunkedOnGet", "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 411,
             "length-required"},
        Case{"ChunkedIn10", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
             "ambiguous-framing"},
        Case{"NoLength", "POST / HTTP/1.1\r\nHost: h\r\n\r\n", 411, "length-required"},
        Case{"BodyOnGet", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", 400,
             "unexpected-body"},
        Case{"SpaceBeforeColon", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 3\r\n\r\n", 400,
             "bad-field"},
        Case{"Folded", "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400, "folded-field"},
        Case{"FoldedFirst", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400, "folded-field"},
        Case{"BareLfInField", "GET / HTTP/1.1\r\nHost: h\nX: a\r\n\r\n", 400, "bad-field"},
        Case{"BareLfAfterRequestLine", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400, "bad-request-line"},
        Case{"BareLfEverywhere", "GET / HTTP/1.1\nHost: h\n\n", 400, "bad-line-ending"},
        Case{"BareLfAtTheEnd", "GET / HTTP/1.1\r\nHost: h\r\n\n", 400, "bad-line-ending"},
        Case{"BareCr", "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", 400, "bad-field"},
        Case{"Nul", "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"sv, 400, "bad-field"},
        Case{"NoColon", "GET / HTTP/1.1\r\nHost: h\r\njunk\r\n\r\n", 400, "bad-field"},
        Case{"EmptyName", "GET / HTTP/1.1\r\nHost: h\r\n: v\r\n\r\n", 400, "bad-field"},
        Case{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400, "bad-host"},
        Case{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "repeated-field"}));

INSTANTIATE_TEST_SUITE_P(
    RequestLine, RefusedHead,
    testing::Values(
        Case{"Version9", "GET / HTTP/9.9\r\nHost: h\r\n\r\n", 505, "unsupported-version"},
        Case{"VersionJunk", "GET / HTTP/1.1x\r\nHost: h\r\n\r\n", 400, "bad-version"},
        Case{"VersionLower", "GET / http/1.1\r\nHost: h\r\n\r\n", 400, "bad-version"},
        Case{"NoVersion", "GET /\r\nHost: h\r\n\r\n", 400, "bad-request-line"},
        Case{"TwoSpaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad-request-line"},
        Case{"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad-request-line"},
        Case{"Tab", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad-request-line"},
        Case{"MethodNoToken", "G@T / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad-request-line"},
        Case{"EmptyFirstLine", "\r\n\r\n", 400, "bad-request-line"},
        Case{"Relative", "GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad-target"},
        Case{"Star", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad-target"},
        Case{"Authority", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad-target"},
        Case{"Fragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad-target"},
        Case{"EightBit", "GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad-target"},
        Case{"BrokenQuery", "GET /?a=%2 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "bad-query"},
        Case{"Expectation",
             "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n", 417,
             "unknown-expectation"}));

TEST(RequestHead, HoldsEveryLimit) {
  Limits limits;
  limits.target_bytes = 10;
  limits.header_bytes = 200;
  limits.header_fields = 2;
  limits.query_parameters = 2;
  const std::string end = " HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(Status("GET /" + std::string(9, 'a') + end, limits), 200);
  EXPECT_EQ(Status("GET /" + std::string(10, 'a') + end, limits), 414);
  EXPECT_EQ(Status("GET /?a&b" + end, limits), 200);
  EXPECT_EQ(Status("GET /?a&b&c" + end, limits), 400);
  EXPECT_EQ(Status("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\n\r\n", limits), 200);
  EXPECT_EQ(Status("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nA: 2\r\n\r\n", limits), 431);
  EXPECT_EQ(Status("GET / HTTP/1.1\r\nHost: " + std::string(200, 'h') + "\r\n\r\n", limits), 431);
}

TEST(RequestHead, KeepsAConnectionOnlyWhereBothEndsMeanIt) {
  const auto keeps = [](std::string_view text) {
    return std::get<RequestHead>(ParseRequestHead(text, {})).keep_alive;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestHead, EndIsFoundOnceAndNotBefore) {
  EXPECT_EQ(FindHeadEnd("GET / HTTP/1.1\r\nHost: h\r\n\r"), std::string_view::npos);
  EXPECT_EQ(FindHeadEnd("ab\r\n\r\nrest"), 6u);
  EXPECT_EQ(FindHeadEnd("ab\n\nrest\r\n\r\n"), 4u);
  EXPECT_EQ(FindHeadEnd("ab\n\r\nrest"), 5u);
}

TEST(ContentLength, IsDigitsOnly) {
  EXPECT_EQ(ParseContentLength("0"), 0u);
  EXPECT_EQ(ParseContentLength("000123"), 123u);
  for (const auto* text : {"", " 1", "1 ", "-0", "1e3", "1234567890123456"}) {
    EXPECT_FALSE(ParseContentLength(text)) << text;
  }
}

}  // namespace
}  // namespace polder::server::http
