#include "templates/renderer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/time.h"

namespace retainer::templates {
namespace {

constexpr char kMarker[] = "<!-- retainer:status:github/1/issue/12 -->";

absl::Time At(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

std::string Render(const CommentView& view, const std::string& rate_url = "") {
  return MakeRenderer()->RenderComment(view, kMarker, rate_url);
}

CommentView Promises() {
  CommentView view;
  view.kind = CommentView::Kind::kPromises;
  view.priority = "P1";
  view.headline = "first reply by";
  view.due = ShownTime{At("2026-03-03T09:02:00Z"), "Europe/Paris"};
  view.with = "alice";
  view.rows = {{"", "first reply", "1h", "running", view.due, ""},
               {"", "resolution", "24h", "paused", std::nullopt, ""}};
  return view;
}

std::size_t Lines(const std::string& body) {
  return static_cast<std::size_t>(std::count(body.begin(), body.end(), '\n'));
}

constexpr CommentView::Kind kAllKinds[] = {
    CommentView::Kind::kNeutral, CommentView::Kind::kPromises, CommentView::Kind::kLate,
    CommentView::Kind::kWaiting, CommentView::Kind::kResolved};

PromiseRow Finished(const char* promise, const char* target, const char* state, const char* took) {
  PromiseRow row{"", promise, target, state, std::nullopt, took};
  row.finished = true;
  row.late = std::string_view(state) == "met late";
  return row;
}

TEST(Mention, IsOneShortSentenceThatCallsTheLoginsOnly) {
  MentionView view;
  view.kind = MentionView::Kind::kLate;
  view.logins = {"carol", "x_y-z.1"};
  view.promise = "first reply";
  view.due = ShownTime{At("2026-03-03T09:02:00Z"), "Europe/Paris"};
  const auto render = [&] { return MakeRenderer()->RenderMention(view, "<!-- m -->"); };
  EXPECT_EQ(render(),
            "@carol @x_y-z.1 · first reply was due Tue 3 Mar 10:02 CET (09:02 UTC) and is late.\n\n"
            "<!-- m -->\n");
  view.kind = MentionView::Kind::kSoon;
  EXPECT_EQ(render(),
            "@carol @x_y-z.1 · first reply is to come by Tue 3 Mar 10:02 CET (09:02 UTC).\n\n"
            "<!-- m -->\n");
  view.kind = MentionView::Kind::kWithdrawn;
  EXPECT_EQ(render(), "@carol @x_y-z.1 · first reply is not late after all.\n\n<!-- m -->\n");
  view.kind = MentionView::Kind::kByHand;
  view.due.reset();
  view.promise.clear();
  EXPECT_EQ(render(),
            "@carol @x_y-z.1 · this has been escalated: please have a look.\n\n<!-- m -->\n");
}

TEST(Mention, WhatCannotBeALoginCallsNobody) {
  MentionView view;
  view.kind = MentionView::Kind::kByHand;
  for (const char* odd : {"acme/team", "a b", "-x", "all\n/close", "<b>", "."}) {
    view.logins = {odd};
    EXPECT_EQ(MakeRenderer()->RenderMention(view, "").find('@'), std::string::npos) << odd;
  }
}

TEST(RendererTest, TheWholeCommentAsItIsPosted) {
  EXPECT_EQ(Render(Promises()),
            "**P1 · first reply by Tue 3 Mar 10:02 CET** (09:02 UTC) · with alice\n"
            "<details><summary>Promises</summary>\n"
            "\n"
            "| Promise | Target | State | Due |\n"
            "|---|---|---|---|\n"
            "| first reply | 1h | running | Tue 3 Mar 2026 10:02 CET (09:02 UTC) |\n"
            "| resolution | 24h | paused |  |\n"
            "\n"
            "</details> <!-- retainer:status:github/1/issue/12 -->\n");
}

TEST(RendererTest, WhatIsLeftOfHoursIsTheLastLineOfTheFold) {
  CommentView view = Promises();
  view.hours = {"12h 15m of 20h left of q1, until 2026-06-30",
                "8h of 8h left of q2, until 2026-12-31"};
  EXPECT_NE(Render(view).find("| resolution | 24h | paused |  |\n\nHours: "
                              "`12h 15m of 20h left of q1, until 2026-06-30`; "
                              "`8h of 8h left of q2, until 2026-12-31`\n</details>"),
            std::string::npos)
      << Render(view);
}

TEST(RendererTest, ColumnsThatWouldBeEmptyAreNotThere) {
  CommentView view = Promises();
  view.rows = {Finished("first reply", "1h", "met", "42m")};
  EXPECT_NE(Render(view).find("| Promise | Target | State | Took (open time) |\n|---|---|---|---|\n"
                              "| first reply | 1h | met | 42m |\n"),
            std::string::npos)
      << Render(view);
  view.rows = {{"", "resolution", "24h", "paused", std::nullopt, ""}};
  EXPECT_NE(Render(view).find("| Promise | Target | State |\n|---|---|---|\n"
                              "| resolution | 24h | paused |\n"),
            std::string::npos)
      << Render(view);
}

TEST(RendererTest, AFoldOfWhatIsOnlyAimedAtIsNotCalledPromises) {
  CommentView view = Promises();
  view.targets_only = true;
  EXPECT_NE(Render(view).find("<summary>Aims</summary>"), std::string::npos);
  EXPECT_EQ(Render(view).find("Promises"), std::string::npos);
}

TEST(RendererTest, EveryKindIsAtMostTwelveLinesAndEndsWithTheMarker) {
  for (const auto kind : kAllKinds) {
    for (std::size_t rows = 0; rows <= 14; ++rows) {
      for (std::size_t refusals = 0; refusals <= 3; ++refusals) {
        for (const bool several : {false, true}) {
          CommentView view = Promises();
          view.kind = kind;
          view.next = "It stays open until it is kept.";
          view.refusals.assign(refusals, "priority P0: the plan of this ticket has no P0");
          view.question_url = "https://github.com/acme/opendb/issues/12#issuecomment-17";
          if (several) view.hours.assign(3, "2h of 20h left of q1, until 2026-06-30");
          view.rows.clear();
          for (std::size_t i = 0; i < rows; ++i) {
            PromiseRow row = i % 3 == 0 ? Finished("first reply", "1h", "met", "42m")
                                        : PromiseRow{"", "update", "4h", "running", view.due, ""};
            if (several) row.claim = i % 2 == 0 ? "ACME Corp" : "Globex";
            view.rows.push_back(row);
          }
          const std::string body = Render(view);
          ASSERT_LE(Lines(body), kMostCommentLines) << body;
          ASSERT_TRUE(body.ends_with(std::string(kMarker) + "\n")) << body;
          ASSERT_EQ(body.find("{{"), std::string::npos) << body;
          ASSERT_EQ(body.find("\n\n\n"), std::string::npos) << body;
          ASSERT_NE(body[0], '\n');
        }
      }
    }
  }
}

TEST(RendererTest, FinishedPromisesShareALineWhereThereIsNoRoom) {
  CommentView view = Promises();
  view.kind = CommentView::Kind::kLate;
  view.next = "It stays open until it is kept.";
  const ShownTime due{At("2026-03-03T09:02:00Z"), "Europe/Paris"};
  PromiseRow late{"", "next reply", "2h", "late", due, ""};
  late.late = true;
  view.rows = {Finished("acknowledgement", "15m", "met", "5m"),
               Finished("first reply", "1h", "met late", "1h 12m"), late,
               PromiseRow{"", "update", "4h", "running", due, ""},
               PromiseRow{"", "resolution", "24h", "running", due, ""}};
  const std::string body = Render(view);
  EXPECT_NE(body.find("| acknowledgement, first reply | 15m, 1h | met, met late |  | 5m, 1h 12m |\n"
                      "| next reply | 2h | late |"),
            std::string::npos)
      << body;
  EXPECT_NE(body.find("| resolution |"), std::string::npos) << body;
}

TEST(RendererTest, WhereEvenThatIsTooMuchTheMostUrgentStay) {
  CommentView view = Promises();
  view.rows.clear();
  for (int i = 0; i < 9; ++i) {
    view.rows.push_back({"ACME", "update", "4h", "running",
                         ShownTime{At("2026-03-03T09:02:00Z") + absl::Hours(9 - i), "UTC"}, ""});
  }
  const std::string body = Render(view);
  EXPECT_NE(body.find("Tue 3 Mar 2026 10:02 UTC"), std::string::npos) << body;
  EXPECT_EQ(body.find("Tue 3 Mar 2026 18:02 UTC"), std::string::npos) << body;
}

TEST(RendererTest, LateWaitingAndResolvedSaySo) {
  CommentView view = Promises();
  view.kind = CommentView::Kind::kLate;
  view.headline = "first reply was due";
  view.next = "It has been escalated, and stays open until it is kept.";
  EXPECT_TRUE(
      Render(view).starts_with("**P1 · Late: first reply was due Tue 3 Mar 10:02 CET** "
                               "(09:02 UTC) · with alice  \nIt has been escalated, and stays "
                               "open until it is kept.\n<details>"))
      << Render(view);

  view.kind = CommentView::Kind::kWaiting;
  view.headline = "waiting for the customer";
  view.next.clear();
  view.question_url = "https://example.org/a/b/issues/12#issuecomment-17";
  EXPECT_TRUE(Render(view).starts_with(
      "**P1 · waiting for the customer** · with alice  \n"
      "There is [a question](https://example.org/a/b/issues/12#issuecomment-17) to answer; any "
      "comment by the customer resumes the clocks.\n<details>"))
      << Render(view);
  view.question_url.clear();
  EXPECT_NE(Render(view).find("\nAny comment by the customer resumes the clocks.\n"),
            std::string::npos)
      << Render(view);

  view.kind = CommentView::Kind::kResolved;
  view.headline = "closed";
  view.with.clear();
  view.rows = {Finished("first reply", "1h", "met", "42m"),
               Finished("resolution", "24h", "met late", "1d 2h")};
  EXPECT_TRUE(Render(view).starts_with(
      "**P1 · closed** · first reply 42m of 1h, resolution took 1d 2h (promised 24h): late\n"))
      << Render(view);
  view.rows[0].untimed = true;
  view.rows[0].took = "outside opening hours";
  EXPECT_TRUE(Render(view).starts_with("**P1 · closed** · first reply outside opening hours, "))
      << Render(view);
}

TEST(RendererTest, ACustomerIsAskedHowItWasInTheFold) {
  CommentView view = Promises();
  EXPECT_EQ(Render(view).find("How was it?"), std::string::npos);
  view.kind = CommentView::Kind::kResolved;
  view.headline = "closed";
  view.rate = 5;
  const std::string comment = Render(view);
  const std::size_t question =
      comment.find("\nHow was it? Answer `/support rate 5` and why: 1 is the worst, 5 the best.\n");
  EXPECT_NE(question, std::string::npos) << comment;
  EXPECT_LT(comment.find("<details>"), question);
}

TEST(RendererTest, WhoIsCalledLaterIsCalledAtATime) {
  CommentView view = Promises();
  view.called = ShownTime{At("2026-03-03T08:00:00Z"), "Europe/Paris"};
  EXPECT_NE(Render(view).find("\nEscalated; the team is called Tue 3 Mar 09:00 CET.\n"),
            std::string::npos)
      << Render(view);
  view.kind = CommentView::Kind::kLate;
  view.next = "It stays open until it is kept.";
  EXPECT_NE(Render(view).find("It stays open until it is kept. Escalated; the team is called"),
            std::string::npos)
      << Render(view);
}

TEST(RendererTest, ARefusalStandsBelowTheHeadline) {
  CommentView view = Promises();
  view.refusals = {"priority P0: the plan of this ticket has no P0"};
  EXPECT_NE(Render(view).find("with alice\n- Not accepted: `priority P0: the plan of this ticket "
                              "has no P0`\n<details>"),
            std::string::npos)
      << Render(view);
}

TEST(RendererTest, TheNeutralCommentPromisesNothing) {
  EXPECT_EQ(Render(CommentView{}),
            "Thank you for opening this. The maintainers answer as their time allows; details that "
            "let others reproduce or review it help most.\n\n"
            "<!-- retainer:status:github/1/issue/12 -->\n");
}

TEST(RendererTest, ALoginThatCouldReadAsSomethingElseIsCode) {
  CommentView view = Promises();
  view.with = "mary-jane";
  EXPECT_NE(Render(view).find("· with `mary-jane`\n"), std::string::npos);
  view.with = "deadbeef";
  EXPECT_NE(Render(view).find("· with `deadbeef`\n"), std::string::npos);
}

TEST(RendererTest, SeveralClaimsNameTheirCustomers) {
  CommentView view = Promises();
  view.rows[0].claim = "ACME | Corp";
  view.rows[1].claim = "@globex";
  const std::string body = Render(view);
  EXPECT_NE(body.find("| For | Promise |"), std::string::npos);
  EXPECT_NE(body.find("| `ACME ¦ Corp` | first reply |"), std::string::npos) << body;
  EXPECT_NE(body.find("| `@globex` | resolution |"), std::string::npos) << body;
}

TEST(ShownTimeTest, EnglishInTheReadersZone) {
  EXPECT_EQ(ShownLocal({At("2026-07-01T08:00:00Z"), "Europe/Paris"}, false),
            "Wed 1 Jul 10:00 CEST");
  EXPECT_EQ(ShownLocal({At("2026-07-01T08:00:00Z"), "America/Sao_Paulo"}, true),
            "Wed 1 Jul 2026 05:00 UTC-03");
  EXPECT_EQ(ShownUtc({At("2026-03-01T23:30:00Z"), "Asia/Tokyo"}), "Sun 1 Mar 23:30 UTC");
  EXPECT_EQ(ShownUtc({At("2026-03-01T23:30:00Z"), "UTC"}), "");
  EXPECT_EQ(ShownLocal({At("2026-03-01T23:30:00Z"), "No/Where"}, false), "Sun 1 Mar 23:30 UTC");
}

TEST(InertTextTest, PlainWordsStayAndAllElseIsCode) {
  EXPECT_EQ(InertText("first reply by"), "first reply by");
  EXPECT_EQ(InertText("P1"), "P1");
  EXPECT_EQ(InertText("1h30m"), "1h30m");
  for (const char* text : {"@alice",    "#12",
                           "GH-12",     "a/b#1",
                           "group!7",   "http://e.org",
                           "www.e.org", "a@e.org",
                           "deadbeef",  "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                           "<b>",       "<!--",
                           "*x*",       "_x_",
                           "[a](b)",    ":+1:",
                           "/close",    "~bug",
                           "%m",        "$1",
                           "&1",        "ABC-123",
                           "e.org",     "&#64;alice",
                           "1.\\",      "é"}) {
    EXPECT_EQ(InertText(text), std::string("`") + text + "`");
  }
  EXPECT_EQ(InertText(""), "");
  EXPECT_EQ(InertCode("  \n "), "");
  EXPECT_EQ(InertCode("a`b|c\nd"), "`aʼb¦c d`");
  EXPECT_EQ(InertCode("\xFF"), "`\xEF\xBF\xBD`");
  EXPECT_EQ(InertCode("a\xE2\x80\xAE"
                      "b"),
            "`a b`");  // changes the direction of reading
  // All of Unicode's direction marks, and other invisible characters.
  for (const char* mark : {"\u061c", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d",
                           "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u00ad", "\u180e",
                           "\u200b", "\u2060", "\ufeff", "\U000e0041"}) {
    EXPECT_EQ(InertCode(std::string("a") + mark + "b"), "`a b`") << mark;
    EXPECT_EQ(InertText(std::string("a") + mark + "b"), "a b") << mark;
  }
  EXPECT_EQ(InertCode("\u0628\u061b"), "`\u0628\u061b`") << "letters beside them stay";
  EXPECT_LE(InertCode(std::string(5000, '`')).size(), 420u);
}

TEST(InertUrlTest, OnlyPlainAddresses) {
  EXPECT_EQ(InertUrl("https://github.com/a/b/issues/1#issuecomment-2"),
            "https://github.com/a/b/issues/1#issuecomment-2");
  for (const char* url :
       {"", "javascript:alert(1)", "https://e.org/>x", "https://e.org/ x", "https://e.org/@alice",
        "https://e.org/\n", "https://e.org/(x)", "ftp://e.org", "https://e.org/`"}) {
    EXPECT_EQ(InertUrl(url), "") << url;
  }
}

// Text that forges turn into links, mentions and the like, so that random texts are hostile.
rc::Gen<std::string> Hostile() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
          "@alice", "@", "#12", "org/repo#3", "GH-4", "!5", "http://e.org/x", "www.e.org", "`",
          "``", "```", "|", "\n", "\r", "\n\n", "/close", "\n/close", "<!--", "-->", "<b>",
          "<details>", "</details>", "[a](http://e.org)", "![](x)", "&#64;bob",
          ":tada:", "deadbeefcafe", "~label", "%milestone", "$7", "&8", "\\", "*", "_",
          "{{marker}}", "}}", "{{{x}}}", "\xFF", "\xE2\x80\xAE", "word", " ", std::string(1, 0),
          "a@b.org", "---", "> q", "# h", "- [ ] x", "[[_TOC_]]", "[issue:1]")),
      [](const std::vector<std::string>& parts) {
        std::string text;
        for (const std::string& part : parts) text += part;
        return text;
      });
}

// The part of a body outside its code spans, without what the template itself writes there.
std::string Outside(const std::string& body) {
  std::string outside;
  for (absl::string_view piece : absl::StrSplit(body, '\n')) {
    bool code = false;
    for (char c : piece) {
      if (c == '`') {
        code = !code;
      } else if (!code) {
        outside.push_back(c);
      }
    }
    EXPECT_FALSE(code) << "a code span runs past its line: " << piece;
    outside.push_back('\n');
  }
  return outside;
}

RC_GTEST_PROP(RendererPropertyTest, NothingOfTheirsComesAlive, ()) {
  CommentView view;
  view.kind = *rc::gen::element(CommentView::Kind::kPromises, CommentView::Kind::kLate,
                                CommentView::Kind::kWaiting, CommentView::Kind::kResolved);
  const auto text = [] { return *Hostile(); };
  view.priority = text();
  view.headline = text();
  view.with = text();
  view.next = text();
  view.question_url = text();
  view.refusals = *rc::gen::container<std::vector<std::string>>(Hostile());
  view.hours = *rc::gen::container<std::vector<std::string>>(Hostile());
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    view.rows.push_back({text(), text(), text(), text(),
                         ShownTime{absl::FromUnixSeconds(1772528520), text()}, text()});
  }
  if (!InertUrl(view.question_url).empty()) view.question_url.clear();  // then our own link
  const std::string body = Render(view);
  RC_ASSERT(Lines(body) <= kMostCommentLines);
  RC_ASSERT(body.size() <= kMaxCommentBytes);
  RC_ASSERT(body.ends_with(std::string(kMarker) + "\n"));
  std::string outside = Outside(body.substr(0, body.size() - sizeof(kMarker)));
  for (const char* own : {"<details><summary>Promises</summary>", "</details>"}) {
    if (const auto at = outside.find(own); at != outside.npos)
      outside.erase(at, std::string(own).size());
  }
  for (const char* live : {"@", "#", "!", "http", "www", "<", ">", "[", "]", "&", "~", "%", "$",
                           "{", "}", "\\", "_", "GH-"}) {
    if (outside.find(live) != outside.npos) RC_FAIL(std::string(live) + " in " + body);
  }
  // A commit's id counts only as a separate word.
  static const std::regex kCommit("\\b[0-9a-f]{7,40}\\b");
  if (std::regex_search(outside, kCommit)) RC_FAIL("a commit in " + body);
  for (absl::string_view line : absl::StrSplit(outside, '\n')) {
    RC_ASSERT((line.empty() || line[0] != '/'));
    if (!line.empty() && line[0] == '|') {
      const auto bars = std::count(line.begin(), line.end(), '|');
      RC_ASSERT(bars >= 4);
      RC_ASSERT(bars <= 7);
    }
  }
}

TEST(RendererTest, TheLargestViewStaysUnderTheLimit) {
  CommentView view = Promises();
  const std::string large(100'000, '|');
  view.priority = view.headline = view.with = view.next = large;
  view.refusals.assign(1000, large);
  view.hours.assign(1000, large);
  view.rows.assign(1000, {large, large, large, large, view.due, large});
  for (auto kind : {CommentView::Kind::kLate, CommentView::Kind::kResolved}) {
    view.kind = kind;
    EXPECT_LE(Render(view).size(), kMaxCommentBytes);
  }
}

TEST(CheckTest, SaysWhatIsDueFirstAndNothingComesAlive) {
  CheckView view;
  view.commit = "aa";
  view.rows = {{"#12", "https://forge.example/acme/opendb/issues/12", "first reply", "running",
                At("2026-03-03T09:02:00Z"), false, false},
               {"a/b#3", "javascript:alert(1)", "resolution", "met", std::nullopt, false, false}};
  const CheckText text = MakeRenderer()->RenderCheck(view);
  EXPECT_EQ(text.title, "#12: first reply by Tue 3 Mar 09:02 UTC");
  EXPECT_EQ(
      text.summary,
      "This change says that it fixes tickets with support promises:\n"
      "\n"
      "| Ticket | Promise | State | Due |\n"
      "|---|---|---|---|\n"
      "| [`#12`](https://forge.example/acme/opendb/issues/12) | first reply | running | Tue 3 "
      "Mar 2026 09:02 UTC |\n"
      "| `a/b#3` | resolution | met |  |\n");
}

TEST(CheckTest, SaysThatNothingRidesOnItAndWhyItBlocks) {
  CheckView view;
  EXPECT_EQ(MakeRenderer()->RenderCheck(view).summary,
            "There is no support promise to show here.\n");
  view.rows = {{"#1", "", "first reply", "late", At("2026-03-03T09:02:00Z"), true, false}};
  view.verdict = CheckView::Verdict::kFailure;
  const CheckText text = MakeRenderer()->RenderCheck(view);
  EXPECT_EQ(text.title, "#1: first reply was due Tue 3 Mar 09:02 UTC");
  EXPECT_NE(text.summary.find("passes after the answer"), std::string::npos) << text.summary;
}

TEST(RendererTest, TheQuestionHasTheLinkAndNothingElseMakesOne) {
  CommentView view = Promises();
  const std::string url = "https://desk.example/feedback/Z2.Ab-_";
  EXPECT_EQ(Render(view, url).find("feedback"), std::string::npos) << "it does not ask";
  view.rate = 5;
  EXPECT_NE(Render(view, url).find("and why, or [say it here](" + url + "): 1 is the worst"),
            std::string::npos)
      << Render(view, url);
  EXPECT_EQ(Render(view, "javascript:alert(1)").find("javascript"), std::string::npos);
  MentionView mention;
  mention.kind = MentionView::Kind::kRate;
  mention.rate = 7;
  mention.rate_url = url;
  const std::string body = MakeRenderer()->RenderMention(mention, kMarker);
  EXPECT_TRUE(body.starts_with("How was it? Answer `/support rate 7` and why, or [say it here](" +
                               url + "): 1 is the worst, 7 the best.\n"))
      << body;
}

}  // namespace
}  // namespace retainer::templates
