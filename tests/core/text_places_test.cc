// Places in which a command does not count, and invisible text before a command.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "retainer/core.h"
#include "src/core/text_unicode.h"

namespace retainer::core {
namespace {

std::vector<std::string> Commands(std::string_view text) {
  std::vector<std::string> names;
  for (const Command& command : ReadText(text, false).commands) names.push_back(ToString(command));
  return names;
}

using Names = std::vector<std::string>;
const Names kSla = {"/support sla"};
const Names kP1 = {"/support priority P1"};

// Report (here): commands run from code, titles, tables and other places where nobody meant one.
TEST(TextPlacesTest, WhatNobodyTypedAsACommandIsNone) {
  for (const char* text : {
           // HTML that is not shown, within a paragraph and over blank lines.
           "<?php\n/support sla\n?>",
           "<?php\n\n/support sla\n\n?>",
           "a <? b\n/support sla\n?>",
           "<![CDATA[\n/support sla\n]]>",
           "<![CDATA[\n\n/support sla\n\n]]>",
           "a <![CDATA[\n/support sla\n]]>",
           "<!DOCTYPE html\n/support sla\n>",
           "<!ENTITY x\n\n/support sla\n\n>",
           "a <!ELEMENT b\n/support sla c>",
           // Links, pictures and their titles.
           "[a](https://e.org \"x\n/support sla\ny\")",
           "[a](https://e.org 'x\n/support sla\ny')",
           "[a](https://e.org (x\n/support sla\ny))",
           "[a](\n/support\n)",
           "[a\n/support sla\nb](https://e.org)",
           "[a\n/support sla\nb][ref]\n\n[ref]: https://e.org",
           "![a\n/support sla\nb](https://e.org/a.png)",
           "![a](https://e.org/a.png \"x\n/support sla\n\")",
           "[ref]: https://e.org \"x\n/support sla\ny\"",
           "[ref]:\n/sla",
           "[^1]: A note.\n/support sla",
           "A[^1]\n\n[^1]: A note.\n/support sla",
           "<a href=\"https://e.org\">\n/support sla\n</a>",
           "<a title=\"a > b\n/support sla\n\">x</a>",
           "<img alt='>\n/support sla\n' src=a.png>",
           // What is typed on keys, printed, or quoted from a program.
           "<kbd>\n/support sla\n</kbd>",
           "<kbd>\n\n/support sla\n\n</kbd>",
           "<samp>\n/support sla\n</samp>",
           "<SAMP class=\"x\">\n\n/support sla\n\n</SAMP>",
           "<xmp>\n\n/support sla\n\n</xmp>",
           "<var>\n/support sla\n</var>",
           "<tt>\n/support sla\n</tt>",
           "x <pre>\n/support sla\n</pre>",
           "x <code>\n/support sla\n</code>",
           "<textarea>\n\n/support sla\n</textarea>",
           "x <textarea>\n/support sla\n</textarea>",
           "x <script>\n/support sla\n</script>",
           "x <style>\n/support sla\n</style>",
           "<template>\n\n/support sla\n\n</template>",
           "<q>\n/support sla\n</q>",
           // Titles, cells, what is struck out.
           "<details>\n<summary>\n/support sla\n</summary>\n\nx\n</details>",
           "<h2>\n/support sla\n</h2>",
           "<button>\n/support sla\n</button>",
           "<table><tr><td>\n/support sla\n</td></tr></table>",
           "<table>\n<tr>\n<td>\n\n/support sla\n\n</td>\n</tr>\n</table>",
           "<del>\n/support sla\n</del>",
           "~~old\n/support sla\nold~~",
           "/support sla | b\n---|---\nx | y",
           "a | b\n--|--\n/support sla | y",
           "| a |\n|---|\n| x |\n/support sla",
           "|a|\n|-|\n/support sla",
           "Words before.\n| a | b |\n|:--|--:|\n/support sla | b",
           // Formulas and front matter.
           "$$\n/support sla\n$$",
           "$$\na\n\n/support sla\n\nb\n$$",
           "so $$\n/support sla\n$$ holds",
           "---\ntitle: x\n/support sla\n---\n",
           "---\ntitle: x\n\n/support sla\n\n---\nWords.",
           "+++\ntitle = 1\n/support sla\n+++",
       }) {
    EXPECT_EQ(Commands(text), Names{}) << text;
  }
}

TEST(TextPlacesTest, BesideThemACommandRuns) {
  for (const char* text : {
           "<?php x ?>\n\n/support sla",
           "<?php\nx\n?>\n/support sla",
           "<![CDATA[ x ]]>\n\n/support sla",
           "<!DOCTYPE html>\n\n/support sla",
           "<!-->\n/support sla",
           "[a](https://e.org \"x\")\n/support sla",
           "[ref]: https://e.org \"x\"\n/support sla",
           "[ref]: https://e.org\n/support sla",
           "[a (https://e.org\n/support sla\nb",
           "[ ] not a link\n/support sla\n(really)",
           "[I tried\n/support sla\nas you said]",
           "Press <kbd>Ctrl</kbd>\n/support sla",
           "Press <kbd>Ctrl\n\n/support sla",  // never closed: to the end of its paragraph
           "The tag <code> is odd.\n\n/support sla",
           "<table><tr><td>x</td></tr></table>\n\n/support sla",
           "<details>\n<summary>Log</summary>\n\n/support sla\n\n</details>",
           "| a |\n|---|\n| x |\n\n/support sla",
           "All good :-|\n/support sla",
           "well\n:-|\n/support sla",
           "$$ x $$\n/support sla",
           "It costs $$ and more.\n/support sla",
           "~~old~~\n/support sla\n~~older~~",
           "---\n/support sla\n---",
           "---\n\n/support sla",
           "/support sla\n---\nBob",
           "a < b\n/support sla",
           "<b>x</b>\n/support sla",
           "<!important\n/support sla>\n\n/support sla",
           "/support sla [a](https://e.org)",
           "[^1] see\n/support sla",
       }) {
    EXPECT_EQ(Commands(text), kSla) << text;
  }
}

// Report (here): an invisible character before a command, or a no-break space in it, makes the desk
// ignore it silently.
TEST(TextPlacesTest, WhatNobodySeesIsPassedOverBeforeACommand) {
  for (const char* unseen : {
           "\u200B", "\uFEFF", "\u200E",  "\u200F",     "\u202A",           "\u202B",
           "\u202C", "\u202D", "\u202E",  "\u2066",     "\u2067",           "\u2068",
           "\u2069", "\u2060", "\u00AD",  "\u200C",     "\u200D",           "\u061C",
           "\u180E", "\uFE0F", "\u034F",  "\U000E0001", "\u00A0",           "\u2003",
           "\u3000", "\u202F", "\u2007",  "\u205F",     "\u1680",           "\u3164",
           "\u2800", "&nbsp;", "&#8203;", "&#x200B;",   "&ZeroWidthSpace;", "\u200B\uFEFF \u00A0",
       }) {
    const std::string mark = unseen;
    EXPECT_EQ(Commands(mark + "/support priority P1"), kP1) << mark;
    EXPECT_EQ(Commands("Hello\n" + mark + "/priority P1" + mark), kP1) << mark;
    EXPECT_EQ(Commands("/support" + mark + " priority " + mark + "P1"), kP1) << mark;
    EXPECT_FALSE(ReadText(mark + "/support sla" + mark, false).substance) << mark;
  }
  for (const char* space : {"\u00A0", "\u2002", "\u2003", "\u2009", "\u3000", "\u202F", "\u3164",
                            "&nbsp;", "&#160;", "\t", "\v", "\u2028", "\u0085"}) {
    EXPECT_EQ(Commands(std::string("/support") + space + "priority" + space + "P1"), kP1) << space;
  }
  EXPECT_EQ(Commands("/sup\u200Bport pri\u00ADority P\u20601"), kP1);
  EXPECT_EQ(Commands("/\u200Bsupport sla"), kSla);
  EXPECT_EQ(ReadText("\u200B/support waitng", false).mistyped, "waitng");
  // In code and quotes it is none all the same.
  EXPECT_EQ(Commands("> \u200B/support sla"), Names{});
  EXPECT_EQ(Commands("`\u200B/support sla`"), Names{});
  EXPECT_EQ(Commands("```\n\u200B/support sla\n```"), Names{});
  EXPECT_EQ(Commands("use \u200B/support sla"), Names{});
}

// Report (here): a comment of invisible characters counts as the answer.
TEST(TextUnicodeTest, WhatShowsNothingAnswersNothing) {
  for (const char* text : {"\u3164",        "\u115F",
                           "\u1160",        "\u2800",
                           "\u061C",        "\uFFA0",
                           "\u180E",        "\u034F",
                           "\u200B",        "\u2060\u2061\u2062",
                           "\uFFFC",        "\uFFF9\uFFFA\uFFFB",
                           "\U0001D173",    "\U000E0100",
                           "\U000E007F",    "\u17B4\u17B5",
                           "\u00AD",        "\u206F",
                           "\uFE0F",        "\u3000",
                           "\u0085",        "\u2028",
                           "&#8203;",       "\u2800 \u3164\n\n\u115F",
                           "<b>\u200B</b>", "**\u3164**",
                           "\u0301",        "\u060C",
                           "\u3002",        "\u20AC"}) {
    EXPECT_FALSE(ReadText(text, false).substance) << text;
  }
  for (const char* text : {"\u00E9", "e\u0301", "\u0928\u092E\u0938\u094D\u0924\u0947", "\u3042",
                           "\uD55C\uAE00", "\u0661", "\U00020000", "\u2460", "\uFF21"}) {
    EXPECT_TRUE(ReadText(text, false).substance) << text;
  }
}

TEST(TextUnicodeTest, PlainTextIsWhatIsReadAloud) {
  EXPECT_EQ(PlainText(" a\u00A0\u2003b\u200Bc&nbsp;&lt;\u3164"), "a bc &lt;");
  EXPECT_EQ(PlainText("\xC2\u200B\xA0"), "\uFFFD\uFFFD")
      << "broken bytes that come to stand together are no other character";
  EXPECT_EQ(PlainText("&#0; &#99999999999; &#xD800; &; &nbsp"),
            "&#0; &#99999999999; &#xD800; &; &nbsp");
  EXPECT_EQ(FoldText("STRASSE PRIORIT\u00C4T"), FoldText("stra\u00DFe priorita\u0308t"));
}

// Report (here): a link without a text, or an empty list of tasks, counts as the answer.
TEST(TextLinksTest, ALinkOrTaskWithoutATextShowsNothing) {
  for (const char* text :
       {"[](https://x)", "[](https://x \"title\")", "[ ](https://x)", "[](<https://x>)",
        "[<!-- a -->](https://x)", "[**\u200B**](https://x)", "[ref]: https://x \"title\"",
        "[a]: https://x\n[b]: https://y", "- [ ] \n- [x] ", "- [ ]\n- [X]", "* [x]\n+ [ ]",
        "1. [ ]\n2. [x]", "- [~] ", "- [ ] \u200B", "- - [x]", "![]()", "![](<>)",
        "<a href=\"https://x\"></a>"}) {
    EXPECT_FALSE(ReadText(text, false).substance) << text;
  }
  for (const char* text :
       {"[docs](https://x)", "![](https://e.org/a.png)", "- [x] done", "- [ ] to do", "https://x",
        "<https://x>", "[x]", "- [x]done", "[](not a link", "[![a](b.png)](https://x)", "[a][b]"}) {
    EXPECT_TRUE(ReadText(text, false).substance) << text;
  }
}

}  // namespace
}  // namespace retainer::core
