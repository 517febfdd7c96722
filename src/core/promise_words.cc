#include "retainer/promise_words.h"

namespace retainer {

std::string_view PromiseWords(Metric metric) {
  switch (metric) {
    case Metric::kAcknowledgement:
      return "acknowledgement";
    case Metric::kFirstResponse:
      return "first reply";
    case Metric::kNextResponse:
      return "next reply";
    case Metric::kUpdate:
      return "update";
    case Metric::kWorkaround:
      return "workaround";
    case Metric::kResolution:
      return "resolution";
  }
  return "";
}

std::string_view AimWords(Metric metric) {
  switch (metric) {
    case Metric::kAcknowledgement:
      return "an acknowledgement";
    case Metric::kFirstResponse:
      return "a first reply";
    case Metric::kNextResponse:
      return "the next reply";
    case Metric::kUpdate:
      return "an update";
    case Metric::kWorkaround:
      return "a workaround";
    case Metric::kResolution:
      return "a resolution";
  }
  return "";
}

std::string_view StateWords(ClockState state) {
  switch (state) {
    case ClockState::kCancelled:
      return "cancelled";
    case ClockState::kExcused:
      return "excused";
    case ClockState::kMet:
      return "met";
    case ClockState::kPending:
      return "not started";
    case ClockState::kPaused:
      return "paused";
    case ClockState::kRunning:
      return "running";
    case ClockState::kMissed:
      return "met late";
    case ClockState::kAtRisk:
      return "due soon";
    case ClockState::kBreached:
      return "late";
  }
  return "";
}

std::string_view AimStateWords(ClockState state) {
  switch (state) {
    case ClockState::kRunning:
    case ClockState::kAtRisk:
      return "aimed at";
    case ClockState::kBreached:
      return "aim passed";
    case ClockState::kMissed:
      return "after the aim";
    case ClockState::kCancelled:
    case ClockState::kExcused:
    case ClockState::kMet:
    case ClockState::kPending:
    case ClockState::kPaused:
      return StateWords(state);
  }
  return "";
}

std::string_view WithoutTimeWords(const Cycle& cycle) {
  return cycle.stopped > cycle.started ? "outside opening hours" : "before it was asked for";
}

}  // namespace retainer
