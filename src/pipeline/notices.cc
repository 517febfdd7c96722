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
                   NoticeReview& review, std::vector<NoticeSink*> sinks, NoticeSink* mentions)
    : store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      terms_(terms),
      review_(review),
      sinks_(std::move(sinks)),
      mentions_(mentions),
      log_sink_(log) {}

std::vector<NoticeSink*> Notifier::SinksOf(const Notice& notice, const TermsHistory& terms) {
  std::vector<NoticeSink*> chosen = {&log_sink_};
  if (notice.kind == NoticeKind::kMention) {
    if (mentions_ != nullptr && !notice.is_private) chosen.push_back(mentions_);
    return chosen;
  }
  std::set<std::string> names;
  if (!terms.empty()) {
    const auto& teams = terms.back()->policy.teams;
    for (const std::string& name : notice.teams) {
      const auto team = teams.find(name);
      if (team == teams.end()) continue;
      names.insert(team->second.sinks.begin(), team->second.sinks.end());
    }
  }
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

std::optional<absl::Time> Notifier::Tell(const Notice& notice, const TermsHistory& terms,
                                         absl::Time now, State* state) {
  std::optional<absl::Duration> wait;
  bool failed = false;
  for (NoticeSink* sink : SinksOf(notice, terms)) {
    if (state->told.contains(sink->name())) continue;
    const absl::Status told = sink->Tell(notice);
    const bool limited = absl::IsResourceExhausted(told);
    const bool later = limited || (absl::IsUnavailable(told) && state->attempts + 1 < kMaxAttempts);
    metrics_.Count("retainer_notices_total", {{"sink", sink->name()},
                                              {"kind", std::string(NoticeKindName(notice.kind))},
                                              {"result", told.ok() ? "told"
                                                         : later   ? "later"
                                                                   : "failed"}});
    if (later) {
      failed = failed || !limited;
      const absl::Duration least = limited ? absl::Milliseconds(100) : absl::ZeroDuration();
      const absl::Duration asked = RetryAfter(told).value_or(limited ? absl::Minutes(1) : least);
      wait = std::max(wait.value_or(least), std::max(asked, least));
      continue;
    }
    state->told.insert(sink->name());
    if (!told.ok()) {
      log_.Error("notice could not be told",
                 {{"id", notice.id}, {"sink", sink->name()}, {"error", told.ToString()}});
    }
  }
  if (!wait) return std::nullopt;
  if (failed) wait = std::max(*wait, BackOff(++state->attempts));
  return now + *wait;
}

absl::StatusOr<Notifier::Round> Notifier::RunOnce() {
  Round round;
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return round;  // teams are not known yet
  const absl::Time now = clock_.Now();
  // Those that wait for another try still stand in the store: read past them.
  auto notices = store_.ReadNotices(256 + states_.size());
  if (!notices.ok()) return notices.status();
  for (Notice& notice : *notices) {
    State& state = states_[notice.id];
    if (state.not_before > now) {
      round.next = std::min(round.next, state.not_before);
      continue;
    }
    const auto postpone = [&](absl::Time until) {
      state.not_before = until;
      round.next = std::min(round.next, until);
    };
    const auto word = review_.Review(&notice);
    if (!word.ok()) {
      // One ticket that cannot be read holds up nobody else's notices.
      log_.Error("notice could not be reviewed",
                 {{"id", notice.id}, {"error", word.status().ToString()}});
      postpone(now + kQuestionPause);
      continue;
    }
    if (*word == NoticeReview::Word::kWait) {
      postpone(now + kQuestionPause);
      continue;
    }
    if (*word == NoticeReview::Word::kDrop) {
      const absl::Status dropped = store_.DropNotice(notice.id);
      if (!dropped.ok()) return dropped;
      log_.Info("notice silenced", {{"id", notice.id}});
      metrics_.Count("retainer_notices_total", {{"sink", "none"},
                                                {"kind", std::string(NoticeKindName(notice.kind))},
                                                {"result", "silenced"}});
      states_.erase(notice.id);
      ++round.finished;
      continue;
    }
    if (const auto again = Tell(notice, terms, now, &state)) {
      postpone(*again);
      continue;
    }
    const absl::Status finished = store_.FinishNotice(notice.id);
    if (!finished.ok()) return finished;
    states_.erase(notice.id);
    ++round.finished;
    // The answer may have been decided while people were being told, when there was nothing to take
    // back yet.
    const auto after = review_.Review(&notice);
    if (after.ok() && *after == NoticeReview::Word::kDrop && notice.withdraws.empty()) {
      const absl::Status again = review_.DecideAgain(notice.ticket);
      if (!again.ok()) return again;
    }
  }
  return round;
}

}  // namespace retainer
