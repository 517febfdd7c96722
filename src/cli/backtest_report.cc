#include "src/cli/backtest_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "retainer/instant_text.h"
#include "src/base/view.h"
#include "src/cli/command.h"

namespace retainer::cli {
namespace {

constexpr const char* kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

using base::View;

absl::Time Instant(const nlohmann::ordered_json& text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text.get<std::string>(), &time, &error)) {
    throw std::runtime_error(error);
  }
  return time;
}

Metric MetricOf(const nlohmann::ordered_json& name) {
  const auto metric = ParseMetric(name.get<std::string>());
  if (!metric) throw std::runtime_error("an unknown metric");
  return *metric;
}

constexpr std::pair<const char*, Question::Kind> kQuestions[] = {
    {"opening", Question::Kind::kOpening},
    {"permission", Question::Kind::kPermission},
    {"membership", Question::Kind::kMembership},
    {"profile", Question::Kind::kProfile},
    {"reference", Question::Kind::kReference}};

constexpr std::pair<const char*, std::int64_t PromiseTally::*> kFigures[] = {
    {"met", &PromiseTally::met},
    {"missed", &PromiseTally::missed},
    {"late", &PromiseTally::late},
    {"open", &PromiseTally::open},
    {"unclear", &PromiseTally::unclear},
    {"excused", &PromiseTally::excused},
    {"cancelled", &PromiseTally::cancelled},
    {"closed_unanswered", &PromiseTally::closed_unanswered}};

nlohmann::ordered_json TallyJson(const PromiseTally& tally) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const auto& [name, figure] : kFigures) out[name] = tally.*figure;
  const auto share = tally.share_met();
  out["share_met"] = share ? nlohmann::ordered_json(*share) : nlohmann::ordered_json(nullptr);
  return out;
}

nlohmann::ordered_json SideJson(const BacktestSide& side) {
  nlohmann::ordered_json unanswered = {{"tickets", side.unanswered_on}};
  for (const auto& [name, kind] : kQuestions) {
    const auto it = side.unanswered.find(kind);
    unanswered[name] = it == side.unanswered.end() ? 0 : it->second;
  }
  nlohmann::ordered_json hours = nlohmann::ordered_json::object();
  for (std::size_t day = 0; day < 7; ++day) {
    hours[kDays[day]] = std::vector<std::int64_t>(side.missed_at.begin() + day * 24,
                                                  side.missed_at.begin() + (day + 1) * 24);
  }
  return {{"claimed", side.claimed}, {"unanswered", unanswered}, {"missed_at", hours}};
}

// The figures of one promise under both policies.
struct Line {
  PromiseName name;
  PromiseTally today;
  PromiseTally proposed;
};

std::vector<Line> Lines(const Backtest& backtest) {
  std::set<PromiseName> names;
  for (const auto& [name, tally] : backtest.today.promises) names.insert(name);
  for (const auto& [name, tally] : backtest.proposed.promises) names.insert(name);
  const auto of = [](const BacktestSide& side, const PromiseName& name) {
    const auto it = side.promises.find(name);
    return it == side.promises.end() ? PromiseTally() : it->second;
  };
  std::vector<Line> lines;
  for (const PromiseName& name : names) {
    lines.push_back({name, of(backtest.today, name), of(backtest.proposed, name)});
  }
  return lines;
}

void ReadSide(const nlohmann::ordered_json& in, BacktestSide* side) {
  side->claimed = in.at("claimed");
  side->unanswered_on = in.at("unanswered").at("tickets");
  for (const auto& [name, kind] : kQuestions) {
    const std::int64_t number = in.at("unanswered").at(name);
    if (number != 0) side->unanswered[kind] = number;
  }
  for (std::size_t day = 0; day < 7; ++day) {
    for (std::size_t hour = 0; hour < 24; ++hour) {
      side->missed_at[day * 24 + hour] = in.at("missed_at").at(kDays[day]).at(hour);
    }
  }
}

PromiseTally ReadTally(const nlohmann::ordered_json& in) {
  PromiseTally tally;
  for (const auto& [name, figure] : kFigures) tally.*figure = in.at(name);
  return tally;
}

// ---- Text

std::string Percent(const PromiseTally& tally) {
  const auto share = tally.share_met();
  return share ? absl::StrFormat("%.1f%%", *share * 100) : "-";
}

std::string Row(std::string_view who, const PromiseTally& t, const std::string& difference) {
  return absl::StrFormat("  %-8s%8d%8d%9s%8d%8d%9d%9d%11d%12d%s\n", View(who), t.met,
                         t.missed + t.late, Percent(t), t.late, t.open, t.unclear, t.excused,
                         t.cancelled, t.closed_unanswered, difference);
}

void Compare(const std::string& title, const PromiseTally& today, const PromiseTally& proposed,
             std::string* out) {
  std::string difference;
  if (today.share_met() && proposed.share_met()) {
    difference =
        absl::StrFormat("  %+.1f points", (*proposed.share_met() - *today.share_met()) * 100);
  }
  absl::StrAppend(out, title, "\n", Row("today", today, ""), Row("new", proposed, difference));
}

// One digit per hour. If the largest figure has more digits, all are scaled to it.
std::string Heat(const BacktestSide& side, std::size_t day, std::int64_t most) {
  std::string line;
  for (std::size_t hour = 0; hour < 24; ++hour) {
    const std::int64_t count = side.missed_at[day * 24 + hour];
    const std::int64_t shown = most <= 9 ? count : (count * 9 + most - 1) / most;
    line.push_back(count == 0 ? '.' : static_cast<char>('0' + shown));
  }
  return line;
}

void Hours(const BacktestHead& head, const Backtest& backtest, std::string* out) {
  std::int64_t most = 0;
  for (const BacktestSide* side : {&backtest.today, &backtest.proposed}) {
    most = std::max(most, *std::max_element(side->missed_at.begin(), side->missed_at.end()));
  }
  if (most == 0) return;
  absl::StrAppend(out, "\nHours of the week in which promises were missed (", head.time_zone, ")");
  if (most > 9) absl::StrAppend(out, ", 9 = ", most);
  absl::StrAppend(out, "\n       today                             new\n",
                  "       0     6     12    18              0     6     12    18\n");
  for (std::size_t day = 0; day < 7; ++day) {
    const auto sum = [&](const BacktestSide& side) {
      std::int64_t all = 0;
      for (std::size_t hour = 0; hour < 24; ++hour) all += side.missed_at[day * 24 + hour];
      return all;
    };
    absl::StrAppendFormat(out, "  %s  %s %7d  %s %7d\n", kDays[day],
                          Heat(backtest.today, day, most), sum(backtest.today),
                          Heat(backtest.proposed, day, most), sum(backtest.proposed));
  }
}

void Unanswered(const char* who, const BacktestSide& side, std::string* out) {
  if (side.unanswered_on == 0) return;
  std::string kinds;
  for (const auto& [name, kind] : kQuestions) {
    const auto it = side.unanswered.find(kind);
    if (it == side.unanswered.end()) continue;
    absl::StrAppend(&kinds, kinds.empty() ? "" : ", ", it->second, " ", name);
  }
  absl::StrAppend(out, who, ": the record does not say who is who on ", side.unanswered_on,
                  " tickets (questions that the forge was not asked: ", kinds,
                  "); what was missed there is counted as unclear\n");
}

}  // namespace

std::string BacktestJson(const BacktestHead& head, const Backtest& backtest) {
  nlohmann::ordered_json promises = nlohmann::ordered_json::array();
  for (const Line& line : Lines(backtest)) {
    promises.push_back({{"plan", line.name.plan},
                        {"priority", line.name.priority},
                        {"metric", std::string(MetricName(line.name.metric))},
                        {"today", TallyJson(line.today)},
                        {"new", TallyJson(line.proposed)}});
  }
  nlohmann::ordered_json worsened = nlohmann::ordered_json::array();
  for (const WorsenedPromise& worse : backtest.worsened) {
    worsened.push_back({{"ticket", ToString(worse.ticket)},
                        {"customer", worse.customer},
                        {"plan", worse.plan},
                        {"priority", worse.priority},
                        {"metric", std::string(MetricName(worse.metric))},
                        {"started", absl::FormatTime(worse.started, absl::UTCTimeZone())},
                        {"stopped", absl::FormatTime(worse.stopped, absl::UTCTimeZone())},
                        {"due_today", absl::FormatTime(worse.due_today, absl::UTCTimeZone())},
                        {"due_new", absl::FormatTime(worse.due_new, absl::UTCTimeZone())},
                        {"late_seconds", absl::ToInt64Seconds(worse.late())}});
  }
  const nlohmann::ordered_json out = {
      {"as_of", Rfc3339(head.as_of)},
      {"since", head.since == absl::InfinitePast() ? nlohmann::ordered_json(nullptr)
                                                   : nlohmann::ordered_json(Rfc3339(head.since))},
      {"time_zone", head.time_zone},
      {"policy", head.policy},
      {"tickets", backtest.tickets},
      {"incomplete", backtest.incomplete},
      {"arrived", backtest.arrived},
      {"promises", promises},
      {"today", SideJson(backtest.today)},
      {"new", SideJson(backtest.proposed)},
      {"met_to_missed", backtest.met_to_missed},
      {"missed_to_met", backtest.missed_to_met},
      {"worsened", worsened}};
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

absl::StatusOr<Backtest> ParseBacktest(const std::string& text) {
  Backtest backtest;
  try {
    const nlohmann::ordered_json in = nlohmann::ordered_json::parse(text);
    backtest.tickets = in.at("tickets");
    backtest.incomplete = in.at("incomplete");
    backtest.arrived = in.at("arrived");
    for (const nlohmann::ordered_json& line : in.at("promises")) {
      const PromiseName name{line.at("plan"), line.at("priority"), MetricOf(line.at("metric"))};
      const PromiseTally today = ReadTally(line.at("today"));
      const PromiseTally proposed = ReadTally(line.at("new"));
      if (today != PromiseTally()) backtest.today.promises[name] = today;
      if (proposed != PromiseTally()) backtest.proposed.promises[name] = proposed;
    }
    ReadSide(in.at("today"), &backtest.today);
    ReadSide(in.at("new"), &backtest.proposed);
    backtest.met_to_missed = in.at("met_to_missed");
    backtest.missed_to_met = in.at("missed_to_met");
    for (const nlohmann::ordered_json& worse : in.at("worsened")) {
      const auto ref = ParseTicketRef(worse.at("ticket").get<std::string>());
      if (!ref.ok()) return ref.status();
      backtest.worsened.push_back({*ref, worse.at("customer"), worse.at("plan"),
                                   worse.at("priority"), MetricOf(worse.at("metric")),
                                   Instant(worse.at("started")), Instant(worse.at("stopped")),
                                   Instant(worse.at("due_today")), Instant(worse.at("due_new"))});
    }
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat(
        "the service's figures are not readable: is it of another version? ", error.what()));
  }
  return backtest;
}

std::string BacktestText(const BacktestHead& head, const Backtest& backtest) {
  std::string out = absl::StrCat(backtest.tickets, " tickets as of ", Rfc3339(head.as_of));
  if (head.since != absl::InfinitePast()) {
    absl::StrAppend(&out, ", what began since ", Rfc3339(head.since));
  }
  absl::StrAppend(&out, "; of customers ", backtest.today.claimed, " today, ",
                  backtest.proposed.claimed, " under the new policy ",
                  absl::string_view(head.policy).substr(0, 12), "\n\n");
  const std::vector<Line> lines = Lines(backtest);
  if (lines.empty()) return absl::StrCat(out, "No promise was ever on the clock.\n");
  absl::StrAppendFormat(&out, "  %-8s%8s%8s%9s%8s%8s%9s%9s%11s%12s\n", "", "met", "missed", "share",
                        "overdue", "open", "unclear", "excused", "cancelled", "unanswered");
  PromiseTally today;
  PromiseTally proposed;
  for (const Line& line : lines) {
    const std::string plan = line.name.plan.empty() ? "community" : line.name.plan;
    Compare(absl::StrCat(plan, " ", line.name.priority, line.name.priority.empty() ? "" : " ",
                         View(MetricName(line.name.metric))),
            line.today, line.proposed, &out);
    if (line.name.plan.empty()) continue;
    today += line.today;
    proposed += line.proposed;
  }
  Compare("all promises", today, proposed, &out);
  absl::StrAppend(&out, "missed: the overdue among them are open, and missed so far\n",
                  "unanswered: closed without an answer; neither met nor missed\n");
  Hours(head, backtest, &out);
  absl::StrAppend(&out, "\n", backtest.met_to_missed, " kept today would be missed, ",
                  backtest.missed_to_met, " missed today would be kept\n");
  for (const WorsenedPromise& worse : backtest.worsened) {
    absl::StrAppend(&out, "  ", PrintableLine(ToString(worse.ticket)), "  ",
                    worse.customer.empty() ? "community" : worse.customer, "  ", worse.priority,
                    worse.priority.empty() ? "" : "  ", View(MetricName(worse.metric)), ": ended ",
                    Rfc3339(worse.stopped), ", due ", Rfc3339(worse.due_today), " today, ",
                    Rfc3339(worse.due_new), " under the new policy\n");
  }
  const auto more = backtest.met_to_missed - static_cast<std::int64_t>(backtest.worsened.size());
  if (more > 0) absl::StrAppend(&out, "  … and ", more, " more, less late (--top)\n");
  if (backtest.incomplete > 0) {
    absl::StrAppend(&out, backtest.incomplete,
                    " tickets are not judged: their opening is not on record\n");
  }
  if (backtest.arrived > 0) {
    absl::StrAppend(&out, "On ", backtest.arrived,
                    " tickets a claim came from another one: with the time it had used under the "
                    "terms of that day\n");
  }
  Unanswered("today", backtest.today, &out);
  Unanswered("new", backtest.proposed, &out);
  return out;
}

}  // namespace retainer::cli
