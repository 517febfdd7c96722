// The customers, for the project's team.
//
//   /desk/customers        all of them, page by page; `q` finds by name, id or alias
//   /desk/customers/{id}   GET: one. POST: `invite`, `revoke` a link, `remove` a contact
#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "retainer/figures.h"
#include "retainer/names.h"
#include "retainer/promise_words.h"
#include "src/base/digest.h"
#include "src/pages/cookies.h"
#include "src/pages/customer_view.h"
#include "src/pages/frame.h"
#include "src/pages/page.h"
#include "src/pages/page_words.h"
#include "src/pipeline/late_promises.h"

namespace retainer::pages {
namespace {

using templates::PageValues;

constexpr char kCustomers[] = "/desk/customers";
constexpr std::size_t kCustomersPage = 50;
constexpr std::size_t kMostCounted = 1000;
constexpr std::size_t kInvitationBytes = 32;
constexpr absl::Duration kInvitationLasts = absl::Hours(7 * 24);

std::string AddressOfCustomer(const std::string& id) {
  return absl::StrCat(kCustomers, "/", EscapeQuery(id));
}

std::string CountWords(std::size_t count) {
  return count >= kMostCounted ? absl::StrCat(kMostCounted, "+") : absl::StrCat(count);
}

// Until when the customer holds its plan; without one today, when it ended or begins.
std::string TermWords(const Customer& customer, absl::Time now) {
  const Entitlement* held = customer.EntitlementFor(now);
  if (held == nullptr) return "nothing was bought";
  if (!held->term) return "without an end";
  const absl::CivilDay today = absl::ToCivilDay(now, ZoneOf(customer));
  const std::string until = absl::FormatCivilTime(held->term->until);
  if (today < held->term->from) {
    return absl::StrCat("begins ", absl::FormatCivilTime(held->term->from));
  }
  if (today <= held->term->until) return absl::StrCat("until ", until);
  const absl::CivilDay grace = held->term->until + held->grace_days;
  if (today <= grace) {
    return absl::StrCat("ended ", until, ", in grace until ", absl::FormatCivilTime(grace));
  }
  return absl::StrCat("ended ", until);
}

// The names by which customers are found, folded once per version of the policy. Thread-safe.
class FoldedNames {
 public:
  // In the order of the policy's customers.
  std::shared_ptr<const std::vector<std::string>> For(const Terms& terms) {
    const std::lock_guard lock(mutex_);
    if (names_ == nullptr || id_ != terms.id) {
      auto names = std::make_shared<std::vector<std::string>>();
      names->reserve(terms.policy.customers.size());
      for (const Customer& customer : terms.policy.customers) {
        names->push_back(
            FoldName(absl::StrCat(customer.name, "\n", customer.id, "\n", customer.alias)));
      }
      names_ = std::move(names);
      id_ = terms.id;
    }
    return names_;
  }

 private:
  std::mutex mutex_;
  std::string id_;
  std::shared_ptr<const std::vector<std::string>> names_;
};

class CustomerPages {
 public:
  explicit CustomerPages(const PageContext& context) : context_(context) {}

  PageAnswer List(const PageVisit& visit) const {
    const TermsHistory terms = context_.desk.terms();
    PageValues values;
    const std::string wanted = visit.Asked("q");
    values.texts["q"] = wanted;
    std::size_t from = 0;
    if (!absl::SimpleAtoi(visit.Asked("from"), &from)) from = 0;
    const absl::Time now = context_.clock.Now();
    if (terms.empty()) {
      values.Show("none");
      return Page("customers", "Customers", values, visit);
    }
    const std::vector<Customer>& customers = terms.back()->policy.customers;
    const auto names = wanted.empty() ? nullptr : names_.For(*terms.back());
    const std::string folded = FoldName(wanted);
    std::size_t place = 0;
    std::size_t shown = 0;
    bool more = false;
    // Without a search the page begins at its place.
    for (std::size_t i = names == nullptr ? from : 0; i < customers.size(); ++i) {
      if (names != nullptr) {
        if (!absl::StrContains((*names)[i], folded)) continue;
        if (place++ < from) continue;
      }
      if (shown == kCustomersPage) {
        more = true;
        break;
      }
      const Customer& customer = customers[i];
      ++shown;
      const auto open = context_.store.CountOpen(customer.id, std::nullopt, kMostCounted);
      if (!open.ok()) return NotNow(context_.log, "customers", open.status());
      PageValues row;
      const Entitlement* held = customer.EntitlementAt(now);
      row.texts = {{"name", customer.name},
                   {"address", AddressOfCustomer(customer.id)},
                   {"id", customer.id},
                   {"plan", held == nullptr ? "" : held->plan},
                   {"term", TermWords(customer, now)},
                   {"open", CountWords(*open)},
                   {"tickets", absl::StrCat("/desk?customer=", EscapeQuery(customer.id))}};
      if (held != nullptr && held->trial) row.Show("trial");
      if (!customer.is_public) row.Show("hidden");
      values.sections["customers"].push_back(std::move(row));
    }
    values.Show(shown == 0 ? "none" : "any");
    if (more) {
      PageValues next;
      next.texts["address"] =
          absl::StrCat(kCustomers, "?from=", from + kCustomersPage,
                       wanted.empty() ? "" : absl::StrCat("&q=", EscapeQuery(wanted)));
      values.Show("more", std::move(next));
    }
    return Page("customers", "Customers", values, visit);
  }

  PageAnswer Show(const PageVisit& visit) const {
    return ShowCustomer(visit, "", visit.Asked("done").empty() ? "" : "It is done.", 200);
  }

  PageAnswer Act(const PageVisit& visit) const {
    const TermsHistory terms = context_.desk.terms();
    const Customer* customer = Find(terms, visit.in_path);
    if (customer == nullptr) return NothingHere();
    const std::string act = visit.Field("act");
    if (act == "invite") return Invite(visit, *customer);
    absl::Status done = absl::InvalidArgumentError("There is no such act.");
    if (act == "revoke") done = Revoke(visit, customer->id);
    if (act == "remove") done = Remove(visit, customer->id);
    if (absl::IsInvalidArgument(done) || absl::IsNotFound(done)) {
      return ShowCustomer(visit, "", std::string(done.message()), 409);
    }
    if (!done.ok()) return NotNow(context_.log, "customer", done);
    return Redirect(AddressOfCustomer(customer->id) + "?done=1");
  }

 private:
  static const Customer* Find(const TermsHistory& terms, const std::string& id) {
    const Customer* customer = terms.empty() ? nullptr : terms.back()->policy.FindCustomer(id);
    return customer != nullptr && customer->id == id ? customer : nullptr;
  }

  // The link is shown once, in the answer to the form: its secret is stored nowhere.
  PageAnswer Invite(const PageVisit& visit, const Customer& customer) const {
    std::int64_t uses = 0;
    if (!absl::SimpleAtoi(visit.Field("uses"), &uses) || uses < 1 || uses > kMostUses) {
      return ShowCustomer(visit, "", absl::StrCat("A link is for 1 to ", kMostUses, " people."),
                          409);
    }
    const auto secret = base::RandomBytes(kInvitationBytes);
    const auto id = base::RandomHex(6);
    if (!secret.ok()) return NotNow(context_.log, "invitation", secret.status());
    if (!id.ok()) return NotNow(context_.log, "invitation", id.status());
    const std::string token = absl::WebSafeBase64Escape(*secret);
    const auto made = context_.desk.ChangeCustomer(customer.id, [&](const CustomerBook&) {
      return MakeInvited(customer.id, *id, base::Sha256Hex(token), static_cast<std::uint32_t>(uses),
                         kInvitationLasts, visit.visitor->name(), context_.clock.Now());
    });
    if (!made.ok()) return NotNow(context_.log, "invitation", made.status());
    return ShowCustomer(visit, absl::StrCat(context_.public_url, "/join/", token), "", 200);
  }

  absl::Status Revoke(const PageVisit& visit, const std::string& customer) const {
    const std::string id = visit.Field("invitation");
    const auto revoked = context_.desk.ChangeCustomer(
        customer, [&](const CustomerBook& book) -> absl::StatusOr<CustomerFact> {
          for (const Invitation& invitation : book.invitations) {
            if (invitation.id != id) continue;
            return MakeInvitationRevoked(customer, id, visit.visitor->name(), context_.clock.Now());
          }
          return absl::NotFoundError("There is no such link any more.");
        });
    return revoked.status();
  }

  absl::Status Remove(const PageVisit& visit, const std::string& customer) const {
    const auto removed = context_.desk.ChangeCustomer(
        customer, [&](const CustomerBook& book) -> absl::StatusOr<CustomerFact> {
          for (const Contact& contact : book.contacts) {
            if (contact.until != absl::InfiniteFuture() ||
                contact.account.forge != visit.Field("forge") ||
                contact.account.actor.id != visit.Field("account")) {
              continue;
            }
            return MakeRemoved(customer, contact, visit.visitor->name(), context_.clock.Now());
          }
          return absl::NotFoundError("That account is no contact any more.");
        });
    return removed.status();
  }

  PageAnswer ShowCustomer(const PageVisit& visit, const std::string& link, const std::string& note,
                          int status) const {
    const TermsHistory terms = context_.desk.terms();
    const Customer* customer = Find(terms, visit.in_path);
    if (customer == nullptr) return NothingHere();
    const absl::Time now = context_.clock.Now();
    auto values = CustomerValues(context_, terms.back()->policy, *customer, now);
    if (!values.ok()) return NotNow(context_.log, "customer", values.status());
    values->texts["csrf"] = visit.visitor->csrf;
    values->texts["action"] = AddressOfCustomer(customer->id);
    values->texts["alias"] = customer->alias;
    values->texts["tickets"] = absl::StrCat("/desk?customer=", EscapeQuery(customer->id));
    values->texts["report"] = absl::StrCat("/desk/report?customer=", EscapeQuery(customer->id));
    values->texts["note"] = note;
    if (!note.empty()) values->Show("noted");
    if (!link.empty()) {
      PageValues made;
      made.texts["link"] = link;
      values->Show("link", std::move(made));
    }
    for (const auto& [system, id] : customer->crm) {
      PageValues row;
      row.texts = {{"system", system}, {"number", id}};
      values->sections["crm"].push_back(std::move(row));
    }
    if (absl::Status added = AddFigures(*customer, now, &*values); !added.ok()) {
      return NotNow(context_.log, "customer", added);
    }
    if (absl::Status added = AddLinks(*customer, now, &*values); !added.ok()) {
      return NotNow(context_.log, "customer", added);
    }
    if (!context_.sign_ins.empty()) values->Show("can_join");
    return Page("customer", customer->name, *values, visit, status);
  }

  absl::Status AddFigures(const Customer& customer, absl::Time now, PageValues* values) const {
    const auto open = context_.store.CountOpen(customer.id, std::nullopt, kMostCounted);
    if (!open.ok()) return open.status();
    values->texts["open"] = CountWords(*open);
    const Entitlement* held = customer.EntitlementFor(now);
    const bool has_term = held != nullptr && held->term;
    const std::int32_t from =
        has_term ? static_cast<std::int32_t>(held->term->from - absl::CivilDay(1970, 1, 1)) : 0;
    auto sums = context_.store.SumEndings(customer.id, std::nullopt, from, DayOf(now));
    if (!sums.ok()) return sums.status();
    const auto late = pipeline::CountLate(context_.store, customer.id, std::nullopt, now);
    if (!late.ok()) return late.status();
    // Open promises that are late count as missed.
    for (const auto& [metric, count] : *late) sums->metrics[metric].missed += count;
    values->texts["figures_from"] =
        has_term ? absl::StrCat("since ", absl::FormatCivilTime(held->term->from))
                 : std::string("since the beginning");
    for (const auto& [metric, sum] : sums->metrics) {
      const std::uint64_t decided = sum.met + sum.missed;
      PageValues row;
      row.texts = {
          {"promise", std::string(PromiseWords(metric))},
          {"met", absl::StrCat(sum.met)},
          {"missed", absl::StrCat(sum.missed)},
          {"excused", absl::StrCat(sum.excused)},
          {"share", decided == 0 ? std::string("-")
                                 : absl::StrFormat("%.1f %%", 100.0 * static_cast<double>(sum.met) /
                                                                  static_cast<double>(decided))}};
      values->sections["figures"].push_back(std::move(row));
    }
    if (!values->sections["figures"].empty()) values->Show("any_figures");
    return absl::OkStatus();
  }

  absl::Status AddLinks(const Customer& customer, absl::Time now, PageValues* values) const {
    const auto stored = context_.store.LoadCustomer(customer.id);
    if (!stored.ok()) return stored.status();
    const absl::TimeZone zone = ZoneOf(customer);
    for (const Invitation& invitation : ReadCustomerFacts(stored->facts).invitations) {
      if (!invitation.IsOpen(now)) continue;
      PageValues row;
      row.texts = {{"invitation", invitation.id},
                   {"used", absl::StrCat(invitation.used, " of ", invitation.uses)},
                   {"expires", InstantWords(invitation.expires, now, zone)},
                   {"by", invitation.by}};
      values->sections["links"].push_back(std::move(row));
    }
    if (!values->sections["links"].empty()) values->Show("any_link");
    return absl::OkStatus();
  }

  const PageContext context_;
  mutable FoldedNames names_;
};

}  // namespace

void AddCustomerPages(const PageContext& context, std::vector<PageRoute>* routes) {
  const auto pages = std::make_shared<CustomerPages>(context);
  routes->push_back({kCustomers, [pages](const PageVisit& visit) { return pages->List(visit); },
                     nullptr, Needs::kTeam});
  routes->push_back({absl::StrCat(kCustomers, "/{id}"),
                     [pages](const PageVisit& visit) { return pages->Show(visit); },
                     [pages](const PageVisit& visit) { return pages->Act(visit); }, Needs::kTeam});
}

}  // namespace retainer::pages
