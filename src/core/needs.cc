#include "needs.h"

#include <algorithm>
#include <array>

namespace retainer::core {
namespace {

class Worker {
 public:
  Worker(const Timeline& timeline, const Party& party, absl::Time adopted)
      : timeline_(timeline), party_(party), start_(std::max(party.since, adopted)) {
    current_.fill(kNone);
  }

  Needs Work() {
    bool begun = false;
    const std::vector<Happening>& all = timeline_.happenings;
    for (std::size_t i = 0; i < party_.until; ++i) {
      const Happening& h = all[i];
      const bool before = i < party_.from || h.at < start_;
      if (!before && !begun) {
        Begin();
        begun = true;
      }
      On(h, before && !begun);
    }
    // Adoption may lie after the claim's end, then nothing was ever on the clock.
    if (!begun && (!party_.ended || start_ <= *party_.ended)) Begin();
    if (party_.ended) {
      for (Metric metric : kAllMetrics) {
        const int run = Current(metric);
        if (run != kNone) runs_[static_cast<std::size_t>(run)].moves = party_.moved;
        Stop(metric, *party_.ended, party_.end_fact, /*cancelled=*/true, party_.end_note);
      }
    }
    Needs needs;
    needs.answered = answered_;
    for (Metric metric : kAllMetrics) {
      for (Need& need : runs_) {
        if (need.metric == metric) needs.runs.push_back(std::move(need));
      }
    }
    return needs;
  }

 private:
  static constexpr int kNone = -1;

  int& Current(Metric metric) { return current_[static_cast<std::size_t>(metric)]; }
  bool Runs(Metric metric) { return Current(metric) != kNone; }

  void Start(Metric metric, absl::Time at, const Fact* fact) {
    if (Runs(metric)) return;
    Current(metric) = static_cast<int>(runs_.size());
    Need need;
    need.metric = metric;
    need.start = std::max(at, start_);
    need.start_fact = fact;
    runs_.push_back(std::move(need));
  }

  void Stop(Metric metric, absl::Time at, const Fact* fact, bool cancelled = false,
            std::string note = "") {
    if (!Runs(metric)) return;
    Need& need = runs_[static_cast<std::size_t>(Current(metric))];
    // An answer learnt by a later edit may lie before the question.
    if (at < need.start && fact != nullptr && at < start_) at = need.start;
    if (at < need.start) return;
    need.stop = at;
    need.stop_fact = fact;
    need.cancelled = cancelled;
    need.note = std::move(note);
    Current(metric) = kNone;
  }

  bool Speaks(const Happening& h) const {
    return (h.slots & party_.slots) != 0 || (party_.is_author && h.by_author);
  }

  // The claim's first instant: what came before it decides what there still is to do.
  void Begin() {
    const bool waits_for_speech = timeline_.opened_by_responder && !spoken_;
    if (party_.carried != nullptr) {
      BeginCarried();
    } else if (!waits_for_speech) {
      const Fact* fact = party_.start_fact;
      Start(Metric::kAcknowledgement, start_, fact);
      if (acknowledged_) Stop(Metric::kAcknowledgement, start_, answer_fact_);
      // A public answer before the claim meets it with nothing elapsed.
      Start(Metric::kFirstResponse, start_, fact);
      if (answered_) Stop(Metric::kFirstResponse, start_, answer_fact_);
    }
    if (unanswered_ != nullptr && answered_) Start(Metric::kNextResponse, start_, unanswered_);
    if (closed_) return;
    Start(Metric::kResolution, start_, party_.start_fact);
    if (!worked_around_) Start(Metric::kWorkaround, start_, party_.start_fact);
    if (answered_) Start(Metric::kUpdate, start_, answer_fact_);
  }

  void BeginCarried() {
    answered_ |= party_.carried->answered;
    for (const CarriedClock& clock : party_.carried->clocks) {
      Start(clock.metric, start_, party_.start_fact);
      Need& need = runs_[static_cast<std::size_t>(Current(clock.metric))];
      need.carried = clock.elapsed;
      need.carried_due = clock.breached_due;
    }
    if (answered_) {
      Stop(Metric::kFirstResponse, start_, answer_fact_);
      Stop(Metric::kAcknowledgement, start_, answer_fact_);
    }
  }

  void On(const Happening& h, bool before) {
    switch (h.kind) {
      case HappeningKind::kAnswer:
        return OnAnswer(h, before);
      case HappeningKind::kAct:
        if (h.by_author && !spoken_) return;
        if (!acknowledged_) answer_fact_ = answer_fact_ == nullptr ? h.fact : answer_fact_;
        acknowledged_ = true;
        return Stop(Metric::kAcknowledgement, h.at, h.fact);
      case HappeningKind::kSpeech:
        return OnSpeech(h, before);
      case HappeningKind::kClose:
        return OnClose(h);
      case HappeningKind::kReopen:
        return OnReopen(h, before);
      case HappeningKind::kWorkaround:
        worked_around_ = true;
        return Stop(Metric::kWorkaround, h.at, h.fact);
      case HappeningKind::kDeleted:
        for (Metric metric : kAllMetrics)
          Stop(metric, h.at, h.fact, true, "the ticket was deleted");
        closed_ = true;
        return;
    }
  }

  void OnAnswer(const Happening& h, bool before) {
    // Rationale: the author's own words are no answer, unless somebody else, the customer, has
    // asked on a ticket that the project's own people opened.
    if (h.by_author && !(timeline_.opened_by_responder && spoken_)) return;
    // What is said before anybody asked on the project's own ticket is no answer either.
    if (timeline_.opened_by_responder && !spoken_) return;
    answered_ = true;
    acknowledged_ = true;
    unanswered_ = nullptr;
    answer_fact_ = h.fact;
    Stop(Metric::kAcknowledgement, h.at, h.fact);
    Stop(Metric::kFirstResponse, h.at, h.fact);
    Stop(Metric::kNextResponse, h.at, h.fact);
    Stop(Metric::kUpdate, h.at, h.fact);
    if (!before && !closed_) Start(Metric::kUpdate, h.at, h.fact);
  }

  void OnSpeech(const Happening& h, bool before) {
    if (!Speaks(h)) return;
    // Said in the very act of closing: it asks for nothing more.
    if (closed_ && h.at == closed_at_ && h.actor == closed_by_) return;
    spoken_ = true;
    if (before) {
      if (answered_ && unanswered_ == nullptr) unanswered_ = h.fact;
      return;
    }
    if (!answered_) {
      if (!acknowledged_) Start(Metric::kAcknowledgement, h.at, h.fact);
      Start(Metric::kFirstResponse, h.at, h.fact);
    } else {
      Start(Metric::kNextResponse, h.at, h.fact);
    }
  }

  void OnClose(const Happening& h) {
    const bool theirs = Speaks(h) || (h.by_author && h.role != Role::kResponder);
    const std::string note(theirs ? "closed by the customer" : kClosedUnanswered);
    Stop(Metric::kAcknowledgement, h.at, h.fact, true, note);
    Stop(Metric::kFirstResponse, h.at, h.fact, true, note);
    Stop(Metric::kNextResponse, h.at, h.fact, true, note);
    Stop(Metric::kUpdate, h.at, h.fact, false, "closed");
    if (closed_) return;
    closed_ = true;
    closed_at_ = h.at;
    closed_by_ = h.actor;
    at_close_[0] = Current(Metric::kResolution);
    at_close_[1] = Current(Metric::kWorkaround);
    Stop(Metric::kResolution, h.at, h.fact);
    Stop(Metric::kWorkaround, h.at, h.fact, false, "with the resolution");
  }

  void OnReopen(const Happening& h, bool before) {
    if (!closed_) return;
    closed_ = false;
    if (before) return;
    const std::array<Metric, 2> metrics = {Metric::kResolution, Metric::kWorkaround};
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      if (metrics[i] == Metric::kWorkaround && worked_around_) continue;
      if (at_close_[i] == kNone) {
        Start(metrics[i], h.at, h.fact);
        continue;
      }
      Need& need = runs_[static_cast<std::size_t>(at_close_[i])];
      need.pauses.push_back({*need.stop, h.at});
      need.stop.reset();
      need.stop_fact = nullptr;
      need.note.clear();
      Current(metrics[i]) = at_close_[i];
    }
    at_close_ = {kNone, kNone};
    if (answered_) {
      Start(Metric::kUpdate, h.at, h.fact);
    } else if (h.role != Role::kResponder && !(timeline_.opened_by_responder && !spoken_)) {
      if (!acknowledged_) Start(Metric::kAcknowledgement, h.at, h.fact);
      Start(Metric::kFirstResponse, h.at, h.fact);
    }
  }

  const Timeline& timeline_;
  const Party& party_;
  const absl::Time start_;
  std::vector<Need> runs_;
  std::array<int, 7> current_;
  std::array<int, 2> at_close_ = {kNone, kNone};
  bool answered_ = false;
  bool acknowledged_ = false;
  bool spoken_ = false;  // the customer has said something
  bool worked_around_ = false;
  bool closed_ = false;
  absl::Time closed_at_ = absl::InfinitePast();
  ActorIndex closed_by_ = kNobody;
  const Fact* answer_fact_ = nullptr;
  const Fact* unanswered_ = nullptr;  // the oldest, before the claim began
};

}  // namespace

Needs WorkOutNeeds(const Timeline& timeline, const Party& party, absl::Time adopted) {
  return Worker(timeline, party, adopted).Work();
}

}  // namespace retainer::core
