#include "src/pipeline/tries.h"

#include <algorithm>

namespace retainer::pipeline {
namespace {

Login OwnerIn(const TicketKey& key, const Question& question) {
  return {key.forge, question.actor.login};
}

}  // namespace

absl::Duration BackOff(int failures) {
  absl::Duration wait = absl::Seconds(5);
  for (int i = 1; i < failures && wait < kLongestWait; ++i) wait *= 2;
  return std::min(wait, kLongestWait);
}

const ForgeSlot* FindForge(const std::vector<ForgeSlot>& forges, std::string_view name) {
  const auto slot = std::find_if(forges.begin(), forges.end(),
                                 [&](const ForgeSlot& one) { return one.name == name; });
  return slot == forges.end() ? nullptr : &*slot;
}

Tries::Tries(Clock& clock, const std::vector<ForgeSlot>& forges) : clock_(clock) {
  for (const ForgeSlot& slot : forges) has_client_[slot.name] = slot.client != nullptr;
}

bool Tries::HasClient(std::string_view forge) const {
  const auto it = has_client_.find(forge);
  return it != has_client_.end() && it->second;
}

absl::Time Tries::SilentUntil(const std::string& forge, Sake sake) const {
  const auto until = [&](Sake one) {
    const auto it = silences_.find({forge, one});
    return it == silences_.end() ? absl::InfinitePast() : it->second.until;
  };
  const absl::Time everybody = until(Sake::kEverybody);
  return sake == Sake::kEverybody ? everybody : std::max(everybody, until(Sake::kHidden));
}

bool Tries::IsSilent(const std::string& forge, Sake sake) const {
  const absl::Time now = clock_.Steady();
  std::lock_guard lock(mutex_);
  return now < SilentUntil(forge, sake);
}

bool Tries::MayAsk(const TicketKey& key, const Question& question, Sake sake) const {
  if (!HasClient(key.forge)) return false;
  const absl::Time now = clock_.Steady();
  std::lock_guard lock(mutex_);
  if (now < SilentUntil(key.forge, sake)) return false;
  if (question.kind == Question::Kind::kOwner) {
    const auto owner = owners_.find(OwnerIn(key, question));
    return owner == owners_.end() || now >= owner->second.not_before || owner->second.id;
  }
  const auto tries = tries_.find(key);
  if (tries == tries_.end()) return true;
  const auto it = tries->second.find({sake, question});
  return it == tries->second.end() || now >= it->second.not_before;
}

absl::Time Tries::NextAsk(const TicketKey& key, const OpenQuestions& open, absl::Time now) {
  // Without a client no answer ever comes: another wake-up would only cost a replay time.
  if (!HasClient(key.forge)) return absl::InfiniteFuture();
  const absl::Time steady = clock_.Steady();
  std::lock_guard lock(mutex_);
  absl::Duration wait = absl::InfiniteDuration();
  if (open.ask_everybody || open.ask_hidden) wait = kQueued;
  if (open.everybody.empty() && open.hidden.empty()) {
    tries_.erase(key);
    return now + wait;
  }
  if (tries_.size() >= kMaxCounted && !tries_.contains(key)) {
    return now + std::min(wait, kLongestWait);
  }
  OfTicket& tries = tries_[key];
  std::erase_if(tries, [&](const auto& entry) {
    const auto& [sake, question] = entry.first;
    const auto& asked = sake == Sake::kEverybody ? open.everybody : open.hidden;
    return std::find(asked.begin(), asked.end(), question) == asked.end();
  });
  const auto look = [&](Sake sake, const std::vector<Question>& questions, bool queued) {
    const absl::Time silent = SilentUntil(key.forge, sake);
    for (const Question& question : questions) {
      // A question about a login's account sets no wake-up: the ticket's next news asks again.
      if (question.kind == Question::Kind::kOwner) continue;
      const auto it = tries.find({sake, question});
      absl::Time at = std::max(silent, steady);
      if (it != tries.end()) {
        at = std::max(at, it->second.not_before);
      } else if (silent <= steady) {
        at = steady + (sake == Sake::kHidden ? kQueued : BackOff(1));
      }
      if (queued) at = std::max(at, steady + kQueued);
      wait = std::min(wait, at - steady);
    }
  };
  look(Sake::kEverybody, open.everybody, open.ask_everybody);
  look(Sake::kHidden, open.hidden, open.ask_hidden);
  return now + wait;
}

void Tries::NoteAnswer(const TicketKey& key, const Question& question, Sake sake) {
  std::lock_guard lock(mutex_);
  silences_.erase({key.forge, sake});
  silences_.erase({key.forge, Sake::kEverybody});  // it answers, for whichever sake
  if (const auto it = tries_.find(key); it != tries_.end()) it->second.erase({sake, question});
}

void Tries::NoteFailure(const TicketKey& key, const Question& question, Sake sake, bool silent) {
  const absl::Time now = clock_.Steady();
  std::lock_guard lock(mutex_);
  if (tries_.size() >= kMaxCounted && !tries_.contains(key)) return;
  Try& failed = tries_[key][{sake, question}];
  const absl::Duration wait = BackOff(++failed.failures);
  failed.not_before = now + (silent ? std::min(wait, kAfterSilence) : wait);
}

void Tries::NoteSilence(const std::string& forge, Sake sake,
                        std::optional<absl::Duration> retry_after) {
  const absl::Time now = clock_.Steady();
  std::lock_guard lock(mutex_);
  Silence& silence = silences_[{forge, sake}];
  const absl::Duration wait = std::min(BackOff(++silence.failures), kLongestSilence);
  silence.until = now + std::max(retry_after.value_or(absl::ZeroDuration()), wait);
}

std::optional<Actor> Tries::Self(const std::string& forge) const {
  std::lock_guard lock(mutex_);
  const auto it = selves_.find(forge);
  return it == selves_.end() ? std::nullopt : std::optional<Actor>(it->second);
}

bool Tries::MayAskSelf(const std::string& forge) const {
  if (!HasClient(forge)) return false;
  const absl::Time now = clock_.Steady();
  std::lock_guard lock(mutex_);
  return !selves_.contains(forge) && now >= SilentUntil(forge, Sake::kEverybody);
}

void Tries::NoteSelf(const std::string& forge, Actor self) {
  std::lock_guard lock(mutex_);
  selves_[forge] = std::move(self);
}

std::optional<std::string> Tries::Owner(const Login& login) const {
  const absl::Time now = clock_.Steady();
  std::lock_guard lock(mutex_);
  const auto it = owners_.find(login);
  if (it == owners_.end() || now >= it->second.not_before) return std::nullopt;
  return it->second.id;
}

bool Tries::BeginOwner(const Login& login, Sake sake) {
  const absl::Time now = clock_.Steady();
  std::lock_guard lock(mutex_);
  if (now < SilentUntil(login.forge, sake)) return false;
  OwnerTry& owner = owners_[login];
  if (now < owner.not_before) return false;
  owner = {now + kOwnerPause, std::nullopt};
  return true;
}

void Tries::NoteOwner(const Login& login, std::optional<std::string> id) {
  const absl::Time now = clock_.Steady();
  std::lock_guard lock(mutex_);
  if (!id) {
    owners_[login].not_before = now + absl::Minutes(1);
  } else {
    owners_[login].id = std::move(id);
  }
}

}  // namespace retainer::pipeline
