// Deliveries for the tests: the room's own samples, and receivers that read them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retainer/change.h"
#include "retainer/webhook.h"
#include "webhooks/receivers.h"

namespace retainer::webhooks {

inline constexpr char kSecret[] = "sample secret";

ForgeConfig GitHubConfig();
ForgeConfig GitLabConfig();
std::unique_ptr<WebhookReceiver> GitHub();
std::unique_ptr<WebhookReceiver> GitLab();

std::string ReadFile(const std::string& path);

// A file of webhooks/{github,gitlab}/samples, e.g. `github/issues.opened`.
std::string Sample(std::string_view name);
std::vector<std::string> SampleNames(std::string_view forge);
// The event header of a sample, by its name.
std::string SampleEvent(std::string_view name);

// The instant of receipt in the tests; later than all times in the samples.
absl::Time Received();
Delivery Deliver(std::string_view forge, std::string_view event, std::string body,
                 absl::Time received = Received());

// The event of a sample; fails the test when it is refused.
Event Read(std::string_view name, absl::Time received = Received());

// The only fact of a kind; fails the test when there is not exactly one.
Fact Only(const Event& event, FactKind kind);
std::vector<Fact> All(const Event& event, FactKind kind);
// The state of the change that the event shows.
std::optional<ChangeInfo> SeenIn(const Event& event);

std::string Hmac(std::string_view key, std::string_view text);  // hexadecimal
absl::Time At(std::string_view rfc3339);

}  // namespace retainer::webhooks
