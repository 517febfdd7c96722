#include "src/cli/impact_report.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
#include "src/cli/backtest_report.h"

namespace retainer::cli {
namespace {

constexpr std::pair<const char*, std::int64_t Impact::*> kImpactFigures[] = {
    {"open_tickets", &Impact::open_tickets},
    {"moved_tickets", &Impact::moved_tickets},
    {"moved_promises", &Impact::moved_promises},
    {"late_at_once", &Impact::late_at_once},
    {"hidden", &Impact::hidden}};

nlohmann::ordered_json DueJson(const std::optional<absl::Time>& due) {
  if (!due) return nullptr;
  return absl::FormatTime(*due, absl::UTCTimeZone());
}

std::optional<absl::Time> ReadDue(const nlohmann::ordered_json& in) {
  if (in.is_null()) return std::nullopt;
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, in.get<std::string>(), &time, &error)) {
    throw std::runtime_error(error);
  }
  return time;
}

MovedPromise ReadMoved(const nlohmann::ordered_json& in) {
  MovedPromise moved;
  const auto ref = ParseTicketRef(in.at("ticket").get<std::string>());
  if (!ref.ok()) throw std::runtime_error("an unknown ticket");
  const auto metric = ParseMetric(in.at("metric").get<std::string>());
  if (!metric) throw std::runtime_error("an unknown metric");
  moved.ticket = *ref;
  moved.customer = in.at("customer");
  moved.priority = in.at("priority");
  moved.metric = *metric;
  moved.from = ReadDue(in.at("from"));
  moved.to = ReadDue(in.at("to"));
  moved.late_at_once = in.at("late_at_once");
  return moved;
}

}  // namespace

std::string ImpactJson(const ImpactHead& head, const Impact& impact) {
  nlohmann::ordered_json out = {{"as_of", Rfc3339(head.as_of)},
                                {"policy", head.policy},
                                {"for", impact.audience == Audience::kTeam ? "team" : "outsiders"},
                                {"since", DueJson(impact.since)}};
  for (const auto& [name, figure] : kImpactFigures) out[name] = impact.*figure;
  nlohmann::ordered_json moved = nlohmann::ordered_json::array();
  for (const MovedPromise& promise : impact.moved) {
    moved.push_back({{"ticket", ToString(promise.ticket)},
                     {"customer", promise.customer},
                     {"priority", promise.priority},
                     {"metric", std::string(MetricName(promise.metric))},
                     {"from", DueJson(promise.from)},
                     {"to", DueJson(promise.to)},
                     {"late_at_once", promise.late_at_once}});
  }
  out["moved"] = std::move(moved);
  BacktestHead past;
  past.as_of = head.as_of;
  past.since = impact.since;
  past.policy = head.policy;
  out["past"] = nlohmann::ordered_json::parse(BacktestJson(past, impact.past));
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

absl::StatusOr<Impact> ParseImpact(const std::string& text) {
  Impact impact;
  try {
    const nlohmann::ordered_json in = nlohmann::ordered_json::parse(text);
    impact.audience = in.at("for") == "team" ? Audience::kTeam : Audience::kOutsiders;
    impact.since = ReadDue(in.at("since")).value_or(absl::InfinitePast());
    for (const auto& [name, figure] : kImpactFigures) impact.*figure = in.at(name);
    for (const nlohmann::ordered_json& moved : in.at("moved")) {
      impact.moved.push_back(ReadMoved(moved));
    }
    auto past = ParseBacktest(in.at("past").dump());
    if (!past.ok()) return past.status();
    impact.past = *std::move(past);
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat(
        "the service's figures are not readable: is it of another version? ", error.what()));
  }
  return impact;
}

}  // namespace retainer::cli
