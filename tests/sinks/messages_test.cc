#include "src/sinks/messages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/sinks/samples.h"

namespace retainer::sinks {
namespace {

std::string ChatText(const Notice& notice, const TicketName& ticket) {
  return nlohmann::json::parse(ChatBody(notice, ticket)).at("text");
}

TEST(ChatTest, SaysWhatWhereAndWhen) {
  EXPECT_EQ(absl::StrReplaceAll(ChatText(SampleNotice(), SampleTicket()), {{"\u200b", ""}}),
            "*Promise broken* <https://github.com/acme/opendb/issues/12|github:acme/opendb#12>\n"
            "acme: first_response (4h, P1) was due 2026-03-02T11:30:00Z and is late");
}

TEST(ChatTest, TheDueInstantIsAddedWhereTheTextLacksIt) {
  Notice notice = SampleNotice();
  notice.text = "acme waits";
  EXPECT_TRUE(
      absl::EndsWith(ChatText(notice, SampleTicket()), "acme waits (due 2026-03-02 11:30 UTC)"));
  notice.id = absl::StrCat(std::string(kEscalationByHand), "x");
  EXPECT_TRUE(absl::EndsWith(ChatText(notice, SampleTicket()), "\nacme waits"));
}

TEST(ChatTest, NothingOfAnybodysTextComesAlive) {
  Notice notice = SampleNotice();
  notice.text =
      "<!channel> <@U123> <https://evil.example|click> @all @here @channel #general ~town-square "
      "[click](https://evil.example) ![x](http://evil.example/x.png) *bold* _it_ `code` "
      "www.evil.com "
      "evil.com &lt; \n\r\x1b[31m\xff \u202egnp.exe";
  TicketName ticket = SampleTicket();
  ticket.ref = "github:a|b>c/<!here>#1";
  const std::string text = ChatText(notice, ticket);
  for (const char* alive : {"<!",       "<@",     "@all",  "@here", "@channel", "](",       "![",
                            "://evil",  "|click", "*bold", "_it",   "www.evil", "evil.com", "`code",
                            "#general", "~town",  "\x1b",  "\r",    "\u202e",   "b>c",      "|b"}) {
    EXPECT_EQ(text.find(alive), text.npos) << alive << " in " << text;
  }
  // Two lines, and one link, which is our own.
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_EQ(std::count(text.begin(), text.end(), '<'), 1);
  EXPECT_EQ(std::count(text.begin(), text.end(), '>'), 1);
  EXPECT_EQ(std::count(text.begin(), text.end(), '|'), 1 + 2) << "and two that are parted";
}

TEST(ChatTest, WordsStayFindable) {
  EXPECT_EQ(ChatEscaped("first_response 4h, P1, 2026-03-02T11:30:00Z"),
            "first_response 4h, P1, 2026-03-02T11:30:00Z");
}

TEST(ChatTest, AnAddressThatCouldEndTheLinkIsNone) {
  TicketName ticket = SampleTicket();
  for (const char* url : {"javascript:alert(1)", "https://x.example/a>b", "https://x.example/a|b",
                          "https://x.example/a b", "https://x.example/\n", ""}) {
    ticket.url = url;
    EXPECT_EQ(ChatText(SampleNotice(), ticket).find('<'), std::string::npos) << url;
  }
}

TEST(WebhookTest, TheSchemaIsAsDocumented) {
  const auto body = nlohmann::json::parse(WebhookBody(SampleNotice(), SampleTicket()));
  EXPECT_EQ(body, nlohmann::json::parse(R"({
    "version": 1,
    "type": "notice.breach",
    "timestamp": "2026-03-02T11:31:00Z",
    "data": {
      "id": "breach github/1296269/issue/12 acme first_response opened",
      "ticket": {"ref": "github:acme/opendb#12", "key": "github/1296269/issue/12",
                 "url": "https://github.com/acme/opendb/issues/12"},
      "customer": "acme",
      "crm": {},
      "private": false,
      "metric": "first_response",
      "due": "2026-03-02T11:30:00Z",
      "at": "2026-03-02T11:31:00Z",
      "teams": ["core", "lead"],
      "text": "acme: first_response (4h, P1) was due 2026-03-02T11:30:00Z and is late",
      "withdraws": []
    }})"));
}

TEST(WebhookTest, WhatIsTakenBackIsNamed) {
  Notice notice = SampleNotice();
  EXPECT_EQ(nlohmann::json::parse(WebhookBody(notice, SampleTicket()))["data"]["withdraws"],
            nlohmann::json::array());
  const std::string breach = notice.id;
  notice.kind = NoticeKind::kBreachWithdrawn;
  notice.id = "withdrawn " + breach;
  notice.withdraws = {breach};
  const auto body = nlohmann::json::parse(WebhookBody(notice, SampleTicket()));
  EXPECT_EQ(body["type"], "notice.breach-withdrawn");
  EXPECT_EQ(body["data"]["withdraws"], nlohmann::json::array({breach}));
}

TEST(WebhookTest, HandOversAndClosingsAreOfNoPromise) {
  Notice notice = SampleNotice();
  notice.due = absl::InfiniteFuture();
  for (const auto& [kind, type] : {std::pair(NoticeKind::kHandOver, "notice.hand-over"),
                                   std::pair(NoticeKind::kClosed, "notice.closed")}) {
    notice.kind = kind;
    const auto body = nlohmann::json::parse(WebhookBody(notice, SampleTicket()));
    EXPECT_EQ(body["type"], type);
    EXPECT_TRUE(body["data"]["metric"].is_null());
    EXPECT_TRUE(body["data"]["due"].is_null());
    EXPECT_FALSE(WordsFor(notice).kind.empty());
  }
}

TEST(WebhookTest, ANoticeAboutACustomerHasNoTicketAndCarriesItsIdsInOtherSystems) {
  Notice notice;
  notice.id = "hours.low acme q1";
  notice.kind = NoticeKind::kHoursLow;
  notice.customer = "acme";
  notice.due = absl::InfiniteFuture();
  notice.ref = "customer acme";
  notice.text = "acme: 2h of 20h left of q1, until 2026-06-30";
  const std::string before = WebhookId(notice);
  notice.crm = {{"salesforce", "001"}};
  EXPECT_NE(WebhookId(notice), before) << "other content has another id";
  const auto body = nlohmann::json::parse(WebhookBody(notice, NameOf(notice)));
  EXPECT_EQ(body["type"], "notice.hours.low");
  EXPECT_TRUE(body["data"]["ticket"].is_null());
  EXPECT_EQ(body["data"]["crm"], (nlohmann::json{{"salesforce", "001"}}));
  EXPECT_EQ(WordsFor(notice).kind, "Hours are low");
  EXPECT_NE(ChatText(notice, NameOf(notice)).find("customer acme"), std::string::npos);
}

TEST(WebhookTest, AnEscalationByHandIsOfNoPromise) {
  Notice notice = SampleNotice();
  notice.id = absl::StrCat(std::string(kEscalationByHand), "x");
  const auto data = nlohmann::json::parse(WebhookBody(notice, {"x", ""})).at("data");
  EXPECT_TRUE(data.at("metric").is_null());
  EXPECT_TRUE(data.at("due").is_null());
  EXPECT_TRUE(data.at("ticket").at("url").is_null());
}

TEST(WebhookTest, BytesThatAreNoTextDoNotStopIt) {
  Notice notice = SampleNotice();
  notice.text = "a\xff\x80z";
  EXPECT_TRUE(nlohmann::json::accept(WebhookBody(notice, SampleTicket())));
  EXPECT_TRUE(nlohmann::json::accept(ChatBody(notice, SampleTicket())));
}

TEST(WebhookTest, TheIdIsOfOneTellingWithOneContentAndHoldsNoFullStop) {
  Notice notice = SampleNotice();
  const std::string id = WebhookId(notice);
  EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), id.npos) << id;
  EXPECT_EQ(WebhookId(SampleNotice()), id);
  notice.text = "other words";
  EXPECT_NE(WebhookId(notice), id) << "one id, two contents";
  notice = SampleNotice();
  notice.telling = 1;
  EXPECT_NE(WebhookId(notice), id) << "told again after it was taken back";
  notice = SampleNotice();
  notice.told_since = absl::UnixEpoch();
  EXPECT_EQ(WebhookId(notice), id) << "a repetition";
  notice.id += "!";
  EXPECT_NE(WebhookId(notice), id);
}

// ---- Digests

std::vector<Notice> Several() {
  std::vector<Notice> notices;
  for (int i = 1; i <= 5; ++i) {
    Notice notice = SampleNotice();
    notice.id = absl::StrCat(notice.id, i);
    notice.kind = i == 5 ? NoticeKind::kEscalation : NoticeKind::kBreach;
    notice.ref = absl::StrCat("github:acme/opendb#", i);
    notice.url = absl::StrCat("https://github.com/acme/opendb/issues/", i);
    notices.push_back(notice);
  }
  return notices;
}

TEST(DigestTest, ChatListsEachWithItsLink) {
  const std::string text = nlohmann::json::parse(ChatDigest(Several())).at("text");
  EXPECT_EQ(text.find("*5 notices: 1 escalation, 4 promises broken*\n"), 0u) << text;
  for (const Notice& notice : Several()) {
    EXPECT_NE(text.find(absl::StrCat("<", notice.url, "|")), text.npos) << text;
  }
  std::vector<Notice> flood(400, SampleNotice());
  const std::string bounded = nlohmann::json::parse(ChatDigest(flood)).at("text");
  EXPECT_LT(bounded.size(), 31000u);
  EXPECT_NE(bounded.find(" more: see `retainer queue`"), bounded.npos);
}

TEST(DigestTest, TheIdIsOfItsContent) {
  std::vector<Notice> notices = Several();
  const std::string id = DigestId(notices);
  EXPECT_EQ(DigestId(Several()), id);
  notices.pop_back();
  EXPECT_NE(DigestId(notices), id);
  notices = Several();
  notices[2].text = "other words";
  EXPECT_NE(DigestId(notices), id);
}

TEST(DigestTest, MailHasOneOfThemAllAndARepetitionIsTheSameMessage) {
  const std::vector<std::string> to = {"ops@acme.example"};
  const absl::Time now = absl::FromUnixSeconds(1772451100);
  const std::string mail = MailDigest(Several(), "retainer@acme.example", to, now);
  EXPECT_NE(mail.find(absl::StrCat("Message-ID: <", DigestId(Several()), "@acme.example>")),
            mail.npos);
  EXPECT_EQ(mail, MailDigest(Several(), "retainer@acme.example", to, now));
  EXPECT_EQ(mail.find("References:"), mail.npos) << "of no single ticket";
}

// ---- Mail

struct Parsed {
  std::vector<std::string> headers;
  std::string body;
};

Parsed Parse(const std::string& message) {
  Parsed parsed;
  const std::size_t end = message.find("\r\n\r\n");
  parsed.headers = absl::StrSplit(message.substr(0, end), "\r\n");
  std::string encoded = absl::StrReplaceAll(message.substr(end), {{"\r\n", ""}});
  absl::Base64Unescape(encoded, &parsed.body);
  return parsed;
}

std::string Mail(const Notice& notice, const TicketName& ticket = SampleTicket()) {
  return MailMessage(notice, ticket, "retainer@acme.example", {"ops@acme.example", "b@c.example"},
                     absl::FromUnixSeconds(1772451100));
}

TEST(MailTest, IsAMessageThatProgramsUnderstand) {
  const Parsed mail = Parse(Mail(SampleNotice()));
  const std::vector<std::string> expected = {
      "Date: Mon, 02 Mar 2026 11:31:40 +0000",
      "From: Retainer <retainer@acme.example>",
      "To: ops@acme.example,",
      " b@c.example",
      absl::StrCat("Message-ID: <", WebhookId(SampleNotice()), "@acme.example>"),
      "Auto-Submitted: auto-generated",
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: base64"};
  for (const std::string& line : expected) {
    EXPECT_NE(std::find(mail.headers.begin(), mail.headers.end(), line), mail.headers.end())
        << line;
  }
  EXPECT_EQ(mail.body,
            "Promise broken\r\n\r\ngithub:acme/opendb#12\r\n"
            "https://github.com/acme/opendb/issues/12\r\n\r\n"
            "acme: first_response (4h, P1) was due 2026-03-02T11:30:00Z and is late\r\n"
            "Due: 2026-03-02 11:30 UTC\r\n");
}

TEST(MailTest, TheMessageIdIsTheNoticesAndTheThreadTheTickets) {
  const auto find = [](const std::string& message, const std::string& name) {
    for (const std::string& header : Parse(message).headers) {
      if (absl::StartsWith(header, name)) return header;
    }
    return std::string();
  };
  Notice other = SampleNotice();
  other.id += "2";
  EXPECT_NE(find(Mail(other), "Message-ID"), find(Mail(SampleNotice()), "Message-ID"));
  EXPECT_EQ(find(Mail(other), "References"), find(Mail(SampleNotice()), "References"));
  other.text = "later words";
  EXPECT_FALSE(find(Mail(other), "References").empty());
}

TEST(MailTest, NoHeaderCanBeInjected) {
  Notice notice = SampleNotice();
  notice.text = "x\r\nBcc: evil@evil.example\r\n\r\n.\r\n";
  notice.id = "id\r\nBcc: evil@evil.example";
  TicketName ticket;
  ticket.ref = "a\r\nBcc: evil@evil.example\r\n\r\nbody=?utf-8?Q?=0D=0A?=";
  ticket.url = "https://x.example/\r\nBcc: evil@evil.example";
  const std::string message = Mail(notice, ticket);
  for (const auto line : absl::StrSplit(message, "\r\n")) {
    EXPECT_FALSE(absl::StartsWith(line, "Bcc")) << line;
    EXPECT_LE(line.size(), 78u) << line;
    EXPECT_EQ(line.find_first_of("\r\n"), line.npos) << line;
    EXPECT_NE(line, ".");
  }
  EXPECT_EQ(message.find("=?utf-8?Q"), message.npos);
}

TEST(MailTest, WordsOfAnyScriptComeThrough) {
  TicketName ticket = SampleTicket();
  ticket.ref = "gitlab:büro/データ-データ-データ-データ-データ-データ#1";
  std::string subject;
  bool is_subject = false;
  for (const std::string& line : Parse(Mail(SampleNotice(), ticket)).headers) {
    if (absl::StartsWith(line, "Subject: "))
      is_subject = true;
    else if (!absl::StartsWith(line, " "))
      is_subject = false;
    if (!is_subject) continue;
    const std::size_t begin = line.find("=?utf-8?B?");
    ASSERT_NE(begin, line.npos) << line;
    ASSERT_TRUE(absl::EndsWith(line, "?=")) << line;
    std::string decoded;
    ASSERT_TRUE(absl::Base64Unescape(line.substr(begin + 10, line.size() - begin - 12), &decoded));
    EXPECT_EQ(OneLine(decoded, 1000), decoded) << "each word is whole characters";
    subject += decoded;
  }
  EXPECT_EQ(subject,
            absl::StrCat("[Retainer] Promise broken: ", ticket.ref, ", due 2026-03-02 11:30 UTC"));
}

TEST(MailTest, Addresses) {
  for (const char* good : {"a@b.example", "first.last+tag@sub.example-host.com", "x@localhost"}) {
    EXPECT_TRUE(IsMailAddress(good)) << good;
  }
  for (const char* bad : {"", "a", "@b", "a@", "a b@c.d", "a@b\r\nRCPT TO:<x@y>", "a@b>", "<a@b",
                          ".a@b", "a..b@c", "a@.b", "a@b.", "\"a b\"@c", "ä@b.c", "a,b@c.d"}) {
    EXPECT_FALSE(IsMailAddress(bad)) << bad;
  }
}

TEST(WordsTest, OneLineIsTextAndEndsInTime) {
  EXPECT_EQ(OneLine("a\nb\tc\x7f", 100), "a b c ");
  EXPECT_EQ(OneLine("\xc0\xaf|\xed\xa0\x80|\xf5|\xc3", 100), "  |   | | ");
  EXPECT_EQ(OneLine("ääää", 5), "ää");
  EXPECT_EQ(OneLine("𝄞 日本", 100), "𝄞 日本");
}

}  // namespace
}  // namespace retainer::sinks
