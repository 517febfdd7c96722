#include "src/pipeline/inquiries.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "retainer/fact_builders.h"
#include "retainer/names.h"
#include "src/pipeline/references.h"
#include "src/pipeline/ticket_keys.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::pipeline {
namespace {

// The subject of an answer about an actor: its id, or its login if the id is unknown.
std::string AnswerSubject(const Actor& actor) {
  return actor.id.empty() ? absl::StrCat("@", actor.login) : actor.id;
}

// Each answer is a fact of its own. The core judges an act by the answer that was true then, so
// older answers are kept.
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

// Kept separately from the answer for the outsiders' view: see IsHiddenAnswer.
void MarkHidden(Fact* answer) {
  answer->internal = true;
  answer->id += " hidden";
}

// True if the forge's API may lag behind `fact` for this question. A fact that names another ticket
// does not tell when that ticket was created.
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

Inquiries::Inquiries(Store& store, Clock& clock, Log& log, Metrics& metrics,
                     std::vector<ForgeSlot> forges, Tries& tries)
    : store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      forges_(std::move(forges)),
      tries_(tries) {
  for (const ForgeSlot& slot : forges_) asking_[slot.name];
}

std::optional<Actor> Inquiries::Self(const std::string& forge) {
  if (auto known = tries_.Self(forge)) return known;
  const ForgeSlot* slot = FindForge(forges_, forge);
  if (slot == nullptr || slot->client == nullptr) return std::nullopt;
  const std::lock_guard lock(asking_.at(forge));
  if (auto known = tries_.Self(forge)) return known;
  if (!tries_.MayAskSelf(forge)) return std::nullopt;
  auto self = slot->client->Self();
  if (!self.ok()) {
    tries_.NoteSilence(forge, Sake::kEverybody, std::nullopt);
    return std::nullopt;
  }
  tries_.NoteSelf(forge, *self);
  return *std::move(self);
}

bool Inquiries::Answer(const Question& question, Sake sake, const AskedOf& of, absl::Time now,
                       std::vector<Fact>* answers, std::optional<TicketInfo>* seen) {
  const TicketKey& key = of.context.key;
  const ForgeSlot* slot = FindForge(forges_, key.forge);
  if (!tries_.MayAsk(key, question, sake)) return false;
  const RemoteTicket at = {key, of.context.path, of.installation_id};
  const std::string subject = AnswerSubject(question.actor);
  // Facts from before the clock was set back are in the future: the answer covers them too.
  absl::Time as_of = now;
  for (const auto& [id, fact] : of.facts) as_of = std::max(as_of, fact.at);
  const absl::Time expires = as_of + kAnswerLasts;
  const std::size_t known = answers->size();
  const auto not_settled = [&] {
    tries_.NoteFailure(key, question, sake, /*silent=*/false);
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
        if (fact.kind == FactKind::kReference && !IsProjectKnown(store_, key, fact.value)) continue;
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
      // An account that does not exist has no permission.
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
    case Question::Kind::kOwner:
      return false;  // OwnerOf asks it
  }
  if (status.ok()) {
    tries_.NoteAnswer(key, question, sake);
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
  // An error of one ticket or project (not found, not permitted, not installed) says nothing about
  // the others. Wrong credentials do.
  const std::optional<absl::Duration> retry_after = RetryAfter(status);
  const bool silent =
      absl::IsUnavailable(status) || absl::IsResourceExhausted(status) || retry_after.has_value();
  tries_.NoteFailure(key, question, sake, silent);
  if (silent) tries_.NoteSilence(slot->name, sake, retry_after);
  return false;
}

bool Inquiries::IsSettled(const ForgeSlot& slot, const RemoteTicket& at, const Question& question,
                          const AskedOf& of, absl::Time now) {
  for (const auto& [id, fact] : of.facts) {
    // A fact far in the future is from before the clock was set back.
    if (fact.provenance != Provenance::kWebhook || absl::AbsDuration(now - fact.at) >= kForgeLag) {
      continue;
    }
    if (Concerns(fact, question)) return false;
  }
  // A project that we may not see, or that was renamed, answers like one without the ticket.
  const auto project = slot.client->FindProject(at.path);
  return project.ok() && project->id == at.key.project;
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
    if (fact.kind != FactKind::kReference || !IsProjectKnown(store_, at.key, fact.value)) continue;
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
  const ForgeSlot* slot = FindForge(forges_, key.forge);
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

std::optional<std::string> Inquiries::OwnerOf(const Login& login, Sake sake) {
  const ForgeSlot* slot = FindForge(forges_, login.forge);
  if (slot == nullptr || slot->client == nullptr) return std::nullopt;
  // Rationale: if two tickets have the same login, the second waits for the first one's answer.
  // Otherwise it would believe whichever account has the login on that ticket.
  const std::lock_guard lock(asking_.at(login.forge));
  if (auto known = tries_.Owner(login)) return known;
  if (!tries_.BeginOwner(login, sake)) return std::nullopt;
  const auto owner = slot->client->FindUser(login.name);
  if (owner.ok() && !owner->id.empty()) {
    tries_.NoteOwner(login, owner->id);
    return owner->id;
  }
  if (!owner.ok() && !absl::IsNotFound(owner.status())) tries_.NoteOwner(login, std::nullopt);
  return std::nullopt;
}

}  // namespace retainer::pipeline
