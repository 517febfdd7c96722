// An id that a receiver sees identifies one telling with one content, whatever fails, crashes, is
// withdrawn and comes true again: a receiver that drops known ids misses nothing.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "src/pipeline/notices.h"
#include "src/sinks/messages.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_log.h"
#include "tests/fakes/fake_metrics.h"
#include "tests/fakes/faulty_store.h"

namespace retainer {
namespace {

const TicketKey kTicket{"github", "77", TicketKind::kIssue, 1};
const absl::Time kStart = absl::FromUnixSeconds(1772528400);

// A receiver that may fail before or after it has accepted a notice.
class Receiver final : public NoticeSink {
 public:
  const std::string& name() const override { return name_; }
  bool takes_private() const override { return true; }
  absl::Status Tell(const Notice& notice) override {
    if (fails_before) return absl::UnavailableError("down");
    const std::string id = sinks::WebhookId(notice);
    const std::string body = sinks::WebhookBody(notice, sinks::NameOf(notice));
    const auto [known, is_new] = bodies.emplace(id, body);
    RC_ASSERT(known->second == body);  // one id, one content
    if (!is_new) {
      // A repetition must not say what a later withdrawal has taken back.
      RC_ASSERT(!taken_back.contains(TellingName(notice)));
    }
    if (is_new) believes = notice.kind == NoticeKind::kBreach;
    for (const std::string& name : notice.withdraws) taken_back.insert(name);
    return fails_after ? absl::UnavailableError("the answer was lost") : absl::OkStatus();
  }
  bool believes = false;  // believes that the promise is late; drops known ids
  bool fails_before = false;
  bool fails_after = false;
  std::map<std::string, std::string> bodies;
  std::set<std::string> taken_back;

 private:
  const std::string name_ = "crm";
};

// The test decides what is true: the breach, or that there is none.
class Truth final : public pipeline::NoticeReview {
 public:
  explicit Truth(Store& store) : store_(store) {}
  std::vector<Notice> Now() const {
    Notice breach;
    breach.id = "breach x";
    breach.kind = NoticeKind::kBreach;
    breach.ticket = kTicket;
    breach.customer = "acme";
    breach.at = breach.due = kStart;
    breach.teams = {"core"};
    breach.text = text;
    breach.is_private = false;
    breach.run = "x";
    breach.step = 1001;
    if (late) return {breach};
    Notice withdrawn = breach;
    withdrawn.id = "withdrawn breach x";
    withdrawn.kind = NoticeKind::kBreachWithdrawn;
    withdrawn.run.clear();
    const auto told = store_.ReadToldNotices(kTicket);
    for (const Notice& one : *told) withdrawn.withdraws.push_back(TellingName(one));
    if (withdrawn.withdraws.empty()) return {};
    return {withdrawn};
  }
  absl::StatusOr<Word> Review(Notice* notice) override {
    for (const Notice& so : Now()) {
      if (so.id != notice->id) continue;
      if (!notice->told_since) notice->text = so.text;
      return Word::kTell;
    }
    return Word::kDrop;
  }
  absl::Status DecideAgain(const TicketKey&) override { return Decide(); }
  absl::Status Decide() {
    const auto stored = store_.LoadTicket(kTicket);
    DecisionWrite write;
    write.record = stored->record;
    write.record.key = kTicket;
    write.notices = Now();
    write.ledger.at = kStart;
    return store_.Commit(write);
  }
  bool late = true;
  std::string text = "late";

 private:
  Store& store_;
};

RC_GTEST_PROP(TellingsPropertyTest, AnIdIsOfOneTellingWithOneContent, ()) {
  FakeClock clock(kStart);
  FakeLog log;
  FakeMetrics metrics;
  FaultyStore store;
  Truth truth(store);
  Receiver receiver;
  pipeline::TermsHolder terms;
  Policy policy;
  policy.teams["core"] = {"core", {}, {}, {"crm"}};
  terms.Set({*CompileTerms("v1", kStart - absl::Hours(1), policy)});
  std::unique_ptr<pipeline::Notifier> notifier;
  const auto start = [&] {
    notifier = std::make_unique<pipeline::Notifier>(store, clock, log, metrics, terms, truth,
                                                    std::vector<NoticeSink*>{&receiver}, nullptr);
  };
  start();
  const int steps = *rc::gen::inRange(1, 40);
  for (int i = 0; i < steps; ++i) {
    switch (*rc::gen::inRange(0, 7)) {
      case 0:
        truth.late = !truth.late;
        break;
      case 1:
        truth.text = absl::StrCat("late by another reckoning ", i);
        break;
      case 2:  // a crash: whatever was not written is lost
        store.FailWrites(absl::ResourceExhaustedError("the disk is full"));
        (void)notifier->RunOnce();
        store.FailWrites(absl::OkStatus());
        start();
        break;
      case 3:
        clock.Advance(absl::Minutes(*rc::gen::element(1, 6, 40)));
        break;
      case 4:
        receiver.fails_before = *rc::gen::arbitrary<bool>();
        break;
      case 5:
        receiver.fails_after = *rc::gen::arbitrary<bool>();
        break;
      case 6:
        start();
        break;
    }
    RC_ASSERT(truth.Decide().ok());
    RC_ASSERT(notifier->RunOnce().ok());
  }
  // Everything works again: the receiver must know what is late.
  receiver.fails_before = receiver.fails_after = false;
  for (int i = 0; i < 20; ++i) {
    clock.Advance(absl::Hours(1));
    RC_ASSERT(truth.Decide().ok());
    RC_ASSERT(notifier->RunOnce().ok());
  }
  if (truth.late) RC_ASSERT(receiver.believes);
  RC_ASSERT(store.Stats()->pending_notices == 0u);
}

}  // namespace
}  // namespace retainer
