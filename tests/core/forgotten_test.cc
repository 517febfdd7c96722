#include "retainer/forgotten.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

namespace retainer {
namespace {

// Not a digest, but as good as one here: it differs for every text.
std::string Keyed(std::string_view text) { return "key " + std::string(text); }

Forgotten Of(const std::string& id, const std::string& login, const std::string& mail = "",
             const std::string& under_way = "") {
  std::map<std::string, Forgotten::Name> names;
  const auto add = [&](Forgotten::Kind kind, const std::string& forge, const std::string& name,
                       const std::string& stands_for) {
    if (name.empty()) return;
    names[Forgotten::Digest(Keyed, kind, forge, name)] = {stands_for, name.size(), id.empty()};
  };
  add(Forgotten::Kind::kId, "github", id, "forgotten-1");
  add(Forgotten::Kind::kLogin, "github", login, "forgotten-1");
  add(Forgotten::Kind::kMail, "", mail, "forgotten-1@acme.example");
  return Forgotten(Keyed, std::move(names), under_way);
}

std::string In(const Forgotten& who, std::string text, const std::string& forge = "github") {
  who.ApplyToText(forge, &text);
  return text;
}

TEST(ForgottenTest, AnAccountWithAnIdIsKnownByItAlone) {
  const Forgotten who = Of("17", "erin");
  Actor actor{"17", "erin-renamed", false};
  EXPECT_TRUE(who.Apply("github", &actor));
  EXPECT_EQ(actor, (Actor{"forgotten-1", "forgotten-1", false}));
  Actor other{"18", "erin", false};
  EXPECT_FALSE(who.Apply("github", &other)) << "the login has passed to another account";
  Actor elsewhere{"17", "erin", false};
  EXPECT_FALSE(who.Apply("gitlab", &elsewhere));
  Actor without_id{"", "ERIN", false};
  EXPECT_TRUE(who.Apply("github", &without_id));
  EXPECT_EQ(without_id, (Actor{"", "forgotten-1", false}));
  Actor only_id{"17", "", false};
  EXPECT_TRUE(who.Apply("github", &only_id));
  EXPECT_EQ(only_id, (Actor{"forgotten-1", "", false}));
}

TEST(ForgottenTest, WithoutAnIdWhoeverHasTheLoginIsMeant) {
  const Forgotten who = Of("", "erin");
  Actor actor{"17", "erin", false};
  EXPECT_TRUE(who.Apply("github", &actor));
  EXPECT_EQ(actor, (Actor{"forgotten-1", "forgotten-1", false}));
}

TEST(ForgottenTest, WordsOfTextsAreFoundInAnyCaseAndNothingElse) {
  const Forgotten who = Of("17", "erin-q", "erin.q@acme.example");
  EXPECT_EQ(In(who, "@Erin-Q, and ERIN-Q."), "@forgotten-1, and forgotten-1.");
  EXPECT_EQ(In(who, "(@erin-q) erin-q's"), "(@forgotten-1) forgotten-1's");
  EXPECT_EQ(In(who, "github:erin-q: a reason"), "github:forgotten-1: a reason");
  EXPECT_EQ(In(who, "https://github.com/erin-q/x"), "https://github.com/forgotten-1/x");
  EXPECT_EQ(In(who, "Mail Erin.Q@acme.example."), "Mail forgotten-1@acme.example.");
  EXPECT_EQ(In(who, "erin-q@elsewhere.example"), "forgotten-1@elsewhere.example");
  EXPECT_EQ(In(who, "\"login\":\"erin-q\""), "\"login\":\"forgotten-1\"");
  for (const std::string text :
       {"erin-quick", "erin", "not-erin-q", "", "@", "@@", "...", "a@b", "\xff\xfe erin"}) {
    EXPECT_EQ(In(who, text), text);
  }
  EXPECT_EQ(In(who, "@erin-q", "gitlab"), "@erin-q");
}

TEST(ForgottenTest, ABodyOfAnotherAccountWithTheLoginKeepsItAndLosesMentions) {
  const Forgotten who = Of("17", "erin");
  std::string hers = R"({"login":"erin","id":17})";
  EXPECT_TRUE(who.ApplyToBody("github", &hers));
  EXPECT_EQ(hers, R"({"login":"forgotten-1","id":17})");
  std::string others = R"({"login":"erin","id":170,"body":"Hi @erin, erin"})";
  EXPECT_TRUE(who.ApplyToBody("github", &others));
  EXPECT_EQ(others, R"({"login":"erin","id":170,"body":"Hi @forgotten-1, erin"})");
}

// A login may be a word of JSON or of prose.
TEST(ForgottenTest, KeysAndOrdinaryWordsStayWhateverTheLoginIs) {
  const Forgotten who = Of("17", "user");
  std::string body =
      R"({"user":{"login":"user","id":17,"html_url":"https://github.com/user",)"
      R"("url":"https://api.github.com/users/user/repos"},"labels":["user"],)"
      R"("title":"A user","owner_url":"https://github.com/user/user","user_login" : "User"})";
  EXPECT_TRUE(who.ApplyToBody("github", &body));
  EXPECT_EQ(
      body,
      R"({"user":{"login":"forgotten-1","id":17,"html_url":"https://github.com/forgotten-1",)"
      R"("url":"https://api.github.com/users/forgotten-1/repos"},"labels":["user"],)"
      R"("title":"A user","owner_url":"https://github.com/user/user","user_login" : "forgotten-1"})");
  std::string below_a_path =
      R"({"login":"user","id":17,"url":"https://x/api/users/user","html_url":"https://x/forge/user",)"
      R"("repo":"https://x/forge/acme/user"})";
  EXPECT_TRUE(who.ApplyToBody("github", &below_a_path));
  EXPECT_EQ(below_a_path,
            R"({"login":"forgotten-1","id":17,"url":"https://x/api/users/forgotten-1",)"
            R"("html_url":"https://x/forge/forgotten-1",)"
            R"("repo":"https://x/forge/acme/user"})");
  std::string status = R"({"login":"user","id":17,"body":"P1 with `user`, a user"})";
  EXPECT_TRUE(who.ApplyToBody("github", &status));
  EXPECT_EQ(status, R"({"login":"forgotten-1","id":17,"body":"P1 with `forgotten-1`, a user"})");
  TicketInfo ticket;
  ticket.title = "The user sees @user of github:user at https://github.com/user";
  EXPECT_TRUE(who.Apply("github", &ticket));
  EXPECT_EQ(ticket.title,
            "The user sees @forgotten-1 of github:forgotten-1 at https://github.com/forgotten-1");
  std::string policy = "user: 1\nlogins: [user, github:user]\n";
  EXPECT_TRUE(who.ApplyToPolicy("github", &policy));
  EXPECT_EQ(policy, "user: 1\nlogins: [forgotten-1, github:forgotten-1]\n");
}

// One who is known by the login alone makes no difference for others.
TEST(ForgottenTest, EachNameOfABodyCountsForItself) {
  const Forgotten::Keyed keyed = Keyed;
  std::map<std::string, Forgotten::Name> names;
  names[Forgotten::Digest(keyed, Forgotten::Kind::kLogin, "github", "erin")] = {"forgotten-1", 4,
                                                                                true};
  names[Forgotten::Digest(keyed, Forgotten::Kind::kLogin, "github", "dave")] = {"forgotten-2", 4,
                                                                                false};
  const Forgotten who(keyed, std::move(names));
  std::string body = R"([{"login":"erin"},{"login":"dave","id":5}])";
  EXPECT_TRUE(who.ApplyToBody("github", &body));
  EXPECT_EQ(body, R"([{"login":"forgotten-1"},{"login":"dave","id":5}])");
}

TEST(ForgottenTest, TheIdOfAFactIsTheOneThatTheChangedFactWouldHave) {
  const Forgotten who = Of("17", "erin:q");
  Fact assigned;
  assigned.kind = FactKind::kAssigned;
  assigned.subject = "erin:q";
  assigned.assignee = {"17", "erin:q", false};
  assigned.id = MakeFactId(assigned.kind, assigned.subject, "5");
  EXPECT_TRUE(who.Apply("github", &assigned));
  EXPECT_EQ(assigned.subject, "forgotten-1");
  EXPECT_EQ(assigned.id, MakeFactId(assigned.kind, "forgotten-1", "5"));
  Fact member;
  member.kind = FactKind::kMembership;
  member.subject = "17 acme";
  member.id = MakeFactId(member.kind, member.subject, "5");
  EXPECT_TRUE(who.Apply("github", &member));
  EXPECT_EQ(member.id, MakeFactId(member.kind, "forgotten-1 acme", "5"));
  Fact again = member;
  EXPECT_FALSE(who.Apply("github", &again)) << "idempotent";
  EXPECT_EQ(again, member);
}

TEST(ForgottenTest, ATextOfThePersonBecomesEmptyAndOthersKeepTheirs) {
  const Forgotten who = Of("17", "erin");
  Fact comment;
  comment.kind = FactKind::kComment;
  comment.actor = comment.author = {"17", "erin", false};
  comment.said.text = std::make_shared<const std::string>("I said this");
  EXPECT_TRUE(who.Apply("github", &comment));
  EXPECT_EQ(*comment.said.text, "");
  Fact answer = comment;
  answer.actor = answer.author = {"18", "alice", false};
  answer.said.text = std::make_shared<const std::string>("Hello @erin");
  answer.text.commands = {{CommandName::kAssign, "erin"}, {CommandName::kClaim, "erin"}};
  EXPECT_TRUE(who.Apply("github", &answer));
  EXPECT_EQ(*answer.said.text, "Hello @forgotten-1");
  EXPECT_EQ(answer.text.commands[0].argument, "forgotten-1");
  EXPECT_EQ(answer.text.commands[1].argument, "erin") << "a customer's alias is no person";
}

TEST(ForgottenTest, WhileItIsUnderWayBothNamesAreKnown) {
  const Forgotten who = Of("17", "erin", "", "forgotten-1");
  EXPECT_TRUE(who.IsUnderWay("github", {"17", "erin", false}));
  EXPECT_TRUE(who.IsUnderWay("github", {"forgotten-1", "forgotten-1", false}));
  EXPECT_FALSE(who.IsUnderWay("github", {"18", "alice", false}));
  EXPECT_FALSE(Of("17", "erin").IsUnderWay("github", {"17", "erin", false}));
}

}  // namespace
}  // namespace retainer
