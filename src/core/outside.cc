#include "outside.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "open_terms.h"
#include "roles.h"

namespace retainer::core {
namespace {

// True if the standing depends on a private customer: by a claim, or by a contact who may write
// here but therefore does not count as a responder.
bool HangsOnHidden(const Standing& standing, const TermsHistory& terms, const Policy& current) {
  const auto hidden = [&](const std::string& id) {
    return std::any_of(terms.begin(), terms.end(), [&](const auto& version) {
      const Customer* customer = version->policy.FindCustomer(id);
      return customer != nullptr && IsHidden(*customer, current);
    });
  };
  return std::any_of(standing.claims.begin(), standing.claims.end(),
                     [&](const auto& claim) { return hidden(claim.customer); }) ||
         std::any_of(standing.other_customers.begin(), standing.other_customers.end(), hidden);
}

bool HasHiddenAnswer(const FactSet& facts) {
  return std::any_of(facts.begin(), facts.end(),
                     [](const auto& entry) { return IsHiddenAnswer(entry.second); });
}

}  // namespace

Outside::Outside(const TicketContext& context, const FactSet& facts, const TermsHistory& history,
                 const Pins& pins, absl::Time now)
    : terms(OutsideTerms(history, now)),
      known(EvaluateAsKnown(context, OutsideFacts(facts), terms, pins, now)),
      prospects(context, terms, pins, now, known) {}

bool IsSeenOtherwise(const Standing& inside, const FactSet& facts, const TermsHistory& terms,
                     absl::Time now) {
  const Policy& current = terms[TermsIndexAt(terms, now)]->policy;
  if (HangsOnHidden(inside, terms, current)) return true;
  // A question whose contact somebody is may exist only because of private customers.
  if (!inside.questions.empty() && HasHidden(terms, now)) return true;
  return HasHiddenAnswer(facts);
}

void TakeClaims(const Standing& outside, Decision* decision) {
  const std::vector<ClaimRecord> claims = SummarizeClaims(outside);
  for (ClaimRecord& claim : decision->claims) {
    const auto seen = std::find_if(claims.begin(), claims.end(), [&](const ClaimRecord& other) {
      return other.customer == claim.customer;
    });
    if (seen != claims.end()) claim = *seen;
  }
  std::erase_if(decision->endings, [&](const EndingCount& ending) {
    return std::any_of(outside.claims.begin(), outside.claims.end(),
                       [&](const auto& claim) { return claim.customer == ending.customer; });
  });
  const std::vector<EndingCount> endings = CountEndings(outside);
  decision->endings.insert(decision->endings.end(), endings.begin(), endings.end());
}

}  // namespace retainer::core

namespace retainer {

FactSet OutsideFacts(const FactSet& facts) {
  if (!core::HasHiddenAnswer(facts)) return facts;
  FactSet outside;
  for (const auto& [id, fact] : facts) {
    if (!IsHiddenAnswer(fact)) outside.Add(fact);
  }
  return outside;
}

bool IsHiddenAnswer(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kPermission:
    case FactKind::kMembership:
    case FactKind::kProfile:
    case FactKind::kReference:
    case FactKind::kWorkAnswered:
      return fact.internal;
    default:
      return false;
  }
}

TermsHistory OutsideTerms(const TermsHistory& terms, absl::Time now) {
  const std::shared_ptr<const Terms>& current = terms[core::TermsIndexAt(terms, now)];
  TermsHistory open;
  open.reserve(terms.size());
  for (const auto& version : terms) open.push_back(WithoutHidden(*version, current));
  return open;
}

TermsHistory TermsFor(const TermsHistory& terms, absl::Time now, const std::string& customer) {
  const std::shared_ptr<const Terms>& current = terms[core::TermsIndexAt(terms, now)];
  TermsHistory known;
  known.reserve(terms.size());
  for (const auto& version : terms)
    known.push_back(core::WithoutHiddenBut(*version, current, customer));
  return known;
}

bool HasHidden(const TermsHistory& terms, absl::Time now) {
  const TermsHistory open = OutsideTerms(terms, now);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (open[i]->policy.customers.size() != terms[i]->policy.customers.size()) return true;
  }
  return false;
}

}  // namespace retainer
