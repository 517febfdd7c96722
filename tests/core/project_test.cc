// A project is identified by its id: which policy covers it, and under which name.
#include "retainer/project.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/core/story.h"

namespace retainer::core {
namespace {

std::shared_ptr<const Terms> TermsFor(std::string id, absl::Time effective,
                                      std::vector<std::string> paths) {
  auto terms = std::make_shared<Terms>();
  terms->id = std::move(id);
  terms->effective = effective;
  for (std::string& path : paths) terms->policy.projects.push_back({"github", std::move(path)});
  return terms;
}

ProjectRecord Named(std::string path, absl::Time told_at) {
  ProjectRecord record;
  record.key = {"github", "77"};
  record.path = std::move(path);
  record.told_at = told_at;
  record.first_seen = Utc("2026-03-01 00:00:00");
  return record;
}

const absl::Time kBefore = Utc("2026-03-02 09:00:00");
const absl::Time kRenamed = Utc("2026-03-02 12:00:00");
const absl::Time kLater = Utc("2026-03-03 09:00:00");

TEST(ProjectTest, ARenamedProjectStaysCoveredUntilThePolicyIsChanged) {
  TermsHistory terms = {TermsFor("v1", Utc("2026-01-01 00:00:00"), {"acme/opendb"})};
  const ProjectRecord renamed =
      JoinProject(Named("acme/opendb", kBefore), Named("acme/opendb2", kRenamed), terms);
  EXPECT_EQ(renamed.path, "acme/opendb2");
  EXPECT_TRUE(Covers(terms, NamesOf(renamed)));
  EXPECT_EQ(StaleName(terms.back()->policy, "v1", NamesOf(renamed)), "acme/opendb");
  // Another version with only the old name ends the coverage. One with the new name continues it
  // without a message.
  terms.push_back(TermsFor("v2", kLater, {"acme/opendb"}));
  EXPECT_FALSE(Covers(terms, NamesOf(renamed)));
  EXPECT_TRUE(Covers(*terms[0], NamesOf(renamed)));
  terms.push_back(TermsFor("v3", kLater, {"acme/opendb2"}));
  EXPECT_TRUE(Covers(terms, NamesOf(renamed)));
  EXPECT_FALSE(StaleName(terms.back()->policy, "v3", NamesOf(renamed)));
}

TEST(ProjectTest, TheOrderInWhichNamesAreLearntDoesNotShow) {
  const TermsHistory terms = {TermsFor("v1", Utc("2026-01-01 00:00:00"), {"acme/opendb"}),
                              TermsFor("v2", kLater, {"acme/opendb"})};
  const TermsHistory first = {terms[0]};
  const ProjectRecord a = Named("acme/opendb", kBefore);
  const ProjectRecord b = Named("acme/opendb2", kRenamed);
  EXPECT_EQ(JoinProject(a, b, first), JoinProject(b, a, first));
  // Late information does not revive a version that was loaded after the rename.
  const ProjectRecord late = JoinProject(b, a, terms);
  EXPECT_TRUE(Covers(*terms[0], NamesOf(late)));
  EXPECT_FALSE(Covers(*terms[1], NamesOf(late)));
}

TEST(ProjectTest, WhatWasToldOfAnEarlierInstantChangesNothing) {
  ProjectRecord now = Named("acme/opendb", kRenamed);
  now.is_private = true;
  now.url = "https://github.com/acme/opendb";
  now.installation_id = "5";
  ProjectRecord replayed = Named("acme/opendb", kBefore);
  replayed.url = "https://github.com/evil";
  replayed.installation_id = "666";
  EXPECT_EQ(JoinProject(now, replayed), now);
  // At the same instant private wins, in any order.
  replayed = now;
  replayed.is_private = false;
  EXPECT_TRUE(JoinProject(now, replayed).is_private);
  EXPECT_TRUE(JoinProject(replayed, now).is_private);
}

// The newest information on who can read a project counts. At the same instant the larger group of
// readers counts.
TEST(ProjectTest, ThatMembersAloneReadItIsTakenBackByTheNewestWord) {
  ProjectRecord members = Named("acme/opendb", kBefore);
  members.is_private = members.members_only = true;
  ProjectRecord internal = members;
  internal.members_only = false;
  internal.told_at = kRenamed;
  EXPECT_FALSE(JoinProject(members, internal).members_only);
  EXPECT_FALSE(JoinProject(internal, members).members_only) << "what comes late changes nothing";
  ProjectRecord again = members;
  again.told_at = kLater;
  EXPECT_TRUE(JoinProject(internal, again).members_only);
  // At the same instant the larger group of readers wins, in any order.
  again.told_at = kRenamed;
  EXPECT_FALSE(JoinProject(internal, again).members_only);
  EXPECT_FALSE(JoinProject(again, internal).members_only);
  EXPECT_TRUE(JoinProject(again, internal).is_private);
  // The same applies to a public and a private one.
  ProjectRecord open = Named("acme/opendb", kBefore);
  EXPECT_FALSE(JoinProject(members, open).members_only);
  EXPECT_FALSE(JoinProject(open, members).members_only);
}

TEST(ProjectTest, SaysWhichPatternWouldCoverAProject) {
  Policy policy;
  policy.projects = {{"gitlab", "acme/*"}};
  EXPECT_EQ(
      NotCovered(policy, {"gitlab", "acme/sub/tool"}),
      "the policy's `projects` do not cover gitlab:acme/sub/tool: add "
      "\"gitlab:acme/sub/tool\" to them if it is to be supported, or \"gitlab:acme/**\" instead "
      "of \"gitlab:acme/*\", which reaches one level only");
  EXPECT_EQ(NotCovered(policy, {"gitlab", "other/tool"}),
            "the policy's `projects` do not cover gitlab:other/tool: add \"gitlab:other/tool\" to "
            "them if it is to be supported");
}

TEST(ProjectTest, ClocksCountFromTheVersionThatFirstCoveredIt) {
  const TermsHistory terms = {TermsFor("v1", Utc("2026-01-01 00:00:00"), {"acme/other"}),
                              TermsFor("v2", kLater, {"acme/*"})};
  EXPECT_EQ(AdoptedAt(terms, {"github", "acme/opendb"}, kBefore), kLater);
  EXPECT_EQ(AdoptedAt(terms, {"github", "acme/other"}, kBefore), kBefore);
}

// A customer's own project is identified by its id too.
TEST(ProjectTest, ACustomersProjectThatIsRenamedKeepsItsClaims) {
  Policy policy = StoryPolicy();
  policy.projects = {{"github", "clients/*"}};
  ASSERT_FALSE(policy.customers.empty());
  policy.customers[0].projects = {{"github", "clients/acme"}};
  auto terms = CompileTerms("v1", Utc("2026-01-01 00:00:00"), policy);
  ASSERT_TRUE(terms.ok()) << terms.status();
  ProjectRecord renamed =
      JoinProject(Named("clients/acme", kBefore), Named("clients/acme-corp", kRenamed), {*terms});
  EXPECT_TRUE(AnyNames(policy.customers[0].projects, "v1", NamesOf(renamed)));
}

}  // namespace
}  // namespace retainer::core
