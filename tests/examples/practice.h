// A practice of deploy/examples at work: its policy, one forge, the judge, the timers and the
// dispatcher, on a clock that the story moves.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "retainer/fact_builders.h"
#include "retainer/instant_text.h"
#include "src/pipeline/desk.h"
#include "src/policy/duration.h"
#include "src/policy/policy_parser.h"
#include "src/policy/policy_source.h"
#include "templates/renderer.h"
#include "tests/fakes/asked_at_once.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_forge.h"
#include "tests/fakes/fake_log.h"
#include "tests/fakes/fake_metrics.h"
#include "tests/fakes/faulty_store.h"
#include "tests/fakes/places.h"

namespace retainer {

inline absl::Time Instant(std::string_view rfc3339) {
  const auto at = policy::ParseInstant(std::string(rfc3339));
  if (!at.ok()) throw std::runtime_error(absl::StrCat("no instant: ", std::string(rfc3339)));
  return *at;
}

class PracticeStory : public ::testing::Test {
 protected:
  // `forge` is the name of the practice's forge: github or gitlab. The story begins at `start`.
  PracticeStory(const std::string& practice, const std::string& forge, std::string_view start)
      : clock_(Instant(start)), forge_(forge), renderer_(templates::MakeRenderer()) {
    const auto files =
        policy::ReadPolicyFolder(SourceDir() + "/deploy/examples/" + practice + "/policy");
    EXPECT_TRUE(files.ok()) << files.status();
    const policy::PolicyResult result = policy::ParsePolicy(*files);
    if (!result.policy) throw std::runtime_error(policy::FormatProblems(result.problems));
    auto terms = CompileTerms(policy::PolicyId(*files), absl::UnixEpoch(), *result.policy);
    if (!terms.ok()) throw std::runtime_error(std::string(terms.status().message()));
    terms_.Set({*std::move(terms)});
    slot_ = {forge, forge == "gitlab" ? ForgeKind::kGitLab : ForgeKind::kGitHub, &forge_};
    house_ = std::make_unique<AskedAtOnce>(store_, clock_, log_, metrics_, terms_,
                                           std::vector<pipeline::ForgeSlot>{slot_});
    timers_ =
        std::make_unique<pipeline::Timers>(house_->judge, store_, clock_, log_, metrics_, terms_);
    dispatcher_ = std::make_unique<pipeline::Dispatcher>(
        slot_, house_->judge, store_, *renderer_, clock_, log_, metrics_,
        pipeline::DispatcherOptions{false, [] { return 0.5; }, &right_of_way_,
                                    [this] { return house_->inquiries.Self(slot_.name); }});
  }

  // ---- What people do. Each returns when the desk has answered.

  // The tickets that are opened from here on are in this project. `members_only`: nobody else can
  // read it.
  void In(const std::string& path, bool members_only = false) {
    path_ = path;
    members_only_ = members_only;
    projects_.try_emplace(path, absl::StrCat(70 + projects_.size()));
    forge_.SetVisibility(path, members_only ? "private" : "public");
  }
  TicketKey Opens(const std::string& login, std::string_view text,
                  std::vector<std::string> labels = {}) {
    const TicketKey key{slot_.name, projects_.at(path_), TicketKind::kIssue, ++numbers_};
    pipeline::News news;
    ProjectRecord project;
    project.key = {slot_.name, key.project};
    project.path = path_;
    project.is_private = members_only_;
    project.members_only = members_only_;
    project.first_seen = Instant("2026-01-01T00:00:00Z");
    news.project = project;
    TicketInfo ticket;
    ticket.number = key.number;
    ticket.title = "It breaks";
    ticket.author = Who(login);
    news.ticket = ticket;
    news.facts = {MakeOpened(Learned(), Who(login), AtNow(), text, std::move(labels))};
    Decide(key, news);
    return key;
  }
  void Says(const TicketKey& key, const std::string& login, std::string_view text) {
    const std::string id = absl::StrCat(++comments_ + 1000);  // the forge numbers ours from 1
    Learn(key, MakeComment(Learned(), IsGitLab() ? NoteId(id) : IssueCommentId(id), Who(login),
                           AtNow(), text));
  }
  void Labels(const TicketKey& key, const std::string& login, std::string_view label) {
    Learn(key, MakeLabelAdded(Learned(), label, Who(login), AtNow()));
  }
  void Closes(const TicketKey& key, const std::string& login) {
    Learn(key, MakeClosed(Learned(), "completed", Who(login), AtNow()));
  }
  // Time passes, and the desk does what is due on the way.
  void GoTo(std::string_view rfc3339) {
    const absl::Time target = Instant(rfc3339);
    for (;;) {
      const auto wake = timers_->NextWake();
      ASSERT_TRUE(wake.ok()) << wake.status();
      if (*wake > target) break;
      clock_.Set(std::max(*wake, clock_.Now()));
      const auto judged = timers_->RunDue();
      ASSERT_TRUE(judged.ok()) << judged.status();
      Show();
    }
    clock_.Set(target);
  }

  absl::Time Now() const { return clock_.Now(); }

  // ---- What is there

  Standing See(const TicketKey& key) {
    auto judged = house_->judge.Decide(key, {});
    EXPECT_TRUE(judged.ok()) << judged.status();
    return judged->decision.standing;
  }
  // The customers in force, as `acme enterprise P1`.
  std::vector<std::string> Claims(const TicketKey& key) {
    std::vector<std::string> claims;
    for (const ClaimStanding& claim : See(key).claims) {
      if (claim.released) continue;
      claims.push_back(absl::StrCat(claim.customer, " ", claim.plan, " ", claim.priority));
    }
    return claims;
  }
  // The latest run of a clock as `running, due 2027-01-11T10:05:00Z` or `met after 35m`; `none`
  // without one. An empty customer: the community's objectives.
  std::string Clock(const TicketKey& key, std::string_view customer, Metric metric) {
    const Standing standing = See(key);
    if (customer.empty()) return Shown(standing.objectives, metric);
    for (const ClaimStanding& claim : standing.claims) {
      if (claim.customer == customer) return Shown(claim.clocks, metric);
    }
    return "no claim";
  }
  PromiseKind Kind(const TicketKey& key, std::string_view customer, Metric metric) {
    for (const ClaimStanding& claim : See(key).claims) {
      if (claim.customer != customer) continue;
      for (const PromiseClock& clock : claim.clocks) {
        if (clock.metric == metric) return clock.kind;
      }
    }
    ADD_FAILURE() << customer << " is promised no " << MetricName(metric);
    return PromiseKind::kTarget;
  }
  // The status comment on the forge, without its hidden marker; empty if there is none.
  std::string Comment(const TicketKey& key) {
    std::string found;
    for (const auto& [id, comment] : forge_.comments()) {
      if (comment.ticket != key) continue;
      EXPECT_EQ(found, "") << "two comments";
      found = comment.body.substr(0, comment.body.find("<!--"));
      while (found.ends_with('\n')) found.pop_back();
    }
    return found;
  }
  // Without the two spaces that break a line in Markdown.
  std::string FirstLine(const TicketKey& key) {
    const std::string comment = Comment(key);
    return comment.substr(0, comment.find_last_not_of(' ', comment.find('\n') - 1) + 1);
  }
  std::set<std::string> LabelsOn(const TicketKey& key) { return forge_.labels(key); }
  // The notices to be told about the ticket, as `breach first_response to lead`, in order.
  std::vector<std::string> Told(const TicketKey& key) {
    const auto notices = store_.ReadNotices(1000);
    EXPECT_TRUE(notices.ok()) << notices.status();
    std::vector<std::string> told;
    for (const Notice& notice : *notices) {
      if (notice.ticket != key) continue;
      std::string line = absl::StrCat(std::string(NoticeKindName(notice.kind)), " ",
                                      std::string(MetricName(notice.metric)), " to");
      for (const std::string& team : notice.teams) absl::StrAppend(&line, " ", team);
      told.push_back(std::move(line));
    }
    return told;
  }

 private:
  bool IsGitLab() const { return slot_.kind == ForgeKind::kGitLab; }
  Actor Who(const std::string& login) {
    const auto [it, is_new] = people_.try_emplace(login, absl::StrCat(500 + people_.size()));
    if (is_new) forge_.SetUser(login, it->second);
    return {it->second, login, false};
  }
  Moment AtNow() const { return Moment::At(clock_.Now()); }
  Learnt Learned() const { return {Provenance::kWebhook, clock_.Now()}; }
  void Learn(const TicketKey& key, Fact fact) {
    pipeline::News news;
    news.facts = {std::move(fact)};
    Decide(key, news);
  }
  void Decide(const TicketKey& key, const pipeline::News& news) {
    const auto judged = house_->judge.Decide(key, news);
    ASSERT_TRUE(judged.ok()) << judged.status();
    Show();
  }
  void Show() {
    for (int i = 0; i < 20; ++i) {
      const auto round = dispatcher_->RunOnce();
      ASSERT_TRUE(round.ok()) << round.status();
      if (round->mutations + round->finished == 0) return;
    }
    ADD_FAILURE() << "the faces do not come to rest";
  }
  std::string Shown(const std::vector<PromiseClock>& clocks, Metric metric) const {
    for (const PromiseClock& clock : clocks) {
      if (clock.metric != metric || clock.cycles.empty()) continue;
      const Cycle& cycle = clock.cycles.back();
      const std::string state(ClockStateName(clock.state));
      if (cycle.stopped) return absl::StrCat(state, " after ", absl::FormatDuration(cycle.elapsed));
      return cycle.due == absl::InfiniteFuture()
                 ? state
                 : absl::StrCat(state, ", due ", Rfc3339(cycle.due));
    }
    return "none";
  }

  FakeClock clock_;
  FakeLog log_;
  FakeMetrics metrics_;
  pipeline::RightOfWay right_of_way_;
  FaultyStore store_;
  FakeForge forge_;
  std::unique_ptr<Renderer> renderer_;
  pipeline::TermsHolder terms_;
  pipeline::ForgeSlot slot_;
  std::unique_ptr<AskedAtOnce> house_;
  std::unique_ptr<pipeline::Timers> timers_;
  std::unique_ptr<pipeline::Dispatcher> dispatcher_;
  std::string path_;
  bool members_only_ = false;
  std::map<std::string, std::string> projects_;  // path -> id
  std::map<std::string, std::string> people_;    // login -> id
  int numbers_ = 0;
  int comments_ = 0;
};

}  // namespace retainer
