#include "needs.h"

#include <algorithm>
#include <array>
#include <utility>

namespace retainer::core {
namespace {

constexpr std::string_view kClosedByCustomer = "closed by the customer";
constexpr std::string_view kClosedAsDuplicate = "closed as a duplicate";
constexpr std::string_view kCountedFromJoining =
    "said before its author joined the team, and counted from then on";

class Worker {
 public:
  Worker(const Replayed& timeline, const Party& party, absl::Time adopted)
      : timeline_(timeline),
        party_(party),
        adopted_(adopted),
        start_(std::max(party.since, adopted)) {
    current_.fill(kNone);
    runs_.reserve(timeline.happenings.size() + kAllMetrics.size());
  }

  Needs Work() {
    bool begun = false;
    const std::vector<Happening>& all = timeline_.happenings;
    for (std::size_t i = 0; i < party_.until; ++i) {
      const Happening& h = all[i];
      const bool before = i < party_.from || h.at < start_;
      if (h.kind == HappeningKind::kArrived) {
        // A claim that arrives before the adoption takes effect at the adoption. One that arrived
        // for an earlier claim belongs to that claim.
        if (i < party_.from || (h.slots & party_.slots) == 0) continue;
        if (before) {
          arrived_.push_back(&h);
          continue;
        }
      }
      if (!before && !begun) {
        Begin();
        begun = true;
      }
      On(h, before && !begun);
    }
    // The adoption may be after the claim's end. Then nothing was ever measured.
    if (!begun && (!party_.ended || start_ <= *party_.ended)) Begin();
    if (party_.ended) {
      // The move itself closed the ticket.
      const bool left = party_.moved || (party_.away && closed_at_ == *party_.ended);
      if (left && closed_) Revive(*party_.ended);
      for (Metric metric : kAllMetrics) {
        const int run = Current(metric);
        if (run != kNone) runs_[static_cast<std::size_t>(run)].moves = party_.moved;
        Stop(metric, *party_.ended, party_.end_fact, /*cancelled=*/true, party_.end_note);
      }
    }
    Needs needs;
    needs.answered = answered_;
    needs.before_adoption = std::move(before_adoption_);
    needs.runs = std::move(runs_);
    return needs;
  }

 private:
  static constexpr int kNone = -1;

  int& Current(Metric metric) { return current_[static_cast<std::size_t>(metric)]; }
  bool Runs(Metric metric) { return Current(metric) != kNone; }

  void Start(Metric metric, absl::Time at, const Fact* fact) {
    if (Runs(metric)) return;
    Current(metric) = static_cast<int>(runs_.size());
    Need& need = runs_.emplace_back();
    need.metric = metric;
    need.start = std::max(at, start_);
    need.start_fact = fact;
  }

  void Stop(Metric metric, absl::Time at, const Fact* fact, bool cancelled = false,
            std::string_view note = {}) {
    if (!Runs(metric)) return;
    Need& need = runs_[static_cast<std::size_t>(Current(metric))];
    need.stop = at;
    need.stop_fact = fact;
    need.cancelled = cancelled;
    need.note = note;
    Current(metric) = kNone;
  }

  static bool Has(const std::vector<CarriedClock>& clocks, Metric metric) {
    return std::any_of(clocks.begin(), clocks.end(),
                       [&](const CarriedClock& clock) { return clock.metric == metric; });
  }

  bool Speaks(const Happening& h) const {
    return (h.slots & party_.slots) != 0 || (party_.is_author && h.by_author);
  }

  // The first instant of the claim. What happened before decides what is still to do.
  void Begin() {
    const bool waits_for_speech = timeline_.opened_by_responder && !spoken_;
    if (!party_.arrived && !waits_for_speech) {
      // A public answer before the claim meets the promise with no time used. One before the
      // adoption is not counted.
      BeginResponse(Metric::kAcknowledgement, acknowledged_, acknowledged_at_);
      BeginResponse(Metric::kFirstResponse, answered_, answered_at_);
    }
    if (!asked_.empty() && answered_) Start(Metric::kNextResponse, start_, asked_.front());
    if (!closed_) {
      Start(Metric::kResolution, start_, party_.start_fact);
      if (!party_.arrived && !worked_around_) {
        Start(Metric::kWorkaround, start_, party_.start_fact);
      }
      if (answered_) Start(Metric::kUpdate, start_, answer_fact_);
    } else if (closed_at_ < adopted_) {
      before_adoption_.insert({Metric::kWorkaround, Metric::kResolution});
    }
    for (const Happening* arrived : arrived_) OnArrived(*arrived, start_);
  }

  void BeginResponse(Metric metric, bool done, absl::Time at) {
    if (done && at < adopted_) {
      before_adoption_.insert(metric);
      return;
    }
    Start(metric, start_, party_.start_fact);
    if (done) Stop(metric, start_, answer_fact_);
  }

  // Rule 8. A clock of the arriving claim continues here: joined with the clock that runs here,
  // else by itself. If it waits for something that this ticket already has, it ends on arrival.
  void OnArrived(const Happening& h, absl::Time at) {
    const Arrival& arrival = timeline_.arrivals[static_cast<std::size_t>(h.arrival)];
    const std::vector<CarriedClock>& clocks = arrival.claim.clocks;
    if (arrival.transfer) {
      // The figures of the predecessor ticket count the runs that ended there.
      for (Need& need : runs_) need.elsewhere |= need.stop && *need.stop <= at && need.start < at;
      // The ticket itself was transferred: what was finished there is not done again.
      for (Metric metric : {Metric::kAcknowledgement, Metric::kFirstResponse, Metric::kNextResponse,
                            Metric::kWorkaround}) {
        const int run = Current(metric);
        if (Has(clocks, metric) || run == kNone || runs_[static_cast<std::size_t>(run)].start > at)
          continue;
        if (metric == Metric::kFirstResponse && !arrival.claim.answered) continue;
        runs_[static_cast<std::size_t>(run)].moves = true;
        Stop(metric, at, h.fact, /*cancelled=*/true, "finished before the transfer");
      }
    }
    // Rationale: an answer on a duplicate does not answer what is asked here.
    if (arrival.claim.answered && !Runs(Metric::kFirstResponse)) answered_ = acknowledged_ = true;
    // A claim that arrived by itself waits for an acknowledgement only if it waited for one before.
    if (party_.arrived && !Has(clocks, Metric::kAcknowledgement)) acknowledged_ = true;
    for (const CarriedClock& clock : clocks) {
      // The facts that the forge carried along contain its end: the clock does not continue.
      const bool ended = arrival.transfer && !Runs(clock.metric) && HasEnded(clock.metric, at);
      if (ended) continue;
      Start(clock.metric, at, h.fact);
      Need& need = runs_[static_cast<std::size_t>(Current(clock.metric))];
      need.carries.push_back({at, clock.elapsed, clock.breached_due});
    }
    if (acknowledged_) Stop(Metric::kAcknowledgement, at, answer_fact_);
    if (answered_) Stop(Metric::kFirstResponse, at, answer_fact_);
    if (worked_around_) Stop(Metric::kWorkaround, at, nullptr);
    if (closed_) {
      StopAtClose(at, h.fact);
    } else if (answered_) {
      Start(Metric::kUpdate, at, h.fact);
    }
  }

  bool HasEnded(Metric metric, absl::Time at) const {
    return std::any_of(runs_.begin(), runs_.end(), [&](const Need& need) {
      return need.metric == metric && need.stop && need.start < at;
    });
  }

  void On(const Happening& h, bool before) {
    switch (h.kind) {
      case HappeningKind::kAnswer:
        return OnAnswer(h, before);
      case HappeningKind::kAct:
        if (h.by_author && !spoken_) return;
        if (!acknowledged_) answer_fact_ = answer_fact_ == nullptr ? h.fact : answer_fact_;
        Acknowledge(h);
        return Stop(Metric::kAcknowledgement, h.at, h.fact);
      case HappeningKind::kSpeech:
        return OnSpeech(h, before);
      case HappeningKind::kClose:
        return OnClose(h);
      case HappeningKind::kReopen:
        return OnReopen(h, before);
      case HappeningKind::kWorkaround:
        workaround_said_ = true;
        return OnWorkaround(h);
      case HappeningKind::kWorkaroundLabel:
        workaround_labelled_ = true;
        return OnWorkaround(h);
      case HappeningKind::kWorkaroundUnlabelled:
        return OnWorkaroundUnlabelled(h, before);
      case HappeningKind::kTakenBack:
        return OnTakenBack(h);
      case HappeningKind::kArrived:
        return OnArrived(h, h.at);
      case HappeningKind::kDeleted:
        for (Metric metric : kAllMetrics)
          Stop(metric, h.at, h.fact, true, "the ticket was deleted");
        closed_ = true;
        return;
    }
  }

  void OnAnswer(const Happening& h, bool before) {
    // Rationale: the ticket's author cannot answer his own ticket. If the project's own people
    // opened the ticket, the customer's comment starts the clock, not the author's text. Once the
    // customer has spoken, an answer of any of them counts, also the author's (else a project with
    // one maintainer could never keep the promise). What they said before anybody asked is not an
    // answer.
    if (timeline_.opened_by_responder ? !spoken_ : h.by_author) return;
    if (!answered_) answered_at_ = h.at;
    answered_ = true;
    Acknowledge(h);
    asked_.clear();
    answer_fact_ = h.fact;
    if (closed_ && said_while_closed_ == nullptr) said_while_closed_ = &h;
    const std::string_view note = h.joined ? kCountedFromJoining : std::string_view();
    Stop(Metric::kAcknowledgement, h.at, h.fact, false, note);
    Stop(Metric::kFirstResponse, h.at, h.fact, false, note);
    Stop(Metric::kNextResponse, h.at, h.fact, false, note);
    Stop(Metric::kUpdate, h.at, h.fact, false, note);
    if (!before && !closed_) Start(Metric::kUpdate, h.at, h.fact);
  }

  void Acknowledge(const Happening& h) {
    if (!acknowledged_) acknowledged_at_ = h.at;
    acknowledged_ = true;
  }

  void OnSpeech(const Happening& h, bool before) {
    if (!Speaks(h)) return;
    // A comment that belongs to the closing needs no answer.
    if (closed_ && h.at == closed_at_ && h.actor == closed_by_) return;
    spoken_ = true;
    asked_.push_back(h.fact);
    if (before) return;
    if (!answered_) {
      if (!acknowledged_) Start(Metric::kAcknowledgement, h.at, h.fact);
      Start(Metric::kFirstResponse, h.at, h.fact);
    } else {
      Start(Metric::kNextResponse, h.at, h.fact);
    }
  }

  // A question that its author deletes before anybody answered needs no answer any more. While
  // other questions are unanswered the clock continues unchanged.
  void OnTakenBack(const Happening& h) {
    const auto it = std::find_if(asked_.begin(), asked_.end(), [&](const Fact* asked) {
      return asked->subject == h.fact->subject;
    });
    if (it == asked_.end()) return;
    asked_.erase(it);
    if (!asked_.empty()) return;
    for (Metric metric :
         {Metric::kAcknowledgement, Metric::kFirstResponse, Metric::kNextResponse}) {
      const int run = Current(metric);
      if (run == kNone) continue;
      // Deleting a comment does not end a run that the opening or a claim started.
      const Fact* start = runs_[static_cast<std::size_t>(run)].start_fact;
      if (start == nullptr ||
          (start->kind != FactKind::kComment && start->kind != FactKind::kCommentEdited)) {
        continue;
      }
      if (metric != Metric::kNextResponse && !timeline_.opened_by_responder) continue;
      Stop(metric, h.at, h.fact, /*cancelled=*/true, "the question was deleted");
    }
  }

  void OnWorkaround(const Happening& h) {
    if (!worked_around_) workaround_run_ = Current(Metric::kWorkaround);
    worked_around_ = true;
    Stop(Metric::kWorkaround, h.at, h.fact);
  }

  // Taking the label off means that there is no workaround: the clock continues where it stopped,
  // as after a reopening. A command has precedence over the label.
  void OnWorkaroundUnlabelled(const Happening& h, bool before) {
    if (!std::exchange(workaround_labelled_, false) || workaround_said_) return;
    worked_around_ = false;
    const int run = std::exchange(workaround_run_, kNone);
    if (closed_) {
      if (run != kNone) at_close_[1] = run;
    } else if (run != kNone) {
      Resume(run, h.at, h.fact);
    } else if (!before) {
      Start(Metric::kWorkaround, h.at, h.fact);
    }
  }

  // Continues a stopped run. The time between is a pause.
  void Resume(int run, absl::Time at, const Fact* fact) {
    Need& need = runs_[static_cast<std::size_t>(run)];
    if (*need.stop < at) {
      need.pauses.push_back({*need.stop, at});
      need.pause_facts.emplace_back(need.stop_fact, fact);
    }
    Undo(run);
  }

  void Undo(int run) {
    Need& need = runs_[static_cast<std::size_t>(run)];
    need.stop.reset();
    need.stop_fact = nullptr;
    need.cancelled = false;
    need.elsewhere = false;
    need.note = {};
    Current(need.metric) = run;
  }

  void OnClose(const Happening& h) {
    const bool theirs = Speaks(h) || (h.by_author && h.role != Role::kResponder);
    const std::string_view note = theirs ? kClosedByCustomer : kClosedUnanswered;
    if (!closed_) {
      unanswered_at_close_.clear();
      said_while_closed_ = nullptr;
    }
    for (Metric metric :
         {Metric::kAcknowledgement, Metric::kFirstResponse, Metric::kNextResponse}) {
      if (Runs(metric) && !theirs) unanswered_at_close_.push_back(Current(metric));
      Stop(metric, h.at, h.fact, /*cancelled=*/true, note);
    }
    Stop(Metric::kUpdate, h.at, h.fact, false, "closed");
    if (closed_) return;
    closed_ = true;
    closed_at_ = h.at;
    closed_by_ = h.actor;
    // Rationale: a close as a duplicate does not resolve anything, and a close without a comment to
    // the customer is not a resolution. A merge counts as one, and so does closing a ticket that
    // the project's own people opened for themselves.
    const bool owed = !answered_ && !(timeline_.opened_by_responder && !spoken_);
    unresolved_ = {};
    if (h.fact->value == "duplicate") {
      unresolved_ = kClosedAsDuplicate;
    } else if (owed && h.fact->value != "merged") {
      unresolved_ = note;
    }
    at_close_ = {kNone, kNone};
    StopAtClose(h.at, h.fact);
  }

  void StopAtClose(absl::Time at, const Fact* fact) {
    if (Runs(Metric::kResolution)) at_close_[0] = Current(Metric::kResolution);
    if (Runs(Metric::kWorkaround)) at_close_[1] = Current(Metric::kWorkaround);
    const bool resolved = unresolved_.empty();
    Stop(Metric::kResolution, at, fact, !resolved, unresolved_);
    Stop(Metric::kWorkaround, at, fact, !resolved, resolved ? "with the resolution" : unresolved_);
    Stop(Metric::kUpdate, at, fact, false, "closed");
  }

  // Closing a duplicate resolves nothing: the runs that the closing ended move on with the claim.
  void Revive(absl::Time at) {
    for (int run : at_close_) {
      if (run != kNone) Resume(run, at, party_.end_fact);
    }
    AskAgain();
  }

  // Customers whose questions the closing left without an answer wait again as before.
  void AskAgain() {
    for (int run : unanswered_at_close_) {
      const Need& need = runs_[static_cast<std::size_t>(run)];
      if (Runs(need.metric) || need.note != kClosedUnanswered) continue;
      Undo(run);
      // The answer may come just before the reopening.
      if (said_while_closed_ == nullptr) continue;
      Stop(need.metric, said_while_closed_->at, said_while_closed_->fact);
    }
    unanswered_at_close_.clear();
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
      } else {
        Resume(at_close_[i], h.at, h.fact);
      }
    }
    at_close_ = {kNone, kNone};
    // A responder reopened it: this also cancels the statement that nobody is owed an answer.
    if (h.role == Role::kResponder) AskAgain();
    if (answered_) {
      Start(Metric::kUpdate, h.at, h.fact);
    } else if (h.role != Role::kResponder && !(timeline_.opened_by_responder && !spoken_)) {
      if (!acknowledged_) Start(Metric::kAcknowledgement, h.at, h.fact);
      Start(Metric::kFirstResponse, h.at, h.fact);
    }
  }

  const Replayed& timeline_;
  const Party& party_;
  const absl::Time adopted_;
  const absl::Time start_;
  std::vector<Need> runs_;
  std::array<int, 7> current_;
  // the resolution and workaround runs that the closing ended
  std::array<int, 2> at_close_ = {kNone, kNone};
  std::vector<int> unanswered_at_close_;
  int workaround_run_ = kNone;  // the run that the workaround stopped
  bool answered_ = false;
  bool acknowledged_ = false;
  bool spoken_ = false;  // the customer has said something
  bool worked_around_ = false;
  bool workaround_said_ = false;  // declared by a command
  bool workaround_labelled_ = false;
  bool closed_ = false;
  std::string_view unresolved_;  // why the closing resolves nothing; empty: it does resolve
  const Happening* said_while_closed_ = nullptr;         // the first answer since the closing
  absl::Time answered_at_ = absl::InfiniteFuture();      // first answer
  absl::Time acknowledged_at_ = absl::InfiniteFuture();  // first acknowledgement
  std::set<Metric> before_adoption_;
  absl::Time closed_at_ = absl::InfinitePast();
  ActorIndex closed_by_ = kNobody;
  const Fact* answer_fact_ = nullptr;
  // the customer's questions since the last answer, ordered by time
  std::vector<const Fact*> asked_;
  std::vector<const Happening*> arrived_;  // arrivals before the adoption
};

}  // namespace

Needs WorkOutNeeds(const Replayed& timeline, const Party& party, absl::Time adopted) {
  return Worker(timeline, party, adopted).Work();
}

}  // namespace retainer::core
