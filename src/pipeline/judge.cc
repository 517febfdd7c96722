#include "src/pipeline/judge.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/fact_builders.h"
#include "retainer/names.h"
#include "src/pipeline/references.h"
#include "src/pipeline/ticket_keys.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::pipeline {
namespace {

// Remembers where the claims went, so that late news can take them back from there.
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

// True if the successor has this arrival with its present content.
bool HasArrived(const FactSet& facts, const Fact& arrival) {
  const Fact* known = facts.Find(arrival.id);
  return known != nullptr && known->value == arrival.value && known->at == arrival.at &&
         known->labels == arrival.labels;
}

bool Contains(const std::vector<Question>& questions, const Question& question) {
  return std::find(questions.begin(), questions.end(), question) != questions.end();
}

}  // namespace

bool IsTicketsOwn(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsAborted(status) || absl::IsInvalidArgument(status);
}

Judge::Judge(Store& store, Clock& clock, Log& log, Metrics& metrics, const TermsHolder& terms,
             std::vector<ForgeSlot> forges, std::optional<Asking> asks, WhoIsForgotten forgotten)
    : store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      terms_(terms),
      forges_(std::move(forges)),
      asks_(asks),
      forgotten_(std::move(forgotten)),
      fixes_(store),
      allowances_(store),
      work_log_(store) {}

bool Judge::CanAsk(const std::string& forge) const {
  return asks_ && asks_->tries.HasClient(forge);
}

RemoteTicket Judge::Remote(const TicketContext& context, const std::string& installation_id) const {
  return {context.key, context.path, installation_id};
}

absl::StatusOr<TicketContext> Judge::Context(const TicketKey& key, const TicketRecord& record,
                                             const TermsHistory& terms) {
  auto project = store_.FindProject({key.forge, key.project});
  if (!project.ok()) return project.status();
  return ContextIn(key, record, *project, terms);
}

TicketContext Judge::ContextIn(const TicketKey& key, const TicketRecord& record,
                               const std::optional<ProjectRecord>& known,
                               const TermsHistory& terms) {
  TicketContext context;
  context.key = key;
  context.url = record.url;
  context.path = known ? known->path : record.project_path;
  context.used = record.used;
  context.hours = record.hours;
  context.members_only = known && known->members_only;
  context.former_names = known ? known->former : std::vector<FormerName>();
  context.adopted = AdoptedAt(terms, NamesOf(context), known ? known->first_seen : clock_.Now());
  if (const ForgeSlot* slot = FindForge(key.forge)) context.forge_kind = slot->kind;
  if (const auto self = asks_ ? asks_->tries.Self(key.forge) : std::nullopt) {
    context.self_id = self->id;
    context.self_login = self->login;
  }
  return context;
}

OpenQuestions Judge::FindOwners(const std::string& forge, const FactSet& facts,
                                const TermsHistory& terms, absl::Time now, Pins* pins,
                                std::vector<std::pair<Login, std::string>>* fresh) {
  OpenQuestions owners;
  std::set<std::pair<std::string_view, std::string_view>> met;
  const TermsHistory open = OutsideTerms(terms, now);
  const auto look = [&](const Actor& actor) {
    if (actor.id.empty() || actor.login.empty()) return;
    if (!met.emplace(actor.id, actor.login).second) return;
    const Login login{forge, FoldName(actor.login)};
    if (!IsNamed(terms, login)) return;
    const std::string* pinned = pins->Find(login);
    if (pinned == nullptr && CanAsk(forge)) {
      Question question;
      question.kind = Question::Kind::kOwner;
      question.actor.login = login.name;
      auto& questions = IsNamed(open, login) ? owners.everybody : owners.hidden;
      if (!Contains(questions, question)) questions.push_back(std::move(question));
      return;
    }
    if (pinned == nullptr) {
      pins->Add(login, actor.id);
      fresh->emplace_back(login, actor.id);
      return;
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
  return owners;
}

OpenQuestions Judge::Open(const Draft& draft, OpenQuestions owners, bool asks_hidden) const {
  const TicketKey& key = draft.key;
  OpenQuestions open = std::move(owners);
  if (!CanAsk(key.forge)) return open;
  const Decision& decision = draft.decision;
  std::set_difference(decision.standing.questions.begin(), decision.standing.questions.end(),
                      decision.outside_questions.begin(), decision.outside_questions.end(),
                      std::back_inserter(open.hidden));
  open.everybody.insert(open.everybody.end(), decision.outside_questions.begin(),
                        decision.outside_questions.end());

  const News& news = draft.news;
  const OpenQuestions& before = draft.stored.record.asks;
  const Tries& tries = asks_->tries;
  if (news.asked != Sake::kEverybody && asks_->queue.HasRoom(key, Sake::kEverybody)) {
    // Our identity and the accounts of logins determine who did what, so they come before any
    // decision.
    open.held = draft.context.self_id.empty() && tries.MayAskSelf(key.forge);
    open.ask_everybody = open.held;
    for (const Question& question : open.everybody) {
      if (!tries.MayAsk(key, question, Sake::kEverybody)) continue;
      open.ask_everybody = true;
      const bool is_new = before.held || !Contains(before.everybody, question);
      const bool holds = question.kind == Question::Kind::kOwner || !news.facts.empty();
      open.held |= is_new && holds;
    }
  }
  if (!open.held && asks_hidden && news.asked != Sake::kHidden &&
      asks_->queue.HasRoom(key, Sake::kHidden)) {
    open.ask_hidden = std::any_of(
        open.hidden.begin(), open.hidden.end(),
        [&](const Question& question) { return tries.MayAsk(key, question, Sake::kHidden); });
  }
  return open;
}

absl::StatusOr<Draft> Judge::MakeDraft(const TicketKey& key, const News& news,
                                       const TermsHistory& terms, absl::Time now,
                                       bool asks_hidden) {
  Draft draft;
  draft.key = key;
  draft.news = news;
  draft.pins = news.pins;
  auto stored = store_.LoadTicket(key);
  if (!stored.ok()) return stored.status();
  draft.stored = *std::move(stored);
  std::optional<ProjectRecord> project = news.project;
  if (!project) {
    auto known = store_.FindProject({key.forge, key.project});
    if (!known.ok()) return known.status();
    project = *std::move(known);
  }
  draft.context = ContextIn(key, draft.stored.record, project, terms);
  if (news.ticket) {
    TicketRecord shown = draft.stored.record;
    TakeTold(*news.ticket, &shown);
    if (!shown.url.empty()) draft.context.url = shown.url;
  }
  auto pins = store_.LoadPins();
  if (!pins.ok()) return pins.status();
  for (const auto& [login, id] : news.pins) pins->Add(login, id);

  auto told = ToldOf(draft.stored);
  if (!told.ok()) return told.status();

  std::vector<Fact> facts = news.facts;
  OpenQuestions owners;
  for (int round = 0;; ++round) {
    FactSet all = draft.stored.facts;
    for (const Fact& fact : facts) all.Add(fact);
    owners = FindOwners(key.forge, all, terms, now, &*pins, &draft.pins);
    auto beside = fixes_.Find(draft.context, all, draft.stored.record.change, &draft.rides);
    if (!beside.ok()) return beside.status();
    draft.decision = retainer::Decide(draft.context, draft.stored.facts, facts, terms, *pins,
                                      draft.stored.record.clock_states, now, *told, *beside);
    const std::size_t known = facts.size();
    for (const Question& question : draft.decision.standing.questions) {
      if (question.kind != Question::Kind::kReference) continue;
      auto value = KnownAs(store_, draft.context, question.reference, !CanAsk(key.forge));
      if (!value) continue;
      facts.push_back(MakeReference({Provenance::kNetwork, now}, question.reference, *value));
    }
    auto differs = allowances_.Find(draft.decision.standing, terms, now, &draft.context);
    if (!differs.ok()) return differs.status();
    // Whose work it is, and who may log it, depends on the answers of the forge.
    WorkLog::Sure sure;
    sure.everybody = !CanAsk(key.forge) ||
                     (owners.everybody.empty() && draft.decision.outside_questions.empty());
    sure.hidden =
        sure.everybody && (!CanAsk(key.forge) ||
                           (owners.hidden.empty() && draft.decision.standing.questions.empty()));
    const auto answered = work_log_.Answer(terms, now, sure, &draft, &facts);
    if (!answered.ok()) return answered.status();
    auto shown = work_log_.Find(terms, now, &draft);
    if (!shown.ok()) return shown.status();
    if ((facts.size() == known && !*differs && !*shown) || round == kMaxRounds) break;
  }
  draft.asks = Open(draft, std::move(owners), asks_hidden);
  if (draft.asks.held) draft.decision.record.changes.clear();
  // Whose contact somebody is depends on the account of the login.
  const auto is_owner = [&](const Question& question) {
    return question.kind == Question::Kind::kOwner &&
           asks_->tries.MayAsk(key, question, Sake::kHidden);
  };
  if (draft.asks.ask_hidden &&
      std::any_of(draft.asks.hidden.begin(), draft.asks.hidden.end(), is_owner)) {
    std::erase_if(draft.decision.notices, [](const Notice& notice) { return notice.is_private; });
  }
  if (CanAsk(key.forge)) draft.ask_again = asks_->tries.NextAsk(key, draft.asks, now);
  return draft;
}

void Judge::CountPromises(const Draft& draft) {
  // Rationale: the difference of the endings is counted, because an answer of the forge may show
  // that a comment known for long has ended a promise.
  std::map<std::pair<Metric, Ending>, std::int64_t> ended;
  for (const EndingCount& ending : draft.decision.endings) {
    ended[{ending.metric, ending.ending}] += ending.count;
  }
  for (const EndingCount& ending : draft.stored.record.endings) {
    ended[{ending.metric, ending.ending}] -= ending.count;
  }
  // A promise is counted as late at its due instant, and not again when it ends.
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
  // Nothing was told about a ticket that never had a promise.
  if (stored.record.clock_states.empty()) return std::vector<Notice>();
  return store_.ReadToldNotices(stored.record.key);
}

absl::StatusOr<NoticeReview::Word> Judge::Review(Notice* notice) {
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return Word::kWait;
  if (IsAboutCustomer(notice->kind)) return ReviewOfCustomer(terms, notice);
  if (notice->kind == NoticeKind::kStandsOut) {
    // What a week was like stays true, but its customer may be private by now.
    const Customer* customer = terms.back()->policy.FindCustomer(notice->customer);
    notice->is_private = notice->is_private || (customer != nullptr && !customer->is_public);
    return Word::kTell;
  }
  auto stored = store_.LoadTicket(notice->ticket);
  if (!stored.ok()) return stored.status();
  if (stored->facts.empty()) return Word::kDrop;
  auto context = Context(notice->ticket, stored->record, terms);
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
    // It was not told to anybody yet, so it takes the present content.
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
                               std::vector<Draft>* drafts, bool asks_hidden) {
  // Rationale: two duplicates of each other send claims to and fro, and what one sends may change
  // what the other has sent. A ticket is drafted again only for an arrival with new content.
  std::vector<std::size_t> senders = {0};
  for (std::size_t n = 0; n < senders.size() && senders.size() < kMaxTickets; ++n) {
    const std::size_t from = senders[n];
    if ((*drafts)[from].asks.held) continue;
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
      }
      arrival.facts.push_back(departure.arrival);
      auto next = MakeDraft(*successor, arrival, terms, now, asks_hidden);
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

void Judge::Report(const Draft& draft) {
  if (draft.asks.ask_everybody) asks_->queue.Push(draft.key, Sake::kEverybody);
  for (const Fact& fact : draft.decision.new_facts) {
    if (fact.kind != FactKind::kWorkAnswered) continue;
    metrics_.Count("retainer_work_entries_total",
                   {{"result", fact.value.empty() ? "logged" : "refused"}});
  }
  if (draft.asks.held) return;
  CountPromises(draft);
  for (const std::string& flag : draft.decision.standing.flags) {
    std::lock_guard lock(mutex_);
    if (said_.size() > 10000) said_.clear();
    if (said_.insert(absl::StrCat(ToString(draft.key), " ", flag)).second) {
      log_.Warning("ticket needs a look", {{"ticket", NameOf(store_, draft.key)}, {"flag", flag}});
    }
  }
  if (draft.asks.ask_hidden) asks_->queue.Push(draft.key, Sake::kHidden);
}

absl::Status Judge::Forget(const TicketKey& key, News* news) {
  const std::shared_ptr<const Forgotten> forgotten = forgotten_ ? forgotten_() : nullptr;
  if (forgotten == nullptr || forgotten->empty()) return absl::OkStatus();
  bool under_way = false;
  const auto look = [&](const Fact& fact) {
    for (const Actor* actor : {&fact.actor, &fact.author, &fact.assignee}) {
      under_way = under_way || forgotten->IsUnderWay(key.forge, *actor);
    }
  };
  for (Fact& fact : news->facts) {
    look(fact);
    forgotten->Apply(key.forge, &fact);
  }
  if (news->ticket) forgotten->Apply(key.forge, &*news->ticket);
  std::erase_if(news->pins, [&](const auto& pin) {
    return forgotten->FindId(pin.first.forge, pin.second) != nullptr;
  });
  if (!forgotten->under_way().empty() && !under_way) {
    const auto stored = store_.LoadTicket(key);
    if (!stored.ok()) return stored.status();
    for (const auto& [id, fact] : stored->facts) look(fact);
  }
  if (!under_way) return absl::OkStatus();
  return absl::AbortedError("the data of a person on the ticket is being erased: it has to wait");
}

absl::StatusOr<Judged> Judge::Decide(const TicketKey& key, const News& all_news) {
  News news = all_news;
  if (absl::Status waits = Forget(key, &news); !waits.ok()) return waits;
  // If an answer for private customers' sake moved claims, the successors ask their questions when
  // they wake up. Otherwise two tickets that send claims to and fro would keep each other busy.
  const bool asks_hidden = news.asked != Sake::kHidden;
  for (int race = 0; race < kMaxRaces; ++race) {
    const TermsHistory terms = terms_.Get();
    if (terms.empty()) return absl::FailedPreconditionError("no valid policy is in force yet");
    const absl::Time now = clock_.Now();
    auto first = MakeDraft(key, news, terms, now, asks_hidden);
    if (!first.ok()) return first.status();
    std::vector<Draft> drafts;
    drafts.push_back(*std::move(first));
    absl::Status status = SendClaims(terms, now, &drafts, asks_hidden);
    if (!status.ok()) return status;

    std::vector<DecisionWrite> writes;
    for (const Draft& draft : drafts) writes.push_back(MakeWrite(draft, terms, now));
    if (status = fixes_.Wake(drafts, now, &writes); !status.ok()) return status;
    if (status = allowances_.Wake(drafts, terms, now, &writes); !status.ok()) return status;
    if (status = work_log_.Wake(drafts, terms, now, &writes); !status.ok()) return status;
    status = writes.size() == 1 ? store_.Commit(writes[0]) : store_.CommitAll(writes);
    if (absl::IsAborted(status)) {
      metrics_.Count("retainer_commit_races_total");
      continue;
    }
    if (!status.ok()) return status;
    if (!drafts[0].asks.held) metrics_.Count("retainer_decisions_total", {{"forge", key.forge}});
    for (const Draft& draft : drafts) Report(draft);
    for (const Draft& draft : drafts) {
      for (const auto& [customer, added] : draft.customers) {
        // If this fails, the next look at all customers finds it.
        const absl::Status told = TellOfCustomer(customer);
        if (!told.ok()) {
          log_.Warning("a customer's hours could not be looked at",
                       {{"customer", customer}, {"error", StatusText(told)}});
        }
      }
    }
    Judged judged;
    judged.context = std::move(drafts[0].context);
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
