// Notifier: tells people the notices, through the sinks of their teams; mentions go through the
// mention sink. At least once, with the notice's stable id.
//
// Review: right before a notice is told it is checked again. It is dropped if it is no longer true
// (for example somebody answered in time), and waits while its ticket has an open question. What
// turns out untrue while it is being told is taken back. A private customer's notice goes only to
// sinks that accept private ones.
//
// Retries: a sink that fails is retried with increasing back-off (RetryPause), also across
// restarts, without telling the others twice (a crash may repeat one). A rate limit does not count
// as a try. A notice that some sink could not be told is given up: it becomes a dead notice in the
// store, and is told to those sinks when it is revived. Every notice also goes to the log sink. A
// sink that fails repeatedly is skipped for a while, so that it does not delay the others.
//
// Order: if several steps of one promise wait for a sink at once (after an outage or a night), the
// sink gets only the highest, and never a lower step after a higher one. If many notices wait for a
// sink that people read, they come in one message (a digest) that contains the same notices in
// every repetition. A webhook gets each notice separately.
//
// The intent is on disk before the first try: from then on each repetition has the same content and
// the same name (TellingName). One thread at a time, except for SetSinks.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
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
#include "src/pipeline/restore_hold.h"
#include "src/pipeline/terms_holder.h"

namespace retainer::pipeline {

// Logs a notice's id, kind, ticket, metric and due instant. The id contains the customer's id
// (never its name). The service's log belongs to the operators, so private notices go there too.
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

// The back-off after this number of failed tries, as usual for webhooks: 5 s, 5 min, 30 min, 2 h, 5
// h, 10 h, 10 h. Nullopt: that was the last try. REQUIRES: failures > 0
std::optional<absl::Duration> RetryPause(int failures);
// The sum of all pauses. A sink that asks us to wait longer than this is given up too.
absl::Duration WholeLadder();

class Notifier {
 public:
  static constexpr int kMaxAttempts = 8;
  // How many times a sink may fail in one round.
  static constexpr int kMostTroubles = 3;
  static constexpr absl::Duration kRest = absl::Seconds(30);
  // If more than kManyAtOnce notices wait for a sink that people read, they are sent in messages of
  // at most kMostTogether.
  static constexpr std::size_t kManyAtOnce = 3;
  static constexpr std::size_t kMostTogether = 50;
  // The pause between two reviews of a ticket with open questions.
  static constexpr absl::Duration kQuestionPause = absl::Seconds(30);

  // Sinks are found by their names in the policy's teams. `mentions`: the sink of mentions; may be
  // null. `restore_hold`: null if the store was never restored.
  Notifier(Store& store, Clock& clock, Log& log, Metrics& metrics, const TermsHolder& terms,
           NoticeReview& review, std::vector<NoticeSink*> sinks, NoticeSink* mentions,
           RestoreHold* restore_hold = nullptr);

  struct Round {
    std::size_t finished = 0;
    absl::Time next = absl::InfiniteFuture();  // the next retry (Steady)
  };
  absl::StatusOr<Round> RunOnce();

  // Replaces the sinks; the next round uses the new ones, and tries at once what waits. A notice
  // that waits for a sink that is gone is not sent there, and ends when its other sinks have it.
  // Thread-safe.
  void SetSinks(std::vector<std::shared_ptr<NoticeSink>> sinks);

 private:
  struct State {
    std::set<std::string> told;
    std::map<std::string, std::string> in_vain;  // sink -> why it is given up
    int attempts = 0;
    std::optional<absl::Time> failing_since;
    absl::Time not_before = absl::InfinitePast();  // Clock::Steady
    std::map<std::string, std::string> digests;    // see NoticeRecord
    std::map<std::string, std::string> troubles;   // see NoticeRecord
  };
  struct Item;
  using Troubles = std::map<std::string, int>;  // failures in this round, by sink
  // Nullptr if it is no longer in the queue.
  absl::StatusOr<State*> StateOf(const std::string& id);
  absl::Status Save(const Notice& notice, const State& state);
  absl::Status End(const std::string& id, const State& state, absl::Time now);
  // `counts`: count in the figures what is withheld from a sink.
  std::vector<NoticeSink*> SinksOf(const Notice& notice, const TermsHistory& terms, bool counts);
  // The waiting notices, run by run, the highest step first.
  absl::StatusOr<std::vector<Item>> Look(const TermsHistory& terms);
  // Postpones it.
  void PutOff(Item* item, absl::Duration pause = kQuestionPause);
  // Postpones it while the restore holds its forge.
  absl::Status Hold(Item* item);
  // Counts it as told, except in the log and on the forge, if it may have been told before a
  // restore.
  void CountAsTold(Item* item);
  // Finds the sinks that got a higher step of its run before: a crash or failed write may have
  // happened between telling that step and ending this one.
  void LookBack(Item* item);
  bool IsAhead(const Item& item, const NoticeSink* sink) const;
  absl::Status ReviewOne(const TermsHistory& terms, Item* item, Round* round);
  // Saves the intent before the first try: from then on the content does not change.
  absl::Status Begin(Item* item, absl::Time now);
  // Uses the sinks of the last SetSinks, if there are new ones.
  void TakeSinks();
  // Sends one message with all of them. False if the sink is skipped for the rest of this round.
  bool Ask(NoticeSink* sink, const std::vector<Item*>& items, absl::Time now, Troubles* troubles);
  void Take(const NoticeSink* sink, const absl::Status& told, absl::Time now, Item* item);
  static std::vector<const Item*> Overtakers(const std::vector<Item>& items, const Item& item);
  bool IsOvertaken(const std::vector<Item>& items, const Item& item, const NoticeSink* sink) const;
  void Overtake(const std::vector<Item>& items, Item* item);
  absl::Status TellTogether(NoticeSink* sink, std::vector<Item>* items, absl::Time now,
                            Troubles* troubles);
  // Ends the item: told, given up or postponed.
  absl::Status Conclude(const std::vector<Item>& items, Item* item, absl::Time now, Round* round);

  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  NoticeReview& review_;
  std::vector<NoticeSink*> sinks_;
  std::vector<std::shared_ptr<NoticeSink>> owned_;  // those of the last SetSinks that was taken
  std::mutex mutex_;
  std::optional<std::vector<std::shared_ptr<NoticeSink>>> replaced_;  // guarded by mutex_
  NoticeSink* const mentions_;
  RestoreHold* const restore_hold_;
  LogSink log_sink_;
  std::map<std::string, State> states_;
};

}  // namespace retainer::pipeline
