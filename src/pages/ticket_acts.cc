#include "src/pages/ticket_acts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "retainer/core.h"
#include "src/pages/page_words.h"

namespace retainer::pages {
namespace {

constexpr std::size_t kLongestReason = 500;

// The acts, and who may do them: contacts those that they could give as a command.
struct Act {
  const char* name;
  CommandName command;
  bool for_contacts;
  bool needs_customer;
  bool needs_reason;
};
constexpr Act kActs[] = {
    {"priority", CommandName::kPriority, true, false, false},
    {"escalate", CommandName::kEscalate, true, false, false},
    {"waiting", CommandName::kWaiting, false, false, false},
    {"resume", CommandName::kResume, true, false, false},
    {"rate", CommandName::kRate, true, false, false},
    {"workaround", CommandName::kWorkaround, false, false, false},
    {"claim", CommandName::kClaim, false, true, false},
    {"release", CommandName::kRelease, false, true, false},
    {"grant", CommandName::kGrant, false, true, true},
};

}  // namespace

absl::StatusOr<Fact> ReadAct(const PageContext& context, const PageVisit& visit,
                             const std::string& contact_of) {
  const TermsHistory terms = context.desk.terms();
  if (terms.empty()) return absl::FailedPreconditionError("no policy is in force");
  const Policy& policy = terms.back()->policy;
  const absl::Time now = context.clock.Now();
  const std::string reason = OneLine(visit.Field("reason"));
  if (reason.size() > kLongestReason) {
    return absl::InvalidArgumentError(
        absl::StrCat("A reason has at most ", kLongestReason, " bytes."));
  }
  const std::string by = absl::StrCat(visit.visitor->name(), ": ", reason);
  const std::string name = visit.Field("act");
  const Customer* customer = policy.FindCustomer(visit.Field("customer"));
  if (name == "excuse") {
    if (!visit.visitor->rights.admin || !contact_of.empty()) {
      return absl::PermissionDeniedError("Only an admin excuses a promise.");
    }
    const auto metric = ParseMetric(visit.Field("metric"));
    if (!metric || customer == nullptr) {
      return absl::InvalidArgumentError("Say which promise, and to which customer.");
    }
    if (reason.empty()) return absl::InvalidArgumentError("Say why: reports show it.");
    return pipeline::MakePageFact(pipeline::MakeExcuseFact(*metric, customer->id, by, now), "");
  }
  for (const Act& act : kActs) {
    if (name != act.name) continue;
    if (!contact_of.empty() && !act.for_contacts) {
      return absl::PermissionDeniedError("Only the project's people do this.");
    }
    std::string argument;
    if (act.needs_customer) {
      if (customer == nullptr) return absl::InvalidArgumentError("Choose a customer.");
      argument = customer->id;
    }
    if (act.command == CommandName::kPriority) {
      const auto rank = policy.PriorityRank(visit.Field("priority"));
      if (!rank) return absl::InvalidArgumentError("Choose a priority.");
      argument = policy.priorities[*rank].name;
    }
    if (act.command == CommandName::kRate) {
      int mark = 0;
      if (!absl::SimpleAtoi(visit.Field("mark"), &mark)) {
        return absl::InvalidArgumentError("Choose a mark.");
      }
      if (reason.size() > kMostRating - 4) {
        return absl::InvalidArgumentError(
            absl::StrCat("Say it in at most ", kMostRating - 4, " bytes."));
      }
      argument = absl::StrCat(mark, reason.empty() ? "" : " ", reason);
    }
    if (act.needs_reason && reason.empty()) {
      return absl::InvalidArgumentError("Say why: it is kept with the decision.");
    }
    return pipeline::MakePageFact(
        pipeline::MakeOperatorFact(Command{act.command, argument}, by, now), contact_of);
  }
  return absl::InvalidArgumentError("There is no such act.");
}

absl::StatusOr<std::string> CarryOut(const PageContext& context, const Visitor& visitor,
                                     const TicketRef& ref, Fact fact) {
  const std::string id = fact.id;
  const auto refused = [&](const Standing& standing) {
    for (const Refusal& refusal : standing.refusals) {
      if (refusal.fact_id == id) return refusal.reason;
    }
    return std::string();
  };
  const auto known = context.desk.Inspect(ref);
  if (!known.ok()) return known.status();
  const std::string mine = absl::StrCat(visitor.name(), ": ");
  std::size_t acts = 0;
  for (const auto& [known_id, there] : known->facts) {
    const bool is_mine =
        there.provenance == Provenance::kPage && absl::StartsWith(there.value, mine);
    if (is_mine && there.at > known->at - absl::Hours(24)) ++acts;
  }
  if (acts >= kMostActs) return std::string("you did much on this ticket today, go on tomorrow");
  FactSet with = known->facts;
  with.Add(fact);
  const absl::Time at = std::max(known->at, fact.at);
  const Standing then = Evaluate(known->context, with, known->terms, known->pins, at);
  if (std::string reason = refused(then); !reason.empty()) return reason;
  if (DebugString(then) ==
      DebugString(Evaluate(known->context, known->facts, known->terms, known->pins, at))) {
    return std::string();
  }
  const auto judged = context.desk.Operate(ref, std::move(fact));
  if (!judged.ok()) return judged.status();
  return refused(judged->decision.standing);
}

}  // namespace retainer::pages
