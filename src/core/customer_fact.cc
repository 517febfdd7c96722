#include "retainer/customer_fact.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace retainer {
namespace {

using AccountKey = std::pair<std::string, std::string>;  // forge, actor id

AccountKey KeyOf(const Account& account) { return {account.forge, account.actor.id}; }

// Forges state whole seconds: what is written in the second of a joining counts, and in the second
// of a removal does not.
absl::Time InSeconds(absl::Time at) { return absl::FromUnixSeconds(absl::ToUnixSeconds(at)); }

// The duration depends only on the lengths.
bool IsSameHash(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

CustomerFact MakeFact(const std::string& customer, CustomerFactKind kind, std::string_view about,
                      const std::string& by, absl::Time at) {
  CustomerFact fact;
  fact.customer = customer;
  fact.kind = kind;
  fact.at = at;
  fact.by = by;
  const std::string_view name = CustomerFactKindName(kind);
  fact.id = absl::StrCat(std::string(name), ":", std::string(about));
  return fact;
}

// An account may join several times: the instant tells the facts apart.
std::string About(const Account& account, absl::Time at) {
  return absl::StrCat(account.forge, ":", account.actor.id, ":", absl::ToUnixMicros(at));
}

// Ordered by time. At one instant a removal comes after a joining: the one that gives less wins.
std::vector<const CustomerFact*> InOrder(const std::vector<CustomerFact>& facts) {
  std::vector<const CustomerFact*> order;
  order.reserve(facts.size());
  for (const CustomerFact& fact : facts) order.push_back(&fact);
  std::sort(order.begin(), order.end(), [](const CustomerFact* a, const CustomerFact* b) {
    return std::tie(a->at, a->kind, a->id) < std::tie(b->at, b->kind, b->id);
  });
  order.erase(std::unique(order.begin(), order.end(),
                          [](const auto* a, const auto* b) { return a->id == b->id; }),
              order.end());
  return order;
}

// Since when an account pays, by the sponsorship that the fact is about, or by its purchases.
// Nullopt: it is no person, or it never paid.
std::optional<absl::Time> PaysSince(const std::vector<CustomerFact>& facts,
                                    const CustomerFact& about) {
  if (!about.subscription || about.subscription->organization) return std::nullopt;
  if (about.kind == CustomerFactKind::kSponsorship) return about.subscription->began;
  std::optional<absl::Time> since;
  for (const CustomerFact& fact : facts) {
    if (fact.kind != CustomerFactKind::kPurchase || !fact.subscription) continue;
    if (KeyOf(fact.account) != KeyOf(about.account)) continue;
    const SubscriptionAct act = fact.subscription->act;
    if (act != SubscriptionAct::kBegan && act != SubscriptionAct::kChanged &&
        act != SubscriptionAct::kEnded) {
      continue;
    }
    since = std::min(since.value_or(absl::InfiniteFuture()), fact.subscription->effective);
  }
  return since;
}

}  // namespace

std::string ToString(const Account& account) {
  return account.actor.login.empty() ? absl::StrCat(account.forge, ":id ", account.actor.id)
                                     : absl::StrCat(account.forge, ":", account.actor.login);
}

std::string_view CustomerFactKindName(CustomerFactKind kind) {
  switch (kind) {
    case CustomerFactKind::kInvited:
      return "invited";
    case CustomerFactKind::kInvitationRevoked:
      return "invitation_revoked";
    case CustomerFactKind::kJoined:
      return "joined";
    case CustomerFactKind::kRemoved:
      return "removed";
    case CustomerFactKind::kWorkLogged:
      return "work_logged";
    case CustomerFactKind::kWorkCorrected:
      return "work_corrected";
    case CustomerFactKind::kSponsorship:
      return "sponsorship";
    case CustomerFactKind::kPurchase:
      return "purchase";
  }
  return "";
}

const Contact* CustomerBook::FindContact(const Account& account, absl::Time at) const {
  const auto found = std::find_if(contacts.begin(), contacts.end(), [&](const Contact& contact) {
    return KeyOf(contact.account) == KeyOf(account) && contact.IsAt(at);
  });
  return found == contacts.end() ? nullptr : &*found;
}

const Invitation* CustomerBook::FindInvitation(std::string_view hash) const {
  const Invitation* found = nullptr;
  for (const Invitation& invitation : invitations) {
    if (IsSameHash(invitation.hash, hash)) found = &invitation;
  }
  return found;
}

CustomerBook ReadCustomerFacts(const std::vector<CustomerFact>& facts) {
  CustomerBook book;
  std::map<AccountKey, std::size_t> present;  // account -> its entry in `contacts`
  std::map<std::string, Invitation> invitations;
  std::map<std::string, absl::Time> revoked;
  std::map<std::string, std::uint32_t> used;
  std::set<std::pair<AccountKey, absl::Time>> paid;  // since when, of each time
  for (const CustomerFact* fact : InOrder(facts)) {
    switch (fact->kind) {
      case CustomerFactKind::kInvited:
        invitations.try_emplace(fact->invitation,
                                Invitation{fact->invitation, fact->hash, fact->uses, 0, fact->at,
                                           fact->by, fact->expires});
        break;
      case CustomerFactKind::kInvitationRevoked:
        revoked.try_emplace(fact->invitation, fact->at);
        break;
      case CustomerFactKind::kJoined:
        ++used[fact->invitation];
        if (!present.try_emplace(KeyOf(fact->account), book.contacts.size()).second) break;
        book.contacts.push_back(
            {fact->account, fact->at, absl::InfiniteFuture(), fact->invitation, ""});
        break;
      case CustomerFactKind::kRemoved: {
        const auto there = present.find(KeyOf(fact->account));
        if (there == present.end()) break;
        book.contacts[there->second].until = fact->at;
        book.contacts[there->second].removed_by = fact->by;
        present.erase(there);
        break;
      }
      case CustomerFactKind::kWorkLogged:
      case CustomerFactKind::kWorkCorrected:
        book.work.push_back(*fact);
        break;
      case CustomerFactKind::kSponsorship:
      case CustomerFactKind::kPurchase: {
        // An account that pays is a contact from then on. What it holds ends; this does not.
        const auto since = PaysSince(facts, *fact);
        if (!since || !paid.emplace(KeyOf(fact->account), *since).second) break;
        if (!present.try_emplace(KeyOf(fact->account), book.contacts.size()).second) break;
        book.contacts.push_back({fact->account, *since, absl::InfiniteFuture(), "", ""});
        break;
      }
    }
  }
  for (auto& [id, invitation] : invitations) {
    if (const auto at = revoked.find(id); at != revoked.end()) invitation.revoked = at->second;
    if (const auto count = used.find(id); count != used.end()) invitation.used = count->second;
    book.invitations.push_back(std::move(invitation));
  }
  std::sort(book.contacts.begin(), book.contacts.end(), [](const Contact& a, const Contact& b) {
    return std::tie(a.since, a.account.forge, a.account.actor.id, a.until) <
           std::tie(b.since, b.account.forge, b.account.actor.id, b.until);
  });
  std::sort(book.work.begin(), book.work.end(),
            [](const CustomerFact& a, const CustomerFact& b) { return a.id < b.id; });
  std::sort(book.invitations.begin(), book.invitations.end(),
            [](const Invitation& a, const Invitation& b) {
              return std::tie(a.made, a.id) < std::tie(b.made, b.id);
            });
  return book;
}

absl::StatusOr<CustomerFact> MakeInvited(const std::string& customer, const std::string& id,
                                         const std::string& hash, std::uint32_t uses,
                                         absl::Duration lasts, const std::string& by,
                                         absl::Time now) {
  if (by.empty()) return absl::InvalidArgumentError("an invitation needs the name of its maker");
  if (uses < 1 || uses > kMostUses) {
    return absl::InvalidArgumentError(absl::StrCat("an invitation has 1 to ", kMostUses, " uses"));
  }
  if (lasts <= absl::ZeroDuration() || lasts > kLongestInvitation) {
    return absl::InvalidArgumentError("an invitation expires within 90 days");
  }
  CustomerFact fact = MakeFact(customer, CustomerFactKind::kInvited, id, by, InSeconds(now));
  fact.invitation = id;
  fact.hash = hash;
  fact.uses = uses;
  fact.expires = fact.at + lasts;
  return fact;
}

CustomerFact MakeInvitationRevoked(const std::string& customer, const std::string& invitation,
                                   const std::string& by, absl::Time now) {
  CustomerFact fact =
      MakeFact(customer, CustomerFactKind::kInvitationRevoked, invitation, by, InSeconds(now));
  fact.invitation = invitation;
  return fact;
}

CustomerFact MakeRemoved(const std::string& customer, const Contact& contact, const std::string& by,
                         absl::Time now) {
  const absl::Time at = std::max(InSeconds(now), contact.since);
  CustomerFact fact =
      MakeFact(customer, CustomerFactKind::kRemoved, About(contact.account, at), by, at);
  fact.account = contact.account;
  return fact;
}

absl::StatusOr<CustomerFact> MakeJoined(const CustomerBook& book, const std::string& customer,
                                        std::string_view hash, const Account& account,
                                        std::optional<std::size_t> most, absl::Time now) {
  const Invitation* invitation = book.FindInvitation(hash);
  if (invitation == nullptr || !invitation->IsOpen(now)) {
    return absl::NotFoundError("there is no such invitation");
  }
  const bool is_contact =
      std::any_of(book.contacts.begin(), book.contacts.end(), [&](const Contact& contact) {
        return KeyOf(contact.account) == KeyOf(account) && contact.until == absl::InfiniteFuture();
      });
  if (is_contact) {
    return absl::AlreadyExistsError(
        absl::StrCat(ToString(account), " is a contact of ", customer, " already"));
  }
  // Who was removed needs another invitation.
  const bool removed =
      std::any_of(book.contacts.begin(), book.contacts.end(), [&](const Contact& contact) {
        return KeyOf(contact.account) == KeyOf(account) && contact.invitation == invitation->id;
      });
  if (removed) return absl::NotFoundError("there is no such invitation");
  const auto present = std::count_if(book.contacts.begin(), book.contacts.end(),
                                     [&](const Contact& contact) { return contact.IsAt(now); });
  if (most && static_cast<std::size_t>(present) >= *most) {
    return absl::OutOfRangeError(
        absl::StrCat(customer, " has as many contacts as its plan allows"));
  }
  absl::Time at = InSeconds(now);
  for (const Contact& contact : book.contacts) {
    if (KeyOf(contact.account) != KeyOf(account) || contact.until == absl::InfiniteFuture())
      continue;
    at = std::max(at, contact.until + absl::Microseconds(1));
  }
  CustomerFact fact =
      MakeFact(customer, CustomerFactKind::kJoined, About(account, at), ToString(account), at);
  fact.account = account;
  fact.invitation = invitation->id;
  return fact;
}

}  // namespace retainer
