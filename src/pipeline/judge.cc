#include "src/pipeline/judge.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/names.h"
#include "src/pipeline/ticket_keys.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::pipeline {
namespace {

// Should news that comes late send the claims elsewhere, they are taken back from there.
void RememberLeaving(const Departure& departure, Decision* decision) {
  Fact left;
  left.kind = FactKind::kReference;
  left.provenance = Provenance::kNetwork;
  left.subject = std::string(kLeftFor) + departure.successor;
  left.id = MakeFactId(left.kind, left.subject, "");
  left.at = departure.arrival.at;
  left.value = departure.successor;
  if (!decision->facts.Add(left)) return;
  decision->record.facts.push_back(left.id);
  decision->new_facts.push_back(std::move(left));
}

// Is the arrival there as it is now, whatever else has become known where it comes from?
bool HasArrived(const FactSet& facts, const Fact& arrival) {
  const Fact* known = facts.Find(arrival.id);
  return known != nullptr && known->value == arrival.value && known->at == arrival.at &&
         known->labels == arrival.labels;
}

// What the forge told in the making of a decision, for the next try. What that decision would have
// sent was not sent.
void AddLearnt(const std::vector<Fact>& learnt, std::vector<Fact>* facts) {
  for (const Fact& fact : learnt) {
    if (fact.subject.starts_with(kLeftFor)) continue;
    if (fact.provenance != Provenance::kNetwork && fact.provenance != Provenance::kBackfill) {
      continue;
    }
    facts->push_back(fact);
  }
}

// Where nobody can be asked, there is nothing to keep from anybody.
OpenQuestions Open(const Decision& decision, bool asks) {
  OpenQuestions open;
  open.everybody = asks ? decision.outside_questions : decision.standing.questions;
  std::set_difference(decision.standing.questions.begin(), decision.standing.questions.end(),
                      open.everybody.begin(), open.everybody.end(),
                      std::back_inserter(open.hidden));
  return open;
}

std::optional<TicketInfo> Newer(const std::optional<TicketInfo>& a,
                                const std::optional<TicketInfo>& b) {
  if (a && b && b->updated_at > a->updated_at) return b;
  return a ? a : b;
}

}  // namespace

bool IsTicketsOwn(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsAborted(status) || absl::IsInvalidArgument(status);
}

Judge::Judge(Store& store, Clock& clock, Log& log, Metrics& metrics, const TermsHolder& terms,
             std::vector<ForgeSlot> forges, FollowUps* later)
    : store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      terms_(terms),
      later_(later),
      inquiries_(store, clock, log, metrics, std::move(forges)),
      fixes_(store) {}

RemoteTicket Judge::Remote(const TicketContext& context, const std::string& installation_id) const {
  return {context.key, context.path, installation_id};
}

absl::StatusOr<TicketContext> Judge::Context(const TicketKey& key, const TicketRecord& record,
                                             const std::optional<ProjectRecord>& project) {
  TicketContext context;
  context.key = key;
  context.url = record.url;
  std::optional<ProjectRecord> known = project;
  if (!known) {
    auto found = store_.FindProject({key.forge, key.project});
    if (!found.ok()) return found.status();
    known = *std::move(found);
  }
  context.path = known ? known->path : record.project_path;
  context.members_only = known && known->members_only;
  context.former_names = known ? known->former : std::vector<FormerName>();
  context.adopted =
      AdoptedAt(terms_.Get(), NamesOf(context), known ? known->first_seen : clock_.Now());
  if (const ForgeSlot* slot = inquiries_.FindForge(key.forge)) {
    context.forge_kind = slot->kind;
    if (auto self = inquiries_.Self(*slot)) {
      context.self_id = self->id;
      context.self_login = self->login;
    }
  }
  return context;
}

std::vector<std::pair<Login, std::string>> Judge::NewPins(Sake sake, const std::string& forge,
                                                          const FactSet& facts,
                                                          const TermsHistory& terms, absl::Time now,
                                                          Pins* pins, bool* unpinned) {
  std::vector<std::pair<Login, std::string>> fresh;
  std::set<std::pair<std::string_view, std::string_view>> met;
  const TermsHistory open = OutsideTerms(terms, now);
  const auto look = [&](const Actor& actor) {
    if (actor.id.empty() || actor.login.empty()) return;
    if (!met.emplace(actor.id, actor.login).second) return;
    const Login login{forge, FoldName(actor.login)};
    if (!IsNamed(terms, login)) return;
    const std::string* pinned = pins->Find(login);
    if (pinned == nullptr) {
      const Sake of = IsNamed(open, login) ? Sake::kEverybody : Sake::kHidden;
      if (of != sake && inquiries_.HasClient(forge)) {
        *unpinned |= of == Sake::kHidden && inquiries_.MayAskOwner(login, of);
        return;
      }
      const std::optional<std::string> id = inquiries_.OwnerOf(login, of, actor.id);
      if (!id) return;
      pins->Add(login, *id);
      fresh.emplace_back(login, *id);
      pinned = pins->Find(login);
    }
    if (*pinned != actor.id) {
      std::lock_guard lock(mutex_);
      if (said_.insert(absl::StrCat("pin ", forge, ":", login.name, " ", actor.id)).second) {
        metrics_.Count("retainer_refused_identities_total", {{"forge", forge}});
        log_.Warning("login of the policy belongs to another account now; refused",
                     {{"login", absl::StrCat(forge, ":", login.name)},
                      {"pinned", *pinned},
                      {"seen", actor.id}});
      }
    }
  };
  for (const Fact* fact : facts.InOrder()) {
    look(fact->actor);
    look(fact->author);
    look(fact->assignee);
  }
  return fresh;
}

absl::StatusOr<Draft> Judge::MakeDraft(Sake sake, const TicketKey& key, const News& news,
                                       const TermsHistory& terms, absl::Time now) {
  Draft draft;
  draft.key = key;
  draft.news = news;
  auto stored = store_.LoadTicket(key);
  if (!stored.ok()) return stored.status();
  draft.stored = *std::move(stored);
  auto context = Context(key, draft.stored.record, news.project);
  if (!context.ok()) return context.status();
  draft.context = *std::move(context);
  if (news.ticket) {
    TicketRecord shown = draft.stored.record;
    TakeTold(*news.ticket, &shown);
    if (!shown.url.empty()) draft.context.url = shown.url;
  }
  draft.project = news.project;
  if (!draft.project) {
    auto project = store_.FindProject({key.forge, key.project});
    if (!project.ok()) return project.status();
    if (*project) draft.installation_id = (*project)->installation_id;
  } else {
    draft.installation_id = draft.project->installation_id;
  }
  auto pins = store_.LoadPins();
  if (!pins.ok()) return pins.status();

  auto told = ToldOf(draft.stored);
  if (!told.ok()) return told.status();

  std::vector<Fact> facts = news.facts;
  OpenQuestions open;
  bool unpinned = false;
  for (int round = 0;; ++round) {
    FactSet all = draft.stored.facts;
    for (const Fact& fact : facts) all.Add(fact);
    unpinned = false;
    for (auto& pin : NewPins(sake, key.forge, all, terms, now, &*pins, &unpinned)) {
      draft.pins.push_back(std::move(pin));
    }
    draft.decision = retainer::Decide(draft.context, draft.stored.facts, facts, terms, *pins,
                                      draft.stored.record.clock_states, now, *told);
    open = Open(draft.decision, inquiries_.HasClient(key.forge));
    const std::vector<Question>& questions =
        sake == Sake::kEverybody ? open.everybody : open.hidden;
    if (questions.empty() || round == kMaxRounds) break;
    std::vector<Fact> answers;
    std::optional<TicketInfo> seen;
    bool complete = true;
    const AskedOf of{draft.context, draft.installation_id, draft.decision.facts};
    for (const Question& question : questions) {
      if (!inquiries_.Answer(question, sake, of, now, &answers, &seen)) complete = false;
    }
    draft.news.ticket = Newer(draft.news.ticket, seen);
    if (draft.context.url.empty() && draft.news.ticket) {
      draft.context.url = draft.news.ticket->url;
    }
    if (answers.empty()) break;
    facts.insert(facts.end(), answers.begin(), answers.end());
    if (!complete) round = kMaxRounds - 1;  // once more with what is known, then later
  }
  if (sake == Sake::kEverybody) {
    draft.follow_up =
        unpinned || std::any_of(open.hidden.begin(), open.hidden.end(), [&](const Question& q) {
          return inquiries_.MayAsk(key, q, Sake::kHidden);
        });
    // Whose contact somebody is hangs on whose the login is.
    if (unpinned) {
      std::erase_if(draft.decision.notices, [](const Notice& notice) { return notice.is_private; });
    }
  }
  draft.ask_again = inquiries_.NextAsk(key, open, now);
  return draft;
}

void Judge::CountPromises(const Draft& draft) {
  // Rationale: by what is new among the endings, for an answer of the forge may tell of a comment
  // long known that it ended a promise.
  std::map<std::pair<Metric, Ending>, std::int64_t> ended;
  for (const EndingCount& ending : draft.decision.endings) {
    ended[{ending.metric, ending.ending}] += ending.count;
  }
  for (const EndingCount& ending : draft.stored.record.endings) {
    ended[{ending.metric, ending.ending}] -= ending.count;
  }
  // Late is late from the due instant on: it is counted then, and not again when it ends.
  const auto add_late = [&](const std::map<std::string, std::string>& clocks, std::int64_t by) {
    for (const auto& [clock, state] : clocks) {
      if (state != ClockStateName(ClockState::kBreached)) continue;
      if (const auto metric = ParseMetric(std::string_view(clock).substr(clock.rfind(' ') + 1))) {
        ended[{*metric, Ending::kMissed}] += by;
      }
    }
  };
  add_late(ClockStates(draft.decision.standing), 1);
  add_late(draft.stored.record.clock_states, -1);
  const std::map<Ending, std::string> outcomes = {{Ending::kMet, "met"},
                                                  {Ending::kMissed, "missed"},
                                                  {Ending::kUnanswered, "closed_unanswered"}};
  for (const auto& [what, count] : ended) {
    const auto outcome = outcomes.find(what.second);
    if (count <= 0 || outcome == outcomes.end()) continue;
    metrics_.Count("retainer_promises_total",
                   {{"metric", std::string(MetricName(what.first))}, {"outcome", outcome->second}},
                   static_cast<double>(count));
  }
}

absl::StatusOr<std::vector<Notice>> Judge::ToldOf(const StoredTicket& stored) {
  // Nobody was told anything of a ticket on which nothing was ever promised.
  if (stored.record.clock_states.empty()) return std::vector<Notice>();
  return store_.ReadToldNotices(stored.record.key);
}

absl::StatusOr<NoticeReview::Word> Judge::Review(Notice* notice) {
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return Word::kWait;
  auto stored = store_.LoadTicket(notice->ticket);
  if (!stored.ok()) return stored.status();
  if (stored->facts.empty()) return Word::kDrop;
  auto context = Context(notice->ticket, stored->record, std::nullopt);
  if (!context.ok()) return context.status();
  auto pins = store_.LoadPins();
  if (!pins.ok()) return pins.status();
  auto told = ToldOf(*stored);
  if (!told.ok()) return told.status();
  const Decision decision = retainer::Decide(*context, stored->facts, {}, terms, *pins,
                                             stored->record.clock_states, clock_.Now(), *told);
  const auto still = std::find_if(decision.notices.begin(), decision.notices.end(),
                                  [&](const Notice& one) { return one.id == notice->id; });
  if (still == decision.notices.end()) {
    const bool held = decision.all_held || decision.held.contains(notice->id);
    return held ? Word::kWait : Word::kDrop;
  }
  if (!notice->told_since) {
    // Nobody has heard it yet: it says what is so by now.
    const std::uint32_t telling = notice->telling;
    const bool was_private = notice->is_private;
    const absl::Time at = notice->at;
    *notice = *still;
    notice->telling = telling;
    notice->at = at;
    notice->is_private = was_private;
  }
  notice->is_private = notice->is_private || still->is_private;
  return Word::kTell;
}

absl::Status Judge::SendClaims(const TermsHistory& terms, absl::Time now,
                               std::vector<Draft>* drafts) {
  // Rationale: duplicates of each other send claims to and fro, and what one sends may change what
  // the other had sent before. A ticket is drafted again only by an arrival that says something
  // new.
  std::vector<std::size_t> senders = {0};
  for (std::size_t n = 0; n < senders.size() && senders.size() < kMaxTickets; ++n) {
    const std::size_t from = senders[n];
    const std::vector<Departure> departures = (*drafts)[from].decision.departures;
    for (const Departure& departure : departures) {
      const std::optional<TicketKey> successor = ParseTicketKey(departure.successor);
      if (!successor || *successor == (*drafts)[from].key) continue;
      std::size_t there = 0;
      while (there < drafts->size() && (*drafts)[there].key != *successor) ++there;
      News arrival;
      if (there < drafts->size()) {
        if (HasArrived((*drafts)[there].decision.facts, departure.arrival)) {
          if (!departure.arrival.value.empty()) {
            RememberLeaving(departure, &(*drafts)[from].decision);
          }
          continue;
        }
        arrival = (*drafts)[there].news;
        AddLearnt((*drafts)[there].decision.new_facts, &arrival.facts);
      }
      arrival.facts.push_back(departure.arrival);
      auto next = MakeDraft(Sake::kEverybody, *successor, arrival, terms, now);
      if (!next.ok()) return next.status();
      if (there == drafts->size()) {
        if (next->decision.new_facts.empty()) continue;  // had arrived before
        drafts->push_back(*std::move(next));
      } else {
        const auto& pins = (*drafts)[there].pins;
        next->pins.insert(next->pins.end(), pins.begin(), pins.end());
        (*drafts)[there] = *std::move(next);
      }
      senders.push_back(there);
      if (!departure.arrival.value.empty()) RememberLeaving(departure, &(*drafts)[from].decision);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Judged> Judge::Decide(const TicketKey& key, const News& news) {
  std::vector<TicketKey> follow_ups;
  auto judged = DecideFor(Sake::kEverybody, key, news, &follow_ups);
  if (!judged.ok()) return judged;
  for (const TicketKey& each : follow_ups) {
    if (later_ != nullptr && later_->Push(each)) continue;
    auto again = FollowUp(each);
    if (!again.ok()) return again.status();
    if (each != key) continue;
    // To who prints it, it is one decision.
    Decision& whole = again->decision;
    const Decision& first = judged->decision;
    whole.new_facts.insert(whole.new_facts.begin(), first.new_facts.begin(), first.new_facts.end());
    whole.record.facts.insert(whole.record.facts.begin(), first.record.facts.begin(),
                              first.record.facts.end());
    whole.record.changes.insert(whole.record.changes.begin(), first.record.changes.begin(),
                                first.record.changes.end());
    again->successors.insert(again->successors.begin(), judged->successors.begin(),
                             judged->successors.end());
    judged = std::move(again);
  }
  return judged;
}

absl::StatusOr<Judged> Judge::FollowUp(const TicketKey& key) {
  // What is to be asked of tickets that claims went to, their wake-ups ask: two tickets that send
  // them to and fro would keep each other busy.
  std::vector<TicketKey> ignored;
  return DecideFor(Sake::kHidden, key, {}, &ignored);
}

absl::StatusOr<Judged> Judge::DecideFor(Sake sake, const TicketKey& key, const News& news,
                                        std::vector<TicketKey>* follow_ups) {
  News all = news;
  for (int race = 0; race < kMaxRaces; ++race) {
    const TermsHistory terms = terms_.Get();
    if (terms.empty()) return absl::FailedPreconditionError("no valid policy is in force yet");
    const absl::Time now = clock_.Now();
    auto first = MakeDraft(sake, key, all, terms, now);
    if (!first.ok()) return first.status();
    std::vector<Draft> drafts;
    drafts.push_back(*std::move(first));

    if (absl::Status status = SendClaims(terms, now, &drafts); !status.ok()) return status;

    std::vector<DecisionWrite> writes;
    std::vector<TicketRecord> rides;
    for (const Draft& draft : drafts) {
      writes.push_back(MakeWrite(draft, terms, now));
      if (absl::Status status = fixes_.Add(draft, terms, &writes.back(), &rides); !status.ok()) {
        return status;
      }
    }
    if (absl::Status status = fixes_.Wake(drafts, now, &writes); !status.ok()) return status;
    const absl::Status committed =
        writes.size() == 1 ? store_.Commit(writes[0]) : store_.CommitAll(writes);
    if (absl::IsAborted(committed)) {
      // What the forge has answered meanwhile need not be asked again.
      AddLearnt(drafts[0].decision.new_facts, &all.facts);
      metrics_.Count("retainer_commit_races_total");
      continue;
    }
    if (!committed.ok()) return committed;
    metrics_.Count("retainer_decisions_total", {{"forge", key.forge}});
    for (const Draft& draft : drafts) {
      CountPromises(draft);
      if (draft.follow_up) follow_ups->push_back(draft.key);
    }
    // A ticket that changed between our reading it and this write may not have known of the change.
    for (const TicketRecord& fixed : rides) {
      const auto current = store_.LoadRecords({fixed.key});
      if (!current.ok()) return current.status();
      if ((*current)[0].promises == fixed.promises) continue;
      for (const Draft& draft : drafts) {
        if (draft.key.kind != TicketKind::kChange) continue;
        if (auto again = Decide(draft.key, {}); !again.ok()) return again.status();
      }
      break;
    }
    for (const std::string& flag : drafts[0].decision.standing.flags) {
      std::lock_guard lock(mutex_);
      if (said_.size() > 10000) said_.clear();
      if (said_.insert(absl::StrCat(ToString(key), " ", flag)).second) {
        log_.Warning("ticket needs a look", {{"ticket", NameOf(store_, key)}, {"flag", flag}});
      }
    }
    Judged judged;
    judged.context = drafts[0].context;
    judged.decision = std::move(drafts[0].decision);
    for (std::size_t i = 1; i < drafts.size(); ++i) {
      judged.successors.push_back(std::move(drafts[i].decision));
    }
    return judged;
  }
  return absl::AbortedError(
      absl::StrCat("ticket ", NameOf(store_, key), " changes faster than it can be decided"));
}

}  // namespace retainer::pipeline
