#include "src/pipeline/notices.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/pipeline/judge.h"

namespace retainer {

absl::Status LogSink::Tell(const Notice& notice) {
  log_.Write(notice.kind == NoticeKind::kWarning ? LogLevel::kInfo : LogLevel::kWarning, "notice",
             {{"id", notice.id},
              {"kind", std::string(NoticeKindName(notice.kind))},
              {"ticket", ToString(notice.ticket)},
              {"metric", std::string(MetricName(notice.metric))},
              {"due", absl::FormatTime(absl::RFC3339_sec, notice.due, absl::UTCTimeZone())}});
  return absl::OkStatus();
}

Notifier::Notifier(Store& store, Clock& clock, Log& log, Metrics& metrics, const TermsHolder& terms,
                   std::vector<NoticeSink*> sinks)
    : store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      terms_(terms),
      sinks_(std::move(sinks)),
      log_sink_(log) {}

std::vector<NoticeSink*> Notifier::SinksOf(const Notice& notice, const TermsHistory& terms) {
  std::set<std::string> names;
  if (!terms.empty()) {
    const auto& teams = terms.back()->policy.teams;
    for (const std::string& name : notice.teams) {
      const auto team = teams.find(name);
      if (team == teams.end()) continue;
      names.insert(team->second.sinks.begin(), team->second.sinks.end());
    }
  }
  std::vector<NoticeSink*> chosen = {&log_sink_};
  for (NoticeSink* sink : sinks_) {
    if (!names.contains(sink->name())) continue;
    if (notice.is_private && !sink->takes_private()) {
      metrics_.Count("retainer_notices_withheld_total", {{"sink", sink->name()}});
      continue;
    }
    chosen.push_back(sink);
  }
  return chosen;
}

absl::StatusOr<Notifier::Round> Notifier::RunOnce() {
  Round round;
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return round;  // teams are not known yet
  const absl::Time now = clock_.Now();
  // Those that wait for another try still stand in the store: read past them.
  auto notices = store_.ReadNotices(256 + states_.size());
  if (!notices.ok()) return notices.status();
  for (const Notice& notice : *notices) {
    State& state = states_[notice.id];
    if (state.not_before > now) {
      round.next = std::min(round.next, state.not_before);
      continue;
    }
    absl::Duration wait = absl::ZeroDuration();
    bool again = false;
    for (NoticeSink* sink : SinksOf(notice, terms)) {
      if (state.told.contains(sink->name())) continue;
      const absl::Status told = sink->Tell(notice);
      const bool later = absl::IsUnavailable(told) || absl::IsResourceExhausted(told);
      metrics_.Count("retainer_notices_total", {{"sink", sink->name()},
                                                {"kind", std::string(NoticeKindName(notice.kind))},
                                                {"result", told.ok() ? "told"
                                                           : later   ? "later"
                                                                     : "failed"}});
      if (later && state.attempts + 1 < kMaxAttempts) {
        again = true;
        wait = std::max(wait, RetryAfter(told).value_or(absl::ZeroDuration()));
        continue;
      }
      state.told.insert(sink->name());
      if (!told.ok()) {
        log_.Error("notice could not be told",
                   {{"id", notice.id}, {"sink", sink->name()}, {"error", told.ToString()}});
      }
    }
    if (again) {
      state.not_before = now + std::max(wait, BackOff(++state.attempts));
      round.next = std::min(round.next, state.not_before);
      continue;
    }
    const absl::Status finished = store_.FinishNotice(notice.id);
    if (!finished.ok()) return finished;
    states_.erase(notice.id);
    ++round.finished;
  }
  return round;
}

}  // namespace retainer
