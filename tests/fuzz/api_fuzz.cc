// Any request to the REST API from any caller: there is an answer, never an internal error.
// Whatever its parsers accept, they write again unchanged.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "src/api/client_address.h"
#include "src/api/exchange.h"
#include "src/api/http_message.h"
#include "src/api/oidc.h"
#include "src/api/routes.h"
#include "src/pipeline/ticket_cursor.h"
#include "tests/fakes/test_issuer.h"
#include "tests/pipeline/world.h"

namespace retainer {
namespace {

using pipeline::At;
using pipeline::kDave;
using pipeline::kErin;
using pipeline::MakePolicy;
using pipeline::MakeTerms;
using pipeline::World;

void Check(bool holds) {
  if (!holds) std::abort();
}

class Asked : public World {
 public:
  Asked() {
    Policy policy = MakePolicy(/*is_public=*/false);
    Customer globex = policy.customers[0];
    globex.id = "globex";
    globex.alias = "c-111";
    globex.contacts.logins = {{"github", "erin"}};
    globex.is_public = true;
    policy.customers.push_back(globex);
    terms.Set({MakeTerms("v1", At(-60 * 24), policy)});
    desk = std::make_unique<pipeline::Desk>(
        pipeline::DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, {}},
        pipeline::DeskOptions{});
    desk->SetTerms({MakeTerms("v1", At(-60 * 24), policy)});
    Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
    Deliver("d2", MakeEvent(2, kErin, {Opened(kErin, 0)}));
    Work();
    clock.Advance(absl::Hours(5));

    OidcConfig entry;
    entry.issuer = issuer.url();
    entry.audience = "retainer";
    entry.repository_ids = {77};
    entry.projects = {{"github", "acme/opendb"}};
    entry.scope = "read";
    oidc = std::make_unique<api::OidcVerifier>(
        std::vector<OidcConfig>{entry}, clock,
        [this](const std::string& url) -> absl::StatusOr<std::string> {
          return url.ends_with("/keys") ? issuer.Keys() : issuer.Configuration();
        });
  }
  void TestBody() override {}

  // One byte chooses the route, one byte the caller. Then come the variable part of the path, and
  // lines with parameters in the route's order.
  void Ask(std::string_view input) {
    if (input.size() < 2) return;
    const api::Route& route = routes[static_cast<unsigned char>(input[0]) % routes.size()];
    const unsigned char who = static_cast<unsigned char>(input[1]);
    input.remove_prefix(2);
    const auto line = [&] {
      const std::size_t end = std::min(input.find('\n'), input.size());
      std::string text(input.substr(0, end));
      input.remove_prefix(std::min(end + 1, input.size()));
      return text;
    };
    api::ApiRequest request;
    request.id = "r1";
    api::Caller caller{"t", who & 1 ? "gate" : "read", {}, {}, ""};
    if (who & 2) caller.projects = {{"github", "acme/opendb"}};
    if (who & 4) caller.customer = who & 8 ? "acme" : "globex";
    if (route.access != api::Access::kOpen) request.caller = caller;
    request.in_path = line();
    for (const std::string& name : route.parameters) {
      const std::string value = line();
      if (!value.empty()) request.parameters[name] = value;
    }
    const api::ApiContext context{*desk, store, clock, log};
    const api::ApiAnswer answer = route.handle(context, request);
    Check(answer.status == 200 || (answer.status >= 400 && answer.status < 500));
    if (answer.status == 200 && answer.type == "application/json") {
      Check(!nlohmann::json::parse(answer.body, nullptr, false).is_discarded());
    }
  }

  const std::vector<api::Route> routes = api::MakeRoutes({});
  TestIssuer issuer{"https://issuer.test"};
  std::unique_ptr<pipeline::Desk> desk;
  std::unique_ptr<api::OidcVerifier> oidc;
};

void Parsers(std::string_view text) {
  if (const auto place = pipeline::ReadCursor(text, "filters")) {
    Check(pipeline::ReadCursor(pipeline::WriteCursor(*place, "filters"), "filters").has_value());
    Check(!pipeline::ReadCursor(pipeline::WriteCursor(*place, "filters"), "others").has_value());
  }
  if (const auto address = api::PlainAddress(text)) {
    Check(api::PlainAddress(*address) == address);
    api::ClientNetwork(*address);
  }
  static const api::TrustedProxies proxies({"127.0.0.1", "::1"});
  proxies.ClientOf("127.0.0.1", {std::string(text)});
  api::TakesGzip(text);
  api::NamesTag(text, api::EntityTag("x"));
  Check(api::RequestId(text).size() <= 200);
}

}  // namespace
}  // namespace retainer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static retainer::Asked asked;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  asked.Ask(input);
  retainer::Parsers(input);
  // Only the issuer can sign.
  if (asked.oidc->Verify(input).ok()) std::abort();
  return 0;
}
