#include "src/policy/config_sinks.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace retainer::policy {
namespace {

using Keys = std::vector<std::string_view>;

// The host in lower case, without brackets.
std::string HostOf(const std::string& url) {
  const std::size_t begin = url.find("://") + 3;
  std::string host = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  if (!host.empty() && host.front() == '[') return AsciiLower(host.substr(1, host.find(']') - 1));
  return AsciiLower(host.substr(0, host.find(':')));
}

class SinkReader {
 public:
  SinkReader(const ConfigValues& values, Reader* reader) : values_(values), reader_(*reader) {}

  std::optional<SinkConfig> Read(const YamlNode& node) {
    if (!reader_.NamedMap(node, "a sink")) return std::nullopt;
    // Read the kind first: it decides which keys are allowed.
    const YamlNode* kind = node.Find("kind");
    const std::string name = kind != nullptr ? kind->scalar : "";
    Keys keys = {"kind", "url", "private", "allow_private", "notices"};
    if (name == "webhook") {
      keys.insert(keys.end(), {"secret", "secrets"});
    } else if (name == "email") {
      keys.insert(keys.end(), {"user", "password", "from", "to"});
    } else if (name != "slack") {
      reader_.Error(kind != nullptr ? *kind : node, "a sink of no known kind",
                    "write kind: slack, kind: webhook or kind: email");
      return std::nullopt;
    }
    reader_.Map(node, "a sink", keys);
    SinkConfig sink;
    sink.kind = name;
    if (const YamlNode* url = node.Find("url")) {
      sink.url = (name == "email" ? MailUrl(*url) : WebUrl(*url, name)).value_or("");
    } else {
      reader_.Error(node, "a sink without url",
                    name == "email" ? "write url: smtp://HOST:587" : "write url: env:NAME");
    }
    if (const YamlNode* n = node.Find("private")) {
      sink.is_private = reader_.Bool(*n, "private").value_or(false);
    }
    if (const YamlNode* n = node.Find("allow_private")) {
      sink.allow_private = reader_.Texts(*n, "allow_private");
    }
    if (const YamlNode* n = node.Find("notices")) ReadKinds(*n, &sink);
    if (!sink.url.empty()) CheckHost(node, sink);
    if (name == "webhook") ReadSecret(node, &sink);
    if (name == "email") ReadMail(node, &sink);
    return sink;
  }

 private:
  std::optional<std::string> WebUrl(const YamlNode& node, const std::string& kind) {
    // A Slack URL is a secret: whoever has it can post to the channel.
    return values_.Url(node, "url", kind == "slack");
  }

  std::optional<std::string> MailUrl(const YamlNode& node) {
    auto url = values_.Text(node, "url");
    if (!url) return std::nullopt;
    const bool is_mail = absl::StartsWith(*url, "smtp://") || absl::StartsWith(*url, "smtps://");
    if (!is_mail || HostOf(*url).empty() ||
        url->find_first_of("/?#@ \t\r\n\"<>", url->find("://") + 3) != url->npos) {
      reader_.Error(node, "url is not a mail server",
                    "write smtp://HOST:587 (STARTTLS) or smtps://HOST:465, without a name or "
                    "password in it");
      return std::nullopt;
    }
    return url;
  }

  // An allowed host that no URL uses is a mistake; so is a loopback address that is not allowed.
  void CheckHost(const YamlNode& node, const SinkConfig& sink) {
    const std::string host = HostOf(sink.url);
    const bool is_named =
        std::any_of(sink.allow_private.begin(), sink.allow_private.end(),
                    [&](const std::string& named) { return AsciiLower(named) == host; });
    if (is_named) return;
    if (!sink.allow_private.empty()) {
      reader_.Error(node, "allow_private does not name the host of the url",
                    "name that host, or leave allow_private out");
    } else if (host == "localhost" || host == "::1" || IsLoopbackV4(host)) {
      reader_.Error(node, "a sink on this machine that is not allowed to be there",
                    absl::StrCat("write allow_private: [\"", host, "\"]"));
    }
  }

  static bool IsLoopbackV4(const std::string& host) {
    return absl::StartsWith(host, "127.") &&
           host.find_first_not_of("0123456789.") == std::string::npos;
  }

  void ReadKinds(const YamlNode& node, SinkConfig* sink) {
    static constexpr NoticeKind kKinds[] = {NoticeKind::kWarning,      NoticeKind::kBreach,
                                            NoticeKind::kEscalation,   NoticeKind::kHandOver,
                                            NoticeKind::kClosed,       NoticeKind::kHoursLow,
                                            NoticeKind::kAllowanceLow, NoticeKind::kTermEnding,
                                            NoticeKind::kLowRating,    NoticeKind::kStandsOut};
    for (const std::string& name : reader_.Texts(node, "notices")) {
      const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](NoticeKind known) {
        return NoticeKindName(known) == name;
      });
      if (kind == std::end(kKinds)) {
        reader_.Error(node, absl::StrCat("\"", name, "\" is not a kind of notice"),
                      "write some of warning, breach, escalation, hand-over, closed, hours.low, "
                      "allowance.low, customer.term_ending, feedback.low, figures.stand_out");
        return;
      }
      sink->kinds.push_back(*kind);
    }
    // An empty list looks like "none", but would mean "all".
    if (sink->kinds.empty() && node.IsSequence()) {
      reader_.Error(node, "a sink that hears nothing", "name kinds, or leave `notices` out");
    }
  }

  void ReadSecret(const YamlNode& node, SinkConfig* sink) {
    const YamlNode* several = node.Find("secrets");
    if (several != nullptr && node.Find("secret") != nullptr) {
      reader_.Error(*several, "secret and secrets say the same", "write one of them");
    } else if (several != nullptr && several->IsSequence() && !several->items.empty()) {
      for (const YamlNode& item : several->items) {
        sink->more_secrets.push_back(values_.Secret(item, "secret").value_or(""));
      }
      sink->secret = sink->more_secrets.front();
      sink->more_secrets.erase(sink->more_secrets.begin());
    } else if (several != nullptr) {
      reader_.Error(*several, "secrets is not a list", "write secrets: [env:NEW, env:OLD]");
    } else if (const YamlNode* secret = node.Find("secret")) {
      sink->secret = values_.Secret(*secret, "secret").value_or("");
    } else {
      reader_.Error(node, "a webhook without secret: receivers could not verify our messages",
                    "write secret: env:NAME, and put the output of `echo whsec_$(openssl rand "
                    "-base64 32)` there");
    }
  }

  void ReadMail(const YamlNode& node, SinkConfig* sink) {
    if (const YamlNode* n = node.Find("user")) {
      sink->user = values_.Text(*n, "user").value_or("");
    }
    if (const YamlNode* n = node.Find("password")) {
      sink->secret = values_.Secret(*n, "password").value_or("");
    }
    if ((node.Find("user") != nullptr) != (node.Find("password") != nullptr)) {
      reader_.Error(node, "user and password go together", "write both, or none");
    }
    if (const YamlNode* n = node.Find("from")) {
      sink->from = values_.Text(*n, "from").value_or("");
    } else {
      reader_.Error(node, "an email sink without from", "write from: retainer@example.com");
    }
    if (const YamlNode* n = node.Find("to")) sink->to = reader_.Texts(*n, "to");
    if (sink->to.empty()) {
      reader_.Error(node, "an email sink without recipients", "write to: [ops@example.com]");
    }
  }

  const ConfigValues& values_;
  Reader& reader_;
};

}  // namespace

std::map<std::string, SinkConfig> ReadSinks(const YamlNode& node, const ConfigValues& values,
                                            Reader* reader) {
  std::map<std::string, SinkConfig> sinks;
  if (!reader->NamedMap(node, "sinks")) return sinks;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto name = reader->Name(node.keys[i], "the name of a sink");
    auto sink = SinkReader(values, reader).Read(node.values[i]);
    if (name && sink) sinks.emplace(*name, *std::move(sink));
  }
  return sinks;
}

}  // namespace retainer::policy
