#include "src/pipeline/notices.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "absl/strings/str_join.h"
#include "src/pipeline/judge.h"

namespace retainer {

absl::Status LogSink::Tell(const Notice& notice) {
  const bool is_trouble = notice.kind != NoticeKind::kWarning &&
                          notice.kind != NoticeKind::kHandOver &&
                          notice.kind != NoticeKind::kClosed;
  log_.Write(is_trouble ? LogLevel::kWarning : LogLevel::kInfo, "notice",
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
    if (!names.contains(sink->name()) || !sink->Wants(notice.kind)) continue;
    if (notice.is_private && !sink->takes_private()) {
      metrics_.Count("retainer_notices_withheld_total", {{"sink", sink->name()}});
      continue;
    }
    chosen.push_back(sink);
  }
  return chosen;
}

std::optional<absl::Duration> RetryPause(int failures) {
  static constexpr std::array<absl::Duration, Notifier::kMaxAttempts - 1> kPauses = {
      absl::Seconds(5), absl::Minutes(5), absl::Minutes(30), absl::Hours(2),
      absl::Hours(5),   absl::Hours(10),  absl::Hours(10)};
  const auto index = static_cast<std::size_t>(failures - 1);
  if (index >= kPauses.size()) return std::nullopt;
  return kPauses[index];
}

absl::Duration WholeLadder() {
  absl::Duration all;
  for (int failures = 1; const auto pause = RetryPause(failures); ++failures) all += *pause;
  return all;
}

absl::StatusOr<Notifier::State*> Notifier::StateOf(const std::string& id) {
  if (const auto known = states_.find(id); known != states_.end()) return &known->second;
  const auto record = store_.FindNotice(id);
  if (!record.ok()) return record.status();
  if (!*record) return nullptr;
  State& state = states_[id];
  state.told.insert((*record)->told.begin(), (*record)->told.end());
  state.attempts = (*record)->attempts;
  state.failing_since = (*record)->failing_since;
  // Further ahead than any wait: the clock was set back since.
  const absl::Duration wait = (*record)->again_at.value_or(absl::InfinitePast()) - clock_.Now();
  if (wait > absl::ZeroDuration() && wait <= WholeLadder()) {
    state.not_before = clock_.Steady() + wait;
  }
  return &state;
}

absl::Status Notifier::Save(const std::string& id, const State& state) {
  auto record = store_.FindNotice(id);
  if (!record.ok()) return record.status();
  if (!*record) return absl::OkStatus();
  (*record)->told.assign(state.told.begin(), state.told.end());
  (*record)->attempts = state.attempts;
  (*record)->failing_since = state.failing_since;
  (*record)->again_at = clock_.Now() + (state.not_before - clock_.Steady());
  const absl::Status saved = store_.SaveNotice(**record);
  return absl::IsNotFound(saved) ? absl::OkStatus() : saved;
}

absl::Status Notifier::End(const std::string& id, const State& state, absl::Time now) {
  if (state.in_vain.empty()) return store_.FinishNotice(id);
  auto record = store_.FindNotice(id);
  if (!record.ok()) return record.status();
  if (!*record) return absl::OkStatus();
  (*record)->told.assign(state.told.begin(), state.told.end());
  const std::string reason = absl::StrJoin(state.in_vain, "; ", absl::PairFormatter(": "));
  log_.Error("notice could not be told", {{"id", id}, {"reason", reason}});
  return store_.BuryNotice(**record, reason, now);
}

std::optional<absl::Time> Notifier::Tell(const Notice& notice, const TermsHistory& terms,
                                         absl::Time now, State* state, Troubles* troubles) {
  std::optional<absl::Duration> wait;
  bool failed = false;
  for (NoticeSink* sink : SinksOf(notice, terms)) {
    if (state->told.contains(sink->name()) || state->in_vain.contains(sink->name())) continue;
    int& trouble = (*troubles)[sink->name()];
    if (trouble >= kMostTroubles) {
      wait = std::max(wait.value_or(absl::ZeroDuration()), kRest);
      continue;
    }
    const absl::Status told = sink->Tell(notice);
    const bool limited = absl::IsResourceExhausted(told);
    if (!told.ok() && !state->failing_since) state->failing_since = now;
    const bool later = limited ? now - *state->failing_since < WholeLadder()
                               : absl::IsUnavailable(told) && RetryPause(state->attempts + 1);
    trouble = told.ok() ? 0 : trouble + 1;
    metrics_.Count("retainer_notices_total", {{"sink", sink->name()},
                                              {"kind", std::string(NoticeKindName(notice.kind))},
                                              {"result", told.ok() ? "told"
                                                         : later   ? "later"
                                                                   : "failed"}});
    if (later) {
      if (state->attempts == 0) {
        log_.Warning(
            "notice waits for a sink",
            {{"id", notice.id}, {"sink", sink->name()}, {"why", std::string(told.message())}});
      }
      failed = failed || !limited;
      const absl::Duration least = limited ? absl::Milliseconds(100) : absl::ZeroDuration();
      const absl::Duration asked = RetryAfter(told).value_or(limited ? absl::Minutes(1) : least);
      wait = std::max(wait.value_or(least), std::max(asked, least));
      continue;
    }
    if (told.ok()) {
      state->told.insert(sink->name());
    } else {
      state->in_vain[sink->name()] = std::string(told.message());
    }
  }
  if (!wait) return std::nullopt;
  if (failed) wait = std::max(*wait, *RetryPause(++state->attempts));
  return clock_.Steady() + *wait;
}

absl::StatusOr<Notifier::Round> Notifier::RunOnce() {
  Round round;
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return round;  // teams are not known yet
  const absl::Time now = clock_.Now();
  const absl::Time steady = clock_.Steady();
  // Those that wait for another try still stand in the store: read past them.
  Troubles troubles;
  auto notices = store_.ReadNotices(256 + states_.size());
  if (!notices.ok()) return notices.status();
  for (Notice& notice : *notices) {
    const auto found = StateOf(notice.id);
    if (!found.ok()) return found.status();
    if (*found == nullptr) continue;
    State& state = **found;
    if (state.not_before > steady) {
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
      postpone(steady + kQuestionPause);
      continue;
    }
    if (*word == NoticeReview::Word::kWait) {
      postpone(steady + kQuestionPause);
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
    const auto saved = [&] {
      return std::tuple(state.told.size(), state.attempts, state.failing_since.has_value());
    };
    const auto before = saved();
    if (const auto again = Tell(notice, terms, now, &state, &troubles)) {
      postpone(*again);
      if (before == saved()) continue;
      if (const absl::Status kept = Save(notice.id, state); !kept.ok()) return kept;
      continue;
    }
    const absl::Status finished = End(notice.id, state, now);
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
