// Whose a ticket is: which customers claim it, from when, and until when.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "replayer.h"
#include "retainer/project.h"

namespace retainer::core {

bool Replayer::CoveredByPlan(const Customer& customer, absl::Time accepted) const {
  const Entitlement* entitlement = customer.EntitlementFor(accepted);
  return entitlement != nullptr && IsForKind(*entitlement) && IsProjectCovered();
}

bool Replayer::IsProjectCovered() const {
  return policy().projects.empty() || Covers(*terms_[now_], NamesOf(context_));
}

bool Replayer::IsForKind(const Entitlement& entitlement) const {
  const auto plan = policy().plans.find(entitlement.plan);
  if (plan == policy().plans.end()) return false;
  return context_.key.kind == TicketKind::kIssue ? plan->second.covers_issues
                                                 : plan->second.covers_changes;
}

void Replayer::ClaimFromOpening(std::size_t terms, absl::Time since, const Fact* fact) {
  if (!IsProjectCovered()) return;
  const ProjectNames names = NamesOf(context_);
  const bool may_claim = t_.author_index != kNobody && !roster_.IsBot(t_.author_index, terms);
  // Most customers have nothing to do with a ticket, so only these are looked at.
  TermsIndex::Customers possible;
  if (may_claim) possible = roster_.MayBeContactOf(t_.author_index, terms);
  const TermsIndex::Customers by_contact = possible;
  const TermsIndex::Customers& with_projects = terms_[terms]->index->WithProjects();
  possible.insert(possible.end(), with_projects.begin(), with_projects.end());
  std::sort(possible.begin(), possible.end());
  possible.erase(std::unique(possible.begin(), possible.end()), possible.end());
  for (const std::size_t each : possible) {
    const Customer& customer = terms_[terms]->policy.customers[each];
    const bool in_project =
        !customer.projects.empty() && AnyNames(customer.projects, terms_[terms]->id, names);
    if (!in_project && !std::binary_search(by_contact.begin(), by_contact.end(), each)) continue;
    // A plan that was bought since the opening counts from then on, as for whoever joins later.
    absl::Time accepted = t_.opened_at;
    const Entitlement* entitlement = customer.EntitlementAt(accepted);
    if (entitlement == nullptr && since > accepted) {
      const Entitlement* bought = customer.EntitlementAt(since);
      const bool counts = bought != nullptr && bought->bought && IsForKind(*bought) &&
                          policy().plans.at(bought->plan).starts == ClockStart::kVerified;
      if (counts) {
        entitlement = bought;
        accepted = since;
      }
    }
    if (entitlement == nullptr || !IsForKind(*entitlement)) continue;
    // A claim that a person ended stays ended. One that a version of the policy ended may begin
    // again with a later version.
    const bool had = std::any_of(t_.stints.begin(), t_.stints.end(), [&](const Stint& stint) {
      return stint.customer == customer.id && (!stint.ended || stint.end_fact != nullptr);
    });
    if (had || t_.over.contains(customer.id)) continue;
    std::string reason;
    Answer contact = Answer::kNo;
    if (may_claim) {
      contact = roster_.ContactOf(t_.author_index, terms, customer, t_.opened_at, &reason);
      const bool by_joining = policy().plans.at(entitlement->plan).starts == ClockStart::kVerified;
      if (contact != Answer::kYes && by_joining &&
          roster_.HasJoined(t_.author_index, customer, since, &reason)) {
        contact = Answer::kYes;
      }
    }
    bool claims = false;
    if (contact == Answer::kYes) {
      claims =
          Claim(customer, since, accepted,
                absl::StrCat("opened by ", context_.key.forge, ":", t_.author.login, ": ", reason),
                fact, in_project);
    } else if (in_project && accepted == t_.opened_at) {
      claims =
          Claim(customer, since, t_.opened_at,
                absl::StrCat("opened in ", ToString(ProjectRef{context_.key.forge, context_.path}),
                             ", a project of ", customer.id),
                fact, true);
    }
    if (claims && fact == nullptr) CheckAllowance();
  }
}

bool Replayer::Claim(const Customer& customer, absl::Time since, absl::Time accepted,
                     std::string reason, const Fact* fact, bool by_project) {
  auto it = std::find(t_.customers.begin(), t_.customers.end(), customer.id);
  if (it == t_.customers.end()) {
    if (t_.customers.size() == kMaxSlots) {
      t_.flags.insert(absl::StrCat("more than ", kMaxSlots, " customers claim this ticket"));
      return false;
    }
    it = t_.customers.insert(t_.customers.end(), customer.id);
  }
  t_.unjudged |= skipped_;
  Stint stint;
  stint.slot = static_cast<int>(it - t_.customers.begin());
  stint.customer = customer.id;
  stint.since = since;
  stint.accepted = accepted;
  stint.reason = std::move(reason);
  stint.start_fact = fact;
  stint.from = t_.happenings.size();
  stint.by_project = by_project;
  claimants_.push_back({stint.slot, customer.id, by_project});
  ++epoch_;
  t_.stints.push_back(std::move(stint));
  return true;
}

void Replayer::EndClaim(Stint& stint, absl::Time at, const Fact* fact, std::string note) {
  stint.ended = at;
  stint.end_fact = fact;
  stint.end_note = std::move(note);
  stint.until = t_.happenings.size();
  std::erase_if(claimants_, [&](const Claimant& c) { return c.slot == stint.slot; });
  ++epoch_;
}

const Stint* Replayer::InForce(std::string_view customer) const {
  for (const Stint& stint : t_.stints) {
    if (!stint.ended && stint.customer == customer) return &stint;
  }
  return nullptr;
}

}  // namespace retainer::core
