#include "retainer/text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "retainer/core.h"
#include "src/core/text_commands.h"

namespace retainer::core {
namespace {

std::vector<std::string> Commands(std::string_view text) {
  std::vector<std::string> names;
  for (const Command& command : ReadText(text, false).commands) {
    names.push_back(ToString(command) + (command.bare ? " (bare)" : ""));
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(TextSubstanceTest, WordsCodeAndPicturesAreSubstance) {
  for (const char* text : {"We are looking at it.",
                           "ok",
                           "42",
                           "見ています",
                           "Смотрю",
                           "é",
                           "\xE9t\xE9",
                           "> what?\n\nThis.",
                           "```\nmake\n```",
                           "~~~sh\nls\n~~~",
                           "    indented code",
                           "`x`",
                           "![](https://e.org/a.png)",
                           "<img src=\"a.png\">",
                           "<https://e.org>",
                           "<details>\n<summary>Log</summary>\n\nboom\n\n</details>",
                           "<pre>\nx\n</pre>",
                           "- [x] done",
                           "/usr/bin/retainer fails",
                           "/waiting for your logs",
                           "a <!-- b",
                           "> quoted\n- my answer",
                           "> ```\n> code\nmine",
                           "<!-- a --> answer",
                           "12:30:45",
                           "On Monday Alice wrote:",
                           "# Heading",
                           "| a |\n|---|\n| b |",
                           "\\<!-- x -->",
                           "/support sla\nHere you are",
                           "<!-- a\n\nb --> visible"}) {
    EXPECT_TRUE(ReadText(text, false).substance) << text;
  }
}

TEST(TextSubstanceTest, QuotesEmojiCommandsAndMarksAreNone) {
  for (const char* text : {"",
                           "   \n\t\r\n",
                           "> only a quote",
                           "> a quote\nlazily continued",
                           "> a\n> > b\n>",
                           ">>>\nquoted\n\nstill\n>>>",
                           "👍",
                           "👍🏽 🎉",
                           "👩‍💻",
                           "🇫🇷",
                           "1️⃣",
                           ":+1: :tada:",
                           "+1",
                           "...",
                           "---",
                           "<!-- template -->",
                           "<!--\n\nmany\n\nlines\n-->",
                           "<!-- unclosed\nx",
                           "/support sla",
                           "/priority P1",
                           "/support priority P1 please",
                           "/lgtm",
                           "/label ~bug",
                           "/support unknown words",
                           "```\n\n```",
                           "&nbsp;",
                           "\xE2\x80\x8B",
                           "<br>",
                           "<details></details>",
                           "<blockquote>\nquoted\n</blockquote>",
                           "![]()",
                           "On Mon, 2 Mar 2026 at 10:02, Alice <a@e.org> wrote:\n> hello",
                           "On Mon, 2 Mar 2026 at 10:02, Alice\n<a@e.org> wrote:\n\n> hello\n> you",
                           "Am 2. März 2026 schrieb Alice:\n> hallo",
                           "Le 2 mars 2026, Alice a écrit :\n> salut",
                           "> hello\n\n-- \nAlice\nACME Corp",
                           "Sent from my iPhone\n\n> hi",
                           "-----Original Message-----\nFrom: Alice\nhello"}) {
    EXPECT_FALSE(ReadText(text, false).substance) << text;
    EXPECT_FALSE(ReadText(text, false).thanks) << text;
  }
}

TEST(TextThanksTest, OnlyCourtesyThatCloses) {
  for (const char* text :
       {"thanks!", "Thank you very much, @alice-b :tada:", "Merci beaucoup", "Vielen Dank!",
        "perfect, thanks a lot 🙏", "Gracias", "Спасибо!", "谢谢", "ありがとうございます！",
        "> It is fixed.\n\nThanks", "That worked, thank you.", "Thx\n\n-- \nDave"}) {
    EXPECT_TRUE(ReadText(text, false).thanks) << text;
    EXPECT_TRUE(ReadText(text, false).substance) << text;
  }
  for (const char* text : {"thanks, but it still fails", "Thanks. Is it released?", "ok", "great",
                           "thanks\n\n```\nstill broken\n```", "thanks ![](a.png)",
                           "no thanks to you this is broken", "thanks?"}) {
    EXPECT_FALSE(ReadText(text, false).thanks) << text;
  }
}

TEST(TextCommandsTest, LinesThatBeginWithASlash) {
  EXPECT_EQ(Commands("/support priority P1"), Names{"/support priority P1"});
  EXPECT_EQ(Commands("/Support PRIORITY  P1 \r\n"), Names{"/support priority P1"});
  EXPECT_EQ(Commands("/priority P1"), Names{"/support priority P1 (bare)"});
  EXPECT_EQ(Commands("Hello\n/waiting\nbye"), Names{"/support waiting (bare)"});
  EXPECT_EQ(Commands("   /sla"), Names{"/support sla (bare)"});
  EXPECT_EQ(Commands("/support claim `c-7f3`"), Names{"/support claim c-7f3"});
  EXPECT_EQ(Commands("/support claim c-7f3 for now"), Names{"/support claim c-7f3"});
  EXPECT_EQ(Commands("/duplicate #12"), Names{"/support duplicate #12 (bare)"});
  EXPECT_EQ(Commands("/duplicate !12"), Names{"/support duplicate !12 (bare)"});
  EXPECT_EQ(Commands("/support duplicate 12"), Names{"/support duplicate #12"});
  EXPECT_EQ(Commands("/support assign @alice @bob"),
            (Names{"/support assign @alice", "/support assign @bob"}));
  EXPECT_EQ(Commands("/support waiting <!-- x -->"), Names{"/support waiting"});
  EXPECT_EQ(Commands("/community\n/escalate\n/support resume\n/workaround\n/release c-1"),
            (Names{"/support community (bare)", "/support escalate (bare)", "/support resume",
                   "/support workaround (bare)", "/support release c-1 (bare)"}));
  EXPECT_EQ(Commands("> ```\n> x\n/sla"), Names{"/support sla (bare)"});
  EXPECT_EQ(Commands("> quote\n\n/sla"), Names{"/support sla (bare)"});
  EXPECT_EQ(Commands("<!-- a -->\n/sla"), Names{"/support sla (bare)"});
  EXPECT_EQ(Commands("`open\n\n/sla\n\nclose`"), Names{"/support sla (bare)"});
}

TEST(TextCommandsTest, NothingElseIsACommand) {
  for (const char* text : {"use /waiting",
                           "`/waiting`",
                           "`a\n/waiting\nb`",
                           "```\n/waiting\n```",
                           "~~~\n/waiting",
                           "    /waiting",
                           "\t/waiting",
                           "> /waiting",
                           "> a\n/waiting",
                           "> > a\n/waiting",
                           "- /waiting",
                           "1. /waiting",
                           "- ```\n  /waiting\n  ```",
                           "<!--\n/waiting\n-->",
                           "a <!-- b\n/waiting\n-->",
                           "<!--\n\n/waiting",
                           "<pre>\n/waiting\n\n/sla\n</pre>",
                           "<blockquote>\n\n/waiting\n\n</blockquote>",
                           ">>>\n/waiting\n>>>",
                           "/ waiting",
                           "//waiting",
                           "/waiting for the build",
                           "/priority",
                           "/claim",
                           "/claim a b",
                           "/duplicate x",
                           "/duplicate #0",
                           "/assign me please @x y",
                           "/supportwaiting",
                           "/support",
                           "\\/waiting",
                           "<!-- x -->/waiting",
                           "````\n```\n/waiting\n````",
                           "-- \n/waiting",
                           "<code>\n/waiting\n</code>"}) {
    EXPECT_EQ(Commands(text), Names{}) << text;
  }
  EXPECT_EQ(Commands("/support claim " + std::string(65, 'x')), Names{});
  EXPECT_EQ(Commands("/support priority " + std::string(65, 'x')), Names{});
}

TEST(TextCommandsTest, TheirNumberIsBounded) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "/sla\n";
  EXPECT_EQ(Commands(many).size(), 20u);
}

TEST(TextCommandsTest, WorkIsATimeAndWhatWasDone) {
  const auto log = [](const std::string& text) {
    const TextFeatures features = ReadText(text, false);
    if (features.commands.size() != 1) return absl::StrCat("mistyped ", features.mistyped);
    EXPECT_EQ(features.commands[0].name, CommandName::kLog);
    return features.commands[0].argument;
  };
  EXPECT_EQ(log("/support log 45m read the dump"), "45m read the dump");
  EXPECT_EQ(log("/Support LOG 1h 30m a call"), "1h30m a call");
  EXPECT_EQ(log("/support log `9h!` a migration"), "9h! a migration");
  EXPECT_EQ(log("/support log 45m"), "45m") << "the answer says what is missing";
  EXPECT_EQ(log("/support log 45 read the dump"), "mistyped log");
  EXPECT_EQ(log("/support log read the dump 45m"), "mistyped log");
  EXPECT_EQ(log("/log 45m read the dump"), "mistyped ") << "not without `support`";
  EXPECT_LE(log("/support log 45m " + std::string(300, 'x') + " y").size(), kMostLog);
  EXPECT_LE(log("/support log 45m " + std::string(50, 'x') + std::string(500, ' ') + "y").size(),
            kMostLog);
}

TEST(TextCommandsTest, WhatIsMistypedIsRememberedAsAnybodyMayReadIt) {
  const auto mistyped = [](const std::string& text) { return ReadText(text, false).mistyped; };
  EXPECT_EQ(mistyped("/support waitng"), "waitng");
  EXPECT_EQ(mistyped("Well.\n/Support PRIO P1"), "prio");
  EXPECT_EQ(mistyped("/support waitng\n/support resme"), "resme") << "the last one";
  EXPECT_EQ(mistyped("/support priority"), "priority") << "what follows does not fit";
  EXPECT_EQ(mistyped("/support duplicate of #12"), "duplicate");
  EXPECT_EQ(mistyped("/support @alice"), "?alice");
  EXPECT_EQ(mistyped("/support [x](https://evil.example/a)"), "?x?https?evil?example?a?");
  EXPECT_EQ(mistyped("/support **waiting**"), "?waiting?");
  EXPECT_EQ(mistyped("/support acme/opendb#12"), "acme?opendb?12");
  EXPECT_EQ(mistyped("/support \xE2\x80\xAEx"), "x") << "what nobody sees is passed over";
  EXPECT_EQ(mistyped("/support " + std::string(1000, 'a')), std::string(24, 'a'));
  for (const char* text : {"/support waiting", "/support", "/waitng", "/priority", "> /support wx",
                           "`/support wx`", "/lgtm", "<!-- /support wx -->"}) {
    EXPECT_EQ(mistyped(text), "") << text;
  }
}

TEST(TextCommandsTest, WhoMistypedIsToldWhatMayHaveBeenMeant) {
  const auto told = [](std::string_view word, bool responder = true) {
    const MistypedWords words = WordsOfMistyped(word, responder);
    return words.what + ": " + words.reason;
  };
  EXPECT_EQ(told("waitng"), "unknown command waitng: did you mean /support waiting?");
  EXPECT_EQ(told("wiating"), "unknown command wiating: did you mean /support waiting?");
  EXPECT_EQ(told("prio"), "unknown command prio: did you mean /support priority?");
  EXPECT_EQ(told("slaa"), "unknown command slaa: did you mean /support sla?");
  EXPECT_EQ(told("close"),
            "unknown command close: known are: priority, waiting, resume, "
            "workaround, claim, release, community, escalate, duplicate, assign, "
            "sla, log, rate");
  EXPECT_EQ(told("duplicate"), "duplicate: write it as /support duplicate #12");
  EXPECT_EQ(told("assign"), "assign: write it as /support assign login") << "nobody is mentioned";
  // A contact is led to nothing that is not a contact's.
  EXPECT_EQ(told("waitng", false),
            "unknown command waitng: only maintainers set waiting; you can use: priority, resume, "
            "community, escalate, sla, rate");
  EXPECT_EQ(told("close", false),
            "unknown command close: you can use: priority, resume, community, escalate, sla, rate");
  EXPECT_EQ(told("claim", false), "claim: only the people of the project use this command");
  EXPECT_EQ(told("escalat", false), "unknown command escalat: did you mean /support escalate?");
}

TEST(TextFormTest, ThePrioritySectionOfAnOpening) {
  const auto form = [](std::string_view text) { return ReadText(text, true).form_priority; };
  EXPECT_EQ(form("### Priority\n\nP1\n\n### What happened?\n\nboom"), "P1");
  EXPECT_EQ(form("### Version\n\n1.2\n\n### priority\r\n\r\n  Very high  \r\n"), "Very high");
  EXPECT_EQ(form("### Priority\n\n_No response_\n\n### Else\n\nP1"), "");
  EXPECT_EQ(form("### Priority\n\n### Else\n\nP1"), "");
  EXPECT_EQ(form("### Priority\n\nP2\n\n### Priority\n\nP1"), "P2");
  EXPECT_EQ(form("```\n### Priority\n\nP1\n```"), "");
  EXPECT_EQ(form("> ### Priority\n\nP1"), "");
  EXPECT_EQ(form("<!--\n### Priority\n-->\n\nP1"), "");
  EXPECT_EQ(form("### Priority\n\n" + std::string(65, 'P')), std::string(65, 'P'))
      << "a long answer is refused aloud, not passed over";
  EXPECT_EQ(form("### Priority\n\n" + std::string(999, 'P')), std::string(kMostFormAnswer, 'P'));
  EXPECT_EQ(ReadText("### Priority\n\nP1", false).form_priority, "");
}

TEST(ParseCommandTest, ReadsWhatToStringWrites) {
  for (const char* text : {"/support priority P1", "/support waiting", "/support claim c-7f3",
                           "/support duplicate #12", "/support assign @alice", "/support sla"}) {
    const auto command = ParseCommand(text);
    ASSERT_TRUE(command.ok()) << text;
    EXPECT_EQ(ToString(*command), text);
  }
  EXPECT_EQ(ToString(*ParseCommand("priority P1")), "/support priority P1");
  EXPECT_EQ(ToString(*ParseCommand(" /escalate ")), "/support escalate");
}

// Found by the fuzzers.
TEST(ParseCommandTest, AnEmptyCodeSpanLeavesNoGap) {
  EXPECT_EQ(ToString(*ParseCommand("priority very `` high")), "/support priority very high");
}

TEST(ParseCommandTest, SaysWhatIsExpected) {
  EXPECT_NE(ParseCommand("prioritise P1").status().message().find("priority P1"),
            absl::string_view::npos);
  EXPECT_NE(ParseCommand("claim").status().message().find("claim ALIAS"), absl::string_view::npos);
  EXPECT_EQ(ParseCommand("").status().code(), absl::StatusCode::kInvalidArgument);
}

// Pieces that make and break structure, so that random texts reach the reader's corners.
std::string HostileText() {
  const auto piece = rc::gen::element<std::string>(
      "/waiting", "/support priority P1", "`", "``", "```", "~~~", "> ", ">>>", "<!--", "-->", "<",
      ">", "</", "<pre>", "</pre>", "<blockquote>", "</blockquote>", "<details>", "- ", "1. ",
      "    ", "\t", "\n", "\n\n", "\r\n", "word", ":+1:", "👍", "\xFF", "\xF0\x9F",
      std::string(1, 0), "On x wrote:", "-- ", "/support ", "/support wai", "### Priority", "\\",
      "&nbsp;", "@a", "#1", "thanks", "[", "](", ")", "![", "\"", "[a]: ", "$$", "~~", "|", "---",
      "<kbd>", "</kbd>", "<?", "?>", "<![CDATA[", "]]>", "- [x] ", "\u200B", "\u00A0", "\u3164",
      "?", "/lgtm", "/a b c", "<a b=\"", ": P1");
  std::string text;
  for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece)) text += part;
  return text;
}

RC_GTEST_PROP(TextPropertyTest, AnyBytesAreReadTheSameTwice, ()) {
  const std::string text = HostileText();
  const TextFeatures features = ReadText(text, true);
  RC_ASSERT(features == ReadText(text, true));
  RC_ASSERT(features.substance || !features.thanks);
  RC_ASSERT(!features.asks || !features.substance || features.thanks);
  RC_ASSERT(features.form_priority.size() <= kMostFormAnswer);
  RC_ASSERT(features.commands.size() <= 20u);
  for (const Command& command : features.commands) RC_ASSERT(command.argument.size() <= 64u);
  RC_ASSERT(features.mistyped.size() <= kMostMistyped);
  RC_ASSERT(features.mistyped.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_?") ==
            std::string::npos);
}

RC_GTEST_PROP(TextPropertyTest, AFenceOrAQuoteHidesEveryCommand, ()) {
  const std::string text = HostileText();
  RC_ASSERT(ReadText("~~~~~~~~~~~\n" + text, false).commands.empty());
  std::string quoted = "> ";
  for (char c : text) {
    quoted += c;
    if (c == '\n' || c == '\r') quoted += "> ";
  }
  const TextFeatures features = ReadText(quoted, false);
  RC_ASSERT(features.commands.empty());
  RC_ASSERT(!features.substance);
}

RC_GTEST_PROP(TextPropertyTest, AParagraphOfWordsIsAlwaysSubstance, ()) {
  const std::string text = HostileText();
  RC_ASSERT(ReadText("word\n\n" + text, false).substance);
}

TEST(TextTimeTest, GrowsWithTheTextOnly) {
  const auto seconds = [](const std::string& unit, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += unit;
    const auto start = std::chrono::steady_clock::now();
    ReadText(text, true);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::string rising;
  for (int i = 1; i < 900; ++i) rising += std::string(i, '`') + " ";
  for (const std::string& unit : {std::string("`"),
                                  std::string("` ``"),
                                  std::string("<!--"),
                                  std::string("<a "),
                                  std::string("> "),
                                  std::string("- "),
                                  std::string(">>>\n"),
                                  std::string("<pre>"),
                                  std::string("\n"),
                                  std::string("```\n"),
                                  std::string("/x"),
                                  std::string(":a"),
                                  std::string("[a]("),
                                  std::string("\\"),
                                  std::string("["),
                                  std::string("]("),
                                  std::string("[](<"),
                                  std::string("[](a"),
                                  std::string("[](()"),
                                  std::string("[a](b \""),
                                  std::string("[a](b '\\'"),
                                  std::string("[a]: b\n"),
                                  std::string("[a]: b \"\n"),
                                  std::string("$$ "),
                                  std::string("$$\n"),
                                  std::string("~~ "),
                                  std::string("<a b=\""),
                                  std::string("<a b='x' c="),
                                  std::string("<a b='\" "),
                                  std::string("<kbd>"),
                                  std::string("</kbd>"),
                                  std::string("<kbd>\n\n"),
                                  std::string("<?"),
                                  std::string("<!a"),
                                  std::string("<![CDATA["),
                                  std::string("| a |\n"),
                                  std::string("|-"),
                                  std::string("a|\n-|\n"),
                                  std::string("- [x] "),
                                  std::string("- [ ] \n"),
                                  std::string("&#8203"),
                                  std::string("\u200B"),
                                  std::string("\u200B/x\n"),
                                  std::string("@a\n"),
                                  std::string("### Priority\n- [x] a\n"),
                                  std::string("---\na: b\n"),
                                  std::string("/support priority P1 P1 P1\n"),
                                  rising}) {
    // A quadratic reader takes minutes for this.
    EXPECT_LT(seconds(unit, 300'000), 5.0) << unit.substr(0, 20);
  }
}

}  // namespace
}  // namespace retainer::core
