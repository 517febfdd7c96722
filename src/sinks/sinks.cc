#include "src/sinks/sinks.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/sinks/messages.h"
#include "src/sinks/signature.h"

namespace retainer::sinks {
namespace {

constexpr char kJson[] = "Content-Type: application/json";
constexpr char kAgent[] = "User-Agent: Retainer";

// The common part of the three sinks.
class SinkBase : public OutgoingSink {
 public:
  const std::string& name() const override { return name_; }
  bool takes_private() const override { return is_private_; }
  bool Wants(NoticeKind kind) const override {
    // A sink that gets breaches also gets their withdrawals.
    if (kind == NoticeKind::kBreachWithdrawn) kind = NoticeKind::kBreach;
    return kinds_.empty() || std::find(kinds_.begin(), kinds_.end(), kind) != kinds_.end();
  }
  absl::Status Check() override { return transport_->Connect(endpoint_); }

 protected:
  SinkBase(const std::string& name, const SinkConfig& config, Endpoint endpoint,
           std::shared_ptr<const Transport> transport)
      : endpoint_(std::move(endpoint)),
        transport_(std::move(transport)),
        name_(name),
        is_private_(config.is_private),
        kinds_(config.kinds) {}

  const Endpoint endpoint_;
  const std::shared_ptr<const Transport> transport_;

 private:
  const std::string name_;
  const bool is_private_;
  const std::vector<NoticeKind> kinds_;
};

class ChatSink final : public SinkBase {
 public:
  ChatSink(const std::string& name, const SinkConfig& config, Endpoint endpoint,
           std::shared_ptr<const Transport> transport)
      : SinkBase(name, config, std::move(endpoint), std::move(transport)) {}
  absl::Status Tell(const Notice& notice) override {
    return transport_->Post(endpoint_, {kJson, kAgent}, ChatBody(notice, NameOf(notice)));
  }
  bool WantsDigest() const override { return true; }
  absl::Status TellTogether(const std::vector<Notice>& notices) override {
    return transport_->Post(endpoint_, {kJson, kAgent}, ChatDigest(notices));
  }
};

class WebhookSink final : public SinkBase {
 public:
  WebhookSink(const std::string& name, const SinkConfig& config, Endpoint endpoint,
              std::shared_ptr<const Transport> transport, std::vector<std::string> keys,
              Clock& clock)
      : SinkBase(name, config, std::move(endpoint), std::move(transport)),
        keys_(std::move(keys)),
        clock_(clock) {}
  absl::Status Tell(const Notice& notice) override {
    const std::string body = WebhookBody(notice, NameOf(notice));
    std::vector<std::string> headers = SignedHeaders(keys_, WebhookId(notice), clock_.Now(), body);
    headers.insert(headers.end(), {kJson, kAgent});
    return transport_->Post(endpoint_, headers, body);
  }

 private:
  const std::vector<std::string> keys_;
  Clock& clock_;
};

class MailSink final : public SinkBase {
 public:
  MailSink(const std::string& name, const SinkConfig& config, Endpoint endpoint,
           std::shared_ptr<const Transport> transport, Clock& clock)
      : SinkBase(name, config, std::move(endpoint), std::move(transport)),
        from_(config.from),
        to_(config.to),
        clock_(clock) {}
  absl::Status Tell(const Notice& notice) override {
    return transport_->Send(
        endpoint_, {from_, to_, MailMessage(notice, NameOf(notice), from_, to_, DateOf(notice))});
  }
  bool WantsDigest() const override { return true; }
  absl::Status TellTogether(const std::vector<Notice>& notices) override {
    return transport_->Send(endpoint_,
                            {from_, to_, MailDigest(notices, from_, to_, DateOf(notices.front()))});
  }

 private:
  // A repetition is the same message, with the date of the first attempt.
  absl::Time DateOf(const Notice& notice) const { return notice.told_since.value_or(clock_.Now()); }

  const std::string from_;
  const std::vector<std::string> to_;
  Clock& clock_;
};

bool IsNamed(const SinkConfig& config, const std::string& host) {
  return std::any_of(config.allow_private.begin(), config.allow_private.end(),
                     [&](const std::string& named) { return absl::EqualsIgnoreCase(named, host); });
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutgoingSink>> MakeSink(const std::string& name,
                                                       const SinkConfig& config, Clock& clock,
                                                       std::shared_ptr<const Transport> transport) {
  const auto wrong = [&](const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat("sink ", name, ": ", what));
  };
  const std::string host = HostOf(config.url);
  if (host.empty()) return wrong("its url is not an address: write https://… or smtp://…");
  Endpoint endpoint;
  endpoint.url = config.url;
  endpoint.may_be_private = IsNamed(config, host);
  // Rationale: on loopback nobody in between can read the message.
  endpoint.may_be_clear =
      endpoint.may_be_private &&
      (host == "localhost" || host == "::1" ||
       (absl::StartsWith(host, "127.") && host.find_first_not_of("0123456789.") == host.npos));
  if (config.kind == "slack") {
    return std::make_unique<ChatSink>(name, config, std::move(endpoint), std::move(transport));
  }
  if (config.kind == "webhook") {
    std::vector<std::string> secrets = {config.secret};
    secrets.insert(secrets.end(), config.more_secrets.begin(), config.more_secrets.end());
    std::vector<std::string> keys;
    for (const std::string& secret : secrets) {
      auto key = SigningKey(secret);
      if (!key.ok()) return wrong(std::string(key.status().message()));
      keys.push_back(*std::move(key));
    }
    return std::make_unique<WebhookSink>(name, config, std::move(endpoint), std::move(transport),
                                         std::move(keys), clock);
  }
  if (config.kind == "email") {
    if (!IsMailAddress(config.from)) return wrong("from is not a mail address");
    if (config.to.empty()) return wrong("it has nobody to write to: name them under `to`");
    for (const std::string& to : config.to) {
      if (!IsMailAddress(to)) return wrong("one of `to` is not a mail address");
    }
    endpoint.user = config.user;
    endpoint.password = config.secret;
    // libcurl takes the path of such a URL as our name in the SMTP greeting.
    absl::StrAppend(&endpoint.url, "/", config.from.substr(config.from.rfind('@') + 1));
    return std::make_unique<MailSink>(name, config, std::move(endpoint), std::move(transport),
                                      clock);
  }
  return wrong(absl::StrCat("nothing is known of kind ", config.kind));
}

}  // namespace retainer::sinks
