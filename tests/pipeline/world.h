// One forge, one project, one policy: the world of the pipeline's tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "retainer/fact_builders.h"
#include "src/pipeline/desk.h"
#include "tests/fakes/asked_at_once.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_forge.h"
#include "tests/fakes/fake_log.h"
#include "tests/fakes/fake_metrics.h"
#include "tests/fakes/fake_receiver.h"
#include "tests/fakes/faulty_store.h"

namespace retainer::pipeline {

inline const Actor kAlice{"11", "alice", false};  // of the team
inline const Actor kDave{"22", "dave", false};    // a contact of acme
inline const Actor kErin{"33", "erin", false};    // anybody

inline absl::Time At(int minutes) {
  return absl::FromCivil(absl::CivilMinute(2026, 3, 2, 9, 0), absl::UTCTimeZone()) +
         absl::Minutes(minutes);
}

// Words of a face, plain enough for a test to look into.
class PlainRenderer final : public Renderer {
 public:
  std::string RenderComment(const CommentView& view, const std::string& marker,
                            const std::string& rate_url) const override {
    std::string body = absl::StrCat(view.priority, "|", view.headline);
    if (!rate_url.empty()) absl::StrAppend(&body, "\nrate=", rate_url);
    for (const PromiseRow& row : view.rows) {
      absl::StrAppend(&body, "\n", row.promise, "=", row.state);
    }
    return absl::StrCat(body, "\n", marker);
  }
  std::string RenderMention(const MentionView& view, const std::string& marker) const override {
    std::string body;
    for (const std::string& login : view.logins) absl::StrAppend(&body, "@", login, " ");
    return absl::StrCat(body, static_cast<int>(view.kind), " ", view.promise, view.rate_url, "\n",
                        marker);
  }
  CheckText RenderCheck(const CheckView& view) const override {
    std::string summary;
    for (const CheckRow& row : view.rows) {
      absl::StrAppend(&summary, row.ticket, " ", row.promise, "=", row.state, "\n");
    }
    return {absl::StrCat(view.rows.size(), " promises"), summary};
  }
};

inline Policy MakePolicy(bool is_public = true) {
  Policy policy;
  policy.projects = {{"github", "acme/*"}};
  CalendarSpec always;
  always.name = "always";
  always.time_zone = "UTC";
  always.always = true;
  policy.calendars["always"] = always;
  policy.priorities = {{"P1", "Down", ""}, {"P2", "Normal", ""}};
  Plan gold;
  gold.name = "gold";
  gold.calendars = {"always"};
  gold.default_priority = "P2";
  gold.warn_at = {0.5};
  gold.promises["P1"].targets[Metric::kFirstResponse] = {0, absl::Hours(1), "1h"};
  gold.promises["P2"].targets[Metric::kFirstResponse] = {0, absl::Hours(4), "4h"};
  gold.escalation = {{1.0, std::nullopt, {"core"}}};
  policy.plans["gold"] = gold;
  policy.community.calendars = {"always"};
  policy.teams["core"] = {"core", {{"github", "alice"}}, {}, {"ops"}};
  Customer acme;
  acme.id = "acme";
  acme.alias = "c-7f3";
  acme.name = "ACME Corp";
  acme.entitlements = {{.plan = "gold"}};
  acme.contacts.logins = {{"github", "dave"}};
  acme.is_public = is_public;
  policy.customers = {acme};
  return policy;
}

inline std::shared_ptr<const Terms> MakeTerms(std::string id, absl::Time effective, Policy policy) {
  auto terms = CompileTerms(std::move(id), effective, std::move(policy));
  EXPECT_TRUE(terms.ok()) << terms.status();
  return *terms;
}

// The parts, each driven by hand.
class World : public ::testing::Test {
 protected:
  World() : clock(At(0)), forge("github"), receiver("github") {
    slot = {"github", ForgeKind::kGitHub, &forge};
    MakeJudge();
    worker = std::make_unique<Worker>(receiver, *judge, store, clock, log, metrics, terms);
    MakeDispatcher(false);
    timers = std::make_unique<Timers>(*judge, store, clock, log, metrics, terms);
    terms.Set({MakeTerms("v1", At(-60 * 24), MakePolicy())});
  }

  void MakeJudge() {
    house = std::make_unique<AskedAtOnce>(store, clock, log, metrics, terms,
                                          std::vector<ForgeSlot>{slot});
    judge = &house->judge;
  }
  void MakeDispatcher(bool observe) {
    dispatcher = std::make_unique<Dispatcher>(
        slot, *judge, store, renderer, clock, log, metrics,
        DispatcherOptions{observe, [] { return 0.5; }, &right_of_way,
                          [this] { return house->inquiries.Self(slot.name); }});
  }

  static TicketKey Key(std::int64_t number) { return {"github", "77", TicketKind::kIssue, number}; }
  Event MakeEvent(std::int64_t number, const Actor& author, std::vector<Fact> facts) {
    Event event;
    event.kind = EventKind::kTicket;
    event.type = "issues";
    event.project = {"77", "acme/opendb", "https://forge/acme/opendb", false, "5"};
    event.ticket = TicketInfo{};
    event.ticket->number = number;
    event.ticket->title = "It breaks";
    event.ticket->url = absl::StrCat("https://forge/acme/opendb/issues/", number);
    event.ticket->author = author;
    event.facts = std::move(facts);
    return event;
  }
  Fact Opened(const Actor& author, int minute) {
    return MakeOpened({Provenance::kWebhook, At(minute)}, author, Moment::At(At(minute)),
                      "It breaks when I press the button.");
  }
  Fact Commented(const Actor& author, int minute, const std::string& id, const std::string& text) {
    return MakeComment({Provenance::kWebhook, At(minute)}, IssueCommentId(id), author,
                       Moment::At(At(minute)), text);
  }
  // Into the inbox, as intake does it.
  void Deliver(const std::string& id, Event event, bool bound = false) {
    receiver.Register(id, std::move(event));
    ASSERT_TRUE(store.PutDelivery({"github", id, "issues", "{}", clock.Now(), bound}).ok());
  }
  std::size_t Work() {
    auto done = worker->RunOnce(100);
    EXPECT_TRUE(done.ok()) << done.status();
    return done.value_or(0);
  }
  Dispatcher::Round Dispatch() {
    auto round = dispatcher->RunOnce();
    EXPECT_TRUE(round.ok()) << round.status();
    return round.ok() ? *round : Dispatcher::Round();
  }
  StoredTicket Load(std::int64_t number) {
    auto stored = store.LoadTicket(Key(number));
    EXPECT_TRUE(stored.ok()) << stored.status();
    return *stored;
  }
  StoreStats Stats() { return *store.Stats(); }

  // A face that the test itself wants.
  void Want(std::int64_t number, Face face, bool again = false) {
    StoredTicket stored = Load(number);
    ProjectRecord project{{"github", "77"}, "acme/opendb", "", false, "5", At(0)};
    ASSERT_TRUE(store.SaveProject(project).ok());
    DecisionWrite write;
    write.record = stored.record;
    write.record.key = Key(number);
    write.record.project_path = "acme/opendb";
    write.face = std::move(face);
    write.face_again = again;
    write.ledger.at = clock.Now();
    const absl::Status committed = store.Commit(write);
    ASSERT_TRUE(committed.ok()) << committed;
  }
  static Face MakeFace(const std::string& headline, std::vector<std::string> discloses = {}) {
    Face face;
    face.comment = CommentView{};
    face.comment->headline = headline;
    face.discloses = std::move(discloses);
    return face;
  }

  FakeClock clock;
  FakeLog log;
  FakeMetrics metrics;
  RightOfWay right_of_way;
  FaultyStore store;
  FakeForge forge;
  FakeReceiver receiver;
  PlainRenderer renderer;
  TermsHolder terms;
  ForgeSlot slot;
  std::unique_ptr<AskedAtOnce> house;
  Judge* judge = nullptr;
  std::unique_ptr<Worker> worker;
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<Timers> timers;
};

}  // namespace retainer::pipeline
