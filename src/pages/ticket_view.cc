#include "src/pages/ticket_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/promise_words.h"
#include "src/base/view.h"
#include "src/pages/page_words.h"
#include "src/pages/promise_chart.h"

namespace retainer::pages {
namespace {

using base::View;
using templates::PageValues;

constexpr std::size_t kLongestExplanation = 64 * 1024;

// What a promise came to, or until when it is.
std::string Until(const PromiseClock& clock, absl::Time now, absl::TimeZone zone) {
  if (clock.before_adoption) return std::string(kBeforeAdoptionWords);
  if (clock.cycles.empty()) return "";
  const Cycle& cycle = clock.cycles.back();
  const std::string took = absl::StrCat("took ", SpanWords(cycle.elapsed), " of ",
                                        TargetWords(cycle.promise->as_written));
  switch (cycle.outcome) {
    case Outcome::kMet:
    case Outcome::kMissed:
      return took;
    case Outcome::kCancelled:
    case Outcome::kExcused:
      return cycle.note;
    case Outcome::kOpen:
      break;
  }
  if (cycle.paused_now || cycle.due == absl::InfiniteFuture()) {
    return absl::StrCat("stands still at ", SpanWords(cycle.elapsed), " of ",
                        TargetWords(cycle.promise->as_written));
  }
  return absl::StrCat(InstantWords(cycle.due, now, zone), " (", LeftWords(cycle.due, now), ")");
}

std::string_view WordsOf(const PromiseClock& clock) {
  return clock.kind == PromiseKind::kTarget ? AimStateWords(clock.state) : StateWords(clock.state);
}

PageValues PromiseRowValues(const PromiseClock& clock, absl::Time now, absl::TimeZone zone) {
  PageValues row;
  row.texts = {
      {"promise", std::string(PromiseWords(clock.metric))},
      {"metric", std::string(MetricName(clock.metric))},
      {"state", std::string(WordsOf(clock))},
      {"class", std::string(StateClass(clock.state))},
      {"until", Until(clock, now, zone)},
      {"target", clock.cycles.empty() ? std::string()
                                      : TargetWords(clock.cycles.back().promise->as_written)}};
  if (!clock.cycles.empty()) row.Show("begun");
  if (clock.kind == PromiseKind::kTarget) row.Show("aim");
  if (clock.state == ClockState::kBreached || clock.state == ClockState::kMissed) {
    row.Show("broken");
  }
  return row;
}

std::string WhatOf(const Fact& fact, Role role) {
  switch (fact.kind) {
    case FactKind::kOpened:
      return "opened it";
    case FactKind::kComment: {
      if (fact.internal) return "wrote an internal note";
      std::string what = "wrote a comment without an answer";
      if (fact.text.thanks) {
        what = "said thanks";
      } else if (role == Role::kResponder && fact.text.substance) {
        what = "answered";
      } else if (fact.text.asks) {
        what = "asked";
      } else if (fact.text.substance) {
        what = "wrote";
      } else if (!fact.text.commands.empty()) {
        what = "gave a command";
      }
      for (const Command& command : fact.text.commands) {
        absl::StrAppend(&what, ", ", ToString(command));
      }
      return what;
    }
    case FactKind::kCommentEdited:
      return "edited a comment";
    case FactKind::kCommentDeleted:
      return "deleted a comment";
    case FactKind::kTextEdited:
      return "edited the opening";
    case FactKind::kLabelAdded:
      return absl::StrCat("set the label ", fact.subject);
    case FactKind::kLabelRemoved:
      return absl::StrCat("took the label ", fact.subject, " off");
    case FactKind::kLabelRenamed:
      return absl::StrCat("renamed the label ", fact.value, " to ", fact.subject);
    case FactKind::kAssigned:
      return absl::StrCat("assigned ", fact.subject);
    case FactKind::kUnassigned:
      return absl::StrCat("unassigned ", fact.subject);
    case FactKind::kClosed:
      return fact.value.empty() ? "closed it" : absl::StrCat("closed it: ", fact.value);
    case FactKind::kReopened:
      return "reopened it";
    case FactKind::kMoved:
      return "moved it";
    case FactKind::kDeleted:
      return "deleted it";
    case FactKind::kVisibility:
      return absl::StrCat("made it ", fact.value);
    case FactKind::kAction:
      return fact.value;
    case FactKind::kArrived:
      return absl::StrCat("a claim came from ", fact.subject);
    case FactKind::kOperator: {
      std::string what;
      const bool undone =
          std::find(fact.labels.begin(), fact.labels.end(), kUndone) != fact.labels.end();
      for (const Command& command : fact.text.commands) {
        absl::StrAppend(&what, what.empty() ? "" : ", ", ToString(command));
      }
      if (!fact.subject.empty()) what = absl::StrCat("excused ", fact.subject);
      const std::size_t reason = fact.value.find(": ");
      if (reason != std::string::npos && reason + 2 < fact.value.size()) {
        absl::StrAppend(&what, ": ", fact.value.substr(reason + 2));
      }
      return absl::StrCat(
          undone ? "undid " : "", what,
          fact.provenance == Provenance::kPage ? " (on a page)" : " (at the command line)");
    }
    default:
      // Answers of the forge and observations are nobody's acts.
      return "";
  }
}

std::string WhoOf(const Fact& fact) {
  if (fact.kind == FactKind::kOperator) return fact.value.substr(0, fact.value.find(": "));
  if (!fact.actor.login.empty()) return fact.actor.login;
  return fact.actor.id.empty() ? "" : absl::StrCat("id ", fact.actor.id);
}

Role RoleOf(const Standing& standing, const Actor& actor) {
  for (const RoleStanding& role : standing.roles) {
    const bool same =
        actor.id.empty() ? role.actor.login == actor.login : role.actor.id == actor.id;
    if (same) return role.role;
  }
  return actor.machine ? Role::kBot : Role::kUnknown;
}

}  // namespace

templates::PageValues HeadValues(const pipeline::Inspection& inspection, const TicketRef& ref,
                                 absl::TimeZone zone, const std::string& zone_name,
                                 const std::string& csrf, const std::string& note) {
  const Standing& standing = inspection.standing;
  templates::PageValues values;
  values.texts = {{"title", TitleOf(inspection.record)},
                  {"ref", ToString(ref)},
                  {"url", SafeUrl(inspection.context.url)},
                  {"stage", std::string(StageName(standing.stage))},
                  {"opened", InstantWords(standing.opened_at, inspection.at, zone)},
                  {"author", standing.author.login},
                  {"with", absl::StrJoin(WithWhom(standing), ", ")},
                  {"zone", zone_name},
                  {"explanation", ShownExplanation(inspection.explanation)},
                  {"csrf", csrf},
                  {"note", note}};
  if (!note.empty()) values.Show("noted");
  if (!values.texts["url"].empty()) values.Show("has_url");
  if (!values.texts["with"].empty()) values.Show("has_with");
  values.Show(standing.gone ? "gone" : standing.open ? "open" : "closed");
  return values;
}

std::string PromiseSentence(const PromiseClock& clock, absl::Time now, absl::TimeZone zone) {
  const bool open = !clock.cycles.empty() && clock.cycles.back().outcome == Outcome::kOpen &&
                    clock.cycles.back().due != absl::InfiniteFuture();
  return absl::StrCat(View(PromiseWords(clock.metric)), " ", View(WordsOf(clock)),
                      open ? ", by " : ", ", Until(clock, now, zone));
}

std::vector<PageValues> ClaimValues(const pipeline::Inspection& inspection, absl::TimeZone zone) {
  const Policy& policy = inspection.terms.back()->policy;
  std::vector<PageValues> claims;
  for (const ClaimStanding& claim : inspection.standing.claims) {
    PageValues values;
    const Customer* customer = policy.FindCustomer(claim.customer);
    values.texts = {{"customer", CustomerName(policy, claim.customer)},
                    {"id", claim.customer},
                    {"plan", claim.plan},
                    {"priority", claim.priority},
                    {"priority_reason", claim.priority_reason},
                    {"reason", claim.reason},
                    {"request", claim.request},
                    {"since", InstantWords(claim.since, inspection.at, zone)}};
    if (claim.trial) values.Show("trial");
    if (claim.released) values.Show("released");
    if (!claim.released) values.Show("in_force");
    if (!claim.request.empty()) values.Show("is_request");
    if (customer != nullptr && !customer->is_public) values.Show("hidden");
    if (claim.escalated_by_hand) values.Show("escalated");
    for (const PromiseClock& clock : claim.clocks) {
      values.sections["promises"].push_back(PromiseRowValues(clock, inspection.at, zone));
    }
    if (!claim.clocks.empty()) values.Show("any");
    if (std::string chart = PromiseChart(claim.clocks, inspection.at, zone); !chart.empty()) {
      PageValues drawn;
      drawn.texts["svg"] = std::move(chart);
      values.Show("chart", std::move(drawn));
    }
    claims.push_back(std::move(values));
  }
  return claims;
}

std::vector<PageValues> HistoryValues(const pipeline::Inspection& inspection, absl::TimeZone zone,
                                      const std::string& customer) {
  std::vector<PageValues> rows;
  const Standing& standing = inspection.standing;
  const std::vector<const Fact*> order = inspection.facts.InOrder();
  for (auto fact = order.rbegin(); fact != order.rend(); ++fact) {
    // What we did ourselves is no news to anybody.
    const std::string& self = inspection.context.self_id;
    if (!self.empty() && (*fact)->actor.id == self) continue;
    const auto& own = standing.own_comments;
    if ((*fact)->kind == FactKind::kComment &&
        std::find(own.begin(), own.end(), (*fact)->subject) != own.end()) {
      continue;
    }
    // A customer reads no internal notes, and nothing that was done for another customer.
    if (!customer.empty()) {
      if ((*fact)->internal || (*fact)->kind == FactKind::kArrived) continue;
      const auto& marks = (*fact)->labels;
      if ((*fact)->kind == FactKind::kOperator &&
          std::find(marks.begin(), marks.end(), absl::StrCat(View(kContactOf), customer)) ==
              marks.end()) {
        continue;
      }
    }
    const Role role = RoleOf(standing, (*fact)->actor);
    const std::string what = WhatOf(**fact, role);
    if (what.empty()) continue;
    PageValues row;
    row.texts = {{"at", InstantWords((*fact)->at, inspection.at, zone)},
                 {"who", WhoOf(**fact)},
                 {"role", std::string(RoleName(role))},
                 {"what", what}};
    if ((*fact)->kind != FactKind::kOperator && role != Role::kUnknown) row.Show("has_role");
    rows.push_back(std::move(row));
    if (rows.size() == kMostHistory) break;
  }
  return rows;
}

std::string ShownExplanation(const std::string& explanation) {
  if (explanation.size() <= kLongestExplanation) return explanation;
  const std::size_t end = explanation.rfind('\n', kLongestExplanation);
  return absl::StrCat(explanation.substr(0, end == std::string::npos ? 0 : end + 1),
                      "… The rest: `retainer explain`.\n");
}

}  // namespace retainer::pages
