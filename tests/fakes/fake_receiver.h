// A receiver whose deliveries contain events made by the test.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "retainer/webhook.h"

namespace retainer {

// Thread-safe. A request is genuine if its `X-Secret` is `s`. `X-Id` is the delivery's id,
// `X-Event` its type (the type `unwanted` is not needed). A body is malformed if nothing was
// registered under the id. A body that begins with `misfit` belongs to another event. The secret
// `bound` is for acme/opendb, and `X-Project` is the id of a project with another name.
class FakeReceiver final : public WebhookReceiver {
 public:
  explicit FakeReceiver(std::string forge) : forge_(std::move(forge)) {}

  void Register(const std::string& id, Event event) {
    std::lock_guard lock(mutex_);
    event.forge = forge_;
    events_[id] = std::move(event);
  }
  static Headers HeadersOf(const std::string& id) {
    return {{"X-Secret", "s"}, {"X-Id", id}, {"X-Event", "issues"}};
  }

  const std::string& forge() const override { return forge_; }
  Verified Verify(const Headers& headers, std::string_view body, absl::Time now) const override {
    Verified verified;
    const auto get = [&](const char* name) {
      const auto it = headers.find(name);
      return it == headers.end() ? std::string() : it->second;
    };
    if (get("Content-Type") == "text/xml") {
      verified.outcome = VerifyOutcome::kUnsupportedType;
    } else if (get("X-Secret") == "bound") {
      verified.reason = "the secret is not for this project";
      verified.needed = true;
      verified.delivery = {forge_, get("X-Id"), get("X-Event"), std::string(body), now, true};
      verified.other_name = {{{forge_, "acme/opendb"}}, get("X-Project"), "acme/base"};
    } else if (get("X-Secret") != "s") {
      verified.reason = "no signature";
    } else if (get("X-Event").empty()) {
      verified.outcome = VerifyOutcome::kMalformed;
    } else {
      verified.outcome = VerifyOutcome::kGenuine;
      verified.needed = get("X-Event") != "unwanted";
      verified.delivery = {forge_, get("X-Id"), get("X-Event"), std::string(body), now};
    }
    return verified;
  }
  Verified TakeLogged(const Headers& headers, std::string_view body,
                      absl::Time now) const override {
    Headers trusted = headers;
    trusted["X-Secret"] = "s";
    Verified verified = Verify(trusted, body, now);
    verified.delivery.origin = DeliveryOrigin::kForgeLog;
    return verified;
  }
  absl::Status CheckBody(const Delivery& delivery) const override {
    return delivery.body.starts_with("misfit")
               ? absl::InvalidArgumentError("the body is that of another event")
               : absl::OkStatus();
  }
  absl::StatusOr<Event> Parse(const Delivery& delivery) const override {
    std::lock_guard lock(mutex_);
    const auto it = events_.find(delivery.id);
    if (it == events_.end()) return absl::InvalidArgumentError("the body lacks its issue");
    return it->second;
  }
  std::string GuessEventType(std::string_view) const override { return "issues"; }

 private:
  const std::string forge_;
  mutable std::mutex mutex_;
  std::map<std::string, Event> events_;
};

}  // namespace retainer
