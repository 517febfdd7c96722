// A short way to write what happened to a ticket. Facts go through the same builders as webhooks.
//
//   Story story;                         // policy: see StoryPolicy
//   story.Opens("dave").Wait(30min).Says("alice", "Looking into it.");
//   EXPECT_EQ(story.State("acme", Metric::kFirstResponse), ClockState::kMet);
//
// One thread. Time stands at `now()` and moves only by Wait and GoTo.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "retainer/core.h"
#include "retainer/fact_builders.h"

namespace retainer::core {

inline Target OpenTarget(absl::Duration d) { return {0, d, absl::FormatDuration(d)}; }

// Team core: alice, bob; team lead: carol. Bot: acme-ci. Customers: acme (alias c-7f3, contact
// dave), beta (alias c-b, contact bert), both on gold. Priorities P1 P2 P3, P3 by default, all on
// the calendar `always`.
inline Policy StoryPolicy() {
  Policy p;
  p.projects = {{"github", "acme/opendb"}};
  CalendarSpec always;
  always.name = "always";
  always.time_zone = "UTC";
  always.always = true;
  p.calendars["always"] = always;
  CalendarSpec office;
  office.name = "office";
  office.time_zone = "Europe/Paris";
  for (int day = 0; day < 5; ++day) office.weekly[day] = {{9 * 60, 17 * 60}};
  p.calendars["office"] = office;
  p.priorities = {{"P1", "", ""}, {"P2", "", ""}, {"P3", "", ""}};
  Plan gold;
  gold.name = "gold";
  gold.calendars = {"always"};
  const auto promises = [](int factor) {
    PlanPromises promise;
    promise.targets[Metric::kAcknowledgement] = OpenTarget(factor * absl::Minutes(15));
    promise.targets[Metric::kFirstResponse] = OpenTarget(factor * absl::Hours(1));
    promise.targets[Metric::kNextResponse] = OpenTarget(factor * absl::Hours(2));
    promise.targets[Metric::kUpdate] = OpenTarget(factor * absl::Hours(4));
    promise.targets[Metric::kWorkaround] = OpenTarget(factor * absl::Hours(8));
    promise.targets[Metric::kResolution] = OpenTarget(factor * absl::Hours(24));
    return promise;
  };
  gold.promises["P1"] = promises(1);
  gold.promises["P2"] = promises(4);
  gold.promises["P3"] = promises(8);
  gold.default_priority = "P3";
  p.plans["gold"] = gold;
  p.teams["core"] = {"core", {{"github", "alice"}, {"github", "bob"}}, {}, {"ops"}};
  p.teams["lead"] = {"lead", {{"github", "carol"}}, {}, {"ops"}};
  p.bots = {{"github", "acme-ci"}};
  Customer acme;
  acme.id = "acme";
  acme.alias = "c-7f3";
  acme.name = "ACME Corp";
  acme.entitlements = {{.plan = "gold"}};
  acme.contacts.logins = {{"github", "dave"}};
  p.customers.push_back(acme);
  Customer beta = acme;
  beta.id = "beta";
  beta.alias = "c-b";
  beta.name = "Beta";
  beta.contacts.logins = {{"github", "bert"}};
  p.customers.push_back(beta);
  return p;
}

inline absl::Time Utc(std::string_view text) {  // `2026-03-02 09:00:00`
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%S", {text.data(), text.size()}, &time, &error))
    std::abort();
  return time;
}

class Story {
 public:
  explicit Story(Policy policy = StoryPolicy()) {
    context_.key = {"github", "77", TicketKind::kIssue, 12};
    context_.path = "acme/opendb";
    context_.adopted = Utc("2026-01-01 00:00:00");
    context_.self_id = "1";
    context_.self_login = "retainer-bot";
    terms_ = {Compile("v1", Utc("2026-01-01 00:00:00"), std::move(policy))};
  }

  // The people of the story, and who they are for the forge.
  Actor Who(const std::string& login) {
    if (login.empty()) return {};
    if (login == context_.self_login) return {context_.self_id, login, true};
    auto [it, added] = ids_.try_emplace(login, absl::StrCat(100 + ids_.size()));
    return {it->second, login, false};
  }

  Story& GoTo(std::string_view utc) { return now_ = Utc(utc), *this; }
  Story& Wait(absl::Duration d) { return now_ += d, *this; }

  Story& Opens(const std::string& login, std::string_view text = "It is broken.",
               std::vector<std::string> labels = {}) {
    return Add(MakeOpened(Learned(), Who(login), Moment::At(now_), text, std::move(labels)));
  }
  Story& Says(const std::string& login, std::string_view text) {
    last_comment_ = IssueCommentId(absl::StrCat(++comments_));
    return Add(MakeComment(Learned(), last_comment_, Who(login), Moment::At(now_), text));
  }
  Story& Notes(const std::string& login, std::string_view text) {  // internally
    last_comment_ = NoteId(absl::StrCat(++comments_));
    return Add(MakeComment(Learned(), last_comment_, Who(login), Moment::At(now_), text, true));
  }
  // Edits the latest comment.
  Story& Edits(const std::string& editor, const std::string& author, std::string_view before,
               std::string_view after) {
    return Add(MakeCommentEdited(Learned(), last_comment_, Who(editor), Who(author),
                                 Moment::At(now_), after, before, std::nullopt));
  }
  Story& EditsOpening(const std::string& editor, std::string_view before, std::string_view after) {
    return Add(MakeTextEdited(Learned(), Who(editor), Who(editor), Moment::At(now_), after, before,
                              std::nullopt));
  }
  Story& DeletesLast(const std::string& deleter, const std::string& author) {
    return Add(
        MakeCommentDeleted(Learned(), last_comment_, Who(deleter), Who(author), Moment::At(now_)));
  }
  Story& Labels(const std::string& login, std::string_view label) {
    return Add(MakeLabelAdded(Learned(), label, Who(login), Moment::At(now_)));
  }
  Story& Unlabels(const std::string& login, std::string_view label) {
    return Add(MakeLabelRemoved(Learned(), label, Who(login), Moment::At(now_)));
  }
  Story& Renames(const std::string& login, std::string_view from, std::string_view to) {
    return Add(MakeLabelRenamed(Learned(), from, to, Who(login), Moment::At(now_)));
  }
  Story& Observes(std::vector<std::string> labels) {
    return Add(MakeLabels(Learned(), std::move(labels), Moment::At(now_)));
  }
  Story& Assigns(const std::string& login, const std::string& assignee) {
    return Add(MakeAssigned(Learned(), Who(assignee), Who(login), Moment::At(now_)));
  }
  Story& Closes(const std::string& login, std::string_view reason = "completed") {
    return Add(MakeClosed(Learned(), reason, Who(login), Moment::At(now_)));
  }
  Story& Reopens(const std::string& login) {
    return Add(MakeReopened(Learned(), Who(login), Moment::At(now_)));
  }
  Story& Moves(const std::string& login, std::string_view successor) {
    return Add(MakeMoved(Learned(), successor, Who(login), Moment::At(now_)));
  }
  Story& Deletes(const std::string& login) {
    return Add(MakeDeleted(Learned(), Who(login), Moment::At(now_)));
  }
  Story& Acts(const std::string& login, std::string_view what) {
    return Add(MakeAction(Learned(), what, Who(login), Moment::At(now_)));
  }
  // The forge's answers.
  Story& Permission(const std::string& login, std::string_view permission,
                    absl::Duration lasts = absl::Hours(24)) {
    return Answer(FactKind::kPermission, Who(login).id, permission, lasts);
  }
  Story& Membership(const std::string& login, const std::string& organization,
                    std::string_view answer, absl::Duration lasts = absl::Hours(24)) {
    return Answer(FactKind::kMembership, absl::StrCat(Who(login).id, " ", organization), answer,
                  lasts);
  }
  Story& Profile(const std::string& login, std::string_view email,
                 absl::Duration lasts = absl::Hours(24)) {
    return Answer(FactKind::kProfile, Who(login).id, email, lasts);
  }
  // Which ticket `#9` is; empty: none.
  Story& Finds(std::string_view reference, std::string_view key) {
    return Add(MakeReference({Provenance::kNetwork, now_}, reference, key));
  }
  Story& Posts() {  // our own status comment
    Fact fact;
    fact.kind = FactKind::kOwnComment;
    fact.provenance = Provenance::kNetwork;
    fact.at = now_;
    fact.subject = last_comment_ = IssueCommentId(absl::StrCat(++comments_));
    fact.id = MakeFactId(fact.kind, fact.subject, "");
    return Add(std::move(fact));
  }
  Story& Operates(CommandName name, std::string argument = "") {
    Fact fact = OperatorFact();
    fact.text.commands = {{name, std::move(argument), false}};
    return Add(std::move(fact));
  }
  // Done on a page, by a contact of `customer`; empty: by one of the project's people.
  Story& DoesOnPage(const std::string& who, const std::string& customer, CommandName name,
                    std::string argument = "") {
    Fact fact = OperatorFact();
    fact.provenance = Provenance::kPage;
    fact.value = absl::StrCat(who, ": because");
    if (!customer.empty()) fact.labels = {absl::StrCat("contact of ", customer)};
    fact.text.commands = {{name, std::move(argument), false}};
    return Add(std::move(fact));
  }
  Story& Excuses(std::string_view metric, std::string_view customer, std::string_view reason) {
    Fact fact = OperatorFact();
    fact.subject = absl::StrCat(absl::string_view(metric.data(), metric.size()), " ",
                                absl::string_view(customer.data(), customer.size()));
    fact.value = reason;
    return Add(std::move(fact));
  }
  Story& Undoes(CommandName name, std::string customer) {
    Fact fact = OperatorFact();
    fact.text.commands = {{name, std::move(customer), false}};
    fact.labels = {std::string(kUndone)};
    return Add(std::move(fact));
  }
  Story& UndoesExcuse(std::string_view metric, std::string_view customer) {
    Fact fact = OperatorFact();
    fact.subject = absl::StrCat(absl::string_view(metric.data(), metric.size()), " ",
                                absl::string_view(customer.data(), customer.size()));
    fact.labels = {std::string(kUndone)};
    return Add(std::move(fact));
  }
  Story& Add(Fact fact) {
    facts_.Add(fact);
    list_.push_back(std::move(fact));
    return *this;
  }
  Story& Backfilled(bool yes = true) {  // the following facts come from the forge's API
    return provenance_ = yes ? Provenance::kBackfill : Provenance::kWebhook, *this;
  }
  Story& NewTerms(std::string id, Policy policy) {
    terms_.push_back(Compile(std::move(id), now_, std::move(policy)));
    return *this;
  }

  Standing See() const { return See(now_); }
  Standing See(absl::Time at) const { return Evaluate(context_, facts_, terms_, pins_, at); }
  ClockState State(std::string_view customer, Metric metric) const {
    const PromiseClock* clock = Clock(customer, metric);
    if (clock == nullptr) std::abort();
    return clock->state;
  }
  // Nullptr if there is none. Valid until the next call.
  const PromiseClock* Clock(std::string_view customer, Metric metric) const {
    seen_ = See();
    for (const ClaimStanding& claim : seen_.claims) {
      if (claim.customer != customer) continue;
      for (const PromiseClock& clock : claim.clocks) {
        if (clock.metric == metric) return &clock;
      }
    }
    return nullptr;
  }
  const Cycle& Last(std::string_view customer, Metric metric) const {
    const PromiseClock* clock = Clock(customer, metric);
    if (clock == nullptr || clock->cycles.empty()) std::abort();
    return clock->cycles.back();
  }
  std::string Explained() const { return Explain(context_, facts_, See(), terms_, now_); }

  absl::Time now() const { return now_; }
  TicketContext& context() { return context_; }
  const TicketContext& context_of() const { return context_; }
  Pins& pins() { return pins_; }
  const FactSet& facts() const { return facts_; }
  const std::vector<Fact>& list() const { return list_; }  // as they came
  const TermsHistory& terms() const { return terms_; }

 private:
  static std::shared_ptr<const Terms> Compile(std::string id, absl::Time effective, Policy policy) {
    auto terms = CompileTerms(std::move(id), effective, std::move(policy));
    if (!terms.ok()) std::abort();
    return *std::move(terms);
  }
  Learnt Learned() const { return {provenance_, now_}; }
  Fact OperatorFact() {
    Fact fact;
    fact.kind = FactKind::kOperator;
    fact.provenance = Provenance::kOperator;
    fact.at = now_;
    fact.id = MakeFactId(fact.kind, "", absl::StrCat(++operations_));
    return fact;
  }
  Story& Answer(FactKind kind, std::string subject, std::string_view value, absl::Duration lasts) {
    Fact fact;
    fact.kind = kind;
    fact.provenance = Provenance::kNetwork;
    fact.at = now_;
    fact.subject = std::move(subject);
    fact.value = value;
    fact.expires = now_ + lasts;
    fact.id = MakeFactId(kind, fact.subject, absl::StrCat(absl::ToUnixSeconds(now_)));
    return Add(std::move(fact));
  }

  TicketContext context_;
  TermsHistory terms_;
  Pins pins_;
  FactSet facts_;
  std::vector<Fact> list_;
  std::map<std::string, std::string> ids_;
  absl::Time now_ = Utc("2026-03-02 09:00:00");  // a Monday
  Provenance provenance_ = Provenance::kWebhook;
  std::string last_comment_;
  int comments_ = 0;
  int operations_ = 0;
  mutable Standing seen_;
};

}  // namespace retainer::core
