#include "src/reports/report.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/customer_fact.h"

namespace retainer::reports {
namespace {

// `3h 5m of open time`.
std::string OpenTimeText(absl::Duration time) {
  return absl::StrCat(TookText(time), " of open time");
}

// `25d 13h`, by the calendar.
std::string DaysText(absl::Duration time) {
  const std::int64_t hours = absl::ToInt64Hours(time);
  return hours < 48 ? TookText(time) : absl::StrCat(hours / 24, "d ", hours % 24, "h");
}

std::string WhyMissed(const FiguredPromise& miss, const FigureScope& scope) {
  const auto at = [&](absl::Time time) { return LocalText(time, scope.zone); };
  return absl::StrCat("Promised within ", OpenTimeText(miss.target), ". It started on ",
                      at(miss.started), " and was due on ", at(miss.due), ". ",
                      miss.stopped ? absl::StrCat("It was done on ", at(*miss.stopped))
                                   : absl::StrCat("It was still open on ", at(scope.as_of)),
                      ", after ", OpenTimeText(miss.took), ": ",
                      DaysText(OverdueOf(miss, scope.as_of)), " too late.");
}

std::string WhySlow(const FiguredPromise& slow) {
  return absl::StrCat("It took ", OpenTimeText(slow.took), " of the ", TookText(slow.target),
                      " that were promised.");
}

std::optional<std::string> StateOf(const Standing& standing, const std::string& customer) {
  std::optional<ClockState> worst;
  for (const ClaimStanding& claim : standing.claims) {
    if (claim.released || (!customer.empty() && claim.customer != customer)) continue;
    for (const PromiseClock& clock : claim.clocks) {
      if (clock.cycles.empty() || clock.cycles.back().outcome != Outcome::kOpen) continue;
      if (!worst || *worst < clock.state) worst = clock.state;
    }
  }
  if (!worst) return std::nullopt;
  return std::string(ClockStateName(*worst));
}

std::vector<std::string> TermLines(const Customer& customer, const DaySpan& span) {
  std::vector<std::string> lines;
  const auto within = [&](absl::CivilDay day) { return span.from <= day && day <= span.until; };
  for (const Entitlement& held : customer.entitlements) {
    if (!held.term) continue;
    const std::string plan = absl::StrCat("plan ", held.plan, held.trial ? " (trial)" : "");
    if (within(held.term->from)) {
      lines.push_back(absl::StrCat(DayText(held.term->from), ": ", plan, " begins"));
    }
    if (within(held.term->until)) {
      lines.push_back(absl::StrCat(
          DayText(held.term->until), ": ", plan, " ends",
          held.grace_days > 0 ? absl::StrCat(", with ", held.grace_days, " days of grace") : ""));
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> ContactLines(const Customer& customer, const CustomerBook& book,
                                      absl::Time as_of, absl::TimeZone zone) {
  std::vector<std::string> lines;
  for (const Login& login : customer.contacts.logins) {
    lines.push_back(absl::StrCat(login.forge, ":", login.name, ", named in the policy"));
  }
  for (const Login& login : customer.contacts.organizations) {
    lines.push_back(absl::StrCat(login.forge, ":", login.name, ", an organisation"));
  }
  for (const std::string& email : customer.contacts.emails) lines.push_back(email);
  for (const Contact& contact : book.contacts) {
    if (!contact.IsAt(as_of)) continue;
    lines.push_back(absl::StrCat(ToString(contact.account), ", joined on ",
                                 DayText(absl::ToCivilDay(contact.since, zone))));
  }
  return lines;
}

std::string RatingLine(const Rating& rating, const FiguredTicket& ticket, absl::TimeZone zone) {
  return absl::StrCat(DayText(absl::ToCivilDay(rating.at, zone)), ": ", rating.mark, " of ",
                      rating.scale, " for ", ToString(ticket.ref), rating.text.empty() ? "" : ", ",
                      rating.text,
                      rating.verified ? "" : " (by the link, not signed in: in no figure)");
}

void AddWords(const FigureSums& sums, Report* report) {
  const Figures& all = report->figures;
  for (const FiguredPromise& miss : all.misses) {
    report->misses.push_back({miss, WhyMissed(miss, sums.scope())});
  }
  for (const FiguredPromise& slow : all.slowest) {
    if (report->slowest.size() == kMostSlow) break;
    report->slowest.push_back({slow, WhySlow(slow)});
  }
}

}  // namespace

std::string LocalText(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M %Z", time, zone);
}

absl::StatusOr<Report> MakeReport(const ReportSources& sources, const ReportQuestion& question) {
  const Policy& current = sources.terms.back()->policy;
  const Customer* customer = nullptr;
  if (!question.customer.empty()) {
    customer = current.FindCustomer(question.customer);
    if (customer == nullptr) {
      return absl::NotFoundError(
          absl::StrCat("the policy in force names no customer \"", question.customer, "\""));
    }
  }
  Report report;
  report.title = customer != nullptr ? customer->name.empty() ? customer->id : customer->name
                 : question.project  ? ToString(*question.project)
                                     : "All customers";
  report.span = question.span;
  report.zone_name = ZoneNameFor(current, question.customer);
  report.zone = ZoneFor(current, question.customer);

  FigureScope scope;
  scope.from = BeginOf(question.span, report.zone);
  scope.until = EndOf(question.span, report.zone);
  scope.as_of = std::min(scope.until, sources.now);
  scope.zone = report.zone;
  scope.customer = question.customer;
  FigureScope weekly = scope;
  scope.most_listed = kMostMisses;
  weekly.cut = FigureCut::kWeek;
  report.as_of = scope.as_of;
  const std::shared_ptr<const Terms> then = TermsUntil(sources.terms, scope.as_of).back();
  report.policy = then->id;
  report.commit = then->commit;

  FigureSums sums(scope, sources.terms.back());
  std::vector<std::pair<absl::Time, std::string>> feedback;
  FigureSums weeks(weekly, sources.terms.back());
  const WalkScope walk{scope.from, scope.as_of, question.key, question.customer, question.audience};
  const absl::Status walked =
      WalkTickets(sources, walk, [&](const FiguredTicket& ticket, const Standing& standing) {
        sums.Add(ticket, standing);
        weeks.Add(ticket, standing);
        for (const Rating& rating : standing.ratings) {
          if (rating.at < scope.from || rating.at >= scope.until) continue;
          // A stranger may have given it: the team judges that.
          if (!rating.verified && !question.customer.empty()) continue;
          feedback.emplace_back(rating.at, RatingLine(rating, ticket, scope.zone));
        }
        const bool claimed = std::any_of(standing.claims.begin(), standing.claims.end(),
                                         [](const ClaimStanding& c) { return !c.released; });
        if (!standing.open || standing.gone || !claimed) return;
        report.open.push_back({ticket, MostUrgentPriority(standing, question.customer, current),
                               standing.opened_at, standing.next_due,
                               StateOf(standing, question.customer).value_or("")});
      });
  if (!walked.ok()) return walked;
  report.figures = sums.rows().at("all");
  report.weeks = weeks.rows();
  AddWords(sums, &report);
  std::sort(feedback.begin(), feedback.end());
  for (auto& [at, line] : feedback) report.feedback.push_back(std::move(line));
  std::sort(report.open.begin(), report.open.end(),
            [](const ReportedOpen& a, const ReportedOpen& b) {
              const absl::Time never = absl::InfiniteFuture();
              return std::make_tuple(a.due.value_or(never), a.opened, a.ticket.ref) <
                     std::make_tuple(b.due.value_or(never), b.opened, b.ticket.ref);
            });
  if (report.open.size() > kMostOpen) report.open.resize(kMostOpen);
  if (customer != nullptr) {
    const auto stored = sources.store.LoadCustomer(customer->id);
    if (!stored.ok()) return stored.status();
    report.contacts =
        ContactLines(*customer, ReadCustomerFacts(stored->facts), scope.as_of, report.zone);
    report.terms = TermLines(*customer, question.span);
  }
  if (question.proven) {
    const auto ledger = sources.store.ReadLedgerHeadAt(scope.as_of);
    if (!ledger.ok()) return ledger.status();
    report.ledger = ledger->digest;
  }
  return report;
}

std::optional<ReportFormat> ParseReportFormat(std::string_view name) {
  if (name == "html") return ReportFormat::kHtml;
  if (name == "md") return ReportFormat::kMarkdown;
  if (name == "csv") return ReportFormat::kCsv;
  if (name == "json") return ReportFormat::kJson;
  return std::nullopt;
}

std::string ContentType(ReportFormat format) {
  switch (format) {
    case ReportFormat::kHtml:
      return "text/html; charset=utf-8";
    case ReportFormat::kMarkdown:
      return "text/markdown; charset=utf-8";
    case ReportFormat::kCsv:
      return "text/csv; charset=utf-8";
    case ReportFormat::kJson:
      return "application/json";
  }
  return "";
}

}  // namespace retainer::reports
