#include "src/api/request_parser.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace retainer::api {
namespace {

constexpr std::uint64_t kMost = 25 * 1024 * 1024;
using Body = RequestParser::Body;

int ReadHead(const std::string& head) {
  HttpRequest request;
  request.head = head;
  return RequestParser().ReadHead(request, {});
}

// A head with these fields.
int ReadFields(const std::string& fields, const char* version = "1.1") {
  return ReadHead(absl::StrCat("POST /x HTTP/", version, "\r\nHost: x\r\n", fields, "\r\n"));
}

TEST(RequestParser, ReadsAHead) {
  HttpRequest request;
  request.head =
      "POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Id: \t d%41 \t\r\nx-id: 2\r\nEmpty:\r\n"
      "Content-Length: 12\r\n\r\n";
  ASSERT_EQ(RequestParser().ReadHead(request, {}), 0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/a?b=c");
  EXPECT_EQ(request.Find("X-ID"), "d%41");
  EXPECT_EQ(request.FindAll("x-id"), (std::vector<std::string>{"d%41", "2"}));
  EXPECT_TRUE(request.Has("empty"));
  EXPECT_FALSE(request.Has("x-i"));
  EXPECT_EQ(request.length, 12u);
  EXPECT_FALSE(request.chunked);
  EXPECT_TRUE(request.keep_alive);
}

TEST(RequestParser, KnowsWhetherAnotherRequestMayFollow) {
  const auto keeps = [](const std::string& head) {
    HttpRequest request;
    request.head = head;
    EXPECT_EQ(RequestParser().ReadHead(request, {}), 0) << head;
    return request.keep_alive;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: x\r\nConnection: x, Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestParser, ARequestLineHasThreeParts) {
  for (const char* line :
       {"", " ", "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1",
        "GET /a b HTTP/1.1", "G(T / HTTP/1.1", "GET /\tHTTP/1.1", "GET / HTTP/1.2",
        "GET / HTTP/2.0", "GET / HTTP/11", "GET / http/1.1", "GET / HTTP/1.1x", "GET /a#b HTTP/1.1",
        "GET /\x01 HTTP/1.1", "\r\nGET / HTTP/1.1"}) {
    EXPECT_EQ(ReadHead(absl::StrCat(line, "\r\nHost: x\r\n\r\n")), 400) << line;
  }
}

TEST(RequestParser, WhatTwoReadersCouldReadDifferentlyIsNoHead) {
  using namespace std::string_literals;
  for (const std::string& wrong : {"X: a\0b\r\n"s,
                                   "X: a\rY: b\r\n"s,
                                   "X: a\nY: b\r\n"s,
                                   "X: a\x7f\r\n"s,
                                   "X: a\r\n folded\r\n"s,
                                   "X: a\r\n\tfolded\r\n"s,
                                   "X:\r\n folded\r\n"s,
                                   "no field\r\n"s,
                                   ": a\r\n"s,
                                   "X : a\r\n"s,
                                   " X: a\r\n"s,
                                   "X\t: a\r\n"s,
                                   "X(: a\r\n"s,
                                   "Content-Length: 1\r\nContent-Length: 2\r\n"s,
                                   "Content-Length: 1, 1\r\n"s,
                                   "Content-Length: 1, 2\r\n"s,
                                   "Content-Length:\r\n"s,
                                   "Content-Length: +1\r\n"s,
                                   "Content-Length: -1\r\n"s,
                                   "Content-Length: 0x1\r\n"s,
                                   "Content-Length: %31\r\n"s,
                                   "Content-Length: 1 1\r\n"s,
                                   "Content-Length: 99999999999999999999\r\n"s,
                                   "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"s,
                                   "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"s,
                                   "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"s,
                                   "Transfer-Encoding: gzip, chunked\r\n"s,
                                   "Transfer-Encoding: chunked, gzip\r\n"s,
                                   "Transfer-Encoding: identity\r\n"s,
                                   "Transfer-Encoding: xchunked\r\n"s,
                                   "Transfer-Encoding:\r\n"s,
                                   "Transfer-Encoding: chunked;x\r\n"s,
                                   "Transfer-Encoding: \vchunked\r\n"s,
                                   "Host: x\r\n"s,
                                   "Host: y\r\n"s,
                                   "host:\r\n"s}) {
    EXPECT_EQ(ReadFields(wrong), 400) << wrong;
  }
  EXPECT_EQ(ReadFields("Content-Length: 1\r\nContent-Length: 1\r\n"), 0) << "they agree";
  EXPECT_EQ(ReadFields("Transfer-Encoding: Chunked\r\n"), 0);
  EXPECT_EQ(ReadFields("Transfer-Encoding: chunked\r\n", "1.0"), 400);
  EXPECT_EQ(ReadHead("GET / HTTP/1.1\r\n\r\n"), 400) << "no host";
  EXPECT_EQ(ReadHead("GET / HTTP/1.0\r\n\r\n"), 0);
  EXPECT_EQ(ReadHead("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 0) << "one without a name";
}

TEST(RequestParser, AHeadHasAnEnd) {
  EXPECT_EQ(ReadHead("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 414);
  EXPECT_EQ(ReadFields("X: " + std::string(9000, 'a') + "\r\n"), 431);
  EXPECT_EQ(ReadFields("X: " + std::string(8000, 'a') + "\r\n"), 0);
  std::string many;
  for (int i = 0; i < 99; ++i) absl::StrAppend(&many, "X: a\r\n");
  EXPECT_EQ(ReadFields(many), 0);
  EXPECT_EQ(ReadFields(many + "X: a\r\n"), 431);
}

// Parses a chunked body, whole or byte by byte: returns the result and the content.
std::pair<Body, std::string> ReadChunks(const std::string& body, std::uint64_t most = kMost) {
  std::pair<Body, std::string> read[2];
  for (const bool bytewise : {false, true}) {
    HttpRequest request;
    request.head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    RequestParser parser;
    EXPECT_EQ(parser.ReadHead(request, {}), 0);
    Body state = Body::kMore;
    std::size_t start = 0;
    for (std::size_t end = bytewise ? 1 : body.size(); end <= body.size() && state == Body::kMore;
         ++end) {
      std::size_t used = 0;
      state = parser.ReadBody(std::string_view(body).substr(start, end - start), most, &used);
      start += used;
    }
    read[bytewise] = {state, request.body};
  }
  EXPECT_EQ(read[0].first, read[1].first) << body << ": however it is cut";
  EXPECT_EQ(read[0].second, read[1].second) << body;
  return read[0];
}

TEST(RequestParser, FollowsChunks) {
  EXPECT_EQ(ReadChunks("0\r\n\r\n"), std::pair(Body::kWhole, std::string()));
  EXPECT_EQ(ReadChunks("2\r\n{}\r\n0\r\n\r\n"), std::pair(Body::kWhole, std::string("{}")));
  EXPECT_EQ(ReadChunks("00A\r\n0\r\n\r\n\r\n\r\n1\r\nb;x=\"y\"\r\n01234567890\r\n0\r\n\r\n"),
            std::pair(Body::kWhole, std::string("0\r\n\r\n\r\n\r\n1") + std::string("01234567890")))
      << "sizes are hexadecimal";
  EXPECT_EQ(ReadChunks("2 ; x\r\n{}\r\n0;" + std::string(1000, 'x') + "\r\n\r\n"),
            std::pair(Body::kWhole, std::string("{}")));
  EXPECT_EQ(ReadChunks("fffff\r\nx").first, Body::kMore) << "as long as it comes";
  EXPECT_EQ(ReadChunks("0\r\n\r\nX").first, Body::kWhole) << "what follows is the next request";
}

TEST(RequestParser, ChunksThatTwoReadersCouldReadDifferentlyAreNone) {
  for (const char* wrong : {"\r\n",
                            ";x\r\n",
                            "0x2\r\n{}\r\n0\r\n\r\n",
                            "+2\r\n{}\r\n",
                            "-2\r\n",
                            " 2\r\n{}\r\n",
                            "2\n{}\r\n",
                            "2\r{}\r\n",
                            "2x\r\n{}\r\n",
                            "2;\nx\r\n",
                            "2;\x01\r\n",
                            "2;x=\"\n\"\r\n{}\r\n",
                            "2;x=\"\x01\"\r\n{}\r\n",
                            "2;x=\"\r\n{}\r\n0\r\n\r\n\"\r\n",
                            "1\r\n{}\r\n0\r\n\r\n",
                            "3\r\n{}\r\n0\r\n",
                            "2\r\n{}0\r\n\r\n",
                            "0\r\nX: y\r\n\r\n",
                            "0\r\nContent-Length: 1\r\n\r\n",
                            "0\r\n X\r\n\r\n"}) {
    EXPECT_EQ(ReadChunks(wrong).first, Body::kBroken) << wrong;
  }
  EXPECT_EQ(ReadChunks("2;" + std::string(1100, 'x')).first, Body::kBroken) << "its lines end";
  EXPECT_EQ(ReadChunks("0\r\n" + std::string(1100, 'x')).first, Body::kBroken) << "so do these";
}

TEST(RequestParser, ChunksTogetherAreCappedBeforeTheyCome) {
  EXPECT_EQ(ReadChunks("5\r\n", 4).first, Body::kTooLarge);
  EXPECT_EQ(ReadChunks("4\r\nabcd\r\n0\r\n\r\n", 4).first, Body::kWhole);
  EXPECT_EQ(ReadChunks("4\r\nabcd\r\n1\r\n", 4).first, Body::kTooLarge);
  EXPECT_EQ(ReadChunks("fffffffffffffff\r\nx").first, Body::kTooLarge);
  EXPECT_EQ(ReadChunks("ffffffffffffffff\r\nx").first, Body::kTooLarge);
  EXPECT_EQ(ReadChunks("1000000000000000000\r\n").first, Body::kBroken) << "no number";
}

TEST(RequestParser, ABodyOfAKnownLengthEndsThere) {
  HttpRequest request;
  request.head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n";
  RequestParser parser;
  ASSERT_EQ(parser.ReadHead(request, {}), 0);
  std::size_t used = 0;
  EXPECT_EQ(parser.ReadBody("ab", kMost, &used), Body::kMore);
  EXPECT_EQ(used, 2u);
  EXPECT_EQ(parser.ReadBody("cdGET", kMost, &used), Body::kWhole);
  EXPECT_EQ(used, 2u);
  EXPECT_EQ(request.body, "abcd");
}

}  // namespace
}  // namespace retainer::api
