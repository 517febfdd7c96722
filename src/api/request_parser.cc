#include "src/api/request_parser.h"

// Rationale: Beast 1.74 asserts that two more bytes come with the last chunk's line; otherwise it
// handles their absence correctly. A client must not abort a debug build by sending bytes one by
// one.
#define BOOST_DISABLE_ASSERTS

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace retainer::api {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

// A chunk's line: its size and its extensions.
constexpr std::size_t kLongestChunkLine = 1024;

std::string_view View(boost::beast::string_view s) { return {s.data(), s.size()}; }

bool IsControl(char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t'; }

// Checks the lines' length and number, and that none is folded. Beast checks their ends.
int CheckLines(std::string_view head, const HeadLimits& limits) {
  std::size_t lines = 0;
  while (head.size() > 2) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    if (end > limits.max_line) return lines == 0 ? 414 : 431;
    if (end > 0 && (head.front() == ' ' || head.front() == '\t')) return 400;
    if (++lines > limits.max_fields + 1) return 431;
    head.remove_prefix(std::min(end + 2, head.size()));
  }
  return 0;
}

}  // namespace

class RequestParser::Impl final : public http::basic_parser<true> {
 public:
  Impl() {
    // The caller limits both, in the same way for all bodies. (Without a limit, Beast would refuse
    // every length.)
    header_limit(std::numeric_limits<std::uint32_t>::max());
    body_limit(std::numeric_limits<std::uint64_t>::max());
  }

  int ReadHead(HttpRequest& request, const HeadLimits& limits) {
    request_ = &request;
    if (const int wrong = CheckLines(request.head, limits)) return wrong;
    eager(false);  // stops after the head
    error_code error;
    std::size_t used = 0;
    while (!error && !is_header_done()) {
      used += put({request.head.data() + used, request.head.size() - used}, error);
    }
    if (error || used != request.head.size()) return 400;
    // A proxy that used the other Host, or none, would have meant another site.
    if (hosts_ > 1 || (hosts_ == 0 && version_ == 11)) return 400;
    request.keep_alive = keep_alive();
    request.chunked = chunked();
    request.length = content_length().value_or(0);
    return 0;
  }

  Body ReadBody(std::string_view bytes, std::uint64_t max, std::size_t* used) {
    max_ = max;
    *used = 0;
    eager(true);
    while (!is_done()) {
      error_code error;
      *used += put({bytes.data() + *used, bytes.size() - *used}, error);
      if (too_large_) return Body::kTooLarge;
      if (error == http::error::need_more || (!error && *used == bytes.size() && !is_done())) {
        return bytes.size() - *used > kLongestChunkLine ? Body::kBroken : Body::kMore;
      }
      if (error) return Body::kBroken;
    }
    return Body::kWhole;
  }

 private:
  void on_request_impl(http::verb, boost::beast::string_view method,
                       boost::beast::string_view target, int version, error_code& error) override {
    request_->method = View(method);
    request_->target = View(target);
    version_ = version;
    // No client sends a fragment; a reader that took it for a part of the path would see another
    // path.
    if (target.find('#') != target.npos) error = http::error::bad_target;
  }

  void on_field_impl(http::field field, boost::beast::string_view name,
                     boost::beast::string_view value, error_code& error) override {
    if (is_header_done()) {  // after the last chunk
      error = http::error::bad_field;
      return;
    }
    if (field == http::field::host) ++hosts_;
    if (field == http::field::content_length &&
        !std::all_of(value.begin(), value.end(),
                     [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); })) {
      error = http::error::bad_content_length;
    }
    if (field == http::field::transfer_encoding &&
        (version_ != 11 || !absl::EqualsIgnoreCase({value.data(), value.size()}, "chunked"))) {
      error = http::error::bad_transfer_encoding;
    }
    request_->fields.push_back({View(name), View(value)});
  }

  void on_chunk_header_impl(std::uint64_t size, boost::beast::string_view extensions,
                            error_code& error) override {
    if (extensions.size() > kLongestChunkLine ||
        std::any_of(extensions.begin(), extensions.end(), IsControl)) {
      error = http::error::bad_chunk_extension;
    } else if (size > max_ - std::min<std::uint64_t>(max_, request_->body.size())) {
      too_large_ = true;
      error = http::error::body_limit;
    }
  }

  std::size_t on_body_impl(boost::beast::string_view body, error_code&) override {
    request_->body.append(body.data(), body.size());
    return body.size();
  }

  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view body,
                                 error_code& error) override {
    return on_body_impl(body, error);
  }

  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  HttpRequest* request_ = nullptr;
  int version_ = 0;
  int hosts_ = 0;
  std::uint64_t max_ = 0;
  bool too_large_ = false;
};

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::~RequestParser() = default;

int RequestParser::ReadHead(HttpRequest& request, const HeadLimits& limits) {
  return impl_->ReadHead(request, limits);
}

RequestParser::Body RequestParser::ReadBody(std::string_view bytes, std::uint64_t max,
                                            std::size_t* used) {
  return impl_->ReadBody(bytes, max, used);
}

}  // namespace retainer::api
