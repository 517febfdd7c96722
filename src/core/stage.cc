#include "stage.h"

#include <algorithm>
#include <array>
#include <optional>

namespace retainer {

std::string_view StageName(Stage stage) {
  constexpr std::array<std::string_view, 6> kNames = {"received", "assessed",    "analysed",
                                                      "solution", "carried_out", "reviewed"};
  return kNames[static_cast<std::size_t>(stage) - 1];
}

namespace core {
namespace {

// The steps that the responders' acts have reached.
struct Reached {
  std::optional<absl::Time> acted;
  std::optional<absl::Time> answered;
  std::optional<absl::Time> workaround;
  std::optional<absl::Time> closed;
};

void Take(std::optional<absl::Time>* reached, absl::Time at) {
  if (!*reached) *reached = at;
}

Reached Read(const Replayed& timeline) {
  Reached reached;
  for (const Happening& happening : timeline.happenings) {
    switch (happening.kind) {
      case HappeningKind::kAnswer:
        Take(&reached.answered, happening.at);
        break;
      case HappeningKind::kAct:
        Take(&reached.acted, happening.at);
        break;
      case HappeningKind::kWorkaround:
      case HappeningKind::kWorkaroundLabel:
        Take(&reached.workaround, happening.at);
        break;
      case HappeningKind::kWorkaroundUnlabelled:
        reached.workaround.reset();
        break;
      case HappeningKind::kClose:
      case HappeningKind::kReopen:
      case HappeningKind::kSpeech:
      case HappeningKind::kTakenBack:
      case HappeningKind::kArrived:
      case HappeningKind::kDeleted:
        break;
    }
  }
  return reached;
}

}  // namespace

void WorkOutStage(const Replayed& timeline, absl::Time now, Standing* standing) {
  if (!timeline.opened) return;
  const auto reach = [&](Stage stage, absl::Time at) {
    standing->stage = stage;
    standing->stage_since = at;
  };
  reach(Stage::kReceived, timeline.opened_at);
  const Reached reached = Read(timeline);
  if (reached.acted) reach(Stage::kAssessed, *reached.acted);
  if (reached.answered) reach(Stage::kAnalysed, *reached.answered);
  if (reached.workaround) reach(Stage::kSolution, *reached.workaround);
  if (timeline.open || timeline.closed.empty()) return;
  reach(Stage::kCarriedOut, timeline.closed.back().from);
  absl::Time review = timeline.closed.back().from + kReviewTime;
  for (const Rating& rating : standing->ratings) {
    if (rating.verified && rating.at >= timeline.closed.back().from)
      review = std::min(review, rating.at);
  }
  if (now >= review) reach(Stage::kReviewed, review);
}

}  // namespace core
}  // namespace retainer
