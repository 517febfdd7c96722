// A ticket for those who answer.
//
//   /desk/ticket?ref=…   GET: what was promised, what happened and why. POST: an act
#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/entitlement.h"
#include "retainer/figures.h"
#include "retainer/hours.h"
#include "retainer/promise_words.h"
#include "src/base/digest.h"
#include "src/pages/frame.h"
#include "src/pages/page.h"
#include "src/pages/page_words.h"
#include "src/pages/ticket_acts.h"
#include "src/pages/ticket_lookup.h"
#include "src/pages/ticket_view.h"
#include "src/similar/similar.h"

namespace retainer::pages {
namespace {

using templates::PageValues;

constexpr char kDeskTicket[] = "/desk/ticket";
constexpr absl::Duration kSimilarPatience = absl::Milliseconds(40);

class TicketPages {
 public:
  explicit TicketPages(const PageContext& context) : context_(context) {}

  PageAnswer Show(const PageVisit& visit) const {
    const auto ref = FindRef(visit, visit.Asked("ref"));
    if (absl::IsNotFound(ref.status())) return NothingHere();
    if (!ref.ok()) return NotNow(context_.log, "ticket", ref.status());
    return ShowTicket(visit, *ref, visit.Asked("done").empty() ? "" : "It is done.", 200);
  }

  PageAnswer Act(const PageVisit& visit) const {
    const auto ref = FindRef(visit, visit.Field("ref"));
    if (absl::IsNotFound(ref.status())) return NothingHere();
    if (!ref.ok()) return NotNow(context_.log, "ticket", ref.status());
    const auto known = context_.desk.Inspect(*ref);
    if (!known.ok()) return NotNow(context_.log, "ticket", known.status());
    if (const std::string why = WhyNot(visit, known->standing); !why.empty()) {
      return ShowTicket(visit, *ref, why, 409);
    }
    if (visit.Field("act") == "log") return Log(visit, *ref, *known);
    auto fact = ReadAct(context_, visit, "");
    if (absl::IsInvalidArgument(fact.status()) || absl::IsPermissionDenied(fact.status())) {
      return ShowTicket(visit, *ref, std::string(fact.status().message()),
                        absl::IsPermissionDenied(fact.status()) ? 403 : 409);
    }
    if (!fact.ok()) return NotNow(context_.log, "ticket", fact.status());
    const auto refused = CarryOut(context_, *visit.visitor, *ref, *std::move(fact));
    if (!refused.ok()) return NotNow(context_.log, "ticket", refused.status());
    if (!refused->empty()) {
      return ShowTicket(visit, *ref, absl::StrCat("That was refused: ", *refused, "."), 409);
    }
    return Redirect(AddressOf(kDeskTicket, *ref) + "&done=1");
  }

 private:
  // Logs work for a customer that claims the ticket. A repeated form names the same entry.
  PageAnswer Log(const PageVisit& visit, const TicketRef& ref,
                 const pipeline::Inspection& known) const {
    const std::string customer = visit.Field("customer");
    const auto& claims = known.standing.claims;
    const bool claimed = std::any_of(claims.begin(), claims.end(), [&](const auto& claim) {
      return !claim.released && claim.customer == customer;
    });
    const Customer* entry = known.terms.back()->policy.FindCustomer(customer);
    if (!claimed || entry == nullptr) {
      return ShowTicket(visit, ref, "Choose a customer that claims this ticket.", 409);
    }
    const auto time = ParseWorkTime(visit.Field("time"));
    if (!time.ok()) return ShowTicket(visit, ref, std::string(time.status().message()), 409);
    Work work;
    work.entry = visit.Field("entry");
    work.time = *time;
    work.day = DayFor(*entry, context_.clock.Now());
    work.by = visit.visitor->name();
    work.ticket = ToString(known.context.key);
    work.ticket_name = ToString(ref);
    work.text = visit.Field("reason");
    const auto logged = context_.desk.LogWork(customer, std::move(work));
    if (absl::IsOutOfRange(logged.status()) || absl::IsResourceExhausted(logged.status()) ||
        absl::IsInvalidArgument(logged.status()) || absl::IsAlreadyExists(logged.status())) {
      return ShowTicket(visit, ref, std::string(logged.status().message()), 409);
    }
    if (!logged.ok()) return NotNow(context_.log, "work", logged.status());
    return Redirect(AddressOf(kDeskTicket, ref) + "&done=1");
  }

  absl::StatusOr<TicketRef> FindRef(const PageVisit& visit, const std::string& text) const {
    return FindReadable(context_, visit.visitor->rights.reader(), text);
  }

  // Why the visitor may not act on the ticket, for the customer of the form. Empty: they may.
  static std::string WhyNot(const PageVisit& visit, const Standing& standing) {
    // A contact never answers a ticket of their own customer, and makes none theirs.
    const Visitor& visitor = *visit.visitor;
    bool is_theirs = false;
    bool is_near = false;
    const std::string asked = visit.Field("customer");
    for (const ClaimStanding& claim : standing.claims) {
      is_theirs |= !claim.released && visitor.IsContactOf(claim.customer);
      is_near |= !claim.released && claim.customer == asked;
    }
    for (const OverAllowance& over : standing.over) {
      is_theirs |= visitor.IsContactOf(over.customer);
      is_near |= over.customer == asked;
    }
    if (is_theirs || visitor.IsContactOf(asked)) {
      return "You are a contact of this ticket’s customer: use My tickets.";
    }
    // Who is in no team learns of no customer beside those of the ticket.
    if (!asked.empty() && !is_near && !visitor.rights.team()) return "Choose a customer.";
    return "";
  }

  PageAnswer ShowTicket(const PageVisit& visit, const TicketRef& ref, const std::string& note,
                        int status) const {
    const auto inspection = context_.desk.Inspect(ref);
    if (absl::IsNotFound(inspection.status())) return NothingHere();
    if (!inspection.ok()) return NotNow(context_.log, "ticket", inspection.status());
    const Standing& standing = inspection->standing;
    const Policy& policy = inspection->terms.back()->policy;
    const absl::TimeZone zone = DeskZone(policy);
    PageValues values =
        HeadValues(*inspection, ref, zone, DeskZoneName(policy), visit.visitor->csrf, note);
    values.sections["refused"] = RefusedOf(visit.visitor->session.account, *inspection);
    if (standing.waiting.now) {
      PageValues waiting;
      waiting.texts["since"] = InstantWords(standing.waiting.since, inspection->at, zone);
      values.Show("waiting", std::move(waiting));
    }
    if (standing.asked_since && !standing.waiting.now) {
      PageValues asked;
      asked.texts["span"] = SpanWords(inspection->at - *standing.asked_since);
      values.Show("asked", std::move(asked));
    }
    values.sections["claims"] = ClaimValues(*inspection, zone);
    if (values.sections["claims"].empty()) values.Show("community");
    for (const OverAllowance& over : standing.over) {
      PageValues row;
      row.texts = {{"customer", CustomerName(policy, over.customer)},
                   {"id", over.customer},
                   {"reason", over.reason}};
      values.sections["over"].push_back(std::move(row));
    }
    values.sections["history"] = HistoryValues(*inspection, zone, "");
    AddSimilar(visit, *inspection, &values);
    AddActs(visit, *inspection, &values);
    return Page("ticket", values.texts["title"], values, visit, status);
  }

  // The visitor's own commands that were refused of late. In public there is only a reaction to
  // them, because the reason may say something of a private customer.
  static std::vector<PageValues> RefusedOf(const Account& account,
                                           const pipeline::Inspection& inspection) {
    std::vector<PageValues> rows;
    if (account.forge != inspection.context.key.forge) return rows;
    for (const Refusal& refusal : inspection.standing.refusals) {
      if (refusal.actor.id != account.actor.id || refusal.until == absl::InfiniteFuture() ||
          refusal.until <= inspection.at) {
        continue;
      }
      PageValues row;
      row.texts = {{"what", refusal.what}, {"reason", refusal.reason}};
      rows.push_back(std::move(row));
    }
    return rows;
  }

  // Solved tickets that are like this one. The page does not wait for them: it is whole without.
  void AddSimilar(const PageVisit& visit, const pipeline::Inspection& inspection,
                  PageValues* values) const {
    if (context_.similar == nullptr) return;
    similar::Asking asking;
    asking.reader = visit.visitor->rights.reader();
    asking.patience = kSimilarPatience;
    const auto found = context_.similar->FindFor(inspection.context.key, asking);
    if (!found.ok() || found->empty()) return;
    PageValues section;
    for (const similar::SimilarTicket& one : *found) {
      const TicketRef ref = RefOf(one.record);
      PageValues row;
      row.texts = {{"address", AddressOf(kDeskTicket, ref)},
                   {"title", TitleOf(one.record)},
                   {"ref", ToString(ref)}};
      row.Show(one.solved == similar::Solved::kFix ? "fix" : "answer");
      section.sections["tickets"].push_back(std::move(row));
    }
    values->Show("similar", std::move(section));
  }

  // The acts that are possible now.
  void AddActs(const PageVisit& visit, const pipeline::Inspection& inspection,
               PageValues* values) const {
    const Standing& standing = inspection.standing;
    if (standing.gone) return;
    const Policy& policy = inspection.terms.back()->policy;
    PageValues acts;
    bool claimed = false;
    std::string priority;
    for (const ClaimStanding& claim : standing.claims) {
      if (claim.released) continue;
      claimed = true;
      priority = claim.priority;
      PageValues option = Option(claim.customer, CustomerName(policy, claim.customer), false);
      acts.sections["claimants"].push_back(option);
      for (const PromiseClock& clock : claim.clocks) {
        if (clock.state != ClockState::kBreached && clock.state != ClockState::kMissed) continue;
        if (!visit.visitor->rights.admin) continue;
        PageValues excuse;
        excuse.texts = {{"customer", CustomerName(policy, claim.customer)},
                        {"id", claim.customer},
                        {"metric", std::string(MetricName(clock.metric))},
                        {"promise", std::string(PromiseWords(clock.metric))}};
        acts.sections["excuses"].push_back(std::move(excuse));
      }
    }
    if (claimed) {
      PageValues set;
      for (const Priority& one : policy.priorities) {
        const std::string name =
            one.title.empty() ? one.name : absl::StrCat(one.name, ": ", one.title);
        set.sections["options"].push_back(Option(one.name, name, one.name == priority));
      }
      acts.Show("priority", std::move(set));
      acts.Show(standing.waiting.now ? "resume" : "wait");
      acts.Show("workaround");
      acts.Show("release");
      PageValues log;
      log.texts["entry"] = base::RandomHex(6).value_or("");
      acts.Show("log", std::move(log));
    }
    PageValues claim;
    for (const Customer& customer : policy.customers) {
      const bool has = std::any_of(
          standing.claims.begin(), standing.claims.end(),
          [&](const ClaimStanding& one) { return !one.released && one.customer == customer.id; });
      if (has || PlanFor(policy, customer, inspection.at) == nullptr ||
          !visit.visitor->rights.team()) {
        continue;
      }
      claim.sections["options"].push_back(Option(customer.id, customer.name, false));
    }
    if (!claim.sections["options"].empty()) acts.Show("claim", std::move(claim));
    values->Show("acts", std::move(acts));
  }

  const PageContext context_;
};

}  // namespace

void AddTicketPages(const PageContext& context, std::vector<PageRoute>* routes) {
  const auto pages = std::make_shared<TicketPages>(context);
  routes->push_back({kDeskTicket, [pages](const PageVisit& visit) { return pages->Show(visit); },
                     [pages](const PageVisit& visit) { return pages->Act(visit); }, Needs::kDesk});
}

}  // namespace retainer::pages
