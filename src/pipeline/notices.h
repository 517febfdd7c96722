// Notifier: tells people what is to be told, through the sinks of their teams; a mention through
// the sink of mentions.
//
// At least once and with the notice's stable id, and only what is still so: right before it is told
// a notice is reviewed by what is known then, and one that is not so any more (somebody answered in
// time meanwhile) is dropped; one whose ticket has an open question waits. What turns out untrue
// while it is being told is taken back. A private customer's notice goes only to sinks that take
// private ones. A sink that fails for a while is tried again with growing pauses (RetryPause),
// across restarts too, the others are not told twice meanwhile (a crash may repeat one); a rate
// limit counts as no try. A notice that somebody could not be told is given up: it is a dead notice
// of the store, and told to those again when it is revived. Every notice is also written to the log
// sink.
//
// A sink that fails again and again is left alone for a while, so that its silence does not hold up
// what the others are to be told.
//
// Where several steps of one promise wait for a sink at once (after an outage, or a night), it
// hears the highest alone, and none hears a lower step after a higher one. Where many notices wait
// for one that people read, they come in one message, which stays together in every repetition; a
// webhook gets each of its own.
//
// That a notice is being told is on disk before the first try: from then on it says the same in
// every repetition, under the same name (TellingName).
//
// One thread at a time.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/notice_sink.h"
#include "retainer/store.h"
#include "src/pipeline/notice_review.h"
#include "src/pipeline/terms_holder.h"

namespace retainer {

// Writes a notice's id, kind, ticket, metric and due instant. The id holds the customer's id (never
// its name): the service's log is the operators' own, so it takes private ones too.
class LogSink final : public NoticeSink {
 public:
  explicit LogSink(Log& log) : log_(log) {}
  const std::string& name() const override { return name_; }
  bool takes_private() const override { return true; }
  absl::Status Tell(const Notice& notice) override;

 private:
  Log& log_;
  const std::string name_ = "log";
};

// How long to wait after so many tries in vain, as senders of webhooks do: 5 s, 5 min, 30 min, 2 h,
// 5 h, 10 h, 10 h. Nullopt: that was the last one.
// REQUIRES: failures > 0
std::optional<absl::Duration> RetryPause(int failures);
// All of it. A sink that asks for so long to be spared is given up too.
absl::Duration WholeLadder();

class Notifier {
 public:
  static constexpr int kMaxAttempts = 8;
  // So many times in a round a sink may fail.
  static constexpr int kMostTroubles = 3;
  static constexpr absl::Duration kRest = absl::Seconds(30);
  // More than so many notices at once for a sink that people read are one message, of at most so
  // many.
  static constexpr std::size_t kManyAtOnce = 3;
  static constexpr std::size_t kMostTogether = 50;
  // Between two looks at a ticket whose questions are open.
  static constexpr absl::Duration kQuestionPause = absl::Seconds(30);

  // Sinks are found by their name in the policy's teams. `mentions`: where those go; may be null.
  Notifier(Store& store, Clock& clock, Log& log, Metrics& metrics, const TermsHolder& terms,
           NoticeReview& review, std::vector<NoticeSink*> sinks, NoticeSink* mentions);

  struct Round {
    std::size_t finished = 0;
    absl::Time next = absl::InfiniteFuture();  // the next try of one that failed (Steady)
  };
  absl::StatusOr<Round> RunOnce();

 private:
  struct State {
    std::set<std::string> told;
    std::map<std::string, std::string> in_vain;  // sink -> why it will not hear it
    int attempts = 0;
    std::optional<absl::Time> failing_since;
    absl::Time not_before = absl::InfinitePast();  // by Clock::Steady
    std::map<std::string, std::string> digests;    // as NoticeRecord's
    std::map<std::string, std::string> troubles;   // likewise
  };
  struct Item;
  using Troubles = std::map<std::string, int>;  // by sink, of this round
  // Nullptr where it waits no more.
  absl::StatusOr<State*> StateOf(const std::string& id);
  absl::Status Save(const Notice& notice, const State& state);
  absl::Status End(const std::string& id, const State& state, absl::Time now);
  // `counts`: what is kept from a sink shows in the figures.
  std::vector<NoticeSink*> SinksOf(const Notice& notice, const TermsHistory& terms, bool counts);
  // Those that wait, run by run, the highest step first.
  absl::StatusOr<std::vector<Item>> Look(const TermsHistory& terms);
  // To be looked at again after kQuestionPause.
  void PutOff(Item* item);
  // Which sinks heard a higher step of its run before: a crash, or a write that failed, may lie
  // between the end of that one and this one's.
  void LookBack(Item* item);
  bool IsAhead(const Item& item, const NoticeSink* sink) const;
  absl::Status ReviewOne(const TermsHistory& terms, Item* item, Round* round);
  // On disk before the first try: from here on what is told does not change.
  absl::Status Begin(Item* item, absl::Time now);
  // One message with all of them. False where the sink is left alone for this round.
  bool Ask(NoticeSink* sink, const std::vector<Item*>& items, absl::Time now, Troubles* troubles);
  void Take(const NoticeSink* sink, const absl::Status& told, absl::Time now, Item* item);
  static std::vector<const Item*> Overtakers(const std::vector<Item>& items, const Item& item);
  bool IsOvertaken(const std::vector<Item>& items, const Item& item, const NoticeSink* sink) const;
  void Overtake(const std::vector<Item>& items, Item* item);
  absl::Status TellTogether(NoticeSink* sink, std::vector<Item>* items, absl::Time now,
                            Troubles* troubles);
  // Told, given up, or put off.
  absl::Status Conclude(const std::vector<Item>& items, Item* item, absl::Time now, Round* round);

  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  NoticeReview& review_;
  const std::vector<NoticeSink*> sinks_;
  NoticeSink* const mentions_;
  LogSink log_sink_;
  std::map<std::string, State> states_;
};

}  // namespace retainer
