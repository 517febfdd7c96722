// While the forge has not answered, only that is shown and told which would be shown and told with
// every possible answer. An outsider sees the same of a private customer's ticket as of a community
// ticket, in whatever order the answers come.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "retainer/core.h"
#include "retainer/fact_builders.h"

namespace retainer {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1772528400);

const Actor kDave{"1", "dave", false};    // the contact; the author
const Actor kAlice{"3", "alice", false};  // in the team
const Actor kBob{"4", "bob", false};      // a stranger
const Actor kEve{"6", "eve", false};      // a stranger

Policy MakePolicy(bool is_public) {
  Policy policy;
  policy.projects = {{"github", "a/b"}};
  CalendarSpec always;
  always.name = "always";
  always.time_zone = "UTC";
  always.always = true;
  policy.calendars["always"] = always;
  policy.priorities = {{"P1", "", ""}, {"P2", "", ""}};
  Plan plan;
  plan.name = "gold";
  plan.calendars = {"always"};
  plan.default_priority = "P2";
  plan.warn_at = {0.5};
  plan.escalation = {{1.0, std::nullopt, {"core"}}};
  for (const char* priority : {"P1", "P2"}) {
    auto& targets = plan.promises[priority].targets;
    targets[Metric::kFirstResponse] = {0, absl::Minutes(20), "20m"};
    targets[Metric::kNextResponse] = {0, absl::Minutes(30), "30m"};
    targets[Metric::kResolution] = {0, absl::Hours(2), "2h"};
  }
  policy.plans["gold"] = plan;
  policy.community.comment = CommunityComment::kNeutral;
  policy.community.calendars = {"always"};
  policy.teams["core"] = {"core", {{"github", "alice"}}, {}, {}};
  Customer customer;
  customer.id = "acme";
  customer.alias = "c-1";
  customer.name = "ACME";
  customer.entitlements = {{.plan = "gold"}};
  customer.is_public = is_public;
  customer.contacts.logins = {{"github", "dave"}};
  policy.customers = {customer};
  return policy;
}

TermsHistory Compile(Policy policy) {
  auto terms = CompileTerms("terms", kStart - absl::Hours(24), std::move(policy));
  EXPECT_TRUE(terms.ok()) << terms.status();
  return {*terms};
}

TicketContext Context() {
  TicketContext context;
  context.key = {"github", "1", TicketKind::kIssue, 12};
  context.path = "a/b";
  context.adopted = kStart - absl::Hours(24);
  return context;
}

Fact Permission(const Actor& actor, std::string value, absl::Time now) {
  Fact fact;
  fact.kind = FactKind::kPermission;
  fact.provenance = Provenance::kNetwork;
  fact.subject = actor.id;
  fact.value = std::move(value);
  fact.at = now;
  fact.id = MakeFactId(fact.kind, fact.subject, absl::StrCat(absl::ToUnixSeconds(now)));
  fact.expires = now + absl::Hours(24 * 365);
  return fact;
}

std::vector<Fact> Story(int steps) {
  absl::Time now = kStart;
  const auto learnt = [&] { return Learnt{Provenance::kWebhook, now}; };
  std::vector<Fact> story = {MakeOpened(learnt(), kDave, Moment::At(now), "It is down.")};
  for (int i = 0; i < steps; ++i) {
    now += absl::Minutes(*rc::gen::inRange(1, 30));
    const Moment at = Moment::At(now);
    const Actor who = *rc::gen::element(kDave, kAlice, kBob, kBob, kEve);
    const std::string id = IssueCommentId(absl::StrCat(i + 1));
    switch (*rc::gen::inRange(0, 7)) {
      case 0:
      case 1:
        story.push_back(MakeComment(learnt(), id, who, at, "words of substance"));
        break;
      case 2:
        story.push_back(MakeComment(
            learnt(), id, who, at,
            *rc::gen::element<std::string>("/support priority P1", "/support waiting",
                                           "/support escalate", "/support assign @bob",
                                           "/support duplicate #999", "/support community")));
        break;
      case 3:
        story.push_back(MakeLabelAdded(
            learnt(), *rc::gen::element<std::string>("priority: P1", "waiting for customer"), who,
            at));
        break;
      case 4:
        story.push_back(MakeClosed(learnt(), "completed", who, at));
        break;
      case 5:
        story.push_back(MakeReopened(learnt(), who, at));
        break;
      default:
        story.push_back(MakeAssigned(learnt(), who, kAlice, at));
        break;
    }
  }
  return story;
}

Decision DecideAll(const std::vector<Fact>& facts, const TermsHistory& terms, absl::Time now) {
  return Decide(Context(), {}, facts, terms, {}, {}, now);
}

// Id -> content and receivers of the notice.
std::map<std::string, std::string> Told(const Decision& decision) {
  std::map<std::string, std::string> told;
  for (const Notice& notice : decision.notices) {
    told[notice.id] = absl::StrCat(notice.text, absl::FormatTime(notice.at));
  }
  return told;
}

RC_GTEST_PROP(OpenQuestionsPropertyTest, WhatIsToldAndShownHoldsWhateverTheForgeAnswers, ()) {
  const std::vector<Fact> story = Story(*rc::gen::inRange(0, 10));
  const TermsHistory terms = Compile(MakePolicy(true));
  const absl::Time now = story.back().at + absl::Minutes(*rc::gen::inRange(0, 180));
  const Decision open = DecideAll(story, terms, now);
  RC_PRE(!open.all_held);
  // Answers to all questions, one after another, in the order of the questions.
  std::vector<Fact> facts = story;
  Decision settled = open;
  for (int round = 0; round < 6; ++round) {
    bool asked = false;
    for (const Question& question : settled.standing.questions) {
      if (question.kind != Question::Kind::kPermission) continue;
      facts.push_back(
          Permission(question.actor, *rc::gen::element<std::string>("read", "write"), now));
      asked = true;
    }
    if (!asked) break;
    settled = DecideAll(facts, terms, now);
  }
  const auto told = Told(settled);
  for (const auto& [id, text] : Told(open)) {
    RC_ASSERT(told.contains(id));
    RC_ASSERT(told.at(id) == text);
  }
  for (const auto& [id, text] : told) RC_ASSERT(Told(open).contains(id) || open.held.contains(id));
  if (open.face) RC_ASSERT(open.face == settled.face);
  if (open.promises) RC_ASSERT(open.promises == settled.promises);
  if (!open.claims_hang) RC_ASSERT(open.claims == settled.claims);
}

RC_GTEST_PROP(OpenQuestionsPropertyTest, TheOrderOfFactsDoesNotShow, ()) {
  std::vector<Fact> story = Story(*rc::gen::inRange(0, 8));
  const TermsHistory terms = Compile(MakePolicy(*rc::gen::arbitrary<bool>()));
  const absl::Time now = story.back().at + absl::Minutes(*rc::gen::inRange(0, 180));
  const Decision first = DecideAll(story, terms, now);
  for (std::size_t i = story.size(); i > 1; --i) {
    std::swap(story[i - 1],
              story[static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(i)))]);
  }
  const Decision second = DecideAll(story, terms, now);
  RC_ASSERT(Told(first) == Told(second));
  RC_ASSERT(first.held == second.held);
  RC_ASSERT(first.face == second.face);
  RC_ASSERT(first.outside_questions == second.outside_questions);
  RC_ASSERT(first.standing.questions == second.standing.questions);
}

// A forge that answers the questions for everybody at once or after a while, and the questions for
// private customers at any time.
RC_GTEST_PROP(OpenQuestionsPropertyTest, APrivateTicketAsksAndShowsWhatACommunityOneDoes, ()) {
  const std::vector<Fact> story = Story(*rc::gen::inRange(0, 12));
  const bool prompt = *rc::gen::arbitrary<bool>();
  const std::set<std::string> writers = {*rc::gen::element<std::string>("", "4", "6")};
  const std::vector<bool> hidden_answers =
      *rc::gen::container<std::vector<bool>>(30, rc::gen::arbitrary<bool>());
  const auto watch = [&](const TermsHistory& terms) {
    std::vector<std::string> seen;
    std::vector<Fact> facts;
    std::size_t asked = 0;
    std::optional<Face> shown;
    for (std::size_t i = 0; i < story.size(); ++i) {
      facts.push_back(story[i]);
      const absl::Time now = story[i].at;
      for (int round = 0; round < 4; ++round) {
        const Decision decision = DecideAll(facts, terms, now);
        std::string line = absl::StrCat(i, " asks");
        for (const Question& question : decision.outside_questions) {
          absl::StrAppend(&line, " ", static_cast<int>(question.kind), question.actor.id);
        }
        if (decision.face) shown = decision.face;
        absl::StrAppend(&line, " comment ", shown && shown->comment ? 1 : 0);
        for (const std::string& label : shown ? shown->absent_labels : std::vector<std::string>()) {
          absl::StrAppend(&line, " -", label);
        }
        for (const std::string& who : shown ? shown->assignees : std::vector<std::string>()) {
          absl::StrAppend(&line, " @", who);
        }
        seen.push_back(line);
        for (const Question& question : decision.standing.questions) {
          if (question.kind != Question::Kind::kPermission) continue;
          const auto& outside = decision.outside_questions;
          const bool everybody =
              std::find(outside.begin(), outside.end(), question) != outside.end();
          if (everybody && !prompt && round == 0) continue;
          if (!everybody && !hidden_answers[asked++ % hidden_answers.size()]) continue;
          Fact answer = Permission(question.actor,
                                   writers.contains(question.actor.id) ? "write" : "read", now);
          if (!everybody) answer.internal = true, answer.id += " hidden";
          facts.push_back(std::move(answer));
        }
      }
    }
    return seen;
  };
  Policy without = MakePolicy(false);
  without.customers.clear();
  RC_ASSERT(watch(Compile(MakePolicy(false))) == watch(Compile(without)));
}

}  // namespace
}  // namespace retainer
