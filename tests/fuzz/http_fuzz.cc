// Any bytes on a connection: a request is read in the same way however its bytes are split, and
// only unambiguous requests are accepted.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "src/api/request_parser.h"
#include "src/api/request_target.h"

namespace retainer {
namespace {

constexpr std::uint64_t kMost = 4096;

void Check(bool holds) {
  if (!holds) std::abort();
}

struct Read {
  int status = 0;
  api::RequestParser::Body end = api::RequestParser::Body::kMore;
  std::string body;
  std::size_t left = 0;  // bytes after the body
};

// Reads one request from `bytes`, whose body comes in pieces of `piece`.
Read ReadIn(std::string_view bytes, std::size_t head, std::size_t piece,
            api::HttpRequest* request) {
  Read read;
  request->head = bytes.substr(0, head);
  api::RequestParser parser;
  read.status = parser.ReadHead(*request, {});
  if (read.status != 0 || !request->has_body()) return read;
  std::string_view rest = bytes.substr(head);
  std::string waiting;
  while (!rest.empty() && read.end == api::RequestParser::Body::kMore) {
    const std::size_t n = std::min(piece, rest.size());
    waiting.append(rest.substr(0, n));
    rest.remove_prefix(n);
    std::size_t used = 0;
    read.end = parser.ReadBody(waiting, kMost, &used);
    Check(used <= waiting.size());
    waiting.erase(0, used);
  }
  Check(request->body.size() <= kMost);
  read.body = request->body;
  read.left = waiting.size() + rest.size();
  return read;
}

bool IsPlain(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t';
  });
}

// An accepted head is unambiguous.
void CheckHead(const api::HttpRequest& request) {
  Check(!request.method.empty() && !request.target.empty());
  Check(IsPlain(request.method) && IsPlain(request.target));
  for (const api::HttpField& field : request.fields) {
    Check(!field.name.empty() && IsPlain(field.name) && IsPlain(field.value));
    Check(field.name.find_first_of(" \t:") == field.name.npos);
  }
  Check(request.FindAll("Host").size() <= 1);
  for (const std::string& length : request.FindAll("Content-Length")) {
    std::uint64_t declared = 0;  // if it is given twice, both values are equal
    Check(absl::SimpleAtoi(length, &declared) && declared == request.length);
  }
  Check(!request.chunked || !request.Has("Content-Length"));
  api::ReadTarget(request.target);
}

}  // namespace
}  // namespace retainer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace retainer;
  if (size < 1) return 0;
  const std::size_t piece = 1 + data[0] % 17;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return 0;
  api::HttpRequest at_once;
  api::HttpRequest in_pieces;
  const Read whole = ReadIn(bytes, end + 4, bytes.size() + 1, &at_once);
  const Read cut = ReadIn(bytes, end + 4, piece, &in_pieces);
  Check(whole.status == cut.status);
  if (whole.status != 0) return 0;
  CheckHead(at_once);
  using Body = api::RequestParser::Body;
  const auto is_end = [](Body body) { return body == Body::kWhole; };
  Check(is_end(whole.end) == is_end(cut.end));
  if (is_end(whole.end)) Check(whole.body == cut.body && whole.left == cut.left);
  return 0;
}
