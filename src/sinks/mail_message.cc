#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/base/utf8.h"
#include "src/base/view.h"
#include "src/sinks/messages.h"
#include "src/sinks/signature.h"

namespace retainer::sinks {
namespace {

constexpr char kEnd[] = "\r\n";
constexpr std::size_t kMostSubject = 200;
constexpr std::size_t kLongestLine = 76;       // in base64
constexpr std::size_t kEncodedWordBytes = 39;  // a line with one encoded word stays below 78

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; }) &&
         text.find("=?") == text.npos;
}

// The value of an unstructured header; a long one is folded.
std::string HeaderText(const std::string& text) {
  if (IsPlain(text) && text.size() <= kEncodedWordBytes) return text;
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view word =
        base::CutToBytes(std::string_view(text).substr(at), kEncodedWordBytes);
    words.push_back(absl::StrCat("=?utf-8?B?", absl::Base64Escape(base::View(word)), "?="));
    at += word.size();
  }
  return absl::StrJoin(words, "\r\n ");
}

std::string Domain(const std::string& address) { return address.substr(address.rfind('@') + 1); }

}  // namespace

bool IsMailAddress(const std::string& text) {
  const std::size_t at = text.rfind('@');
  if (at == text.npos || at == 0 || at > 64 || text.size() > 254) return false;
  const auto is_dotted = [](std::string_view part, std::string_view others) {
    if (part.empty() || part.front() == '.' || part.back() == '.' || part.find("..") != part.npos) {
      return false;
    }
    return std::all_of(part.begin(), part.end(), [&](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
             others.find(c) != others.npos;
    });
  };
  const std::string_view view(text);
  return is_dotted(view.substr(0, at), "!#$%&'*+-/=?^_`{|}~") &&
         is_dotted(view.substr(at + 1), "-");
}

namespace {

// The part that all messages share, before their own words. `thread` groups messages in a mail
// program; empty: no group.
std::string Letterhead(const std::string& subject, const std::string& id, const std::string& thread,
                       const std::string& body, const std::string& from,
                       const std::vector<std::string>& to, absl::Time now) {
  const std::string domain = Domain(from);
  std::string message = absl::StrCat(
      "Date: ", absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", now, absl::UTCTimeZone()), kEnd,
      "From: Retainer <", from, ">", kEnd,        //
      "To: ", absl::StrJoin(to, ",\r\n "), kEnd,  //
      "Subject: ", HeaderText(subject), kEnd,     //
      "Message-ID: <", id, "@", domain, ">", kEnd);
  if (!thread.empty()) absl::StrAppend(&message, "References: <", thread, "@", domain, ">", kEnd);
  absl::StrAppend(&message, "Auto-Submitted: auto-generated", kEnd, "X-Auto-Response-Suppress: All",
                  kEnd, "MIME-Version: 1.0", kEnd, "Content-Type: text/plain; charset=utf-8", kEnd,
                  "Content-Transfer-Encoding: base64", kEnd, kEnd);
  const std::string encoded = absl::Base64Escape(body);
  for (std::size_t at = 0; at < encoded.size(); at += kLongestLine) {
    absl::StrAppend(&message, encoded.substr(at, kLongestLine), kEnd);
  }
  return message;
}

// What happened, on which ticket, and when it is or was due.
std::string Told(const Words& words, const TicketName& ticket) {
  const std::string link = SafeLink(ticket.url);
  return absl::StrCat(words.kind, kEnd, kEnd, OneLine(ticket.ref, kMostRef), kEnd,
                      link.empty() ? "" : absl::StrCat(link, kEnd), kEnd, words.line, kEnd,
                      words.due.empty() ? "" : absl::StrCat("Due: ", words.due, kEnd));
}

}  // namespace

std::string MailMessage(const Notice& notice, const TicketName& ticket, const std::string& from,
                        const std::vector<std::string>& to, absl::Time now) {
  const Words words = WordsFor(notice);
  const std::string subject =
      OneLine(absl::StrCat("[Retainer] ", words.kind, ": ", OneLine(ticket.ref, kMostRef),
                           words.due.empty() ? "" : absl::StrCat(", due ", words.due)),
              kMostSubject);
  return Letterhead(subject, WebhookId(notice),
                    absl::StrCat("ticket_", StableId(ToString(notice.ticket))), Told(words, ticket),
                    from, to, now);
}

std::string MailDigest(const std::vector<Notice>& notices, const std::string& from,
                       const std::vector<std::string>& to, absl::Time now) {
  const std::string head = HeadOf(notices);
  std::string body = absl::StrCat(head, kEnd);
  for (const Notice& notice : notices) {
    absl::StrAppend(&body, kEnd, "--------", kEnd, kEnd, Told(WordsFor(notice), NameOf(notice)));
  }
  return Letterhead(OneLine(absl::StrCat("[Retainer] ", head), kMostSubject), DigestId(notices), "",
                    body, from, to, now);
}

}  // namespace retainer::sinks
