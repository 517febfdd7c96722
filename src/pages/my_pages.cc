// What a customer's contact sees: everything of the company, on all projects, private too.
//
//   /my                            its tickets, what was promised, its contacts
//   /my/ticket?ref=…&customer=…    GET: one ticket. POST: the priority, an escalation
//   /my/tickets.csv?customer=…     the tickets as a file
//
// A page for a customer is made of what that customer may know (StandingFor): it is the same to the
// byte whether another private customer shares a ticket or not.
#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "retainer/entitlement.h"
#include "retainer/instant_text.h"
#include "retainer/promise_words.h"
#include "retainer/time_zone.h"
#include "src/pages/cookies.h"
#include "src/pages/customer_view.h"
#include "src/pages/frame.h"
#include "src/pages/page.h"
#include "src/pages/page_words.h"
#include "src/pages/ticket_acts.h"
#include "src/pages/ticket_lookup.h"
#include "src/pages/ticket_view.h"
#include "src/pipeline/ticket_cursor.h"
#include "src/reports/csv.h"

namespace retainer::pages {
namespace {

using templates::PageValues;

constexpr char kMyTicket[] = "/my/ticket";
constexpr std::size_t kMyPage = 50;
constexpr std::size_t kClosedShown = 10;

std::string TicketAddress(const TicketRef& ref, const std::string& customer) {
  return absl::StrCat(AddressOf(kMyTicket, ref), "&customer=", EscapeQuery(customer));
}

// The customer's own claim; nullptr: none in force.
const ClaimRecord* ClaimOf(const std::vector<ClaimRecord>& claims, const std::string& customer) {
  for (const ClaimRecord& claim : claims) {
    if (claim.customer == customer) return &claim;
  }
  return nullptr;
}

// What waits for us, in words: `first reply by tomorrow 10:02`.
std::string NextOf(const ClaimRecord& claim, absl::Time now, absl::TimeZone zone) {
  const absl::Time due = DueOf(claim);
  std::vector<std::string> parts;
  for (const OpenPromise& promise : claim.promises) {
    if (promise.due == due) parts.emplace_back(PromiseWords(promise.metric));
  }
  if (parts.empty()) return "";
  const std::string what = absl::StrJoin(parts, ", ");
  if (due == absl::InfiniteFuture()) return absl::StrCat(what, " stands still");
  return due <= now ? absl::StrCat(what, " was due ", InstantWords(due, now, zone))
                    : absl::StrCat(what, " by ", InstantWords(due, now, zone));
}

class MyPages {
 public:
  explicit MyPages(const PageContext& context) : context_(context) {}

  PageAnswer Show(const PageVisit& visit) const {
    const TermsHistory terms = context_.desk.terms();
    PageValues values;
    const std::string asked = visit.Asked("customer");
    if (!asked.empty() && !visit.visitor->IsContactOf(asked)) return NothingHere();
    for (const std::string& id : visit.visitor->rights.customers) {
      if (!asked.empty() && id != asked) continue;
      const Customer* customer = terms.back()->policy.FindCustomer(id);
      if (customer == nullptr) continue;
      auto part = CustomerPart(*terms.back(), *customer, asked.empty() ? "" : visit.Asked("after"));
      if (!part.ok()) return NotNow(context_.log, "my tickets", part.status());
      values.sections["customers"].push_back(*std::move(part));
    }
    return Page("my", "My tickets", values, visit);
  }

  PageAnswer File(const PageVisit& visit) const {
    const std::string id = visit.Asked("customer");
    if (!visit.visitor->IsContactOf(id)) return NothingHere();
    const absl::Time now = context_.clock.Now();
    std::string cursor = visit.Asked("after");
    const auto page = FindOpen(id, &cursor);
    if (!page.ok()) return NotNow(context_.log, "my tickets", page.status());
    std::string text = reports::CsvLine({"ticket", "title", "priority", "stage", "state", "due"});
    for (const Own& own : *page) {
      const auto state = StateAt(own.claim, now);
      const absl::Time due = DueOf(own.claim);
      text += reports::CsvLine({ToString(RefOf(own.record)), TitleOf(own.record),
                                own.claim.priority, std::string(StageName(own.stage)),
                                state ? std::string(ClockStateName(*state)) : "",
                                due == absl::InfiniteFuture() ? "" : Rfc3339(due)});
    }
    return CsvFile("tickets", std::move(text));
  }

  PageAnswer ShowTicket(const PageVisit& visit) const {
    return TicketPage(visit, visit.Asked("ref"), visit.Asked("customer"),
                      visit.Asked("done").empty() ? "" : "It is done.", 200);
  }

  PageAnswer Act(const PageVisit& visit) const {
    const std::string customer = visit.Field("customer");
    const std::string text = visit.Field("ref");
    const auto ref = FindRef(visit, customer, text);
    if (absl::IsNotFound(ref.status())) return NothingHere();
    if (!ref.ok()) return NotNow(context_.log, "ticket", ref.status());
    auto fact = ReadAct(context_, visit, customer);
    if (absl::IsPermissionDenied(fact.status()) || absl::IsInvalidArgument(fact.status())) {
      return TicketPage(visit, text, customer, std::string(fact.status().message()),
                        absl::IsPermissionDenied(fact.status()) ? 403 : 409);
    }
    if (!fact.ok()) return NotNow(context_.log, "ticket", fact.status());
    const auto refused = CarryOut(context_, *visit.visitor, *ref, *std::move(fact));
    if (!refused.ok()) return NotNow(context_.log, "ticket", refused.status());
    if (!refused->empty()) {
      return TicketPage(visit, text, customer,
                        absl::StrCat("That is not possible: ", *refused, "."), 409);
    }
    return Redirect(TicketAddress(*ref, customer) + "&done=1");
  }

 private:
  // A ticket as its customer may know it, whoever else claims it.
  struct Own {
    TicketRecord record;  // only for its name and its project
    ClaimRecord claim;
    Stage stage = Stage::kReceived;
    std::string with;
  };

  // NotFound if the visitor is no contact of the customer, or if no claim of it is in force there.
  absl::StatusOr<TicketRef> FindRef(const PageVisit& visit, const std::string& customer,
                                    const std::string& text) const {
    if (!visit.visitor->IsContactOf(customer)) return absl::NotFoundError("not their customer");
    pipeline::Reader reader;
    reader.all_projects = true;
    reader.customers = {customer};
    return FindReadable(context_, reader, text);
  }

  // The rows of the store are made with all customers, so each ticket is judged for this one.
  absl::StatusOr<std::vector<Own>> JudgeFor(const std::string& customer,
                                            std::vector<TicketRecord> records) const {
    const TermsHistory terms = context_.desk.terms();
    const auto pins = context_.store.LoadPins();
    if (!pins.ok()) return pins.status();
    const absl::Time now = context_.clock.Now();
    std::vector<Own> all;
    for (TicketRecord& record : records) {
      const auto stored = context_.store.LoadTicket(record.key);
      if (!stored.ok()) return stored.status();
      const auto context = context_.desk.ContextOf(record.key, stored->record);
      if (!context.ok()) return context.status();
      const auto standing = StandingFor(*context, stored->facts, terms, *pins, now, customer);
      if (!standing) continue;
      const std::vector<ClaimRecord> claims = SummarizeClaims(*standing);
      const ClaimRecord* claim = ClaimOf(claims, customer);
      if (claim == nullptr) continue;
      all.push_back(
          {std::move(record), *claim, standing->stage, absl::StrJoin(WithWhom(*standing), ", ")});
    }
    return all;
  }

  // A page of the customer's open tickets, the next due first. `cursor`: where it begins; then,
  // where the next begins.
  absl::StatusOr<std::vector<Own>> FindOpen(const std::string& customer,
                                            std::string* cursor) const {
    TicketQuery query;
    query.customer = customer;
    query.open = true;
    query.at = context_.clock.Now();
    query.after = pipeline::ReadCursor(*cursor, customer);
    query.limit = kMyPage + 1;
    auto found = context_.store.FindTickets(query);
    cursor->clear();
    if (!found.ok()) return found.status();
    if (found->size() > kMyPage) {
      found->resize(kMyPage);
      *cursor = pipeline::WriteCursor(PlaceOf(query, found->back()), customer);
    }
    auto own = JudgeFor(customer, *std::move(found));
    if (!own.ok()) return own;
    std::stable_sort(own->begin(), own->end(), [](const Own& a, const Own& b) {
      return std::pair(DueOf(a.claim), a.record.key) < std::pair(DueOf(b.claim), b.record.key);
    });
    return own;
  }

  static PageValues NameLine(const TicketRecord& record, const std::string& customer) {
    PageValues line;
    const TicketRef ref = RefOf(record);
    line.texts = {{"title", TitleOf(record)},
                  {"address", TicketAddress(ref, customer)},
                  {"ref", ToString(ref)}};
    return line;
  }

  static PageValues Line(const Own& own, absl::Time now, absl::TimeZone zone) {
    PageValues line = NameLine(own.record, own.claim.customer);
    line.texts["stage"] = absl::StrReplaceAll(std::string(StageName(own.stage)), {{"_", " "}});
    line.texts["with"] = own.with;
    line.texts["priority"] = own.claim.priority;
    line.texts["next"] = NextOf(own.claim, now, zone);
    if (!own.with.empty()) line.Show("has_with");
    if (!line.texts["next"].empty()) line.Show("has_next");
    if (const auto state = StateAt(own.claim, now)) {
      line.texts["state"] = std::string(StateWords(*state));
      line.texts["class"] = std::string(StateClass(*state));
    }
    return line;
  }

  absl::StatusOr<PageValues> CustomerPart(const Terms& terms, const Customer& customer,
                                          const std::string& after) const {
    const absl::Time now = context_.clock.Now();
    const absl::TimeZone zone = ZoneOf(customer);
    auto part = CustomerValues(context_, terms.policy, customer, now);
    if (!part.ok()) return part.status();
    std::string cursor = after;
    const auto open = FindOpen(customer.id, &cursor);
    if (!open.ok()) return open.status();
    for (const Own& own : *open) part->sections["open"].push_back(Line(own, now, zone));
    part->Show(open->empty() ? "no_open" : "any_open");
    part->texts["report"] = absl::StrCat("/my/report?customer=", EscapeQuery(customer.id));
    part->texts["file"] =
        absl::StrCat("/my/tickets.csv?customer=", EscapeQuery(customer.id),
                     after.empty() ? "" : absl::StrCat("&after=", EscapeQuery(after)));
    if (!cursor.empty()) {
      PageValues more;
      more.texts["address"] =
          absl::StrCat("/my?customer=", EscapeQuery(customer.id), "&after=", EscapeQuery(cursor));
      part->Show("more", std::move(more));
    }
    TicketQuery closed;
    closed.customer = customer.id;
    closed.open = false;
    closed.order = TicketOrder::kUpdated;
    closed.descending = true;
    closed.limit = kClosedShown;
    auto ended = context_.store.FindTickets(closed);
    if (!ended.ok()) return ended.status();
    const auto done = JudgeFor(customer.id, *std::move(ended));
    if (!done.ok()) return done.status();
    for (const Own& own : *done) part->sections["closed"].push_back(Line(own, now, zone));
    if (!done->empty()) part->Show("any_closed");
    TicketQuery over;
    over.customer = OverAllowanceOf(customer.id);
    over.open = true;
    over.limit = kMyPage;
    const auto beyond = context_.store.FindTickets(over);
    if (!beyond.ok()) return beyond.status();
    for (const TicketRecord& record : *beyond) {
      PageValues line = NameLine(record, customer.id);
      line.texts["url"] = SafeUrl(record.url);
      if (!line.texts["url"].empty()) line.Show("has_url");
      part->sections["over"].push_back(std::move(line));
    }
    if (!beyond->empty()) part->Show("any_over");
    return part;
  }

  PageAnswer TicketPage(const PageVisit& visit, const std::string& text,
                        const std::string& customer, const std::string& note, int status) const {
    const auto ref = FindRef(visit, customer, text);
    if (absl::IsNotFound(ref.status())) return NothingHere();
    if (!ref.ok()) return NotNow(context_.log, "ticket", ref.status());
    const auto inspection = context_.desk.Inspect(*ref, customer);
    if (absl::IsNotFound(inspection.status()) || absl::IsInvalidArgument(inspection.status())) {
      return NothingHere();
    }
    if (!inspection.ok()) return NotNow(context_.log, "ticket", inspection.status());
    const Standing& standing = inspection->standing;
    const Policy& policy = inspection->terms.back()->policy;
    const Customer* known = policy.FindCustomer(customer);
    const absl::TimeZone zone = known == nullptr ? absl::UTCTimeZone() : ZoneOf(*known);
    PageValues values =
        HeadValues(*inspection, *ref, zone, known == nullptr ? "UTC" : known->time_zone,
                   visit.visitor->csrf, note);
    values.texts["customer_id"] = customer;
    if (standing.waiting.now) values.Show("waiting");
    // The inspection's terms show the customer as if it were public.
    const TermsHistory terms = context_.desk.terms();
    const Customer* entry = terms.back()->policy.FindCustomer(customer);
    values.Show(entry != nullptr && entry->is_public ? "known" : "secret");
    values.sections["claims"] = ClaimValues(*inspection, zone);
    values.sections["history"] = HistoryValues(*inspection, zone, customer);
    for (const ClaimStanding& claim : standing.claims) {
      if (claim.released || standing.gone || known == nullptr) continue;
      const Plan* plan = PlanFor(policy, *known, standing.opened_at);
      PageValues acts;
      PageValues set;
      for (const Priority& one : policy.priorities) {
        if (plan == nullptr || !plan->promises.contains(one.name)) continue;
        const std::string name =
            one.title.empty() ? one.name : absl::StrCat(one.name, ": ", one.title);
        set.sections["options"].push_back(Option(one.name, name, one.name == claim.priority));
      }
      if (!set.sections["options"].empty()) acts.Show("priority", std::move(set));
      if (!claim.escalated_by_hand) acts.Show("escalate");
      if (standing.waiting.now) acts.Show("resume");
      if (!standing.open) {
        PageValues rate;
        const int scale = policy.feedback.scale;
        for (int mark = scale; mark >= 1; --mark) {
          const char* meaning = mark == scale ? ", the best" : mark == 1 ? ", the worst" : "";
          rate.sections["marks"].push_back(
              Option(absl::StrCat(mark), absl::StrCat(mark, meaning), false));
        }
        for (const Rating& rating : standing.ratings) {
          if (!rating.verified) continue;  // somebody else may have given it
          rate.texts["given"] = absl::StrCat(rating.mark, " of ", rating.scale);
          rate.Show("rated");
        }
        acts.Show("rate", std::move(rate));
      }
      values.Show("acts", std::move(acts));
    }
    return Page("my_ticket", values.texts["title"], values, visit, status);
  }

  const PageContext context_;
};

}  // namespace

void AddMyPages(const PageContext& context, std::vector<PageRoute>* routes) {
  const auto pages = std::make_shared<MyPages>(context);
  routes->push_back({"/my", [pages](const PageVisit& visit) { return pages->Show(visit); }, nullptr,
                     Needs::kContact});
  routes->push_back({"/my/tickets.csv",
                     [pages](const PageVisit& visit) { return pages->File(visit); }, nullptr,
                     Needs::kContact});
  routes->push_back(
      {kMyTicket, [pages](const PageVisit& visit) { return pages->ShowTicket(visit); },
       [pages](const PageVisit& visit) { return pages->Act(visit); }, Needs::kContact});
}

}  // namespace retainer::pages
