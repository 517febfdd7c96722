// Any status, headers and body from a forge: the client returns an answer or an error, and ends.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/forge/clients_internal.h"
#include "src/forge/http.h"
#include "src/forge/json.h"
#include "src/forge/response_headers.h"
#include "src/forge/url.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_log.h"

namespace {

using retainer::forge::HttpRequest;
using retainer::forge::HttpResponse;

constexpr std::array<int, 16> kStatuses = {200, 201, 204, 206, 301, 304, 400, 401,
                                           403, 404, 409, 410, 422, 429, 500, 503};
// The most calls that one question may cost.
constexpr std::size_t kMostCalls = 100;
// After these pages no `Link` leads on, because the reader's own limit is far away.
constexpr std::size_t kMostPages = 6;

// Answers from the input, used in turn: a byte of status, a line of headers (`Name: value|Name:
// value`), and the body up to a zero byte.
class Answers final : public retainer::forge::HttpTransport {
 public:
  explicit Answers(std::string_view input) {
    while (!input.empty() && answers_.size() < 8) {
      HttpResponse response;
      response.status = kStatuses[static_cast<unsigned char>(input[0]) % kStatuses.size()];
      input.remove_prefix(1);
      const std::size_t zero = std::min(input.find('\0'), input.size());
      std::string_view one = input.substr(0, zero);
      input.remove_prefix(std::min(zero + 1, input.size()));
      const std::size_t line = std::min(one.find('\n'), one.size());
      ReadHeaders(one.substr(0, line), &response);
      response.body = one.substr(std::min(line + 1, one.size()));
      answers_.push_back(std::move(response));
    }
    if (answers_.empty()) answers_.push_back({200, {}, "{}"});
  }

  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) override {
    if (request.target.empty() || request.target[0] != '/') std::abort();
    for (const char c : request.target) {
      if (static_cast<unsigned char>(c) <= ' ') std::abort();  // it would be another request
    }
    if (++calls_ > kMostCalls) std::abort();
    HttpResponse answer = answers_[calls_ % answers_.size()];
    if (calls_ % kMostPages == 0) answer.headers.erase("Link");
    return answer;
  }
  void Forget() { calls_ = 0; }

 private:
  static void ReadHeaders(std::string_view line, HttpResponse* response) {
    while (!line.empty()) {
      const std::size_t bar = std::min(line.find('|'), line.size());
      const std::string_view header = line.substr(0, bar);
      line.remove_prefix(std::min(bar + 1, line.size()));
      const std::size_t colon = header.find(": ");
      if (colon == header.npos) continue;
      response->headers.emplace(std::string(header.substr(0, colon)),
                                std::string(header.substr(colon + 2)));
    }
  }

  std::vector<HttpResponse> answers_;
  std::size_t calls_ = 0;
};

void AskAll(retainer::ForgeKind kind, std::string_view input) {
  retainer::FakeClock clock{absl::FromUnixSeconds(1772323200)};
  retainer::FakeLog log;
  retainer::ForgeConfig config;
  config.name = "forge";
  config.kind = kind;
  config.api_url = "https://forge.test/api";
  config.token = "token-0123456789abcdefghijABCDEFGHIJ0123";
  auto transport = std::make_unique<Answers>(input);
  Answers& answers = *transport;
  auto made = retainer::forge::MakeForgeOver(config, clock, log, std::move(transport));
  if (!made.ok()) std::abort();
  retainer::Forge& forge = **made;
  retainer::RemoteTicket at;
  at.key = {"forge", "7", retainer::TicketKind::kIssue, 12};
  at.path = "acme/opendb";
  const auto next = [&] {
    clock.Advance(absl::Hours(2));  // past every limit that an answer may have named
    answers.Forget();
  };
  (void)forge.Self();
  next();
  (void)forge.Permission(at, {"5", "alice", false});
  next();
  (void)forge.Membership(at, "acme-inc", {"5", "alice", false});
  next();
  (void)forge.PublicEmail(at, {"5", "alice", false});
  next();
  (void)forge.FindUser("alice");
  next();
  (void)forge.FindTicket(at);
  next();
  (void)forge.FindProject("acme/opendb");
  next();
  if (const auto read = forge.ReadTicket(at); read.ok()) {
    for (const retainer::Fact& fact : read->facts) {
      if (fact.id.empty()) std::abort();
    }
  }
  next();
  (void)forge.CreateComment(at, "body");
  next();
  (void)forge.FindOwnComments(at, "<!-- marker -->", clock.Now() - absl::Hours(1));
  next();
  (void)forge.UpdateComment(at, "9", "body");
  next();
  (void)forge.RemoveLabel(at, "sla: at risk");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  AskAll(retainer::ForgeKind::kGitHub, input);
  AskAll(retainer::ForgeKind::kGitLab, input);
  (void)retainer::forge::NextPageQuery(input);
  if (const auto base = retainer::forge::ParseBaseUrl(input); base.ok()) {
    const auto again = retainer::forge::ParseBaseUrl(base->origin + base->prefix);
    if (!again.ok() || again->origin != base->origin || again->prefix != base->prefix) std::abort();
    (void)retainer::forge::SameOriginTarget(*base, input);
  }
  return 0;
}
