#include "src/reports/feedback.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/instant_text.h"

namespace retainer::reports {

absl::StatusOr<std::vector<TicketRating>> FindFeedback(const ReportSources& sources,
                                                       const WalkScope& scope, bool open_only) {
  std::vector<TicketRating> found;
  const absl::Status walked =
      WalkTickets(sources, scope, [&](const FiguredTicket& ticket, const Standing& standing) {
        for (const Rating& rating : standing.ratings) {
          if (rating.at < scope.from || (open_only && rating.done)) continue;
          found.push_back({ticket, rating});
        }
      });
  if (!walked.ok()) return walked;
  std::sort(found.begin(), found.end(), [](const TicketRating& a, const TicketRating& b) {
    return std::tie(b.rating.at, a.ticket.ref, a.rating.customer) <
           std::tie(a.rating.at, b.ticket.ref, b.rating.customer);
  });
  return found;
}

nlohmann::ordered_json FeedbackJson(const std::vector<TicketRating>& ratings) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& [ticket, rating] : ratings) {
    list.push_back({{"ticket", ToString(ticket.ref)},
                    {"title", ticket.title},
                    {"url", ticket.url},
                    {"customer", rating.customer},
                    {"mark", rating.mark},
                    {"scale", rating.scale},
                    {"text", rating.text},
                    {"by", rating.by},
                    {"verified", rating.verified},
                    {"at", Rfc3339(rating.at)},
                    {"kinds", rating.kinds},
                    {"done", rating.done ? nlohmann::ordered_json(Rfc3339(*rating.done)) : nullptr},
                    {"done_by", rating.done_by}});
  }
  return list;
}

std::string FeedbackText(const std::vector<TicketRating>& ratings) {
  if (ratings.empty()) return "nobody said anything\n";
  std::string text;
  for (const auto& [ticket, rating] : ratings) {
    absl::StrAppend(&text, Rfc3339(rating.at), "  ", rating.mark, " of ", rating.scale, "  ",
                    rating.customer, "  ", ToString(ticket.ref), "  ",
                    rating.done ? "done" : "open", rating.verified ? "" : " unverified",
                    rating.kinds.empty() ? "" : " ", absl::StrJoin(rating.kinds, ","), "  ",
                    rating.text, "\n");
  }
  return text;
}

}  // namespace retainer::reports
