#include "src/cli/customer_operations.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/customer_fact.h"
#include "retainer/names.h"
#include "src/base/digest.h"
#include "src/cli/unknown_names.h"

namespace retainer::cli {
namespace {

absl::StatusOr<CustomerBook> ReadBook(Store& store, const std::string& customer) {
  const auto stored = store.LoadCustomer(customer);
  if (!stored.ok()) return stored.status();
  return ReadCustomerFacts(stored->facts);
}

std::string StateOf(const Invitation& invitation, absl::Time now) {
  if (invitation.revoked <= now) return absl::StrCat("revoked ", Rfc3339(invitation.revoked));
  if (invitation.used >= invitation.uses) return "used up";
  if (invitation.expires <= now) return absl::StrCat("expired ", Rfc3339(invitation.expires));
  return absl::StrCat("until ", Rfc3339(invitation.expires));
}

nlohmann::ordered_json ContactJson(const Contact& contact) {
  return {{"account", ToString(contact.account)}, {"id", contact.account.actor.id},
          {"since", Rfc3339(contact.since)},      {"until", TimeOrNull(contact.until)},
          {"invitation", contact.invitation},     {"removed_by", contact.removed_by}};
}

// What the policy says of a customer's contacts, one line each.
std::vector<std::string> NamedContacts(const Customer* customer) {
  std::vector<std::string> lines;
  if (customer == nullptr) return lines;
  const auto name = [](const Login& login) { return absl::StrCat(login.forge, ":", login.name); };
  for (const Login& login : customer->contacts.logins) lines.push_back(name(login));
  for (const Login& each : customer->contacts.organizations) {
    lines.push_back(absl::StrCat("members of ", name(each)));
  }
  for (const std::string& email : customer->contacts.emails) {
    lines.push_back(absl::StrCat("owners of ", email));
  }
  return lines;
}

}  // namespace

absl::StatusOr<NamedCustomer> FindCustomer(pipeline::Desk& desk, Store& store,
                                           const nlohmann::ordered_json& request) {
  NamedCustomer found;
  found.id = Text(request, "customer");
  found.terms = desk.terms();
  if (!found.terms.empty()) found.entry = found.terms.back()->policy.FindCustomer(found.id);
  if (found.entry != nullptr) {
    found.id = found.entry->id;
    return found;
  }
  const auto stored = store.LoadCustomer(found.id);
  if (!stored.ok()) return stored.status();
  if (!stored->facts.empty()) return found;
  if (!found.terms.empty()) return NoSuchCustomer(found.terms.back()->policy, found.id);
  return absl::InvalidArgumentError(absl::StrCat("nothing is known of \"", found.id, "\""));
}

absl::StatusOr<OperationResult> InviteContact(pipeline::Desk& desk, Clock& clock,
                                              const std::string& join_url,
                                              const nlohmann::ordered_json& request) {
  if (join_url.empty()) {
    return absl::FailedPreconditionError(
        "nobody can sign in to join: write public_url, and sign_in in a forge, into the "
        "configuration, and restart the service");
  }
  const TermsHistory terms = desk.terms();
  if (terms.empty()) {
    return absl::FailedPreconditionError(
        "no valid policy is in force yet: `retainer check` says what is wrong with it");
  }
  const Customer* customer = terms.back()->policy.FindCustomer(Text(request, "customer"));
  if (customer == nullptr) {
    return NoSuchCustomer(terms.back()->policy, Text(request, "customer"));
  }
  const auto secret = base::RandomBytes(32);
  if (!secret.ok()) return secret.status();
  const auto id = base::RandomHex(6);
  if (!id.ok()) return id.status();
  const std::string token = absl::WebSafeBase64Escape(*secret);
  const auto uses = Number(request, "uses", std::int64_t{1});
  const auto lasts = absl::Seconds(Number(request, "expires_s", std::int64_t{7 * 24 * 3600}));
  const auto made = desk.ChangeCustomer(customer->id, [&](const CustomerBook&) {
    // Numbers that do not fit become one that is refused.
    const bool fits = uses >= 0 && uses <= kMostUses;
    return MakeInvited(customer->id, *id, base::Sha256Hex(token),
                       fits ? static_cast<std::uint32_t>(uses) : 0, lasts, Text(request, "by"),
                       clock.Now());
  });
  if (!made.ok()) return made.status();
  const std::string url = absl::StrCat(join_url, token);
  return OperationResult{absl::StrCat(url, "\n"),
                         {{"url", url},
                          {"id", made->invitation},
                          {"customer", customer->id},
                          {"uses", made->uses},
                          {"expires", Rfc3339(made->expires)}}};
}

absl::StatusOr<OperationResult> ListContacts(pipeline::Desk& desk, Store& store, Clock& clock,
                                             const nlohmann::ordered_json& request) {
  const auto customer = FindCustomer(desk, store, request);
  if (!customer.ok()) return customer.status();
  const auto book = ReadBook(store, customer->id);
  if (!book.ok()) return book.status();
  const absl::Time now = clock.Now();
  OperationResult result{"", {{"customer", customer->id}}};
  nlohmann::ordered_json joined = nlohmann::ordered_json::array();
  for (const Contact& contact : book->contacts) {
    joined.push_back(ContactJson(contact));
    absl::StrAppend(
        &result.text, ToString(contact.account), "  id ", contact.account.actor.id,
        contact.invitation.empty() ? "  pays on the forge since " : "  joined ",
        Rfc3339(contact.since), contact.invitation.empty() ? "" : " by ", contact.invitation,
        contact.IsAt(now) || contact.until == absl::InfiniteFuture()
            ? std::string()
            : absl::StrCat(", removed ", Rfc3339(contact.until), " by ", contact.removed_by),
        "\n");
  }
  const std::vector<std::string> named = NamedContacts(customer->entry);
  for (const std::string& line : named) absl::StrAppend(&result.text, line, "  in the policy\n");
  nlohmann::ordered_json bought = nlohmann::ordered_json::array();
  if (customer->entry != nullptr) {
    for (const Entitlement& held : customer->entry->entitlements) {
      if (!held.bought) continue;
      bought.push_back({{"plan", held.plan},
                        {"on", held.bought->on},
                        {"from", Rfc3339(held.bought->from)},
                        {"until", TimeOrNull(held.bought->until)}});
      absl::StrAppend(&result.text, "plan ", held.plan, " by ", held.bought->on, " from ",
                      Rfc3339(held.bought->from),
                      held.bought->until == absl::InfiniteFuture()
                          ? std::string()
                          : absl::StrCat(" until ", Rfc3339(held.bought->until)),
                      "\n");
    }
  }
  result.data["bought"] = std::move(bought);
  if (result.text.empty()) result.text = "No contacts.\n";
  result.data["joined"] = std::move(joined);
  result.data["policy"] = named;
  result.data["in_policy"] = customer->entry != nullptr;
  return result;
}

absl::StatusOr<OperationResult> RemoveContact(pipeline::Desk& desk, Store& store, Clock& clock,
                                              const nlohmann::ordered_json& request) {
  const auto customer = FindCustomer(desk, store, request);
  if (!customer.ok()) return customer.status();
  const std::string wanted = Text(request, "account");
  const std::size_t colon = wanted.find(':');
  const std::string forge = wanted.substr(0, colon);
  const std::string name = colon == std::string::npos ? "" : wanted.substr(colon + 1);
  if (name.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", wanted, "\" is no account: write FORGE:LOGIN, or FORGE:ID, as `contacts` shows it"));
  }
  const auto removed = desk.ChangeCustomer(
      customer->id, [&](const CustomerBook& book) -> absl::StatusOr<CustomerFact> {
        const Contact* by_id = nullptr;
        std::vector<const Contact*> by_login;
        for (const Contact& contact : book.contacts) {
          if (contact.until != absl::InfiniteFuture() || contact.account.forge != forge) continue;
          if (contact.account.actor.id == name) by_id = &contact;
          if (SameName(contact.account.actor.login, name)) by_login.push_back(&contact);
        }
        // A login may have passed from one account to another.
        if (by_login.size() > 1 ||
            (by_login.size() == 1 && by_id != nullptr && by_id != by_login[0])) {
          return absl::InvalidArgumentError(absl::StrCat("more than one account joined as ", wanted,
                                                         ": write FORGE:ID of the one meant"));
        }
        if (!by_login.empty()) by_id = by_login[0];
        if (by_id == nullptr) {
          return absl::NotFoundError(
              absl::StrCat(wanted, " did not join ", customer->id,
                           ": see `retainer customer contacts`; whom the policy names is removed "
                           "in the policy"));
        }
        return MakeRemoved(customer->id, *by_id, Text(request, "by"), clock.Now());
      });
  if (!removed.ok()) return removed.status();
  return OperationResult{
      absl::StrCat(ToString(removed->account), " is no contact of ", customer->id, " any more\n"),
      {{"customer", customer->id},
       {"account", ToString(removed->account)},
       {"id", removed->account.actor.id},
       {"until", Rfc3339(removed->at)}}};
}

absl::StatusOr<OperationResult> ListInvitations(pipeline::Desk& desk, Store& store, Clock& clock,
                                                const nlohmann::ordered_json& request) {
  const auto customer = FindCustomer(desk, store, request);
  if (!customer.ok()) return customer.status();
  const auto book = ReadBook(store, customer->id);
  if (!book.ok()) return book.status();
  const absl::Time now = clock.Now();
  OperationResult result{"", nlohmann::ordered_json::array()};
  for (const Invitation& invitation : book->invitations) {
    result.data.push_back({{"id", invitation.id},
                           {"customer", customer->id},
                           {"made", Rfc3339(invitation.made)},
                           {"by", invitation.by},
                           {"uses", invitation.uses},
                           {"used", invitation.used},
                           {"expires", Rfc3339(invitation.expires)},
                           {"revoked", TimeOrNull(invitation.revoked)},
                           {"open", invitation.IsOpen(now)}});
    absl::StrAppend(&result.text, invitation.id, "  ", invitation.used, " of ", invitation.uses,
                    " used  ", StateOf(invitation, now), "  made ", Rfc3339(invitation.made),
                    " by ", invitation.by, "\n");
  }
  if (result.text.empty()) result.text = "No invitations.\n";
  return result;
}

absl::StatusOr<OperationResult> RevokeInvitation(pipeline::Desk& desk, Store& store, Clock& clock,
                                                 const nlohmann::ordered_json& request) {
  const auto customer = FindCustomer(desk, store, request);
  if (!customer.ok()) return customer.status();
  const std::string id = Text(request, "id");
  const auto revoked = desk.ChangeCustomer(
      customer->id, [&](const CustomerBook& book) -> absl::StatusOr<CustomerFact> {
        for (const Invitation& invitation : book.invitations) {
          if (invitation.id != id) continue;
          return MakeInvitationRevoked(customer->id, id, Text(request, "by"), clock.Now());
        }
        return absl::NotFoundError(absl::StrCat("no invitation of ", customer->id, " has the id \"",
                                                id, "\": see `retainer customer invitations`"));
      });
  if (!revoked.ok()) return revoked.status();
  return OperationResult{absl::StrCat("invitation ", id, " revoked\n"), {{"id", id}}};
}

absl::StatusOr<OperationResult> JoinedContacts(Store& store, Clock& clock,
                                               const nlohmann::ordered_json& request) {
  const auto known = request.at("customers").get<std::set<std::string>>();
  const auto customers = store.ListStoredCustomers();
  if (!customers.ok()) return customers.status();
  const absl::Time now = clock.Now();
  nlohmann::ordered_json contacts = nlohmann::ordered_json::array();
  nlohmann::ordered_json warnings = nlohmann::ordered_json::array();
  for (const StoredCustomer& customer : *customers) {
    std::vector<std::string> names;
    std::vector<std::string> joined;
    for (const Contact& contact : ReadCustomerFacts(customer.facts).contacts) {
      if (!contact.IsAt(now)) continue;
      names.push_back(ToString(contact.account));
      // The policy need not name whoever pays on the forge.
      if (!contact.invitation.empty()) joined.push_back(names.back());
    }
    if (names.empty()) continue;
    contacts.push_back({{"customer", customer.customer}, {"accounts", names}});
    if (known.contains(customer.customer) || joined.empty()) continue;
    warnings.push_back(absl::StrCat(
        absl::StrJoin(joined, ", "), " joined ", customer.customer,
        ", which the policy does not have: they count as nobody's contacts; put the customer back, "
        "or remove them with `retainer customer remove ",
        customer.customer, " ACCOUNT`"));
  }
  return OperationResult{"", {{"contacts", contacts}, {"warnings", warnings}}};
}

}  // namespace retainer::cli
