// Notifier: tells people what is to be told, through the sinks of their teams.
//
// At least once and with the notice's stable id. A private customer's notice goes only to sinks that
// take private ones. A sink that fails for a while is tried again with growing pauses, the others
// are not told twice meanwhile (a restart may repeat one). Every notice is also written to the log
// sink.
//
// One thread at a time.
#pragma once

#include <cstddef>
#include <map>
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

class Notifier {
 public:
  static constexpr int kMaxAttempts = 24;

  // Sinks are found by their name in the policy's teams.
  Notifier(Store& store, Clock& clock, Log& log, Metrics& metrics, const TermsHolder& terms,
           std::vector<NoticeSink*> sinks);

  struct Round {
    std::size_t finished = 0;
    absl::Time next = absl::InfiniteFuture();  // the next try of one that failed
  };
  absl::StatusOr<Round> RunOnce();

 private:
  struct State {
    std::set<std::string> told;
    int attempts = 0;
    absl::Time not_before = absl::InfinitePast();
  };
  std::vector<NoticeSink*> SinksOf(const Notice& notice, const TermsHistory& terms);

  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  const std::vector<NoticeSink*> sinks_;
  LogSink log_sink_;
  std::map<std::string, State> states_;
};

}  // namespace retainer
