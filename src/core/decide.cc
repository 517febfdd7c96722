#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "news.h"
#include "outside.h"
#include "prospects.h"
#include "readers.h"
#include "retainer/change.h"
#include "retainer/core.h"
#include "roles.h"

namespace retainer {
namespace {

bool IsLeftFor(const Fact& fact) {
  return fact.kind == FactKind::kReference && fact.subject.starts_with(kLeftFor);
}

// A number that grows when a fact is added or replaced by a stronger one. So the newest version of
// the carried claims replaces an earlier one at the successor.
std::uint64_t Revision(const FactSet& facts) {
  std::uint64_t revision = 0;
  for (const auto& [id, fact] : facts) {
    if (IsLeftFor(fact)) continue;
    revision += 5 + static_cast<std::uint64_t>(fact.provenance) + fact.revision;
  }
  return revision;
}

// Claims move to a known successor; they are not lost if it is unknown. If late news says that they
// went elsewhere, or nowhere, the claims that were sent are taken back.
std::vector<Departure> Departures(const TicketContext& context, const FactSet& facts,
                                  const Standing& standing) {
  std::vector<Departure> departures;
  Fact fact;
  fact.kind = FactKind::kArrived;
  fact.provenance = Provenance::kNetwork;
  fact.subject = ToString(context.key);
  fact.id = MakeFactId(fact.kind, fact.subject, "");
  fact.revision = Revision(facts);
  const bool leaves = !standing.successor_key.empty() && !standing.carried.empty();
  for (const auto& [id, left] : facts) {
    if (!IsLeftFor(left) || (leaves && left.value == standing.successor_key)) continue;
    fact.at = left.at;
    departures.push_back({left.value, fact});
  }
  // The forge moves labels and comments (also ours) with a ticket, whether or not a claim moves.
  const Fact* moved = facts.Find(MakeFactId(FactKind::kMoved, "", ""));
  if (standing.opened && moved != nullptr && !moved->value.empty() &&
      !(leaves && moved->value == standing.successor_key) &&
      std::none_of(departures.begin(), departures.end(),
                   [&](const Departure& d) { return d.successor == moved->value; })) {
    fact.at = moved->at;
    departures.push_back({moved->value, fact});
  }
  if (!leaves) return departures;
  fact.at = standing.moved_at;
  fact.value = standing.carried;
  if (!standing.gone) fact.labels = {std::string(kOfDuplicate)};
  departures.push_back({standing.successor_key, std::move(fact)});
  return departures;
}

// `acme first_response: running -> met`, ordered by clock. A new clock changes from `none`, a
// removed one to `none`.
std::vector<std::string> Changes(const std::map<std::string, std::string>& before,
                                 const std::map<std::string, std::string>& after) {
  std::map<std::string, std::pair<std::string, std::string>> clocks;
  for (const auto& [clock, state] : before) clocks[clock].first = state;
  for (const auto& [clock, state] : after) clocks[clock].second = state;
  std::vector<std::string> changes;
  for (const auto& [clock, states] : clocks) {
    const auto& [was, is] = states;
    if (was == is) continue;
    changes.push_back(
        absl::StrCat(clock, ": ", was.empty() ? "none" : was, " -> ", is.empty() ? "none" : is));
  }
  return changes;
}

bool ShowsBreach(const std::string& state) {
  return state == ClockStateName(ClockState::kBreached) ||
         state == ClockStateName(ClockState::kMissed);
}

// True if no run of the promise was late, was excused or is late.
bool IsInTime(const PromiseClock& clock) {
  return clock.state != ClockState::kBreached && !clock.cycles.empty() &&
         std::all_of(clock.cycles.begin(), clock.cycles.end(), [](const Cycle& cycle) {
           return cycle.outcome == Outcome::kMet || cycle.outcome == Outcome::kOpen;
         });
}

// Adds breaches that people were told of, or that the clock showed, and that turned out to be
// untrue: `acme first_response: breach taken back`.
void AddTakenBack(const std::map<std::string, std::string>& before, const Standing& standing,
                  const std::vector<Notice>& withdrawn, std::vector<std::string>* changes) {
  std::set<std::string> clocks;
  for (const Notice& notice : withdrawn) {
    const std::string_view metric = MetricName(notice.metric);
    clocks.insert(
        absl::StrCat(notice.customer, " ", absl::string_view(metric.data(), metric.size())));
  }
  for (const ClaimStanding& claim : standing.claims) {
    for (const PromiseClock& clock : claim.clocks) {
      const std::string_view metric = MetricName(clock.metric);
      std::string name =
          absl::StrCat(claim.customer, " ", absl::string_view(metric.data(), metric.size()));
      const auto was = before.find(name);
      if (was == before.end() || !ShowsBreach(was->second) || !IsInTime(clock)) continue;
      clocks.insert(std::move(name));
    }
  }
  for (const std::string& clock : clocks) {
    changes->push_back(absl::StrCat(clock, ": breach taken back"));
  }
}

bool IsHiddenId(const std::string& id, const TermsHistory& terms, const Policy& current) {
  return std::any_of(terms.begin(), terms.end(), [&](const auto& version) {
    const Customer* customer = version->policy.FindCustomer(id);
    return customer != nullptr && IsHidden(*customer, current);
  });
}

bool IsMention(const Notice& notice) { return notice.kind == NoticeKind::kMention; }

void Append(std::vector<Notice> more, std::vector<Notice>* notices) {
  notices->insert(notices->end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

void Take(core::CommonNotices common, Decision* decision) {
  Append(std::move(common.agreed), &decision->notices);
  decision->held.insert(common.held.begin(), common.held.end());
}

// If every reader of the ticket may know its customer, the status comment shows the customer's
// promises.
void TellReaders(const TicketContext& context, const TermsHistory& terms, const Pins& pins,
                 absl::Time now, const Standing& standing, const core::Prospects& inside,
                 Decision* decision) {
  const auto known_in = [&](const Standing& way) {
    return core::KnownToEveryReader(context, way, terms, pins, now);
  };
  const std::string known = known_in(standing);
  const std::optional<std::string> sure = inside.Agreed(known_in);
  if (known.empty() && (!sure || sure->empty())) return;
  std::optional<Face> face;
  if (sure == known) {
    const TermsHistory theirs = TermsFor(terms, now, known);
    const Standing seen = core::EvaluateAsKnown(context, decision->facts, theirs, pins, now);
    const core::Prospects prospects(context, theirs, pins, now, seen);
    const Terms& current = *theirs[core::TermsIndexAt(theirs, now)];
    face =
        prospects.Agreed([&](const Standing& way) { return Present(context, way, current, now); })
            .value_or(std::nullopt);
  }
  // Keep what is shown until the face is certain.
  if (!face) return decision->face.reset();
  decision->face->comment = std::move(face->comment);
  decision->face->discloses = std::move(face->discloses);
}

// The commands that log work for public customers are those of the outside view: a private customer
// must not change what they do. Others are answered only where all readers may know the customer.
void TakeWork(const TicketContext& context, const FactSet& facts, const TermsHistory& terms,
              const Pins& pins, absl::Time now, const Standing* outside, Standing* standing) {
  if (outside != nullptr) {
    std::vector<WorkCommand> work = outside->work;
    for (WorkCommand& command : standing->work) {
      const bool seen =
          std::any_of(outside->work.begin(), outside->work.end(),
                      [&](const WorkCommand& other) { return other.subject == command.subject; });
      if (command.hidden && !seen) work.push_back(std::move(command));
    }
    standing->work = std::move(work);
  }
  // An answer for a private customer is not in the outside view, also after it became public.
  std::erase_if(standing->work, [&](const WorkCommand& command) {
    return facts.Find(MakeFactId(FactKind::kWorkAnswered, command.subject, "")) != nullptr;
  });
  for (WorkCommand& command : standing->work) {
    command.readable = command.readable && core::KnownToEveryReader(context, *standing, terms, pins,
                                                                    now) != command.customer;
  }
}

// What a change says it fixes is remembered, and the promises that ride on it are its face's check.
void TakeChange(const TicketContext& context, const ChangeBeside& beside, CheckMode mode,
                Decision* decision) {
  if (context.key.kind != TicketKind::kChange) return;
  const std::optional<ChangeInfo> seen = FindChange(decision->facts);
  if (!seen || (seen->fixes.empty() && !beside.known)) return;
  ChangeRecord& change = decision->change.emplace();
  change.state = seen->state;
  change.base = seen->base;
  change.head = seen->head;
  change.merge = seen->merge;
  change.checked = beside.known && beside.known->checked;
  for (const FixedTicket& ticket : beside.fixed) change.fixes.push_back(ticket.key);
  std::sort(change.fixes.begin(), change.fixes.end());
  change.fixes.erase(std::unique(change.fixes.begin(), change.fixes.end()), change.fixes.end());
  if (!decision->face) return;
  decision->face->check = PresentCheck(change, beside.fixed, mode);
  if (decision->face->check) change.checked = true;
}

void SortUnique(std::vector<Question>* questions) {
  std::sort(questions->begin(), questions->end());
  questions->erase(std::unique(questions->begin(), questions->end()), questions->end());
}

}  // namespace

Decision Decide(const TicketContext& context, const FactSet& facts, const std::vector<Fact>& news,
                const TermsHistory& terms, const Pins& pins,
                const std::map<std::string, std::string>& before, absl::Time now,
                const std::vector<Notice>& told, const ChangeBeside& of_change) {
  Decision decision;
  decision.facts = facts;
  std::set<std::string_view> ids;
  for (const Fact& fact : news) {
    decision.facts.Add(fact);
    ids.insert(fact.id);
  }
  for (const std::string_view id : ids) {
    const Fact* known = facts.Find(id);
    const Fact* fact = decision.facts.Find(id);
    if (known != nullptr && *known == *fact) continue;
    decision.new_facts.push_back(*fact);
    decision.record.facts.emplace_back(id);
  }

  // The version in force, for the face: the newest whose instant has come.
  const std::size_t in_force = core::TermsIndexAt(terms, now);
  const Terms& current = *terms[in_force];
  decision.standing = core::EvaluateAsKnown(context, decision.facts, terms, pins, now);
  Standing& standing = decision.standing;
  decision.wake_at = standing.next_wake;
  const auto wake = [&](absl::Time at) { decision.wake_at = std::min(decision.wake_at, at); };
  {
    const core::Prospects inside(context, terms, pins, now, standing);
    // What outsiders see is made from the facts that they could know.
    std::optional<core::Outside> apart;
    if (core::IsSeenOtherwise(standing, decision.facts, terms, now)) {
      apart.emplace(context, decision.facts, terms, pins, now);
      wake(apart->known.next_wake);
    }
    TakeWork(context, decision.facts, terms, pins, now, apart ? &apart->known : nullptr, &standing);
    const core::Prospects& outside = apart ? apart->prospects : inside;
    decision.face =
        outside.Agreed([&](const Standing& way) { return Present(context, way, current, now); })
            .value_or(std::nullopt);
    if (apart && decision.face) {
      TellReaders(context, terms, pins, now, standing, inside, &decision);
    }
    decision.promises =
        outside.Agreed([&](const Standing& way) { return PresentPromises(way, current, now); })
            .value_or(std::nullopt);

    // Outsiders can read mentions, so these use the outside view. All other notices use everything.
    core::News beside =
        core::FindNews(context, decision.facts, standing, terms, in_force, pins, now);
    wake(beside.wake_at);
    std::vector<std::vector<Notice>> told_inside;
    for (const Standing* way : inside.ways()) {
      wake(way->next_wake);
      std::vector<Notice>& notices = told_inside.emplace_back(way->notices);
      Append(WithdrawnBreaches(context, *way, told, current, now), &notices);
      if (apart) std::erase_if(notices, IsMention);
      if (way == &standing) {
        Append(std::move(beside.notices), &notices);
        decision.held.insert(beside.held.begin(), beside.held.end());
        continue;
      }
      core::News other = core::FindNews(context, way->facts, *way, terms, in_force, pins, now);
      wake(other.wake_at);
      Append(std::move(other.notices), &notices);
      decision.held.insert(other.held.begin(), other.held.end());
    }
    Take(core::Compare(std::move(told_inside)), &decision);
    if (apart) {
      std::vector<std::vector<Notice>> mentions;
      for (const Standing* way : outside.ways()) {
        wake(way->next_wake);
        std::vector<Notice>& notices = mentions.emplace_back(way->notices);
        Append(WithdrawnBreaches(context, *way, told, current, now), &notices);
        std::erase_if(notices, [](const Notice& notice) { return !IsMention(notice); });
      }
      Take(core::Compare(std::move(mentions)), &decision);
    }
    decision.all_held = inside.ways().empty() || outside.ways().empty();

    const auto claims = inside.Agreed(SummarizeClaims);
    const auto seen = outside.Agreed(SummarizeClaims);
    decision.claims_hang = !claims || !seen;
    decision.outside_claims_hang = !seen;
    const Standing& sure = claims ? *inside.ways()[0] : standing;
    decision.claims = SummarizeClaims(sure);
    decision.endings = CountEndings(sure);
    if (apart) core::TakeClaims(seen ? *outside.ways()[0] : apart->known, &decision);

    if (apart) decision.outside_questions = apart->known.questions;
    standing.questions.insert(standing.questions.end(), beside.questions.begin(),
                              beside.questions.end());
    standing.questions.insert(standing.questions.end(), decision.outside_questions.begin(),
                              decision.outside_questions.end());
  }
  for (ClaimRecord& claim : decision.claims) {
    claim.hidden = IsHiddenId(claim.customer, terms, current.policy);
  }
  SortUnique(&standing.questions);
  if (!standing.questions.empty() && !HasHidden(terms, now)) {
    decision.outside_questions = standing.questions;
  }
  if (!standing.questions.empty()) standing.notices.clear();
  decision.record.changes = Changes(before, ClockStates(standing));
  // A decision without new facts would only repeat what an earlier one recorded.
  std::vector<Notice> withdrawn;
  if (!decision.new_facts.empty()) {
    std::copy_if(decision.notices.begin(), decision.notices.end(), std::back_inserter(withdrawn),
                 [](const Notice& notice) { return !notice.withdraws.empty(); });
  }
  AddTakenBack(before, standing, withdrawn, &decision.record.changes);
  std::sort(decision.notices.begin(), decision.notices.end(),
            [](const Notice& a, const Notice& b) { return a.id < b.id; });
  for (Notice& notice : decision.notices) {
    notice.ref =
        ToString(TicketRef{context.key.forge, context.path, context.key.kind, context.key.number});
    notice.url = context.url;
    const Customer* customer = current.policy.FindCustomer(notice.customer);
    if (customer != nullptr) notice.crm = customer->crm;
  }
  decision.departures = Departures(context, decision.facts, standing);
  TakeChange(context, of_change, current.policy.checks, &decision);

  decision.record.ticket = context.key;
  decision.record.at = now;
  decision.record.terms_id = standing.terms_id;
  decision.record.commit = current.commit;
  return decision;
}

}  // namespace retainer
