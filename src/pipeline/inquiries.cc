#include "src/pipeline/inquiries.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/fact_builders.h"
#include "retainer/names.h"
#include "src/pipeline/ticket_keys.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::pipeline {
namespace {

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

// Kept beside the answer that outsiders' view was given: see IsHiddenAnswer.
void MarkHidden(Fact* answer) {
  answer->internal = true;
  answer->id += " hidden";
}

// May the forge not know yet what `fact` tells of, where it is asked this? What names another
// ticket says nothing of when that one came.
bool Concerns(const Fact& fact, const Question& question) {
  const bool written = question.reference.starts_with("#") || question.reference.starts_with("!");
  if (!written) return true;
  const std::string_view number = std::string_view(question.reference).substr(1);
  return std::any_of(fact.text.commands.begin(), fact.text.commands.end(),
                     [&](const Command& command) {
                       return command.argument == number || command.argument == question.reference;
                     });
}

}  // namespace

absl::Duration BackOff(int failures) {
  absl::Duration wait = absl::Seconds(5);
  for (int i = 1; i < failures && wait < kLongestWait; ++i) wait *= 2;
  return std::min(wait, kLongestWait);
}

Inquiries::Inquiries(Store& store, Clock& clock, Log& log, Metrics& metrics,
                     std::vector<ForgeSlot> forges)
    : store_(store), clock_(clock), log_(log), metrics_(metrics), forges_(std::move(forges)) {}

const ForgeSlot* Inquiries::FindForge(std::string_view name) const {
  for (const ForgeSlot& slot : forges_) {
    if (slot.name == name) return &slot;
  }
  return nullptr;
}

bool Inquiries::HasClient(std::string_view forge) const {
  const ForgeSlot* slot = FindForge(forge);
  return slot != nullptr && slot->client != nullptr;
}

absl::Time Inquiries::SilentUntil(const std::string& forge, Sake sake) const {
  const auto until = [&](Sake one) {
    const auto it = silences_.find({forge, one});
    return it == silences_.end() ? absl::InfinitePast() : it->second.until;
  };
  const absl::Time everybody = until(Sake::kEverybody);
  return sake == Sake::kEverybody ? everybody : std::max(everybody, until(Sake::kHidden));
}

bool Inquiries::IsSilent(const std::string& forge, Sake sake) {
  std::lock_guard lock(mutex_);
  return clock_.Steady() < SilentUntil(forge, sake);
}

bool Inquiries::MayAsk(const TicketKey& key, const Question& question, Sake sake) {
  if (!HasClient(key.forge)) return false;
  const absl::Time now = clock_.Steady();
  std::lock_guard lock(mutex_);
  if (now < SilentUntil(key.forge, sake)) return false;
  const auto tries = tries_.find(key);
  if (tries == tries_.end()) return true;
  const auto it = tries->second.find({sake, question});
  return it == tries->second.end() || now >= it->second.not_before;
}

absl::Time Inquiries::NextAsk(const TicketKey& key, const OpenQuestions& open, absl::Time now) {
  // Without a client nobody can ever answer: asking again would only burn a replay's time.
  if (!HasClient(key.forge)) return absl::InfiniteFuture();
  std::lock_guard lock(mutex_);
  if (open.everybody.empty() && open.hidden.empty()) {
    tries_.erase(key);
    return absl::InfiniteFuture();
  }
  if (tries_.size() >= kMaxCounted && !tries_.contains(key)) return now + kLongestWait;
  Tries& tries = tries_[key];
  std::erase_if(tries, [&](const auto& entry) {
    const auto& [sake, question] = entry.first;
    const auto& asked = sake == Sake::kEverybody ? open.everybody : open.hidden;
    return std::find(asked.begin(), asked.end(), question) == asked.end();
  });
  const absl::Time steady = clock_.Steady();
  absl::Duration wait = absl::InfiniteDuration();
  const auto look = [&](Sake sake, const std::vector<Question>& questions) {
    const absl::Time silent = SilentUntil(key.forge, sake);
    for (const Question& question : questions) {
      const auto it = tries.find({sake, question});
      absl::Time at = std::max(silent, steady);
      if (it != tries.end()) {
        at = std::max(at, it->second.not_before);
      } else if (silent <= steady) {
        at = steady + (sake == Sake::kHidden ? kFollowUp : BackOff(1));
      }
      wait = std::min(wait, at - steady);
    }
  };
  look(Sake::kEverybody, open.everybody);
  look(Sake::kHidden, open.hidden);
  return now + wait;
}

void Inquiries::NoteAnswer(const TicketKey& key, const Question& question, Sake sake) {
  std::lock_guard lock(mutex_);
  silences_.erase({key.forge, sake});
  silences_.erase({key.forge, Sake::kEverybody});  // it answers, whoever asked
  if (const auto it = tries_.find(key); it != tries_.end()) it->second.erase({sake, question});
}

void Inquiries::NoteFailure(const TicketKey& key, const Question& question, Sake sake,
                            bool silent) {
  std::lock_guard lock(mutex_);
  if (tries_.size() >= kMaxCounted && !tries_.contains(key)) return;
  Try& failed = tries_[key][{sake, question}];
  const absl::Duration wait = BackOff(++failed.failures);
  failed.not_before = clock_.Steady() + (silent ? std::min(wait, kAfterSilence) : wait);
}

void Inquiries::NoteSilence(const std::string& forge, Sake sake,
                            std::optional<absl::Duration> retry_after) {
  std::lock_guard lock(mutex_);
  Silence& silence = silences_[{forge, sake}];
  const absl::Duration wait = std::min(BackOff(++silence.failures), kLongestSilence);
  silence.until = clock_.Steady() + std::max(retry_after.value_or(absl::ZeroDuration()), wait);
}

std::optional<Actor> Inquiries::Self(const ForgeSlot& slot) {
  if (slot.client == nullptr) return std::nullopt;
  {
    std::lock_guard lock(mutex_);
    if (auto it = selves_.find(slot.name); it != selves_.end()) return it->second;
  }
  if (IsSilent(slot.name, Sake::kEverybody)) return std::nullopt;
  auto self = slot.client->Self();
  if (!self.ok()) {
    NoteSilence(slot.name, Sake::kEverybody, std::nullopt);
    return std::nullopt;
  }
  std::lock_guard lock(mutex_);
  selves_[slot.name] = *self;
  return *self;
}

bool Inquiries::Answer(const Question& question, Sake sake, const AskedOf& of, absl::Time now,
                       std::vector<Fact>* answers, std::optional<TicketInfo>* seen) {
  const TicketKey& key = of.context.key;
  const ForgeSlot* slot = FindForge(key.forge);
  if (question.kind == Question::Kind::kReference) {
    if (auto known = KnownAs(of.context, question.reference)) {
      answers->push_back(MakeReference({Provenance::kNetwork, now}, question.reference, *known));
      return true;
    }
  }
  if (!MayAsk(key, question, sake)) return false;
  const RemoteTicket at = {key, of.context.path, of.installation_id};
  const std::string subject = AnswerSubject(question.actor);
  // What happened before the clock was set back lies ahead: the answer holds for it too.
  absl::Time as_of = now;
  for (const auto& [id, fact] : of.facts) as_of = std::max(as_of, fact.at);
  const absl::Time expires = as_of + kAnswerLasts;
  const std::size_t known = answers->size();
  const auto not_settled = [&] {
    NoteFailure(key, question, sake, /*silent=*/false);
    return false;
  };
  absl::Status status;
  switch (question.kind) {
    case Question::Kind::kOpening: {
      auto backfill = slot->client->ReadTicket(at);
      status = backfill.status();
      if (absl::IsNotFound(status)) {
        if (!IsSettled(*slot, at, question, of, now)) return not_settled();
        answers->push_back(MakeReference({Provenance::kNetwork, now}, "", ""));
        status = {};
        break;
      }
      if (!backfill.ok()) break;
      for (Fact& fact : backfill->facts) {
        if (fact.kind == FactKind::kReference && !IsProjectKnown(key, fact.value)) continue;
        answers->push_back(std::move(fact));
      }
      *seen = backfill->ticket;
      break;
    }
    case Question::Kind::kReference: {
      auto value = AskReference(*slot, at, question.reference);
      status = value.status();
      if (absl::IsNotFound(status)) value = std::string(), status = {};
      if (!status.ok()) break;
      if (value->empty() && !IsSettled(*slot, at, question, of, now)) return not_settled();
      answers->push_back(MakeReference({Provenance::kNetwork, now}, question.reference, *value));
      break;
    }
    case Question::Kind::kPermission: {
      auto permission = slot->client->Permission(at, question.actor);
      status = permission.status();
      // Who is not there has no permission.
      if (status.code() == absl::StatusCode::kNotFound) permission = "none", status = {};
      if (status.ok()) {
        answers->push_back(MakeAnswer(FactKind::kPermission, subject, *permission, question.actor,
                                      as_of, expires));
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
                                      *membership, question.actor, as_of, expires));
      }
      break;
    }
    case Question::Kind::kProfile: {
      auto email = slot->client->PublicEmail(at, question.actor);
      status = email.status();
      if (status.code() == absl::StatusCode::kNotFound) email = std::string(), status = {};
      if (status.ok()) {
        answers->push_back(MakeAnswer(FactKind::kProfile, subject, FoldName(*email), question.actor,
                                      as_of, expires));
      }
      break;
    }
  }
  if (status.ok()) {
    NoteAnswer(key, question, sake);
    if (sake == Sake::kHidden) {
      for (std::size_t i = known; i < answers->size(); ++i) MarkHidden(&(*answers)[i]);
    }
    return true;
  }
  metrics_.Count("retainer_forge_errors_total",
                 {{"forge", slot->name}, {"code", absl::StatusCodeToString(status.code())}});
  const std::string trouble =
      absl::StrCat(slot->name, " ", absl::StatusCodeToString(status.code()));
  if (const auto kept_back = trouble_.Allow(trouble, clock_.Steady())) {
    log_.Warning("forge did not answer", {{"forge", slot->name},
                                          {"ticket", NameOf(store_, key)},
                                          {"error", StatusText(status)},
                                          {"more_like_it", absl::StrCat(*kept_back)}});
  }
  // What fails for one ticket or project (not found, not permitted, not installed) says nothing
  // about the others; wrong credentials do.
  const std::optional<absl::Duration> retry_after = RetryAfter(status);
  const bool silent =
      absl::IsUnavailable(status) || absl::IsResourceExhausted(status) || retry_after.has_value();
  NoteFailure(key, question, sake, silent);
  if (silent) NoteSilence(slot->name, sake, retry_after);
  return false;
}

bool Inquiries::IsSettled(const ForgeSlot& slot, const RemoteTicket& at, const Question& question,
                          const AskedOf& of, absl::Time now) {
  for (const auto& [id, fact] : of.facts) {
    // One that lies far ahead came before the clock was set back.
    if (fact.provenance != Provenance::kWebhook || absl::AbsDuration(now - fact.at) >= kForgeLag) {
      continue;
    }
    if (Concerns(fact, question)) return false;
  }
  // A project that is hidden from us, or is called otherwise now, has no tickets either.
  const auto project = slot.client->FindProject(at.path);
  return project.ok() && project->id == at.key.project;
}

bool Inquiries::IsProjectKnown(const TicketKey& from, const std::string& key) {
  const std::optional<TicketKey> ticket = ParseTicketKey(key);
  if (!ticket) return false;
  if (ticket->project == from.project) return true;
  const auto project = store_.FindProject({ticket->forge, ticket->project});
  return project.ok() && project->has_value();
}

std::optional<std::string> Inquiries::KnownAs(const TicketContext& from,
                                              const std::string& reference) {
  const ForgeSlot* slot = FindForge(from.key.forge);
  const bool offline = slot == nullptr || slot->client == nullptr;
  std::optional<TicketKey> key = WrittenKey(from.key, reference);
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

absl::StatusOr<std::string> Inquiries::AskReference(const ForgeSlot& slot, const RemoteTicket& at,
                                                    const std::string& reference) {
  if (const std::optional<TicketKey> key = WrittenKey(at.key, reference)) {
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

absl::Status Inquiries::Confirm(const TicketKey& key) {
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

bool Inquiries::MayAskOwner(const Login& login, Sake sake) {
  if (!HasClient(login.forge)) return false;
  const absl::Time now = clock_.Steady();
  std::lock_guard lock(mutex_);
  if (now < SilentUntil(login.forge, sake)) return false;
  const auto it = owner_not_before_.find(login);
  return it == owner_not_before_.end() || now >= it->second;
}

std::optional<std::string> Inquiries::OwnerOf(const Login& login, Sake sake,
                                              const std::string& seen) {
  const ForgeSlot* slot = FindForge(login.forge);
  if (slot == nullptr || slot->client == nullptr) return seen;
  const absl::Time now = clock_.Steady();
  if (IsSilent(slot->name, sake)) return std::nullopt;
  {
    std::lock_guard lock(mutex_);
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

}  // namespace retainer::pipeline
