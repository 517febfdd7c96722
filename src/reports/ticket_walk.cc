#include "src/reports/ticket_walk.h"

#include <set>
#include <utility>

namespace retainer::reports {
namespace {

constexpr std::size_t kPage = 200;

class Walk {
 public:
  Walk(const ReportSources& sources, const WalkScope& scope, Pins pins, const Visit& visit)
      : sources_(sources), scope_(scope), pins_(std::move(pins)), visit_(visit) {
    TermsHistory terms = sources.terms;
    if (!scope.customer.empty()) {
      terms = TermsFor(terms, sources.now, scope.customer);
    } else if (scope.audience == Audience::kOutsiders) {
      terms = OutsideTerms(terms, sources.now);
    }
    terms_ = TermsUntil(terms, scope.as_of);
  }

  absl::Status Run() {
    TicketQuery open;
    open.order = TicketOrder::kOpened;
    open.open = true;
    if (absl::Status done = Look(
            open, [&](const TicketRecord& record) { return record.opened_at <= scope_.as_of; });
        !done.ok()) {
      return done;
    }
    TicketQuery closed;
    closed.order = TicketOrder::kUpdated;
    closed.descending = true;
    closed.open = false;
    return Look(closed,
                [&](const TicketRecord& record) { return record.updated_at >= scope_.from; });
  }

 private:
  // Looks at the query's tickets while `goes_on` is true of them.
  absl::Status Look(TicketQuery query, const std::function<bool(const TicketRecord&)>& goes_on) {
    query.project = scope_.project;
    query.at = sources_.now;
    query.limit = kPage;
    for (;;) {
      const auto page = sources_.store.FindTickets(query);
      if (!page.ok()) return page.status();
      for (const TicketRecord& record : *page) {
        if (!goes_on(record)) return absl::OkStatus();
        if (!seen_.insert(record.key).second) continue;
        if (absl::Status added = Add(record); !added.ok()) return added;
      }
      if (page->size() < query.limit) return absl::OkStatus();
      query.after = PlaceOf(query, page->back());
    }
  }

  absl::Status Add(const TicketRecord& record) {
    const auto stored = sources_.store.LoadTicket(record.key);
    if (!stored.ok()) return stored.status();
    const auto context = sources_.context_of(record.key, record);
    if (!context.ok()) return context.status();
    if (!EverCovered(terms_, NamesOf(*context))) return absl::OkStatus();
    FactSet facts = FactsUntil(stored->facts, scope_.as_of);
    const std::string& path = context->path.empty() ? record.key.project : context->path;
    const FiguredTicket ticket{{record.key.forge, path, record.key.kind, record.key.number},
                               stored->record.title,
                               stored->record.url};
    if (!scope_.customer.empty()) {
      const auto own = StandingFor(*context, facts, terms_, pins_, scope_.as_of, scope_.customer);
      if (own && own->opened) visit_(ticket, *own);
      return absl::OkStatus();
    }
    const bool outside = scope_.audience == Audience::kOutsiders;
    if (outside) facts = OutsideFacts(facts);
    const Standing standing = Evaluate(*context, facts, terms_, pins_, scope_.as_of);
    if (standing.opened && !(outside && standing.confidential)) visit_(ticket, standing);
    return absl::OkStatus();
  }

  const ReportSources& sources_;
  const WalkScope& scope_;
  const Pins pins_;
  const Visit& visit_;
  TermsHistory terms_;
  std::set<TicketKey> seen_;
};

}  // namespace

TermsHistory TermsUntil(const TermsHistory& terms, absl::Time at) {
  TermsHistory until;
  for (const auto& version : terms) {
    if (until.empty() || version->effective <= at) until.push_back(version);
  }
  return until;
}

absl::Status WalkTickets(const ReportSources& sources, const WalkScope& scope, const Visit& visit) {
  auto pins = sources.store.LoadPins();
  if (!pins.ok()) return pins.status();
  return Walk(sources, scope, *std::move(pins), visit).Run();
}

}  // namespace retainer::reports
