#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "retainer/instant_text.h"
#include "src/sinks/messages.h"
#include "src/sinks/signature.h"

namespace retainer::sinks {
namespace {

using json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;
constexpr std::size_t kMostDigest = 30000;  // bytes; Slack cuts at 40,000 characters
// A space of width zero. It separates characters that would be read as a link or as markup.
constexpr char kNoBreakSpace[] = "\u200b";

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool IsWordPart(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

}  // namespace

std::string ChatEscaped(const std::string& text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else {
      escaped += c;
      // Within a word an underscore is not markup, and a search must find `first_response`.
      const bool is_within_word =
          i > 0 && i + 1 < text.size() && IsWordPart(text[i - 1]) && IsWordPart(text[i + 1]);
      // Addresses become links by `://` and `www.`, host names by their dots.
      const bool is_host_dot = c == '.' && is_within_word && !absl::ascii_isdigit(text[i + 1]);
      if (absl::StrContains("@#~*`[]!|\\", absl::string_view(&c, 1)) || is_host_dot ||
          (c == '_' && !is_within_word) || (c == ':' && text.compare(i, 3, "://") == 0)) {
        escaped += kNoBreakSpace;
      }
    }
  }
  return escaped;
}

namespace {

// `*Promise broken* <https://…|github:acme/opendb#12>`
std::string ChatHead(const Words& words, const TicketName& ticket) {
  const std::string ref = ChatEscaped(OneLine(ticket.ref, kMostRef));
  const std::string link = SafeLink(ticket.url);
  if (link.empty()) return absl::StrCat("*", words.kind, "* ", ref);
  return absl::StrCat("*", words.kind, "* <", absl::StrReplaceAll(link, {{"&", "&amp;"}}), "|", ref,
                      ">");
}

}  // namespace

std::string ChatBody(const Notice& notice, const TicketName& ticket) {
  const Words words = WordsFor(notice);
  return Dump({{"text", absl::StrCat(ChatHead(words, ticket), "\n", ChatEscaped(words.line))}});
}

std::string ChatDigest(const std::vector<Notice>& notices) {
  std::string text = absl::StrCat("*", HeadOf(notices), "*");
  for (std::size_t i = 0; i < notices.size(); ++i) {
    const Words words = WordsFor(notices[i]);
    const std::string line =
        absl::StrCat("\n• ", ChatHead(words, NameOf(notices[i])), ": ", ChatEscaped(words.line));
    if (text.size() + line.size() > kMostDigest) {
      absl::StrAppend(&text, "\n… and ", notices.size() - i, " more: see `retainer queue`");
      break;
    }
    absl::StrAppend(&text, line);
  }
  return Dump({{"text", text}});
}

std::string WebhookId(const Notice& notice) {
  // Rationale: the name alone would be enough if no store were ever restored from a backup. What is
  // decided again after a restore may have another content.
  const std::string content = absl::StrCat(
      std::string(NoticeKindName(notice.kind)), "\n", notice.customer, "\n", notice.is_private,
      "\n", std::string(MetricName(notice.metric)), "\n", Rfc3339(notice.at), "\n",
      HasPromise(notice) ? Rfc3339(notice.due) : "", "\n", absl::StrJoin(notice.teams, ","), "\n",
      absl::StrJoin(notice.withdraws, ","), "\n", notice.ref, "\n", notice.url, "\n", notice.text,
      absl::StrJoin(notice.crm, "", [](std::string* out, const auto& id) {
        absl::StrAppend(out, "\n", id.first, "=", id.second);
      }));
  return absl::StrCat("notice_", StableId(absl::StrCat(TellingName(notice), "\n", content)));
}

std::string DigestId(const std::vector<Notice>& notices) {
  return absl::StrCat("digest_",
                      StableId(absl::StrJoin(notices, "\n", [](std::string* out, const Notice& n) {
                        absl::StrAppend(out, WebhookId(n));
                      })));
}

std::string WebhookBody(const Notice& notice, const TicketName& ticket) {
  const bool has_promise = HasPromise(notice);
  json of_ticket = nullptr;
  if (IsAboutTicket(notice.kind)) {
    of_ticket = {{"ref", ticket.ref},
                 {"url", ticket.url.empty() ? json(nullptr) : json(ticket.url)},
                 {"key", ToString(notice.ticket)}};
  }
  json crm = json::object();
  for (const auto& [system, id] : notice.crm) crm[system] = id;
  json data = {
      {"id", TellingName(notice)},
      {"ticket", std::move(of_ticket)},
      {"customer", notice.customer},
      // The customer's ids in other systems.
      {"crm", std::move(crm)},
      {"private", notice.is_private},
      {"metric", has_promise ? json(std::string(MetricName(notice.metric))) : json(nullptr)},
      {"due", has_promise ? json(Rfc3339(notice.due)) : json(nullptr)},
      {"at", Rfc3339(notice.at)},
      {"teams", notice.teams},
      {"text", notice.text},
      // The names of earlier tellings that turned out to be wrong.
      {"withdraws", notice.withdraws},
  };
  return Dump({{"version", kSchemaVersion},
               {"type", absl::StrCat("notice.", std::string(NoticeKindName(notice.kind)))},
               {"timestamp", Rfc3339(notice.at)},
               {"data", std::move(data)}});
}

}  // namespace retainer::sinks
