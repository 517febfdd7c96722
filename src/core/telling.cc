#include "telling.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "retainer/core.h"
#include "retainer/names.h"

namespace retainer::core {

absl::Time HeldUntil(const TicketKey& ticket, const Plan& plan, const BusinessTime& calendar,
                     absl::Time at) {
  const absl::Time open = TellingTime(plan, calendar, at);
  if (open == at) return at;
  return open + absl::Seconds(static_cast<std::int64_t>(Fingerprint(ToString(ticket)) % 60));
}

std::vector<std::string> TeamsFor(const std::vector<std::string>& labels, const Policy& policy) {
  std::set<std::string> on_ticket;
  for (const std::string& label : labels) on_ticket.insert(FoldName(label));
  std::vector<std::string> routed;
  std::vector<std::string> all;
  for (const auto& [name, team] : policy.teams) {
    all.push_back(name);
    const bool area =
        std::any_of(team.labels.begin(), team.labels.end(),
                    [&](const std::string& label) { return on_ticket.contains(FoldName(label)); });
    if (area) routed.push_back(name);
  }
  return routed.empty() ? all : routed;
}

}  // namespace retainer::core

namespace retainer {
namespace {

constexpr char kAgain[] = " #";

}  // namespace

std::string TellingName(const Notice& notice) {
  if (notice.telling == 0) return notice.id;
  return absl::StrCat(notice.id, kAgain, notice.telling + 1);
}

std::string CauseOfTelling(std::string_view name) {
  const std::size_t mark = name.rfind(kAgain);
  if (mark == name.npos) return std::string(name);
  const std::string_view number = name.substr(mark + 2);
  const bool is_number = !number.empty() && number.find_first_not_of("0123456789") == number.npos;
  return std::string(is_number ? name.substr(0, mark) : name);
}

}  // namespace retainer
