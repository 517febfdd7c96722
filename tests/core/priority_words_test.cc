// Priorities as people write them, in commands, forms and edits.
#include "src/core/priority_words.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "retainer/core.h"
#include "story.h"

namespace retainer::core {
namespace {

using absl::Minutes;

Policy Titled() {
  Policy policy = StoryPolicy();
  policy.priorities = {{"P1", "Production down", "Service unusable, no workaround"},
                       {"P2", "Severely degraded", ""},
                       {"P3", "Normal", ""}};
  return policy;
}

std::string Read(const Policy& policy, std::string_view written) {
  const auto rank = core::ReadPriority(policy, written);
  return rank ? policy.priorities[*rank].name : "";
}

TEST(PriorityWordsTest, WhatCannotBeMeantOtherwise) {
  const Policy policy = Titled();
  for (const char* text : {"P1",
                           "p1",
                           " P1 ",
                           "P1.",
                           "P1!",
                           "P1,",
                           "P1?",
                           "(P1)",
                           "[P1]",
                           "**P1**",
                           "_P1_",
                           "`P1`",
                           "\"P1\"",
                           "\u201CP1\u201D",
                           "P1 - Production down",
                           "P1 \u2013 Production down",
                           "P1 \u2014 Production down",
                           "P1: Production down",
                           "P1 (Production down)",
                           "P1 | Production down",
                           "P1/Production down",
                           "P1 Production down",
                           "P1, production down",
                           "Production down",
                           "PRODUCTION DOWN",
                           "production down.",
                           "Production down (P1)",
                           "Production down - P1",
                           "Production down: nothing works",
                           "P1 please",
                           "P1 pls, thanks!",
                           "P1 - Service unusable, no workaround",
                           "P1 - Production down or no workaround",
                           "P1 because nobody can log in",
                           "P1-critical",
                           ": P1",
                           "= P1",
                           "to P1",
                           "priority P1",
                           "Priority: P1",
                           "is P1",
                           "P 1",
                           "P-1",
                           "1",
                           "#1",
                           "prio 1",
                           "priority 1",
                           "\U0001F534 P1 - Production down",
                           "\U0001F534P1",
                           "P1\u00A0-\u00A0Production down",
                           "\u200BP1",
                           "\uFF30\uFF11",
                           "P1 \u2705",
                           "P1 now",
                           "P1 - Production down (all users)"}) {
    EXPECT_EQ(Read(policy, text), "P1") << text;
  }
  EXPECT_EQ(Read(policy, "P3 - Normal"), "P3");
  EXPECT_EQ(Read(policy, "normal"), "P3");
  EXPECT_EQ(Read(policy, "3"), "P3");
}

TEST(PriorityWordsTest, WhatMayBeMeantOtherwiseIsNotGuessed) {
  const Policy policy = Titled();
  for (const char* text : {"",
                           " ",
                           "-",
                           "P7",
                           "P10",
                           "P",
                           "P1.5",
                           "P12",
                           "P1P2",
                           "xP1",
                           "P1x",
                           "P1 or P2",
                           "P1/P2",
                           "P1-P2",
                           "P1, P2",
                           "P1\nP2",
                           "from P1 to P2",
                           "not P1",
                           "no P1",
                           "P1 or lower",
                           "P1 not",
                           "P1 - Normal",
                           "P2: Production down",
                           "Production",
                           "Production downtime",
                           "down",
                           "Normal use is impossible",
                           "normally P9",
                           "urgent",
                           "4",
                           "12",
                           "very high",
                           "S1"}) {
    EXPECT_EQ(Read(policy, text), "") << text;
  }
}

TEST(PriorityWordsTest, NamesThatAreWords) {
  Policy policy = StoryPolicy();
  policy.priorities = {
      {"Very high", "", ""}, {"High", "", ""}, {"Low", "Low", ""}, {"sev-4", "Cosmetic", ""}};
  EXPECT_EQ(Read(policy, "high"), "High");
  EXPECT_EQ(Read(policy, "HIGH!"), "High");
  EXPECT_EQ(Read(policy, "very high"), "Very high");
  EXPECT_EQ(Read(policy, "Very high - all down"), "Very high");
  EXPECT_EQ(Read(policy, "high: all down"), "High");
  EXPECT_EQ(Read(policy, "high please"), "High");
  EXPECT_EQ(Read(policy, "high priority"), "High");
  EXPECT_EQ(Read(policy, "low"), "Low");
  EXPECT_EQ(Read(policy, "sev 4"), "sev-4");
  EXPECT_EQ(Read(policy, "SEV4"), "sev-4");
  EXPECT_EQ(Read(policy, "sev-4 - Cosmetic"), "sev-4");
  for (const char* text : {"high CPU usage", "high-availability is broken", "highest", "higher",
                           "high or low", "not high", "rather low", "sev"}) {
    EXPECT_EQ(Read(policy, text), "") << text;
  }
}

TEST(PriorityWordsTest, TitlesAreComparedAsPeopleReadThem) {
  Policy policy = StoryPolicy();
  policy.priorities = {{"P1", "St\u00F6rung", ""}, {"P2", "Frage", ""}, {"P3", "Frage", ""}};
  EXPECT_EQ(Read(policy, "ST\u00D6RUNG"), "P1");
  EXPECT_EQ(Read(policy, "sto\u0308rung"), "P1");
  EXPECT_EQ(Read(policy, "Frage"), "") << "two have this title";
  EXPECT_EQ(Read(policy, "P3 - Frage"), "P3") << "the name says which";
}

TEST(PriorityWordsTest, ARefusalNamesWhatThereIs) {
  const Policy policy = Titled();
  EXPECT_EQ(core::NoSuchPriority(policy, "P7", {"P1", "P2"}), "There is no P7; use P1 or P2");
  EXPECT_EQ(core::NoSuchPriority(policy, "P7", {"P1", "P2", "P3"}),
            "There is no P7; use P1, P2 or P3");
  EXPECT_EQ(core::NoSuchPriority(policy, "P7", {"P1"}), "There is no P7; use P1");
  EXPECT_EQ(core::NoSuchPriority(policy, "P1 or P2", {"P1", "P2"}),
            "It is not clear which one is meant; use P1 or P2");
  EXPECT_EQ(core::ShownPriority("a\n\u200Bb" + std::string(100, 'x')).size(), 48u + 3u);
}

TEST(PriorityWordsTest, InCommands) {
  for (const char* command :
       {"/support priority P1", "/support priority: P1", "/support priority:P1",
        "/support priority P1.", "/support priority P1 please", "/support priority production down",
        "/support priority P1 - Production down: nobody can log in and nothing at all works now",
        "/support priority=P1", "/support priority to P1", "/support: priority P1",
        "/Support Priority **P1**", "/priority: P1", "/priority p1.",
        "/support\u00A0priority\u00A0P1"}) {
    Story story(Titled());
    story.Opens("dave").Wait(Minutes(1)).Says("dave", command);
    EXPECT_EQ(story.See().claims[0].priority, "P1") << command;
    EXPECT_TRUE(story.See().refusals.empty()) << command;
  }
  Story story(Titled());
  story.Opens("dave").Wait(Minutes(1)).Says("dave", "/support priority P7");
  ASSERT_EQ(story.See().refusals.size(), 1u);
  EXPECT_EQ(story.See().refusals[0].what, "priority P7");
  EXPECT_EQ(story.See().refusals[0].reason, "There is no P7; use P1, P2 or P3");
}

TEST(PriorityWordsTest, OnlyThePlansOwnAreOfferedToAContact) {
  Policy policy = Titled();
  policy.plans["gold"].promises.erase("P1");
  Story story(policy);
  story.Opens("dave").Says("dave", "/support priority P7");
  EXPECT_EQ(story.See().refusals[0].reason, "There is no P7; use P2 or P3");
}

TEST(PriorityWordsTest, ACommandWithoutOneNamesWhatThereIs) {
  Policy policy = Titled();
  policy.plans["gold"].promises.erase("P1");
  Story story(policy);
  story.Opens("dave").Says("dave", "/support priority");
  ASSERT_EQ(story.See().refusals.size(), 1u);
  EXPECT_EQ(story.See().refusals[0].reason, "write it as /support priority P2; use P2 or P3");
}

TEST(PriorityWordsTest, APrioritysNameAloneIsNoCommand) {
  Story story(Titled());
  story.Opens("dave").Says("dave", "/support P1");
  ASSERT_EQ(story.See().refusals.size(), 1u);
  EXPECT_EQ(story.See().refusals[0].what, "unknown command p1");
  EXPECT_EQ(story.See().refusals[0].reason, "write it as /support priority P1");
}

// Report (here): a priority that an issue form writes with its title is not read.
TEST(PriorityWordsTest, InAnIssueForm) {
  for (const char* answer :
       {"### Priority\n\nP1 - Production down", "### Priority:\n\nP1", "### Priority *\n\nP1",
        "### **Priority**\n\nP1: Production down", "### \U0001F525 Priority\n\nproduction down",
        "### Priority (required)\n\nP1", "### Priority: P1\n\nwords", "\uFEFF### Priority\n\nP1",
        "### Priority\n\n- [x] P1 - Production down\n- [ ] P2 - Severely degraded\n- [ ] P3\n",
        "### Priority\n\n- [ ] P3\n- [X] P1\n\n### Else\n\n- [x] P2"}) {
    Story story(Titled());
    story.Opens("dave", answer);
    EXPECT_EQ(story.See().claims[0].priority, "P1") << answer;
    EXPECT_TRUE(story.See().refusals.empty()) << answer;
  }
}

TEST(PriorityWordsTest, AFormsAnswerThatMeansNothingIsRefusedAloud) {
  for (const auto& [answer, reason] : std::vector<std::pair<std::string, std::string>>{
           {"P7", "There is no P7; use P1, P2 or P3"},
           {"Blocker", "There is no Blocker; use P1, P2 or P3"},
           {"- [x] P1\n- [x] P2", "It is not clear which one is meant; use P1, P2 or P3"},
           {std::string(300, 'x'),
            "There is no " + std::string(48, 'x') + "\u2026; use P1, P2 or P3"}}) {
    Story story(Titled());
    story.Opens("dave", "### Priority\n\n" + answer);
    EXPECT_EQ(story.See().claims[0].priority, "P3") << answer;
    ASSERT_EQ(story.See().refusals.size(), 1u) << answer;
    EXPECT_EQ(story.See().refusals[0].reason, reason);
    EXPECT_EQ(story.See().refusals[0].customer, "acme");
  }
  for (const char* answer : {"_No response_", "None", "n/a", "-", "- [ ] P1\n- [ ] P2"}) {
    Story story(Titled());
    story.Opens("dave", std::string("### Priority\n\n") + answer + "\n\n### Else\n\nx");
    EXPECT_EQ(story.See().claims[0].priority, "P3") << answer;
    EXPECT_TRUE(story.See().refusals.empty()) << answer;
  }
}

// Report (here): an edit that changes a command's spelling runs it again and overwrites later
// changes by others.
TEST(EditedCommandsTest, RunOnlyWhatWasNotThereBeforeWhateverItsSpelling) {
  for (const char* after : {"/support priority p1", "/support priority P1.", "/priority P1",
                            "/support priority: Production down", "\u200B/Support PRIORITY P1!"}) {
    Story story(Titled());
    story.Opens("dave").Wait(Minutes(1)).Says("dave", "/support priority P1").Wait(Minutes(1));
    story.Labels("alice", "priority: P2").Wait(Minutes(1));
    story.Edits("dave", "dave", "/support priority P1", after);
    EXPECT_EQ(story.See().claims[0].priority, "P2") << after;
  }
  Story story(Titled());
  story.Opens("dave").Says("dave", "/support priority P1").Wait(Minutes(1));
  story.Edits("dave", "dave", "/support priority P1", "/support priority p3");
  EXPECT_EQ(story.See().claims[0].priority, "P3");
}

TEST(EditedCommandsTest, WhatThePolicyDidNotTakeBeforeIsNew) {
  Policy policy = Titled();
  policy.bare_commands = false;
  Story story(policy);
  story.Opens("dave").Says("dave", "/priority P1").Wait(Minutes(1));
  EXPECT_EQ(story.See().claims[0].priority, "P3");
  story.Edits("dave", "dave", "/priority P1", "/support priority P1");
  EXPECT_EQ(story.See().claims[0].priority, "P1");
}

TEST(EditedCommandsTest, AFormThatSaysTheSameInOtherWordsChangesNothing) {
  const auto edited = [](std::string_view before, std::string_view after) {
    Story story(Titled());
    story.Opens("dave", before).Wait(Minutes(1)).Labels("alice", "priority: P2").Wait(Minutes(1));
    story.EditsOpening("dave", before, after);
    return story.See().claims[0].priority;
  };
  EXPECT_EQ(edited("### Priority\n\nP1", "### Priority\n\nP1 - Production down"), "P2");
  EXPECT_EQ(edited("### Priority\n\nP1", "### Priority\n\nP3"), "P3");
}

// Report (here): a full stop after a name, or "me", is looked up as part of the name.
TEST(AssignTest, AsPeopleWriteIt) {
  const auto logins = [](std::string_view text) {
    std::string names;
    for (const Command& command : ReadText(text, false).commands) {
      if (command.name == CommandName::kAssign)
        names += (names.empty() ? "" : " ") + command.argument;
    }
    return names;
  };
  EXPECT_EQ(logins("/support assign @bob."), "bob");
  EXPECT_EQ(logins("/support assign bob."), "bob");
  EXPECT_EQ(logins("/support assign to @bob"), "bob");
  EXPECT_EQ(logins("/support assign to bob"), "bob");
  EXPECT_EQ(logins("/support assign this to @bob, please"), "bob");
  EXPECT_EQ(logins("/support assign @bob, @alice!"), "bob alice");
  EXPECT_EQ(logins("/support assign @bob and @alice"), "bob alice");
  EXPECT_EQ(logins("/support assign: @bob"), "bob");
  EXPECT_EQ(logins("/support assign me"), "me");
  EXPECT_EQ(logins("/assign me"), "me");
  EXPECT_EQ(logins("/assign @bob."), "bob");
  EXPECT_EQ(logins("/support assign @a.b_c-d"), "a.b_c-d");
  EXPECT_EQ(logins("/support assign @bob who knows it"), "bob");
  EXPECT_EQ(ReadText("/support assign ???", false).mistyped, "assign");
  EXPECT_EQ(ReadText("/support assign", false).mistyped, "assign");
  for (const char* text : {"/support assign me", "/support assign @me", "/assign myself."}) {
    Story story;
    story.Opens("dave").Says("alice", text);
    EXPECT_EQ(story.See().assign_requests, std::vector<std::string>{"alice"}) << text;
  }
}

TEST(CommandMarksTest, BelongToNoArgument) {
  const auto command = [](std::string_view text) {
    const auto commands = ReadText(text, false).commands;
    return commands.size() == 1 ? ToString(commands[0]) : "";
  };
  EXPECT_EQ(command("/support claim c-7f3."), "/support claim c-7f3");
  EXPECT_EQ(command("/support claim `c-7f3`."), "/support claim c-7f3");
  EXPECT_EQ(command("/support release: c-7f3,"), "/support release c-7f3");
  EXPECT_EQ(command("/support duplicate #12."), "/support duplicate #12");
  EXPECT_EQ(command("/support duplicate: #12, sorry"), "/support duplicate #12");
  EXPECT_EQ(command("/support waiting."), "/support waiting");
  EXPECT_EQ(command("/waiting!"), "/support waiting");
  EXPECT_EQ(command("/support, sla"), "/support sla");
}

}  // namespace
}  // namespace retainer::core
