// Allowances: how many tickets a plan serves. What is over the allowance stays the community's
// until somebody of the project grants it.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "replayer.h"
#include "retainer/entitlement.h"
#include "retainer/names.h"

namespace retainer::core {
namespace {

// Which part of `limit` is used up; empty: none. `what`: the tickets that it counts.
std::string UsedUpPart(const TicketLimit& limit, const TicketUse& use, const std::string& what) {
  if (limit.open && use.open >= *limit.open) {
    return absl::StrCat(use.open, " of ", *limit.open, " open ", what, " are used");
  }
  if (limit.per_month && use.this_month >= *limit.per_month) {
    return absl::StrCat(use.this_month, " of ", *limit.per_month, " ", what,
                        " of the month are used");
  }
  return "";
}

}  // namespace

const Plan* Replayer::PlanOf(const Customer& customer) const {
  const Stint* stint = InForce(customer.id);
  return stint == nullptr ? nullptr : PlanFor(policy(), customer, stint->accepted);
}

std::string Replayer::UsedUp(const Customer& customer, const Plan& plan,
                             const std::string& priority, bool total) const {
  const auto used = context_.used.find(customer.id);
  if (used == context_.used.end()) return "";
  if (total) {
    std::string part = UsedUpPart(plan.allowance.tickets, used->second.tickets, "tickets");
    if (!part.empty()) return part;
  }
  const auto limit = plan.allowance.priorities.find(priority);
  if (limit == plan.allowance.priorities.end()) return "";
  const auto use = used->second.priorities.find(priority);
  return UsedUpPart(limit->second, use == used->second.priorities.end() ? TicketUse() : use->second,
                    priority + " tickets");
}

std::string Replayer::GivenPriority(const Stint& stint) const {
  std::string given;
  for (const PriorityInput& input : t_.priorities) {
    if (((input.slots >> stint.slot) & 1) != 0) given = input.priority;
  }
  return given;
}

void Replayer::CheckAllowance() {
  const Stint stint = t_.stints.back();
  const Customer* customer = policy().FindCustomer(stint.customer);
  const Plan* plan = customer == nullptr ? nullptr : PlanOf(*customer);
  if (plan == nullptr || plan->allowance.empty()) return;
  std::string priority = GivenPriority(stint);
  if (!plan->promises.contains(priority)) priority = plan->default_priority;
  std::string reason = UsedUp(*customer, *plan, priority, /*total=*/true);
  if (reason.empty()) return;
  t_.over[customer->id] = {customer->id, plan->name, std::move(reason), stint.since};
  std::erase_if(claimants_, [&](const Claimant& c) { return c.slot == stint.slot; });
  t_.stints.pop_back();
  ++epoch_;
}

void Replayer::Grant(const Fact& fact, const std::string& alias, const Judgement& judgement) {
  const Customer* customer = policy().FindCustomer(alias);
  const std::string id = customer == nullptr ? alias : customer->id;
  const auto over = t_.over.find(id);
  if (customer == nullptr || over == t_.over.end()) {
    return Refuse(fact, judgement, absl::StrCat("grant ", alias),
                  "the ticket is not over an allowance of this customer");
  }
  if (!CoveredByPlan(*customer, t_.opened_at)) {
    return Refuse(fact, judgement, absl::StrCat("grant ", alias),
                  "the customer's plan does not cover this ticket");
  }
  t_.over.erase(over);
  Claim(*customer, fact.at, t_.opened_at, "granted by an operator over the allowance", &fact,
        false);
}

}  // namespace retainer::core
