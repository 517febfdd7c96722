#include "src/pipeline/notices.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/instant_text.h"
#include "src/pipeline/judge.h"

namespace retainer::pipeline {

absl::Status LogSink::Tell(const Notice& notice) {
  if (IsAboutCustomer(notice.kind)) {
    log_.Info("notice", {{"id", notice.id},
                         {"kind", std::string(NoticeKindName(notice.kind))},
                         {"customer", notice.customer}});
    return absl::OkStatus();
  }
  if (!IsAboutTicket(notice.kind)) {
    log_.Info("notice", {{"id", notice.id}, {"kind", std::string(NoticeKindName(notice.kind))}});
    return absl::OkStatus();
  }
  const bool is_trouble = notice.kind != NoticeKind::kWarning &&
                          notice.kind != NoticeKind::kHandOver &&
                          notice.kind != NoticeKind::kClosed;

  log_.Write(is_trouble ? LogLevel::kWarning : LogLevel::kInfo, "notice",
             {{"id", notice.id},
              {"kind", std::string(NoticeKindName(notice.kind))},
              {"ticket", notice.ref.empty() ? ToString(notice.ticket) : notice.ref},
              {"metric", std::string(MetricName(notice.metric))},
              {"due", Rfc3339(notice.due)}});
  return absl::OkStatus();
}

Notifier::Notifier(Store& store, Clock& clock, Log& log, Metrics& metrics, const TermsHolder& terms,
                   NoticeReview& review, std::vector<NoticeSink*> sinks, NoticeSink* mentions,
                   RestoreHold* restore_hold)
    : store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      terms_(terms),
      review_(review),
      sinks_(std::move(sinks)),
      mentions_(mentions),
      restore_hold_(restore_hold),
      log_sink_(log) {}

void Notifier::SetSinks(std::vector<std::shared_ptr<NoticeSink>> sinks) {
  const std::lock_guard lock(mutex_);
  replaced_ = std::move(sinks);
}

void Notifier::TakeSinks() {
  std::optional<std::vector<std::shared_ptr<NoticeSink>>> sinks;
  {
    const std::lock_guard lock(mutex_);
    sinks = std::exchange(replaced_, std::nullopt);
  }
  if (!sinks) return;
  sinks_.clear();
  for (const auto& sink : *sinks) sinks_.push_back(sink.get());
  owned_ = *std::move(sinks);
  // What an old sink did not take may be for one that was corrected.
  for (auto& [id, state] : states_) state.not_before = absl::InfinitePast();
}

std::vector<NoticeSink*> Notifier::SinksOf(const Notice& notice, const TermsHistory& terms,
                                           bool counts) {
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
      if (counts) metrics_.Count("retainer_notices_withheld_total", {{"sink", sink->name()}});
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
  // Further ahead than any pause: the clock was set back since.
  const absl::Duration wait = (*record)->again_at.value_or(absl::InfinitePast()) - clock_.Now();
  if (wait > absl::ZeroDuration() && wait <= WholeLadder()) {
    state.not_before = clock_.Steady() + wait;
  }
  state.digests = (*record)->digests;
  state.troubles = (*record)->troubles;
  return &state;
}

absl::Status Notifier::Save(const Notice& notice, const State& state) {
  auto record = store_.FindNotice(notice.id);
  if (!record.ok()) return record.status();
  if (!*record) return absl::OkStatus();
  (*record)->notice = notice;
  (*record)->told.assign(state.told.begin(), state.told.end());
  (*record)->attempts = state.attempts;
  (*record)->failing_since = state.failing_since;
  (*record)->again_at = clock_.Now() + (state.not_before - clock_.Steady());
  (*record)->digests = state.digests;
  (*record)->troubles = state.troubles;
  const absl::Status saved = store_.SaveNotice(**record);
  return absl::IsNotFound(saved) ? absl::OkStatus() : saved;
}

absl::Status Notifier::End(const std::string& id, const State& state, absl::Time now) {
  const std::vector<std::string> told(state.told.begin(), state.told.end());
  if (state.in_vain.empty()) return store_.FinishNotice(id, told);
  auto record = store_.FindNotice(id);
  if (!record.ok()) return record.status();
  if (!*record) return absl::OkStatus();
  (*record)->told = told;
  (*record)->troubles = state.in_vain;
  const std::string reason = absl::StrJoin(state.in_vain, "; ", absl::PairFormatter(": "));
  log_.Error("notice could not be told", {{"id", id}, {"reason", reason}});
  return store_.BuryNotice(**record, reason, now);
}

// A notice in a round.
struct Notifier::Item {
  Notice notice;
  State* state = nullptr;
  bool due = false;   // it is due
  bool alive = true;  // it is true, as far as is known
  std::vector<NoticeSink*> sinks = {};
  std::optional<absl::Duration> wait = {};  // a sink is retried after this time
  bool failed = false;                      // failed with an error other than a rate limit
  absl::Time until = absl::InfinitePast();  // it waits for another notice
  // The part of the state that the store has.
  std::tuple<std::size_t, int, bool, std::map<std::string, std::string>,
             std::map<std::string, std::string>>
      saved = {};

  std::set<std::string> ahead = {};  // sinks that got a higher step of its run before
  bool concluded = false;
  std::set<std::string> settled = {};  // sinks that are finished with this notice

  bool Owes(const NoticeSink* sink) const {
    if (state == nullptr) return !settled.contains(sink->name());
    return !state->told.contains(sink->name()) && !state->in_vain.contains(sink->name());
  }
  decltype(saved) Kept() const {
    return {state->told.size(), state->attempts, state->failing_since.has_value(), state->digests,
            state->troubles};
  }
  bool Has(const NoticeSink* sink) const {
    return std::find(sinks.begin(), sinks.end(), sink) != sinks.end();
  }
};

namespace {

// True if `a` is a higher step of the same run than `b`. Mentions are compared only with mentions.
bool Overtakes(const Notice& a, const Notice& b) {
  return !b.run.empty() && a.run == b.run && a.step > b.step &&
         (a.kind == NoticeKind::kMention) == (b.kind == NoticeKind::kMention);
}

// The order of importance for readers.
int Weight(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kEscalation:
      return 0;
    case NoticeKind::kBreach:
      return 1;
    case NoticeKind::kWarning:
      return 2;
    default:
      return 3;
  }
}

}  // namespace

absl::Status Notifier::Begin(Item* item, absl::Time now) {
  if (item->notice.told_since) return absl::OkStatus();
  item->notice.told_since = now;
  return Save(item->notice, *item->state);
}

bool Notifier::Ask(NoticeSink* sink, const std::vector<Item*>& items, absl::Time now,
                   Troubles* troubles) {
  int& trouble = (*troubles)[sink->name()];
  if (trouble >= kMostTroubles) {
    for (Item* item : items) item->wait = std::max(item->wait.value_or(kRest), kRest);
    return false;
  }
  absl::Status told;
  if (items.size() == 1) {
    told = sink->Tell(items.front()->notice);
  } else {
    std::vector<Notice> notices;
    for (const Item* item : items) notices.push_back(item->notice);
    told = sink->TellTogether(notices);
  }
  trouble = told.ok() ? 0 : trouble + 1;
  for (Item* item : items) Take(sink, told, now, item);
  return true;
}

void Notifier::Take(const NoticeSink* sink, const absl::Status& told, absl::Time now, Item* item) {
  const Notice& notice = item->notice;
  State* state = item->state;
  const bool limited = absl::IsResourceExhausted(told);
  if (!told.ok() && !state->failing_since) state->failing_since = now;
  const bool later = limited ? now - *state->failing_since < WholeLadder()
                             : absl::IsUnavailable(told) && RetryPause(state->attempts + 1);
  metrics_.Count("retainer_notices_total", {{"sink", sink->name()},
                                            {"kind", std::string(NoticeKindName(notice.kind))},
                                            {"result", told.ok() ? "told"
                                                       : later   ? "later"
                                                                 : "failed"}});
  if (later) {
    state->troubles[sink->name()] = std::string(told.message());
    if (state->attempts == 0) {
      log_.Warning(
          "notice waits for a sink",
          {{"id", notice.id}, {"sink", sink->name()}, {"why", std::string(told.message())}});
    }
    item->failed = item->failed || !limited;
    const absl::Duration least = limited ? absl::Milliseconds(100) : absl::ZeroDuration();
    const absl::Duration asked = RetryAfter(told).value_or(limited ? absl::Minutes(1) : least);
    item->wait = std::max(item->wait.value_or(least), std::max(asked, least));
    return;
  }
  state->troubles.erase(sink->name());
  if (told.ok()) {
    state->told.insert(sink->name());
  } else {
    state->in_vain[sink->name()] = std::string(told.message());
  }
}

absl::StatusOr<std::vector<Notifier::Item>> Notifier::Look(const TermsHistory& terms) {
  // Notices that wait for a retry are still in the queue: read more to get past them.
  auto notices = store_.ReadNotices(256 + states_.size());
  if (!notices.ok()) return notices.status();
  std::vector<Item> items;
  for (Notice& notice : *notices) {
    const auto found = StateOf(notice.id);
    if (!found.ok()) return found.status();
    if (*found == nullptr) continue;
    Item item{std::move(notice), *found};
    item.due = item.state->not_before <= clock_.Steady();
    item.sinks = SinksOf(item.notice, terms, /*counts=*/false);
    item.saved = item.Kept();
    items.push_back(std::move(item));
  }
  // The highest step of a run comes first: after it is told, the lower ones may not be needed.
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < items.size(); ++i) places.try_emplace(items[i].notice.run, i);
  std::vector<std::pair<std::size_t, std::size_t>> order;  // position of the run, own position
  for (std::size_t i = 0; i < items.size(); ++i) {
    order.emplace_back(items[i].notice.run.empty() ? i : places[items[i].notice.run], i);
  }
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return items[a.second].notice.step > items[b.second].notice.step;
  });
  std::vector<Item> sorted;
  sorted.reserve(items.size());
  for (const auto& [place, i] : order) {
    LookBack(&items[i]);
    sorted.push_back(std::move(items[i]));
  }
  return sorted;
}

void Notifier::PutOff(Item* item, absl::Duration pause) {
  item->due = false;
  item->state->not_before = clock_.Steady() + pause;
}

absl::Status Notifier::Hold(Item* item) {
  if (restore_hold_ == nullptr) return absl::OkStatus();
  const auto holds = restore_hold_->Holds(item->notice.ticket.forge);
  if (!holds.ok()) return holds.status();
  if (*holds) PutOff(item, RestoreHold::kPause);
  return absl::OkStatus();
}

void Notifier::CountAsTold(Item* item) {
  if (restore_hold_ == nullptr || !restore_hold_->MayBeTold(item->notice)) return;
  for (const NoticeSink* sink : item->sinks) {
    if (sink == &log_sink_ || sink == mentions_ || !item->Owes(sink)) continue;
    item->state->told.insert(sink->name());
    log_.Info("notice counts as told: it was due before the store was restored",
              {{"id", item->notice.id}, {"sink", sink->name()}});
    metrics_.Count("retainer_notices_total",
                   {{"sink", sink->name()},
                    {"kind", std::string(NoticeKindName(item->notice.kind))},
                    {"result", "restored"}});
  }
}

void Notifier::LookBack(Item* item) {
  const Notice& notice = item->notice;
  if (!item->due || notice.run.empty()) return;
  const auto steps = store_.ReadToldSteps(notice.ticket, notice.run);
  if (!steps.ok()) {
    log_.Error("notice could not be compared with what was told",
               {{"id", notice.id}, {"error", StatusText(steps.status())}});
    PutOff(item);
    return;
  }
  for (const NoticeRecord& step : *steps) {
    if (!Overtakes(step.notice, notice)) continue;
    item->ahead.insert(step.told.begin(), step.told.end());
    for (const auto& [sink, why] : step.troubles) item->ahead.insert(sink);
  }
}

absl::Status Notifier::ReviewOne(const TermsHistory& terms, Item* item, Round* round) {
  if (absl::Status held = Hold(item); !held.ok()) return held;
  if (!item->due) return absl::OkStatus();
  Notice& notice = item->notice;
  const bool was_private = notice.is_private;
  const auto word = review_.Review(&notice);
  if (!word.ok()) {
    // An unreadable ticket must not block the notices of others.
    log_.Error("notice could not be reviewed",
               {{"id", notice.id}, {"error", StatusText(word.status())}});
    PutOff(item);
    return absl::OkStatus();
  }
  if (*word == NoticeReview::Word::kWait) {
    PutOff(item);
    return absl::OkStatus();
  }
  if (*word == NoticeReview::Word::kTell) {
    item->sinks = SinksOf(notice, terms, /*counts=*/true);
    CountAsTold(item);
    if (notice.is_private == was_private || !notice.told_since) return absl::OkStatus();
    return Save(notice, *item->state);  // from now on every repetition has the same content
  }
  // If somebody received it, finish telling it; what is untrue is taken back from them. For a
  // withdrawal it is enough that somebody may have received it, because else they would not be told
  // if the breach happens again.
  const bool may_be_believed = notice.told_since && !notice.withdraws.empty();
  const bool heard = may_be_believed ||
                     std::any_of(item->state->told.begin(), item->state->told.end(),
                                 [&](const std::string& name) { return name != log_sink_.name(); });
  const std::set<std::string>& told = item->state->told;
  const absl::Status ended = heard ? store_.FinishNotice(notice.id, {told.begin(), told.end()})
                                   : store_.DropNotice(notice.id);
  if (!ended.ok()) return ended;
  log_.Info("notice silenced", {{"id", notice.id}});
  metrics_.Count("retainer_notices_total", {{"sink", "none"},
                                            {"kind", std::string(NoticeKindName(notice.kind))},
                                            {"result", "silenced"}});
  states_.erase(notice.id);
  item->alive = false;
  item->state = nullptr;
  ++round->finished;
  return heard ? review_.DecideAgain(notice.ticket) : absl::OkStatus();
}

// The higher steps of its run are right before an item.
std::vector<const Notifier::Item*> Notifier::Overtakers(const std::vector<Item>& items,
                                                        const Item& item) {
  std::vector<const Item*> overtakers;
  for (const Item* other = &item; !item.notice.run.empty() && other != items.data();) {
    --other;
    if (other->notice.run != item.notice.run) break;
    if (other->alive && Overtakes(other->notice, item.notice)) overtakers.push_back(other);
  }
  return overtakers;
}

// A lower step is not told to a sink that got, or is about to get, a higher step.
void Notifier::Overtake(const std::vector<Item>& items, Item* item) {
  const auto spare = [&](const NoticeSink* sink) {
    item->state->told.insert(sink->name());
    item->state->troubles.erase(sink->name());
    metrics_.Count("retainer_notices_total",
                   {{"sink", sink->name()},
                    {"kind", std::string(NoticeKindName(item->notice.kind))},
                    {"result", "overtaken"}});
  };
  for (const NoticeSink* sink : item->sinks) {
    if (IsAhead(*item, sink) && item->Owes(sink)) spare(sink);
  }
  for (const Item* higher : Overtakers(items, *item)) {
    const Item& other = *higher;
    for (NoticeSink* sink : item->sinks) {
      if (sink == &log_sink_ || !item->Owes(sink) || !other.Has(sink)) continue;
      if (other.Owes(sink)) {
        if (other.state != nullptr) {
          item->until = std::max(item->until, other.state->not_before);
        }
        continue;
      }
      spare(sink);
    }
  }
}

bool Notifier::IsAhead(const Item& item, const NoticeSink* sink) const {
  return sink != &log_sink_ && item.ahead.contains(sink->name());
}

bool Notifier::IsOvertaken(const std::vector<Item>& items, const Item& item,
                           const NoticeSink* sink) const {
  if (IsAhead(item, sink)) return true;
  const std::vector<const Item*> overtakers = Overtakers(items, item);
  return sink != &log_sink_ && std::any_of(overtakers.begin(), overtakers.end(),
                                           [&](const Item* other) { return other->Has(sink); });
}

absl::Status Notifier::TellTogether(NoticeSink* sink, std::vector<Item>* items, absl::Time now,
                                    Troubles* troubles) {
  std::map<std::string, std::vector<Item*>> bundles;  // key: digest
  std::vector<Item*> fresh;
  for (Item& item : *items) {
    if (!item.alive || !item.Has(sink) || !item.Owes(sink) || IsAhead(item, sink)) continue;
    if (const auto digest = item.state->digests.find(sink->name());
        digest != item.state->digests.end()) {
      bundles[digest->second].push_back(&item);
    } else if (item.due && !IsOvertaken(*items, item, sink)) {
      fresh.push_back(&item);
    }
  }
  // Rationale: a repetition has the same content as the first try, so a message keeps its notices.
  for (std::size_t from = 0; from < fresh.size(); from += kMostTogether) {
    const std::size_t to = std::min(fresh.size(), from + kMostTogether);
    const std::string name = absl::StrCat(absl::ToUnixNanos(now), "/", from);
    for (std::size_t i = from; i < to; ++i) {
      if (fresh.size() > kManyAtOnce) fresh[i]->state->digests[sink->name()] = name;
      fresh[i]->notice.told_since = fresh[i]->notice.told_since.value_or(now);
      if (absl::Status kept = Save(fresh[i]->notice, *fresh[i]->state); !kept.ok()) return kept;
      bundles[fresh.size() > kManyAtOnce ? name : absl::StrCat(name, "/", i)].push_back(fresh[i]);
    }
  }
  for (auto& [name, bundle] : bundles) {
    absl::Time ready = absl::InfinitePast();
    for (const Item* item : bundle) {
      if (!item->due) ready = std::max(ready, item->state->not_before);
    }
    if (ready > clock_.Steady()) {
      for (Item* item : bundle) item->until = std::max(item->until, ready);
      continue;
    }
    std::stable_sort(bundle.begin(), bundle.end(), [](const Item* a, const Item* b) {
      return std::make_tuple(Weight(a->notice.kind), a->notice.at, std::string_view(a->notice.id)) <
             std::make_tuple(Weight(b->notice.kind), b->notice.at, std::string_view(b->notice.id));
    });
    Ask(sink, bundle, now, troubles);
  }
  return absl::OkStatus();
}

absl::Status Notifier::Conclude(const std::vector<Item>& items, Item* item, absl::Time now,
                                Round* round) {
  item->concluded = true;
  Overtake(items, item);
  State& state = *item->state;
  const bool owes = std::any_of(item->sinks.begin(), item->sinks.end(),
                                [&](const NoticeSink* sink) { return item->Owes(sink); });
  if (owes) {
    if (item->wait) {
      if (item->failed) item->wait = std::max(*item->wait, *RetryPause(++state.attempts));
      state.not_before = clock_.Steady() + *item->wait;
    }
    state.not_before = std::max(state.not_before, item->until);
    round->next = std::min(round->next, state.not_before);
    return item->Kept() == item->saved ? absl::OkStatus() : Save(item->notice, state);
  }
  const Notice& notice = item->notice;
  if (absl::Status finished = End(notice.id, state, now); !finished.ok()) return finished;
  item->settled = state.told;
  for (const auto& [sink, why] : state.in_vain) item->settled.insert(sink);
  item->state = nullptr;
  states_.erase(notice.id);
  ++round->finished;
  // An answer may have been decided during the telling, when there was nothing to take back yet.
  Notice again = notice;
  const auto after = review_.Review(&again);
  if (after.ok() && *after == NoticeReview::Word::kDrop && notice.withdraws.empty()) {
    return review_.DecideAgain(notice.ticket);
  }
  return absl::OkStatus();
}

absl::StatusOr<Notifier::Round> Notifier::RunOnce() {
  Round round;
  TakeSinks();
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return round;  // the teams are not known yet
  const absl::Time now = clock_.Now();
  Troubles troubles;
  auto items = Look(terms);
  if (!items.ok()) return items.status();
  // Sinks with so many waiting notices that they get them in one message.
  std::map<NoticeSink*, std::size_t> crowds;
  for (const Item& item : *items) {
    for (NoticeSink* sink : item.sinks) {
      if (!sink->WantsDigest() || !item.Owes(sink) || IsAhead(item, sink)) continue;
      if (item.state->digests.contains(sink->name())) {
        crowds[sink] += kManyAtOnce + 1;
      } else if (item.due && !IsOvertaken(*items, item, sink)) {
        ++crowds[sink];
      }
    }
  }
  std::erase_if(crowds, [](const auto& crowd) { return crowd.second <= kManyAtOnce; });

  for (Item& item : *items) {
    if (!item.due) continue;
    if (absl::Status looked = ReviewOne(terms, &item, &round); !looked.ok()) return looked;
    if (!item.alive || !item.due) continue;
    for (NoticeSink* sink : item.sinks) {
      if (!item.Owes(sink) || crowds.contains(sink) || IsOvertaken(*items, item, sink)) continue;
      if (sink != &log_sink_) {
        if (absl::Status begun = Begin(&item, now); !begun.ok()) return begun;
      }
      Ask(sink, {&item}, now, &troubles);
    }
    // Rationale: after a crash, everything that is not concluded is repeated.
    const bool is_bundled = std::any_of(item.sinks.begin(), item.sinks.end(),
                                        [&](NoticeSink* sink) { return crowds.contains(sink); });
    if (is_bundled) continue;
    if (absl::Status done = Conclude(*items, &item, now, &round); !done.ok()) return done;
  }
  for (const auto& [sink, size] : crowds) {
    if (absl::Status told = TellTogether(sink, &*items, now, &troubles); !told.ok()) return told;
  }
  for (Item& item : *items) {
    if (!item.alive || item.concluded) continue;
    if (absl::Status done = Conclude(*items, &item, now, &round); !done.ok()) return done;
  }
  return round;
}

}  // namespace retainer::pipeline
