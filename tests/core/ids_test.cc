#include "retainer/ids.h"

#include <gtest/gtest.h>

namespace retainer::core {
namespace {

TEST(TicketRefTest, ReadsWhatPeopleType) {
  auto issue = ParseTicketRef("github:acme/opendb#12");
  ASSERT_TRUE(issue.ok());
  EXPECT_EQ(*issue, (TicketRef{"github", "acme/opendb", TicketKind::kIssue, 12}));
  auto change = ParseTicketRef("gitlab:group/sub/project!7");
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(*change, (TicketRef{"gitlab", "group/sub/project", TicketKind::kChange, 7}));
  EXPECT_EQ(ToString(*change), "gitlab:group/sub/project!7");
}

TEST(TicketRefTest, RefusesOtherTextsAndNamesTheForm) {
  for (const char* wrong : {"", "acme/opendb#12", "github:#12", "github:acme/opendb",
                            "github:acme#1", "github:acme/opendb#0", "github:acme/opendb#1x",
                            ":a/b#1", "github:acme/opendb#99999999999999999999"}) {
    auto ref = ParseTicketRef(wrong);
    ASSERT_FALSE(ref.ok()) << wrong;
    EXPECT_NE(ref.status().message().find("FORGE:PATH#NUMBER"), absl::string_view::npos);
  }
}

TEST(TicketKeyTest, DistinctKeysGiveDistinctTexts) {
  EXPECT_EQ(ToString(TicketKey{"github", "1296269", TicketKind::kIssue, 12}),
            "github/1296269/issue/12");
  EXPECT_NE(ToString(TicketKey{"github", "1", TicketKind::kIssue, 12}),
            ToString(TicketKey{"github", "1", TicketKind::kChange, 12}));
}

}  // namespace
}  // namespace retainer::core
