#include "src/sinks/transport.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "retainer/forge.h"
#include "src/sinks/address.h"

namespace retainer::sinks {
namespace {

constexpr absl::Duration kLongestPause = absl::Hours(24);

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, FreeCurl>;
using List = std::unique_ptr<curl_slist, FreeCurl>;

struct Url {
  std::string scheme;
  std::string host;
};

std::optional<std::string> Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return std::nullopt;
  std::string copy(text);
  curl_free(text);
  return copy;
}

std::optional<Url> ParseUrl(const std::string& text) {
  const std::unique_ptr<CURLU, FreeCurl> url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return std::nullopt;
  }
  const auto scheme = Part(url.get(), CURLUPART_SCHEME);
  auto host = Part(url.get(), CURLUPART_HOST);
  if (!scheme || !host || host->empty()) return std::nullopt;
  if (host->front() == '[' && host->back() == ']') *host = host->substr(1, host->size() - 2);
  return Url{*scheme, absl::AsciiStrToLower(*host)};
}

void Append(List* list, const std::string& text) {
  curl_slist* longer = curl_slist_append(list->get(), text.c_str());
  if (longer == nullptr) return;
  (void)list->release();
  list->reset(longer);
}

// Checks the address at the moment of connecting, so that a later change of the name's address has
// no effect.
struct Gate {
  bool may_be_private = false;
  bool only_loopback = false;
  std::optional<AddressKind> refused;

  bool Admits(AddressKind kind) const {
    if (only_loopback) return may_be_private && kind == AddressKind::kLoopback;
    return kind == AddressKind::kPublic || (may_be_private && kind != AddressKind::kUnusable);
  }

  static curl_socket_t Open(void* self, curlsocktype, curl_sockaddr* address) {
    Gate& gate = *static_cast<Gate*>(self);
    const AddressKind kind = KindOf(address->addr, address->addrlen);
    if (!gate.Admits(kind)) {
      gate.refused = kind;
      return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }
};

struct Source {
  std::string_view left;
  static std::size_t Read(char* to, std::size_t size, std::size_t count, void* self) {
    Source& source = *static_cast<Source*>(self);
    const std::size_t given = std::min(size * count, source.left.size());
    std::memcpy(to, source.left.data(), given);
    source.left.remove_prefix(given);
    return given;
  }
};

// Answers are not read. Returning 0 stops a long one.
std::size_t Drop(char*, std::size_t size, std::size_t count, void* self) {
  std::size_t& left = *static_cast<std::size_t*>(self);
  const std::size_t bytes = size * count;
  if (bytes > left) return 0;
  left -= bytes;
  return bytes;
}

class Call {
 public:
  // REQUIRES: the endpoint outlives the call.
  Call(const Endpoint& endpoint, const TransportLimits& limits, const std::string& authorities)
      : curl_(curl_easy_init()) {
    const auto url = ParseUrl(endpoint.url);
    if (!curl_ || !url) return;
    host_ = url->host;
    scheme_ = url->scheme;
    if (scheme_ != "http" && scheme_ != "https" && scheme_ != "smtp" && scheme_ != "smtps") return;
    const bool is_clear = scheme_ == "http" || (scheme_ == "smtp" && endpoint.may_be_clear);
    if (is_clear && !endpoint.may_be_clear) return;
    gate_.may_be_private = endpoint.may_be_private;
    gate_.only_loopback = is_clear;
    is_usable_ = true;
    Set(CURLOPT_URL, endpoint.url.c_str());
    Set(CURLOPT_PROTOCOLS_STR, scheme_.c_str());
    Set(CURLOPT_FOLLOWLOCATION, 0L);
    Set(CURLOPT_PROXY, "");
    Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(limits.connect)));
    Set(CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(limits.whole)));
    Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    Set(CURLOPT_USE_SSL, static_cast<long>(is_clear ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!authorities.empty()) Set(CURLOPT_CAINFO, authorities.c_str());
    if (!endpoint.user.empty()) {
      Set(CURLOPT_USERNAME, endpoint.user.c_str());
      Set(CURLOPT_PASSWORD, endpoint.password.c_str());
    }
    Set(CURLOPT_OPENSOCKETFUNCTION, &Gate::Open);
    Set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&gate_));
    Set(CURLOPT_WRITEFUNCTION, &Drop);
    Set(CURLOPT_WRITEDATA, static_cast<void*>(&answer_left_));
  }

  template <typename Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(curl_.get(), option, value);
  }

  bool is_usable() const { return is_usable_; }
  bool IsMail() const { return absl::StartsWith(scheme_, "smtp"); }

  // OK when the exchange completed and, for HTTP, was answered with 2xx.
  absl::Status Perform() {
    const absl::Status status = Exchange();
    if (!status.ok() || IsMail()) return status;
    long answer = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &answer);
    return Judge(answer);
  }

  absl::Status Exchange() {
    if (!curl_) return absl::UnavailableError("out of memory");
    if (!is_usable_) {
      return absl::InvalidArgumentError(
          "the sink's url is not an https, smtp or smtps address, or is not encrypted");
    }
    const CURLcode code = curl_easy_perform(curl_.get());
    long answer = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &answer);
    // An answer that was too long is still an answer.
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && !IsMail())) return Trouble(code, answer);
    return absl::OkStatus();
  }

 private:
  absl::Status Trouble(CURLcode code, long answer) const {
    if (gate_.refused && (code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT)) {
      if (gate_.only_loopback) {
        return absl::FailedPreconditionError(absl::StrCat(
            host_, " has a ", std::string(AddressKindName(*gate_.refused)),
            " address: without encryption nothing is sent but to a loopback address that "
            "allow_private names"));
      }
      return absl::FailedPreconditionError(absl::StrCat(
          host_, " has a ", std::string(AddressKindName(*gate_.refused)),
          " address, to which nothing is sent",
          *gate_.refused == AddressKind::kUnusable
              ? ""
              : absl::StrCat("; write allow_private: [\"", host_, "\"] if it may be")));
    }
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT) {
      return absl::InvalidArgumentError("the sink's url is not an address for notices");
    }
    if (IsMail() && code == CURLE_USE_SSL_FAILED) {
      return absl::UnavailableError(
          absl::StrCat(host_, " offers no encryption (STARTTLS), and nothing is sent without"));
    }
    if (IsMail() && code != CURLE_OPERATION_TIMEDOUT && code != CURLE_LOGIN_DENIED &&
        answer >= 400 && answer < 600) {
      const std::string text = absl::StrCat(host_, " refused the mail (", answer, ")");
      return answer < 500 ? absl::UnavailableError(text) : absl::FailedPreconditionError(text);
    }
    return absl::UnavailableError(absl::StrCat(host_, ": ", curl_easy_strerror(code)));
  }

  absl::Status Judge(long answer) const {
    if (answer >= 200 && answer < 300) return absl::OkStatus();
    const std::string text = absl::StrCat(host_, " answered ", answer);
    if (answer >= 300 && answer < 400) {
      return absl::FailedPreconditionError(
          absl::StrCat(text, ", a redirect: write the address it leads to into the sink's url"));
    }
    if (answer == 410) {
      return absl::FailedPreconditionError(
          absl::StrCat(text, ": the receiver is gone; change the sink's url"));
    }
    curl_off_t seconds = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RETRY_AFTER, &seconds);
    const absl::Status status =
        answer == 429 ? absl::ResourceExhaustedError(text) : absl::UnavailableError(text);
    if (seconds <= 0) return status;
    return WithRetryAfter(status, std::min(absl::Seconds(seconds), kLongestPause));
  }

  const Handle curl_;
  std::string host_;
  std::string scheme_;
  bool is_usable_ = false;
  Gate gate_;
  std::size_t answer_left_ = 64 << 10;
};

}  // namespace

Transport::Transport(TransportLimits limits, std::string authorities)
    : limits_(limits), authorities_(std::move(authorities)) {
  curl_global_init(CURL_GLOBAL_DEFAULT);  // libcurl counts these calls
}

Transport::~Transport() { curl_global_cleanup(); }

absl::Status Transport::Post(const Endpoint& endpoint, const std::vector<std::string>& headers,
                             const std::string& body) const {
  List list;
  for (const std::string& header : headers) Append(&list, header);
  Append(&list, "Expect:");
  Call call(endpoint, limits_, authorities_);
  if (call.is_usable()) {
    call.Set(CURLOPT_HTTPHEADER, list.get());
    call.Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    call.Set(CURLOPT_POSTFIELDS, body.c_str());
  }
  return call.Perform();
}

absl::Status Transport::Send(const Endpoint& endpoint, const Letter& letter) const {
  List to;
  for (const std::string& address : letter.to) Append(&to, absl::StrCat("<", address, ">"));
  const std::string from = absl::StrCat("<", letter.from, ">");
  Source source{letter.message};
  Call call(endpoint, limits_, authorities_);
  if (call.is_usable()) {
    call.Set(CURLOPT_MAIL_FROM, from.c_str());
    call.Set(CURLOPT_MAIL_RCPT, to.get());
    call.Set(CURLOPT_UPLOAD, 1L);
    call.Set(CURLOPT_READFUNCTION, &Source::Read);
    call.Set(CURLOPT_READDATA, static_cast<void*>(&source));
  }
  return call.Perform();
}

absl::Status Transport::Connect(const Endpoint& endpoint) const {
  Call call(endpoint, limits_, authorities_);
  if (call.is_usable()) call.Set(CURLOPT_CONNECT_ONLY, 1L);
  return call.Exchange();
}

std::string HostOf(const std::string& url) {
  const auto parsed = ParseUrl(url);
  return parsed ? parsed->host : "";
}

}  // namespace retainer::sinks
