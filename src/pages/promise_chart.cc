#include "src/pages/promise_chart.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "retainer/promise_words.h"
#include "src/pages/page_words.h"

namespace retainer::pages {
namespace {

constexpr double kWidth = 960;
constexpr double kLeft = 140;  // for the names of the rows
constexpr double kRow = 34;
constexpr double kBar = 16;
constexpr double kAbove = 8;
constexpr double kBelow = 26;  // for the instants
// More opening hours than this are too narrow to be seen.
constexpr std::size_t kMostOpen = 120;
constexpr int kMostTicks = 8;
constexpr std::size_t kMostCycles = 100;  // of a clock, the last ones
constexpr std::size_t kMostPauses = 100;  // of a cycle

std::string_view ClassOf(const Cycle& cycle, absl::Time now) {
  switch (cycle.outcome) {
    case Outcome::kMet:
      return "kept";
    case Outcome::kMissed:
      return "missed";
    case Outcome::kCancelled:
    case Outcome::kExcused:
      return "over";
    case Outcome::kOpen:
      break;
  }
  if (cycle.due <= now) return "late";
  if (cycle.paused_now) return "still";
  return cycle.at_risk_at <= now ? "risk" : "going";
}

class Chart {
 public:
  Chart(const std::vector<PromiseClock>& clocks, absl::Time now, absl::TimeZone zone)
      : clocks_(clocks), now_(now), zone_(zone) {
    for (const PromiseClock& clock : clocks) {
      for (const Cycle& cycle : clock.cycles) {
        from_ = std::min(from_, cycle.started);
        until_ = std::max(until_, EndOf(cycle));
        if (cycle.due != absl::InfiniteFuture()) until_ = std::max(until_, cycle.due);
      }
    }
  }

  std::string Draw() {
    if (from_ == absl::InfiniteFuture()) return "";
    const absl::Duration margin = std::max(absl::Minutes(10), (until_ - from_) / 40);
    until_ += margin;
    std::string rows;
    double top = kAbove;
    for (const PromiseClock& clock : clocks_) {
      if (clock.cycles.empty()) continue;
      Row(clock, top, &rows);
      top += kRow;
    }
    std::string axis;
    Axis(top, &axis);
    return absl::StrCat(
        absl::StrFormat("<svg class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
                        "aria-label=\"The promises over time, as in the table above\">\n",
                        kWidth, top + kBelow),
        axis, rows, "</svg>\n");
  }

 private:
  absl::Time EndOf(const Cycle& cycle) const { return cycle.stopped.value_or(now_); }

  double X(absl::Time at) const {
    const double part = absl::FDivDuration(std::clamp(at, from_, until_) - from_, until_ - from_);
    return kLeft + part * (kWidth - kLeft);
  }

  void Rect(std::string_view kind, absl::Time from, absl::Time until, double top, double tall,
            std::string* out) const {
    const double x = X(from);
    const double width = std::max(X(until) - x, 1.0);
    absl::StrAppendFormat(out,
                          "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                          "height=\"%.1f\"/>\n",
                          absl::string_view(kind.data(), kind.size()), x, top, width, tall);
  }

  void Row(const PromiseClock& clock, double top, std::string* out) const {
    const double bar = top + (kRow - kBar) / 2;
    const auto& calendar = clock.cycles.back().promise->calendar;
    if (calendar != nullptr && !calendar->always_open()) {
      const std::vector<Interval> open = calendar->OpenIntervals(from_, until_, kMostOpen + 1);
      if (open.size() <= kMostOpen) {
        for (const Interval& span : open)
          Rect("open", span.from, span.until, top + 2, kRow - 4, out);
      }
    }
    const std::string_view words = PromiseWords(clock.metric);
    absl::StrAppendFormat(out, "<text x=\"0\" y=\"%.1f\">%s</text>\n", bar + kBar - 3,
                          EscapeHtml(words));
    const std::size_t skipped =
        clock.cycles.size() > kMostCycles ? clock.cycles.size() - kMostCycles : 0;
    for (std::size_t i = skipped; i < clock.cycles.size(); ++i) {
      const Cycle& cycle = clock.cycles[i];
      const absl::Time end = EndOf(cycle);
      const bool open = cycle.outcome == Outcome::kOpen;
      if (open && cycle.due != absl::InfiniteFuture() && cycle.due > end) {
        Rect("rest", end, cycle.due, bar, kBar, out);
      }
      const bool overran = cycle.due < end && (open || cycle.outcome == Outcome::kMissed);
      if (overran) Rect("going", cycle.started, cycle.due, bar, kBar, out);
      Rect(ClassOf(cycle, now_), overran ? std::max(cycle.due, cycle.started) : cycle.started, end,
           bar, kBar, out);
      std::size_t pauses = 0;
      for (const Interval& pause : cycle.pauses) {
        if (++pauses > kMostPauses) break;
        Rect("pause", pause.from, std::min(pause.until, end), bar, kBar, out);
      }
      for (const Standstill& still : cycle.resumed) {
        Rect("pause", still.span.from, std::min(still.span.until, end), bar, kBar, out);
      }
      if (cycle.due != absl::InfiniteFuture() && (open || cycle.outcome == Outcome::kMissed)) {
        const double x = X(cycle.due);
        absl::StrAppendFormat(out,
                              "<line class=\"due\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
                              "y2=\"%.1f\"/>\n",
                              x, top + 3, x, top + kRow - 3);
      }
    }
  }

  // Instants below, and the present one as a line.
  void Axis(double bottom, std::string* out) const {
    const absl::Duration kSteps[] = {
        absl::Minutes(15),    absl::Hours(1),       absl::Hours(3),      absl::Hours(6),
        absl::Hours(12),      absl::Hours(24),      absl::Hours(3 * 24), absl::Hours(14 * 24),
        absl::Hours(60 * 24), absl::Hours(365 * 24)};
    absl::Duration step = absl::Hours(365 * 24);
    for (const absl::Duration each : kSteps) {
      if ((until_ - from_) / kMostTicks > each) continue;
      step = each;
      break;
    }
    const bool days = step >= absl::Hours(24);
    const absl::CivilDay first = absl::ToCivilDay(from_, zone_);
    absl::Time at = absl::FromCivil(first, zone_);
    for (int i = 0; at <= until_ && i < 4096; ++i) {
      const bool midnight = at == absl::FromCivil(absl::ToCivilDay(at, zone_), zone_);
      if (at >= from_ && X(at) < kWidth - 60) {
        absl::StrAppendFormat(
            out,
            "<line class=\"tick\" x1=\"%.1f\" y1=\"%.0f\" x2=\"%.1f\" "
            "y2=\"%.1f\"/>\n<text class=\"when\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
            X(at), kAbove, X(at), bottom, X(at) + 3, bottom + 16,
            absl::FormatTime(days || midnight ? "%e %b" : "%H:%M", at, zone_));
      }
      // Days by the calendar, so that a change of the clocks moves no midnight.
      at = days ? absl::FromCivil(absl::ToCivilDay(at, zone_) + step / absl::Hours(24), zone_)
                : at + step;
    }
    if (now_ >= from_ && now_ <= until_) {
      absl::StrAppendFormat(out,
                            "<line class=\"now\" x1=\"%.1f\" y1=\"%.0f\" x2=\"%.1f\" "
                            "y2=\"%.1f\"/>\n",
                            X(now_), kAbove, X(now_), bottom);
    }
  }

  const std::vector<PromiseClock>& clocks_;
  const absl::Time now_;
  const absl::TimeZone zone_;
  absl::Time from_ = absl::InfiniteFuture();
  absl::Time until_ = absl::InfinitePast();
};

}  // namespace

std::string PromiseChart(const std::vector<PromiseClock>& clocks, absl::Time now,
                         absl::TimeZone zone) {
  return Chart(clocks, now, zone).Draw();
}

}  // namespace retainer::pages
