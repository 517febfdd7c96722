#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "news.h"
#include "retainer/core.h"
#include "roles.h"

namespace retainer {
namespace {

bool IsLeftFor(const Fact& fact) {
  return fact.kind == FactKind::kReference && fact.subject.starts_with(kLeftFor);
}

// Grows whenever the set does or a fact of it gives way to a stronger one, so that the latest word
// on the carried claims replaces an earlier one at the successor.
std::uint64_t Revision(const FactSet& facts) {
  std::uint64_t revision = 0;
  for (const auto& [id, fact] : facts) {
    if (IsLeftFor(fact)) continue;
    revision += 5 + static_cast<std::uint64_t>(fact.provenance) + fact.revision;
  }
  return revision;
}

// Claims leave for a successor that is known; moved is not voided. Where news that came late says
// that they went elsewhere, or nowhere, what was sent is taken back.
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
  // What the forge carries along with a ticket, ours too, is there whether or not a claim is.
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

// `acme first_response: running -> met`, by clock. A clock that is new or gone was or is `none`.
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

// No run of the promise was late, was let off or is late.
bool IsInTime(const PromiseClock& clock) {
  return clock.state != ClockState::kBreached && !clock.cycles.empty() &&
         std::all_of(clock.cycles.begin(), clock.cycles.end(), [](const Cycle& cycle) {
           return cycle.outcome == Outcome::kMet || cycle.outcome == Outcome::kOpen;
         });
}

// Breaches that people were told of, or that the clock showed, and that were none: `acme
// first_response: breach taken back`.
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

// Replaces the mentions in `notices` by those of `open`.
void TakeMentions(const std::vector<Notice>& open, std::vector<Notice>* notices) {
  const auto is_mention = [](const Notice& notice) { return notice.kind == NoticeKind::kMention; };
  std::erase_if(*notices, is_mention);
  std::copy_if(open.begin(), open.end(), std::back_inserter(*notices), is_mention);
}

bool HasHiddenClaim(const Standing& standing, const TermsHistory& terms, const Policy& current) {
  return std::any_of(standing.claims.begin(), standing.claims.end(), [&](const auto& claim) {
    return std::any_of(terms.begin(), terms.end(), [&](const auto& version) {
      const Customer* customer = version->policy.FindCustomer(claim.customer);
      return customer != nullptr && IsHidden(*customer, current);
    });
  });
}

// The same terms as if their hidden customers were nobody's.
TermsHistory WithoutHidden(const TermsHistory& terms, const std::shared_ptr<const Terms>& current) {
  TermsHistory open;
  open.reserve(terms.size());
  for (const auto& version : terms) open.push_back(WithoutHidden(*version, current));
  return open;
}

// Puts what `outside` says of the customers that it knows of in place of what stands in `decision`.
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

}  // namespace

Decision Decide(const TicketContext& context, const FactSet& facts, const std::vector<Fact>& news,
                const TermsHistory& terms, const Pins& pins,
                const std::map<std::string, std::string>& before, absl::Time now,
                const std::vector<Notice>& told) {
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

  decision.standing = Evaluate(context, decision.facts, terms, pins, now);
  const Standing& standing = decision.standing;
  // The version in force, for the face: the newest whose instant has come.
  const std::size_t in_force = core::TermsIndexAt(terms, now);
  const Terms* current = terms[in_force].get();
  decision.wake_at = standing.next_wake;
  decision.notices = standing.notices;
  core::News told_beside =
      core::FindNews(context, decision.facts, standing, terms, in_force, pins, now);
  decision.wake_at = std::min(decision.wake_at, told_beside.wake_at);
  decision.claims = SummarizeClaims(standing);
  decision.endings = CountEndings(standing);
  std::vector<Notice> withdrawn = WithdrawnBreaches(context, standing, told, *current, now);
  if (HasHiddenClaim(standing, terms, current->policy)) {
    // What outsiders see is made from the facts as they themselves could judge them.
    const Standing outside =
        Evaluate(context, decision.facts, WithoutHidden(terms, terms[in_force]), pins, now);
    decision.face = Present(context, outside, *current, now);
    decision.promises = PresentPromises(outside, *current, now);
    TakeClaims(outside, &decision);
    // So are mentions: they stand where outsiders read.
    const std::vector<Notice> open = WithdrawnBreaches(context, outside, told, *current, now);
    TakeMentions(outside.notices, &decision.notices);
    TakeMentions(open, &withdrawn);
    decision.wake_at = std::min(decision.wake_at, outside.next_wake);
    told_beside.questions.insert(told_beside.questions.end(), outside.questions.begin(),
                                 outside.questions.end());
  } else {
    decision.face = Present(context, standing, *current, now);
    decision.promises = PresentPromises(standing, *current, now);
  }
  if (!told_beside.questions.empty()) {
    std::vector<Question>& questions = decision.standing.questions;
    questions.insert(questions.end(), told_beside.questions.begin(), told_beside.questions.end());
    std::sort(questions.begin(), questions.end());
    questions.erase(std::unique(questions.begin(), questions.end()), questions.end());
  }
  if (!decision.standing.questions.empty()) {
    decision.notices.clear();
    withdrawn.clear();
  }
  decision.record.changes = Changes(before, ClockStates(standing));
  // A decision that learns nothing repeats what an earlier one has recorded.
  AddTakenBack(before, standing, decision.new_facts.empty() ? std::vector<Notice>() : withdrawn,
               &decision.record.changes);
  if (decision.standing.questions.empty()) {
    for (Notice& notice : told_beside.notices) decision.notices.push_back(std::move(notice));
  }
  for (Notice& notice : withdrawn) decision.notices.push_back(std::move(notice));
  std::sort(decision.notices.begin(), decision.notices.end(),
            [](const Notice& a, const Notice& b) { return a.id < b.id; });
  for (Notice& notice : decision.notices) {
    notice.ref =
        ToString(TicketRef{context.key.forge, context.path, context.key.kind, context.key.number});
    notice.url = context.url;
  }
  decision.departures = Departures(context, decision.facts, standing);

  decision.record.ticket = context.key;
  decision.record.at = now;
  decision.record.terms_id = standing.terms_id;
  return decision;
}

}  // namespace retainer
