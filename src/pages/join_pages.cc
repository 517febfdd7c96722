// Joining a customer as its contact.
//
//   /join/{token}  GET: for whom the link is and what becomes visible. POST: joins
//   /joined        whose contact the visitor is by having joined
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "retainer/entitlement.h"
#include "src/base/digest.h"
#include "src/pages/cookies.h"
#include "src/pages/frame.h"
#include "src/pages/join_links.h"
#include "src/pages/page.h"

namespace retainer::pages {
namespace {

using templates::PageValues;

constexpr char kJoin[] = "/join/";

// How many accounts may be contacts by joining: as many as the customer's plan allows, without the
// logins that the policy names. Nullopt: no limit.
std::optional<std::size_t> MostJoined(const OpenLink& link, absl::Time now) {
  const Plan* plan = PlanFor(link.terms.back()->policy, *link.customer, now);
  if (plan == nullptr || !plan->most_contacts) return std::nullopt;
  const auto most = static_cast<std::size_t>(*plan->most_contacts);
  const std::size_t named = link.customer->contacts.logins.size();
  return most > named ? most - named : 0;
}

std::string PathOf(const std::string& token) { return kJoin + EscapeQuery(token); }

class JoinPages {
 public:
  explicit JoinPages(const PageContext& context) : context_(context) {}

  PageAnswer Show(const PageVisit& visit) const {
    const auto link = FindLink(context_, visit.in_path);
    if (!link.ok()) return NotNow(context_.log, "invitation", link.status());
    if (!*link) return DeadLink();
    return ShowLink(visit, **link, /*full=*/false);
  }

  PageAnswer Join(const PageVisit& visit) const {
    const auto link = FindLink(context_, visit.in_path);
    if (!link.ok()) return NotNow(context_.log, "invitation", link.status());
    if (!*link) return DeadLink();
    const Account& account = visit.visitor->session.account;
    // Whoever came by an admin link has no account.
    if (account.actor.id.empty()) return ShowLink(visit, **link, /*full=*/false);
    const std::string& customer = (*link)->customer->id;
    const auto joined = context_.desk.ChangeCustomer(customer, [&](const CustomerBook& book) {
      const absl::Time now = context_.clock.Now();
      return MakeJoined(book, customer, (*link)->hash, account, MostJoined(**link, now), now);
    });
    if (absl::IsNotFound(joined.status())) return DeadLink();
    if (absl::IsOutOfRange(joined.status())) return ShowLink(visit, **link, /*full=*/true);
    if (!joined.ok() && !absl::IsAlreadyExists(joined.status())) {
      return NotNow(context_.log, "joining", joined.status());
    }
    if (joined.ok()) {
      context_.log.Info("contact joined", {{"customer", customer}, {"account", ToString(account)}});
    }
    return Redirect("/joined");
  }

  PageAnswer Joined(const PageVisit& visit) const {
    if (!visit.visitor) {
      return Message(403, "You are not signed in", "Open the page from which you came.");
    }
    const Account& account = visit.visitor->session.account;
    if (account.actor.id.empty()) return NothingHere();
    const auto pins = context_.store.LoadPins();
    if (!pins.ok()) return NotNow(context_.log, "contacts", pins.status());
    const TermsHistory terms = context_.desk.terms();
    PageValues values;
    values.texts["account"] = ToString(account);
    std::vector<PageValues> customers;
    for (const JoinedTime& time : pins->JoinedBy(account.forge, account.actor.id)) {
      const Customer* customer =
          terms.empty() ? nullptr : terms.back()->policy.FindCustomer(time.customer);
      if (customer == nullptr || customer->id != time.customer ||
          time.until != absl::InfiniteFuture()) {
        continue;
      }
      PageValues row;
      row.texts = {
          {"customer", customer->name},
          {"since", absl::FormatTime("%e %B %Y, %H:%M UTC", time.since, absl::UTCTimeZone())}};
      customers.push_back(std::move(row));
    }
    if (!customers.empty()) values.Show("any");
    values.sections["customers"] = std::move(customers);
    return Page("joined", "Your customers", values, &*visit.visitor);
  }

 private:
  PageAnswer ShowLink(const PageVisit& visit, const OpenLink& link, bool full) const {
    PageValues values;
    const std::string& name = link.customer->name;
    values.texts["customer"] = name;
    values.texts["action"] = PathOf(visit.in_path);
    if (link.customer->is_public) values.Show("public");
    const Visitor* visitor = visit.visitor ? &*visit.visitor : nullptr;
    if (visitor == nullptr || visitor->session.account.actor.id.empty()) {
      PageValues anonymous;
      for (const SignIn* forge : context_.sign_ins) {
        PageValues row;
        row.texts = {{"name", forge->forge()},
                     {"address", absl::StrCat("/signin/", forge->forge(),
                                              "?next=", EscapeQuery(PathOf(visit.in_path)))}};
        anonymous.sections["forges"].push_back(std::move(row));
      }
      values.Show("anonymous", std::move(anonymous));
    } else {
      values.texts["account"] = ToString(visitor->session.account);
      values.texts["csrf"] = visitor->csrf;
      const bool already =
          link.book.FindContact(visitor->session.account, context_.clock.Now()) != nullptr;
      values.Show(full ? "full" : already ? "already" : "ready");
    }
    return Page("join", absl::StrCat("Become a contact of ", name), values, visitor,
                full ? 409 : 200);
  }

  const PageContext context_;
};

}  // namespace

absl::StatusOr<std::optional<OpenLink>> FindLink(const PageContext& context,
                                                 const std::string& token) {
  OpenLink link;
  link.hash = base::Sha256Hex(token);
  const auto customer = context.store.FindInvited(link.hash);
  if (!customer.ok()) return customer.status();
  const auto stored = context.store.LoadCustomer(customer->value_or(""));
  if (!stored.ok()) return stored.status();
  link.book = ReadCustomerFacts(stored->facts);
  link.terms = context.desk.terms();
  const Invitation* invitation = link.book.FindInvitation(link.hash);
  if (!link.terms.empty()) {
    link.customer = link.terms.back()->policy.FindCustomer(stored->customer);
  }
  if (invitation == nullptr || !invitation->IsOpen(context.clock.Now()) ||
      link.customer == nullptr || link.customer->id != stored->customer) {
    return std::optional<OpenLink>();
  }
  return std::optional<OpenLink>(std::move(link));
}

absl::StatusOr<bool> IsOpenLink(const PageContext& context, const std::string& path) {
  if (!absl::StartsWith(path, kJoin)) return false;
  const auto link = FindLink(context, path.substr(sizeof(kJoin) - 1));
  if (!link.ok()) return link.status();
  return link->has_value();
}

void AddJoinPages(const PageContext& context, std::vector<PageRoute>* routes) {
  const auto pages = std::make_shared<JoinPages>(context);
  routes->push_back({"/join/{token}",
                     [pages](const PageVisit& visit) { return pages->Show(visit); },
                     [pages](const PageVisit& visit) { return pages->Join(visit); }});
  routes->push_back(
      {"/joined", [pages](const PageVisit& visit) { return pages->Joined(visit); }, nullptr});
}

}  // namespace retainer::pages
