// Any bytes under any event header: an event or a refusal, nothing else.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "retainer/subscriber.h"
#include "webhooks/json_body.h"
#include "webhooks/json_strict.h"
#include "webhooks/receivers.h"

namespace {

std::unique_ptr<retainer::WebhookReceiver> Make(retainer::ForgeKind kind) {
  retainer::ForgeConfig config;
  config.name = kind == retainer::ForgeKind::kGitHub ? "github" : "gitlab";
  config.kind = kind;
  config.webhook_secrets = {{"secret", {{config.name, "acme/**"}}}};
  return *retainer::webhooks::MakeReceiver(config);
}

constexpr std::array<std::string_view, 22> kEvents = {"issues",
                                                      "issue_comment",
                                                      "pull_request",
                                                      "pull_request_review",
                                                      "pull_request_review_comment",
                                                      "label",
                                                      "push",
                                                      "repository",
                                                      "installation",
                                                      "installation_repositories",
                                                      "marketplace_purchase",
                                                      "sponsorship",
                                                      "ping",
                                                      "Issue Hook",
                                                      "Confidential Issue Hook",
                                                      "Note Hook",
                                                      "Confidential Note Hook",
                                                      "Merge Request Hook",
                                                      "Push Hook"};

// Nobody who sponsors in private has a name, except companies. Whatever was said, times do not end
// before they begin.
void TakeSubscription(const retainer::Event& event) {
  if (!event.subscription || event.account.id.empty()) std::abort();
  const retainer::Subscription& said = *event.subscription;
  if (said.is_private && !said.organization && !event.account.login.empty()) std::abort();
  if (said.cents < 0 || said.cents_before < 0) std::abort();
  const auto fact = retainer::MakeSubscriptionFact(
      said.sponsorable.empty() ? retainer::CustomerFactKind::kPurchase
                               : retainer::CustomerFactKind::kSponsorship,
      {event.forge, event.account}, said, "1", absl::FromUnixSeconds(1'772'560'800));
  for (const retainer::BoughtTime& time : retainer::ReadSubscriber({fact}).times) {
    if (time.until <= time.from) std::abort();
  }
}

}  // namespace

// The first byte chooses the event. The rest is the body. The whole is a delivery without a valid
// signature.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto github = Make(retainer::ForgeKind::kGitHub);
  static const auto gitlab = Make(retainer::ForgeKind::kGitLab);
  if (size == 0) return 0;
  const std::size_t which = data[0] % kEvents.size();
  const auto& receiver = which < 14 ? github : gitlab;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);

  // The fast reader refuses what the strict reader refuses, with the same message.
  if (retainer::webhooks::Body::Parse(body).status() !=
      retainer::webhooks::ReadStrictly(body).status())
    std::abort();

  retainer::Delivery delivery;
  delivery.forge = receiver->forge();
  delivery.event_type = kEvents[which];
  delivery.body = body;
  delivery.received = absl::FromUnixSeconds(1'772'560'800);
  const auto event = receiver->Parse(delivery);
  if (event.ok()) {
    for (const retainer::Fact& fact : event->facts) {
      if (fact.id.empty() || fact.at > delivery.received + absl::Minutes(10)) std::abort();
    }
    if (event->kind == retainer::EventKind::kSubscription) TakeSubscription(*event);
  }
  receiver->GuessEventType(body);

  // The token is right, so that the intake goes on to check the body.
  const retainer::Headers headers = {{"X-Gitlab-Token", "secret"},
                                     {"X-Gitlab-Event", delivery.event_type},
                                     {"X-Hub-Signature-256", std::string(body.substr(0, 80))}};
  receiver->Verify(headers, body, delivery.received);
  return 0;
}
