#include "src/pipeline/judge.h"

#include <algorithm>
#include <charconv>
#include <deque>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "retainer/fact_builders.h"

namespace retainer {
namespace {

std::string Lower(std::string_view text) {
  return absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
}

// The subject of an answer about an actor: its id, or its login where the id is unknown.
std::string AnswerSubject(const Actor& actor) {
  return actor.id.empty() ? absl::StrCat("@", actor.login) : actor.id;
}

// One fact an answer: the core judges what somebody did by the answer that held then, so an older
// one is kept.
Fact MakeAnswer(FactKind kind, std::string subject, std::string value, const Actor& actor,
                absl::Time now, absl::Time expires) {
  Fact fact;
  fact.id = MakeFactId(kind, subject, absl::StrCat(absl::ToUnixSeconds(now)));
  fact.kind = kind;
  fact.provenance = Provenance::kNetwork;
  fact.at = now;
  fact.actor = actor;
  fact.subject = std::move(subject);
  fact.value = std::move(value);
  fact.expires = expires;
  return fact;
}

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

std::optional<TicketInfo> Newer(const std::optional<TicketInfo>& a,
                                const std::optional<TicketInfo>& b) {
  return a ? a : b;
}

}  // namespace

std::optional<TicketKey> ParseTicketKey(std::string_view text) {
  TicketKey key;
  std::size_t slash = text.rfind('/');
  if (slash == text.npos) return std::nullopt;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), key.number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  text = text.substr(0, slash);
  if ((slash = text.rfind('/')) == text.npos) return std::nullopt;
  const std::string_view kind = text.substr(slash + 1);
  if (kind != "issue" && kind != "change") return std::nullopt;
  key.kind = kind == "issue" ? TicketKind::kIssue : TicketKind::kChange;
  text = text.substr(0, slash);
  if ((slash = text.rfind('/')) == text.npos) return std::nullopt;
  key.project = text.substr(slash + 1);
  key.forge = text.substr(0, slash);
  if (key.forge.empty() || key.project.empty() || key.number <= 0) return std::nullopt;
  return key;
}

absl::Duration BackOff(int failures) {
  absl::Duration wait = absl::Seconds(5);
  for (int i = 1; i < failures && wait < kLongestWait; ++i) wait *= 2;
  return std::min(wait, kLongestWait);
}

bool IsTicketsOwn(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsAborted(status) || absl::IsInvalidArgument(status);
}

struct Judge::Draft {
  TicketKey key;
  StoredTicket stored;
  TicketContext context;
  Decision decision;
  News news;
  std::optional<ProjectRecord> project;
  std::string installation_id;
  std::vector<std::pair<Login, std::string>> pins;
  bool unanswered = false;
};

Judge::Judge(Store& store, Clock& clock, Log& log, Metrics& metrics, const TermsHolder& terms,
             std::vector<ForgeSlot> forges)
    : store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      terms_(terms),
      forges_(std::move(forges)) {}

const ForgeSlot* Judge::FindForge(std::string_view name) const {
  for (const ForgeSlot& slot : forges_) {
    if (slot.name == name) return &slot;
  }
  return nullptr;
}

RemoteTicket Judge::Remote(const TicketContext& context, const std::string& installation_id) const {
  return {context.key, context.path, installation_id};
}

std::optional<Actor> Judge::Self(const ForgeSlot& slot, absl::Time now) {
  if (slot.client == nullptr) return std::nullopt;
  {
    std::lock_guard lock(mutex_);
    if (auto it = selves_.find(slot.name); it != selves_.end()) return it->second;
    if (auto it = unreachable_until_.find(slot.name);
        it != unreachable_until_.end() && now < it->second) {
      return std::nullopt;
    }
  }
  auto self = slot.client->Self();
  std::lock_guard lock(mutex_);
  if (!self.ok()) {
    const int failures = ++failures_[slot.name];
    unreachable_until_[slot.name] = now + BackOff(failures);
    return std::nullopt;
  }
  selves_[slot.name] = *self;
  return *self;
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
  context.project_private = known && known->is_private;
  context.adopted = known ? known->first_seen : clock_.Now();
  if (const ForgeSlot* slot = FindForge(key.forge)) {
    context.forge_kind = slot->kind;
    if (auto self = Self(*slot, clock_.Now())) {
      context.self_id = self->id;
      context.self_login = self->login;
    }
  }
  return context;
}

bool Judge::Answer(const Question& question, const Draft& draft, absl::Time now,
                   std::vector<Fact>* answers, News* learnt) {
  const ForgeSlot* slot = FindForge(draft.key.forge);
  if (question.kind == Question::Kind::kReference) {
    if (auto key = KnownAs(draft.context, question.reference)) {
      answers->push_back(MakeReference({Provenance::kNetwork, now}, question.reference, *key));
      return true;
    }
  }
  if (slot == nullptr || slot->client == nullptr) return false;
  {
    std::lock_guard lock(mutex_);
    auto it = unreachable_until_.find(slot->name);
    if (it != unreachable_until_.end() && now < it->second) return false;
  }
  const RemoteTicket at = Remote(draft.context, draft.installation_id);
  const std::string subject = AnswerSubject(question.actor);
  const absl::Time expires = now + kAnswerLasts;
  absl::Status status;
  switch (question.kind) {
    case Question::Kind::kOpening: {
      auto backfill = slot->client->ReadTicket(at);
      status = backfill.status();
      if (absl::IsNotFound(status)) {
        if (!IsSettled(*slot, at, draft, now)) return false;
        answers->push_back(MakeReference({Provenance::kNetwork, now}, "", ""));
        status = {};
        break;
      }
      if (!backfill.ok()) break;
      for (Fact& fact : backfill->facts) {
        if (fact.kind == FactKind::kReference && !IsProjectKnown(draft.key, fact.value)) continue;
        answers->push_back(std::move(fact));
      }
      learnt->ticket = backfill->ticket;
      break;
    }
    case Question::Kind::kReference: {
      auto value = AskReference(*slot, at, question.reference);
      status = value.status();
      if (absl::IsNotFound(status)) value = std::string(), status = {};
      if (!status.ok()) break;
      if (value->empty() && !IsSettled(*slot, at, draft, now)) return false;
      answers->push_back(MakeReference({Provenance::kNetwork, now}, question.reference, *value));
      break;
    }
    case Question::Kind::kPermission: {
      auto permission = slot->client->Permission(at, question.actor);
      status = permission.status();
      // Who is not there has no permission.
      if (status.code() == absl::StatusCode::kNotFound) permission = "none", status = {};
      if (status.ok()) {
        answers->push_back(
            MakeAnswer(FactKind::kPermission, subject, *permission, question.actor, now, expires));
      }
      break;
    }
    case Question::Kind::kMembership: {
      auto membership = slot->client->Membership(at, question.organization, question.actor);
      status = membership.status();
      if (status.code() == absl::StatusCode::kNotFound) membership = "no", status = {};
      if (status.ok()) {
        answers->push_back(MakeAnswer(FactKind::kMembership,
                                      absl::StrCat(subject, " ", question.organization),
                                      *membership, question.actor, now, expires));
      }
      break;
    }
    case Question::Kind::kProfile: {
      auto email = slot->client->PublicEmail(at, question.actor);
      status = email.status();
      if (status.code() == absl::StatusCode::kNotFound) email = std::string(), status = {};
      if (status.ok()) {
        answers->push_back(
            MakeAnswer(FactKind::kProfile, subject, Lower(*email), question.actor, now, expires));
      }
      break;
    }
  }
  std::lock_guard lock(mutex_);
  if (status.ok()) {
    failures_.erase(slot->name);
    unreachable_until_.erase(slot->name);
    return true;
  }
  metrics_.Count("retainer_forge_errors_total",
                 {{"forge", slot->name}, {"code", absl::StatusCodeToString(status.code())}});
  const std::string trouble =
      absl::StrCat(slot->name, " ", absl::StatusCodeToString(status.code()));
  if (const auto kept_back = trouble_.Allow(trouble, now)) {
    log_.Warning("forge did not answer", {{"forge", slot->name},
                                          {"ticket", ToString(draft.key)},
                                          {"error", status.ToString()},
                                          {"more_like_it", absl::StrCat(*kept_back)}});
  }
  // What fails for one ticket or project (not found, not permitted, not installed) says nothing
  // about the others; wrong credentials do.
  if (absl::IsUnavailable(status) || absl::IsResourceExhausted(status) || RetryAfter(status)) {
    const int failures = ++failures_[slot->name];
    unreachable_until_[slot->name] =
        now + std::max(RetryAfter(status).value_or(absl::ZeroDuration()), BackOff(failures));
  }
  return false;
}

bool Judge::IsSettled(const ForgeSlot& slot, const RemoteTicket& at, const Draft& draft,
                      absl::Time now) {
  for (const auto& [id, fact] : draft.decision.facts) {
    if (fact.provenance == Provenance::kWebhook && now < fact.at + kForgeLag) return false;
  }
  // A project that is hidden from us, or is called otherwise now, has no tickets either.
  const auto project = slot.client->FindProject(at.path);
  return project.ok() && project->id == at.key.project;
}

bool Judge::IsProjectKnown(const TicketKey& from, const std::string& key) {
  const std::optional<TicketKey> ticket = ParseTicketKey(key);
  if (!ticket) return false;
  if (ticket->project == from.project) return true;
  const auto project = store_.FindProject({ticket->forge, ticket->project});
  return project.ok() && project->has_value();
}

std::optional<TicketKey> Judge::Written(const TicketKey& from, const std::string& reference) {
  TicketKey key = from;
  if (reference.empty() || (reference[0] != '#' && reference[0] != '!')) return std::nullopt;
  const char* end = reference.data() + reference.size();
  const auto [parsed, error] = std::from_chars(reference.data() + 1, end, key.number);
  if (error != std::errc() || parsed != end || key.number <= 0) return std::nullopt;
  key.kind = reference[0] == '!' ? TicketKind::kChange : TicketKind::kIssue;
  return key;
}

std::optional<std::string> Judge::KnownAs(const TicketContext& from, const std::string& reference) {
  const ForgeSlot* slot = FindForge(from.key.forge);
  const bool offline = slot == nullptr || slot->client == nullptr;
  std::optional<TicketKey> key = Written(from.key, reference);
  if (!key) return offline ? std::optional<std::string>("") : std::nullopt;
  const auto is_known = [&](TicketKind kind) {
    key->kind = kind;
    const auto stored = store_.LoadTicket(*key);
    return stored.ok() && stored->facts.Find(MakeFactId(FactKind::kOpened, "", "")) != nullptr;
  };
  const TicketKind written = key->kind;
  if (is_known(written)) return ToString(*key);
  // One row of numbers for both kinds there.
  if (from.forge_kind == ForgeKind::kGitHub && is_known(TicketKind::kChange)) return ToString(*key);
  key->kind = written;
  // Nobody is there to be asked: people's word is taken.
  return offline ? std::optional<std::string>(ToString(*key)) : std::nullopt;
}

absl::StatusOr<std::string> Judge::AskReference(const ForgeSlot& slot, const RemoteTicket& at,
                                                const std::string& reference) {
  if (const std::optional<TicketKey> key = Written(at.key, reference)) {
    auto found = slot.client->FindTicket({*key, at.path, at.installation_id});
    if (!found.ok()) return found.status();
    return ToString(*found);
  }
  auto backfill = slot.client->ReadTicket(at);
  if (!backfill.ok()) return backfill.status();
  for (const Fact& fact : backfill->facts) {
    if (fact.kind != FactKind::kReference || !IsProjectKnown(at.key, fact.value)) continue;
    const bool moved = reference == kMovedTo;
    if (moved == (fact.subject == kMovedTo)) return fact.value;
  }
  return std::string();
}

absl::Status Judge::Confirm(const TicketKey& key) {
  auto stored = store_.LoadTicket(key);
  if (!stored.ok()) return stored.status();
  if (stored->facts.Find(MakeFactId(FactKind::kOpened, "", "")) != nullptr) {
    return absl::OkStatus();
  }
  const ForgeSlot* slot = FindForge(key.forge);
  if (slot == nullptr || slot->client == nullptr) return absl::OkStatus();
  auto project = store_.FindProject({key.forge, key.project});
  if (!project.ok()) return project.status();
  const std::string path = *project ? (*project)->path : stored->record.project_path;
  const auto found =
      slot->client->FindTicket({key, path, *project ? (*project)->installation_id : std::string()});
  const std::string name = ToString(TicketRef{key.forge, path, key.kind, key.number});
  if (absl::IsNotFound(found.status())) {
    return absl::NotFoundError(
        absl::StrCat(key.forge, " shows us no ticket ", name, ": check the number"));
  }
  if (!found.ok()) return found.status();
  if (found->kind != key.kind) {
    return absl::NotFoundError(
        absl::StrCat(name, " is of the other kind: write ",
                     ToString(TicketRef{key.forge, path, found->kind, key.number}), " for it"));
  }
  return absl::OkStatus();
}

std::optional<std::string> Judge::OwnerOf(const Login& login, const std::string& seen) {
  const ForgeSlot* slot = FindForge(login.forge);
  if (slot == nullptr || slot->client == nullptr) return seen;
  const absl::Time now = clock_.Now();
  {
    std::lock_guard lock(mutex_);
    const auto unreachable = unreachable_until_.find(slot->name);
    if (unreachable != unreachable_until_.end() && now < unreachable->second) return std::nullopt;
    absl::Time& not_before =
        owner_not_before_.try_emplace(login, absl::InfinitePast()).first->second;
    if (now < not_before) return std::nullopt;
    not_before = now + kOwnerPause;
  }
  const auto owner = slot->client->FindUser(login.name);
  if (owner.ok() && !owner->id.empty()) return owner->id;
  if (!owner.ok() && !absl::IsNotFound(owner.status())) {
    std::lock_guard lock(mutex_);
    owner_not_before_[login] = now + absl::Minutes(1);
  }
  return std::nullopt;
}

std::vector<std::pair<Login, std::string>> Judge::NewPins(const std::string& forge,
                                                          const FactSet& facts,
                                                          const TermsHistory& terms, Pins* pins) {
  std::vector<std::pair<Login, std::string>> fresh;
  std::set<std::pair<std::string_view, std::string_view>> met;
  const auto look = [&](const Actor& actor) {
    if (actor.id.empty() || actor.login.empty()) return;
    if (!met.emplace(actor.id, actor.login).second) return;
    const Login login{forge, Lower(actor.login)};
    if (!IsNamed(terms, login)) return;
    const std::string* pinned = pins->Find(login);
    if (pinned == nullptr) {
      const std::optional<std::string> id = OwnerOf(login, actor.id);
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

absl::Time Judge::RetryAt(const TicketKey& key, absl::Time now) {
  std::lock_guard lock(mutex_);
  if (unanswered_.size() >= kMaxCounted && !unanswered_.contains(key)) return now + kLongestWait;
  return now + BackOff(++unanswered_[key] + 2);
}

absl::StatusOr<Judge::Draft> Judge::MakeDraft(const TicketKey& key, const News& news,
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
  if (news.ticket && !news.ticket->url.empty()) draft.context.url = news.ticket->url;
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
  for (int round = 0;; ++round) {
    FactSet all = draft.stored.facts;
    for (const Fact& fact : facts) all.Add(fact);
    for (auto& pin : NewPins(key.forge, all, terms, &*pins)) draft.pins.push_back(std::move(pin));
    draft.decision = retainer::Decide(draft.context, draft.stored.facts, facts, terms, *pins,
                                      draft.stored.record.clock_states, now, *told);
    const std::vector<Question>& questions = draft.decision.standing.questions;
    if (questions.empty()) {
      std::lock_guard lock(mutex_);
      unanswered_.erase(key);
      break;
    }
    if (round == kMaxRounds) {
      draft.unanswered = true;
      break;
    }
    std::vector<Fact> answers;
    News learnt;
    bool complete = true;
    for (const Question& question : questions) {
      if (!Answer(question, draft, now, &answers, &learnt)) complete = false;
    }
    draft.news.ticket = Newer(draft.news.ticket, learnt.ticket);
    if (draft.context.url.empty() && draft.news.ticket) {
      draft.context.url = draft.news.ticket->url;
    }
    if (answers.empty()) {
      draft.unanswered = true;
      break;
    }
    facts.insert(facts.end(), answers.begin(), answers.end());
    if (!complete) round = kMaxRounds - 1;  // once more with what is known, then later
  }
  return draft;
}

void Judge::CountPromises(const Draft& draft) {
  const std::vector<std::string>& learnt = draft.decision.record.facts;
  for (const ClaimStanding& claim : draft.decision.standing.claims) {
    for (const PromiseClock& clock : claim.clocks) {
      for (const Cycle& cycle : clock.cycles) {
        if (cycle.outcome != Outcome::kMet && cycle.outcome != Outcome::kMissed) continue;
        if (cycle.stop_fact == nullptr ||
            std::find(learnt.begin(), learnt.end(), cycle.stop_fact->id) == learnt.end()) {
          continue;
        }
        metrics_.Count("retainer_promises_total",
                       {{"metric", std::string(MetricName(clock.metric))},
                        {"outcome", cycle.outcome == Outcome::kMet ? "met" : "missed"}});
      }
    }
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
  if (!decision.standing.questions.empty()) return Word::kWait;
  const auto still = std::find_if(decision.notices.begin(), decision.notices.end(),
                                  [&](const Notice& one) { return one.id == notice->id; });
  if (still == decision.notices.end()) return Word::kDrop;
  notice->is_private = notice->is_private || still->is_private;
  return Word::kTell;
}

DecisionWrite Judge::MakeWrite(const Draft& draft, absl::Time now) {
  const Decision& decision = draft.decision;
  const Standing& standing = decision.standing;
  DecisionWrite write;
  write.record = draft.stored.record;
  TicketRecord& record = write.record;
  record.key = draft.key;
  if (draft.news.ticket) {
    if (!draft.news.ticket->title.empty()) record.title = draft.news.ticket->title;
    if (!draft.news.ticket->url.empty()) record.url = draft.news.ticket->url;
  }
  record.project_path = draft.context.path;
  const TermsHistory terms = terms_.Get();
  record.tracked =
      !terms.empty() && terms.back()->policy.Covers({draft.key.forge, draft.context.path});
  record.open = standing.open && !standing.gone;
  record.customers.clear();
  record.priorities.clear();
  bool shows_payer = false;
  for (const ClaimRecord& claim : decision.claims) {
    record.customers.push_back(claim.customer);
    record.priorities.push_back(claim.priority);
    const Customer* customer =
        terms.empty() ? nullptr : terms.back()->policy.FindCustomer(claim.customer);
    shows_payer = shows_payer || (customer != nullptr && customer->is_public);
  }
  record.claims = decision.claims;
  record.endings = decision.endings;
  record.questions = static_cast<std::uint32_t>(standing.questions.size());
  record.decided_at = now;
  ForgetTimes(&record);
  for (const auto& [id, fact] : decision.facts) TakeTimes(fact, &record);
  record.worst = standing.worst;
  record.next_due = standing.next_due;
  record.clock_states = ClockStates(standing);
  record.terms_id = standing.terms_id;
  if (decision.promises) record.promises = *decision.promises;

  absl::Time wake = decision.wake_at;
  // Without a client nobody can ever answer: asking again would only burn a replay's time.
  const ForgeSlot* slot = FindForge(draft.key.forge);
  if (draft.unanswered && slot != nullptr && slot->client != nullptr) {
    wake = std::min(wake, RetryAt(draft.key, now));
  }
  // Rationale: a wake-up that is not ahead would be due for ever.
  if (wake <= now) wake = now + absl::Seconds(1);
  record.wake_at.reset();
  if (wake != absl::InfiniteFuture()) record.wake_at = wake;

  write.facts = decision.new_facts;
  write.face = decision.face;
  // Rationale: the order of edits must not tell a private customer's ticket from a community one.
  write.face_rank = shows_payer ? 0 : 1;
  // People took off a label of ours that is still wanted: the same face, to be shown again.
  if (decision.face) {
    for (const Fact& fact : decision.new_facts) {
      const bool ours = !draft.context.self_id.empty() && fact.actor.id == draft.context.self_id;
      if (fact.kind != FactKind::kLabelRemoved || ours) continue;
      for (const FaceLabel& label : decision.face->labels) {
        if (label.name == fact.subject) write.face_again = true;
      }
    }
  }
  write.notices = decision.notices;
  write.ledger = decision.record;
  if (draft.news.inbox_seq) {
    write.inbox_done = draft.news.inbox_seq;
    write.inbox_done_forge = draft.key.forge;
  }
  write.project = draft.news.project;
  write.pins = draft.pins;
  return write;
}

absl::StatusOr<std::optional<TicketKey>> Judge::Referenced(const TicketContext& from,
                                                           const std::string& reference) {
  std::optional<TicketKey> none;
  const std::size_t hash = reference.rfind('#');
  if (hash == reference.npos) return none;
  TicketKey key{from.key.forge, from.key.project, TicketKind::kIssue, 0};
  const char* end = reference.data() + reference.size();
  const auto [parsed, error] = std::from_chars(reference.data() + hash + 1, end, key.number);
  if (error != std::errc() || parsed != end || key.number <= 0) return none;
  if (hash == 0) return std::optional<TicketKey>(key);
  auto project = store_.FindProjectByPath({from.key.forge, reference.substr(0, hash)});
  if (!project.ok()) return project.status();
  if (!*project) return none;
  key.project = (*project)->key.id;
  if ((*project)->is_private && key.project != from.key.project) return none;
  return std::optional<TicketKey>(key);
}

absl::Status Judge::AddChange(const Draft& draft, DecisionWrite* write,
                              std::vector<TicketRecord>* rides) {
  if (draft.key.kind != TicketKind::kChange) return absl::OkStatus();
  const std::optional<ChangeInfo> seen = FindChange(draft.decision.facts);
  std::optional<ChangeRecord>& record = write->record.change;
  if (!seen || (seen->fixes.empty() && !record)) return absl::OkStatus();
  ChangeRecord change;
  change.state = seen->state;
  change.base = seen->base;
  change.head = seen->head;
  change.merge = seen->merge;
  change.checked = record && record->checked;

  std::vector<FixedTicket> tickets;
  for (const std::string& reference : seen->fixes) {
    auto key = Referenced(draft.context, reference);
    if (!key.ok()) return key.status();
    if (!*key) continue;
    auto fixed = store_.LoadRecords({**key});
    if (!fixed.ok()) return fixed.status();
    change.fixes.push_back(**key);
    tickets.push_back({reference, (*fixed)[0].url, (*fixed)[0].promises});
    rides->push_back(std::move((*fixed)[0]));
  }
  std::sort(change.fixes.begin(), change.fixes.end());
  change.fixes.erase(std::unique(change.fixes.begin(), change.fixes.end()), change.fixes.end());
  if (write->face) {
    const TermsHistory terms = terms_.Get();
    write->face->check = PresentCheck(
        change, tickets, terms.empty() ? CheckMode::kOff : terms.back()->policy.checks);
    if (write->face->check) change.checked = true;
  }
  record = std::move(change);
  return absl::OkStatus();
}

absl::Status Judge::WakeFixes(const std::vector<Draft>& drafts, absl::Time now,
                              std::vector<DecisionWrite>* writes) {
  const std::size_t decided = writes->size();
  for (std::size_t i = 0; i < decided; ++i) {
    if ((*writes)[i].record.promises == drafts[i].stored.record.promises) continue;
    auto changes = store_.FindFixes((*writes)[i].record.key, ChangeState::kOpen, kMaxChanges);
    if (!changes.ok()) return changes.status();
    for (TicketRecord& change : *changes) {
      const auto same = [&](const DecisionWrite& w) { return w.record.key == change.key; };
      auto write = std::find_if(writes->begin(), writes->end(), same);
      if (write == writes->end()) {
        writes->emplace_back().record = std::move(change);
        write = std::prev(writes->end());
      }
      write->record.wake_at = std::min(write->record.wake_at.value_or(now), now);
    }
  }
  return absl::OkStatus();
}

absl::Status Judge::SendClaims(const TermsHistory& terms, absl::Time now,
                               std::vector<Draft>* drafts) {
  // Rationale: duplicates of each other send claims to and fro, and what one sends may change what
  // the other had sent before. A ticket is drafted again only by an arrival that says something new.
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
      auto next = MakeDraft(*successor, arrival, terms, now);
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
  News all = news;
  for (int race = 0; race < kMaxRaces; ++race) {
    const TermsHistory terms = terms_.Get();
    if (terms.empty()) return absl::FailedPreconditionError("no valid policy is in force yet");
    const absl::Time now = clock_.Now();
    auto first = MakeDraft(key, all, terms, now);
    if (!first.ok()) return first.status();
    std::vector<Draft> drafts;
    drafts.push_back(*std::move(first));

    if (absl::Status status = SendClaims(terms, now, &drafts); !status.ok()) return status;

    std::vector<DecisionWrite> writes;
    std::vector<TicketRecord> rides;
    for (const Draft& draft : drafts) {
      writes.push_back(MakeWrite(draft, now));
      if (absl::Status status = AddChange(draft, &writes.back(), &rides); !status.ok()) {
        return status;
      }
    }
    if (absl::Status status = WakeFixes(drafts, now, &writes); !status.ok()) return status;
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
    for (const Draft& draft : drafts) CountPromises(draft);
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
        log_.Warning("ticket needs a look", {{"ticket", ToString(key)}, {"flag", flag}});
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
      absl::StrCat("ticket ", ToString(key), " changes faster than it can be decided"));
}

}  // namespace retainer
