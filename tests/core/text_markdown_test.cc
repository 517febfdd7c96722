// Markdown as GitHub reads it, and what the desk does with what GitHub does not know.
#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <vector>

#include "retainer/change.h"
#include "retainer/core.h"
#include "src/core/text_source.h"

namespace retainer {
namespace {

using core::kMostMarkdown;
using core::PrepareText;
using core::TakeSlashMarks;
using core::TextSource;

using Names = std::vector<std::string>;
const Names kSla = {"/support sla"};

Names Commands(std::string_view text) {
  Names names;
  for (const Command& command : ReadText(text, false).commands) names.push_back(ToString(command));
  return names;
}

std::string Times(std::size_t times, const std::string& unit) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += unit;
  return text;
}

// Each of these was read otherwise by the reader that we had before the library.
TEST(TextMarkdownTest, SubstanceIsWhatGitHubShows) {
  for (const char* text : {
           "caf&eacute;&nbsp;", "&#1234;",            // an entity is the character it names
           "<a h*#ref=\"hi\">", "</a href=\"foo\">",  // no tags
           "<a href='bar'title=title>", "<a href=\"\\\"\">",
           "<!a",                                   // no declaration
           ">     code\n    code after the quote",  // a quoted block of code goes no further
           "[\n ]\n\n[\n ]: /uri",                  // defines nothing
           "- [x] [a]: b",                          // nor does this
       }) {
    EXPECT_TRUE(ReadText(text, false).substance) << text;
  }
  for (const char* text : {
           "<div id=\"foo\"\n*hi*",  // a tag that is never closed swallows what follows
           "<div class\nwords",
           "<pre><!-- words",      // a comment in a block of HTML as well
           "[^1]: https://e.org",  // a note that nothing refers to
       }) {
    EXPECT_FALSE(ReadText(text, false).substance) << text;
  }
}

TEST(TextMarkdownTest, CommandsStandWhereGitHubShowsALine) {
  for (const char* text : {
           ">     code\n/support sla",  // no paragraph that the line could continue
           ">\t\tcode\n/support sla",
           "> <div>\n/support sla",
           "foo <!-- a --\n/support sla\nb - c -->",     // no comment: it holds `--`
           "<a href=\"hi'> <a href=hi'>\n/support sla",  // no tags
           "<div></div>\n``` c\n/support sla\n```",      // HTML up to the next blank line, no code
           "/support sla\n===\nBob",                     // a line below makes a title of it
           "- \n  /support sla",
           "- a\n\n  /support sla",
           "1. a\n\n   /support sla",
           "<br\n/>\n\n/support sla",
       }) {
    EXPECT_EQ(Commands(text), kSla) << text;
  }
  for (const char* text : {
           "```\na\n    ```\n/support sla",         // too far in to close the code
           "1.  a\n\n      > quote\n/support sla",  // continues the quote
           "<div id=\"a\"\n/support sla\n*b*",      // within a tag
           "&#47;support sla",                      // shown as a slash, and not typed
           "&sol;support sla",
           "*/support sla*",
           "**/support sla**",
           "<b>/support sla</b>",
           "[/support sla](https://e.org)",
           "words\n    /support sla",  // meant as code
           "words\n\t/support sla",
           "- words\n      /support sla",
       }) {
    EXPECT_EQ(Commands(text), Names{}) << text;
  }
}

TEST(TextMarkdownTest, AnArgumentIsReadAsItWasTyped) {
  EXPECT_EQ(Commands("/support assign @_bob_"), Names{"/support assign @_bob_"});
  EXPECT_EQ(Commands("/support claim a*b*c"), Names{"/support claim a*b*c"});
  // GitLab's editor puts the backslash there.
  EXPECT_EQ(Commands("/support assign @foo\\_bar"), Names{"/support assign @foo_bar"});
  EXPECT_EQ(Commands("/support priority `very high`"), Names{"/support priority very high"});
  EXPECT_EQ(Commands("/support priority <b>very</b> high<!-- x -->"),
            Names{"/support priority very high"});
  EXPECT_EQ(Commands("/waiting <!-- a\n/support sla\nb -->"), Names{"/support waiting"});
  // The marks by which a line is found again are nobody's to type.
  EXPECT_EQ(Commands("\uE0000/support sla"), Names{});
  EXPECT_EQ(Commands("```\n/waiting\n```\n\n\uE0001/x"), Names{}) << "would name line 1";
  EXPECT_EQ(Commands("Words\n\uE0000/waiting\n/support sla"), kSla);
}

TEST(TextMarkdownTest, WhatGitLabAddsIsReadWhereItIsMeant) {
  // Within code it is code.
  EXPECT_EQ(Commands("```\n>>>\n```\n\n/support sla\n\n```\n>>>\n```"), kSla);
  EXPECT_EQ(Commands("~~~\n$$\n~~~\n\n/support sla\n\n~~~\n$$\n~~~"), kSla);
  EXPECT_EQ(Commands("- ```\n  $$\n  ```\n\n/support sla\n\n- ```\n  $$\n  ```"), kSla);
  EXPECT_EQ(Commands("<!--\n>>>\n-->\n/support sla\n\n<!--\n>>>\n-->"), kSla);
  EXPECT_EQ(Commands("> a\n$$\n/support sla\n$$"), Names{}) << "continues the quote";
  EXPECT_FALSE(ReadText("> a\n$$\nb\n$$", false).substance);
  EXPECT_EQ(Commands(">>>\na\n>>>\n/support sla"), kSla);
  EXPECT_EQ(Commands(">>>\n/support sla"), kSla) << "never closed";
}

TEST(TextMarkdownTest, AClosingWordInAHeadingOrListCounts) {
  const auto fixes = [](std::string_view text) {
    return ReadFixes(ForgeKind::kGitHub, text, "acme/opendb", "https://github.com/acme/opendb");
  };
  EXPECT_EQ(fixes("## Fixes #12"), Names{"#12"});
  EXPECT_EQ(fixes("1. a\n   - fixes #12"), Names{"#12"});
  EXPECT_EQ(fixes("fixes [#12](https://e.org)"), Names{}) << "a link's text is no reference";
  EXPECT_EQ(fixes("fixes **#12**"), Names{});
}

// Found by measuring the library: none of these may take it more than linear time.
TEST(TextMarkdownTest, TheLibraryTakesLinearTime) {
  constexpr std::size_t kBytes = 250'000;
  const auto unit = [](const std::string& text) { return Times(kBytes / text.size(), text); };
  const std::string deep_list = Times(kBytes / 4, "- ") + "a\n";
  const std::string deep_quote = Times(kBytes / 2, ">") + "a\n";
  std::string deeper;
  for (std::size_t i = 0; deeper.size() < kBytes / 2; ++i)
    deeper += std::string(2 * i, ' ') + "- a\n";
  const std::string head = "[x]: " + std::string(kBytes / 2, 'x') + "\n\n";
  const std::vector<std::string> texts = {
      unit("![[]()"),
      unit("x<?"),
      unit("x<!A"),
      unit("x<![CDATA["),
      unit("x<!--"),
      unit("|\n|-\n"),
      unit("a|b\n-|-|-\n"),
      unit("]([\n"),
      unit(Times(100, "![[]()") + "\n\f\n"),
      unit("<a b=\">"),
      unit("<a b='\">\n"),
      "<div>\n" + unit("<a b='"),
      "<div>\n" + unit("<!--"),
      "/support x " + unit("<b>"),
      "/support x " + Times(600, "[") + unit("<b c='['>"),
      deep_list + Times(kBytes / 2, "\n"),
      deep_list + Times(kBytes / 4, "a\n"),
      deep_quote + Times(kBytes / 4, "a\n"),
      deep_quote + Times(kBytes / 6, ">a\n"),
      deeper + Times(kBytes / 2, "\n"),
      head + Times(kBytes / 8, "[x]\n"),
      head + Times(kBytes / 10, "[x]\n\n"),
      Times(kBytes / 2, "[") + Times(kBytes / 2, "]"),
  };
  for (const std::string& text : texts) {
    const std::clock_t start = std::clock();  // of the processor: others' work does not count
    ReadText(text, true);
    EXPECT_LT(std::clock() - start, 2 * CLOCKS_PER_SEC) << text.substr(0, 20);
  }
}

TEST(TextMarkdownTest, WhatIsBeyondTheBoundsIsText) {
  // Deeper than anybody writes: the words are read, whatever stands before them.
  EXPECT_TRUE(ReadText(Times(1000, "- ") + "words", false).substance);
  EXPECT_EQ(Commands(Times(1000, "- ") + "a\n\n/support sla"), kSla);
  EXPECT_FALSE(ReadText(Times(1000, "> ") + "words", false).substance);
  // A log with many brackets.
  EXPECT_EQ(Commands(Times(5000, "[INFO] started\n") + "\n/support sla"), kSla);
  // So long a text is nobody's comment on GitHub; its end is words, and no command.
  const std::string log = Times(kMostMarkdown / 8, "- [ ] \n\n");
  EXPECT_FALSE(ReadText(log, false).substance);
  EXPECT_TRUE(ReadText(log + "\nwords", false).substance);
  EXPECT_EQ(Commands("/support sla\n\n" + log + "\n/waiting"), kSla);
}

TEST(TextSourceTest, TheTextKeepsItsLines) {
  const TextSource source = PrepareText("a\r\n/b\rc\n>>>\nd\n>>>\n\n$$\ne\n$$\nf");
  ASSERT_EQ(source.lines.size(), 11u);
  EXPECT_EQ(source.lines[1], "/b");
  EXPECT_TRUE(source.has_code);
  EXPECT_EQ(source.text, "a\n\uE0001/b\nc\n>\n\n\n\n\n\n\nf\n");
  std::string text = "\u200B\uE00012/b \uE0003/c";
  EXPECT_EQ(TakeSlashMarks(&text), 12u);
  EXPECT_EQ(text, "\u200B/b /c");
  EXPECT_EQ(TakeSlashMarks(&text), std::nullopt);
}

}  // namespace
}  // namespace retainer
