// Tries: the rate limit and back-off of the questions to forges.
//
// A forge that does not answer gets no questions for a while, at most half a minute. Then it gets
// the next question, whichever that is. If a forge answers other questions but not this one, the
// pause before the next try grows. Only questions that were sent to the forge count as tries;
// events on the ticket do not.
//
// Questions only for private customers' sake are counted separately. Their failures delay no
// question that is for everybody's sake, so nobody outside can notice by a delay that they were
// asked.
//
// Kept in memory only. Asks nobody. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/forge.h"
#include "retainer/policy.h"
#include "retainer/ticket_record.h"

namespace retainer::pipeline {

// A configured forge. `client` is null if there is none (replay): then questions stay open.
struct ForgeSlot {
  std::string name;
  ForgeKind kind = ForgeKind::kGitHub;
  Forge* client = nullptr;
};

// The forge with this name; nullptr if there is none.
const ForgeSlot* FindForge(const std::vector<ForgeSlot>& forges, std::string_view name);

// For whose sake a question is asked.
enum class Sake : std::uint8_t {
  kEverybody,  // what outsiders see depends on the answer
  kHidden,     // only what private customers see depends on it
};

class Tries {
 public:
  // The longest pause before a silent forge is asked again.
  static constexpr absl::Duration kLongestSilence = absl::Seconds(30);
  // The pause before a question is asked again that found the forge silent.
  static constexpr absl::Duration kAfterSilence = absl::Minutes(1);
  // A ticket in the asker's queue also wakes up after this, in case the queue is lost.
  static constexpr absl::Duration kQueued = absl::Minutes(1);
  // The most tickets whose tries are counted; others wait for the longest pause.
  static constexpr std::size_t kMaxCounted = 512;
  // The pause between two questions about the account of one login.
  static constexpr absl::Duration kOwnerPause = absl::Minutes(10);

  // The clock outlives this object.
  Tries(Clock& clock, const std::vector<ForgeSlot>& forges);

  // True if this forge has a client.
  bool HasClient(std::string_view forge) const;
  // True if the question may be sent now.
  bool MayAsk(const TicketKey& key, const Question& question, Sake sake) const;
  // When to ask again about a ticket. Infinite if no question is open or the forge has no client.
  // Forgets the tries of questions that are no longer open.
  absl::Time NextAsk(const TicketKey& key, const OpenQuestions& open, absl::Time now);

  // True while the forge gets no questions.
  bool IsSilent(const std::string& forge, Sake sake) const;
  void NoteAnswer(const TicketKey& key, const Question& question, Sake sake);
  // `silent`: the forge answers no question at all, not only this one.
  void NoteFailure(const TicketKey& key, const Question& question, Sake sake, bool silent);
  void NoteSilence(const std::string& forge, Sake sake, std::optional<absl::Duration> retry_after);

  // Our own account on the forge; nullopt until the forge has said it.
  std::optional<Actor> Self(const std::string& forge) const;
  bool MayAskSelf(const std::string& forge) const;
  void NoteSelf(const std::string& forge, Actor self);

  // The id of the login's account, as the forge said it last. Nullopt if the forge did not say, or
  // when it is time to ask again.
  std::optional<std::string> Owner(const Login& login) const;
  // Starts a question about the login's account; the next may start after the pause. False: it may
  // not be asked now.
  bool BeginOwner(const Login& login, Sake sake);
  // `id` is nullopt if the forge did not say.
  void NoteOwner(const Login& login, std::optional<std::string> id);

 private:
  struct Silence {
    absl::Time until = absl::InfinitePast();
    int failures = 0;  // in a row
  };
  struct Try {
    int failures = 0;  // in a row
    absl::Time not_before;
  };
  using OfTicket = std::map<std::pair<Sake, Question>, Try>;
  struct OwnerTry {
    absl::Time not_before = absl::InfinitePast();
    std::optional<std::string> id;
  };

  // The instant until which the forge gets no questions; in the past if it gets them. All instants
  // are of the steady clock, because the other clock may be set back. REQUIRES: mutex_ is held.
  absl::Time SilentUntil(const std::string& forge, Sake sake) const;

  Clock& clock_;
  std::map<std::string, bool, std::less<>> has_client_;  // by forge

  mutable std::mutex mutex_;
  std::map<std::string, Actor> selves_;  // by forge
  std::map<std::pair<std::string, Sake>, Silence> silences_;
  std::map<TicketKey, OfTicket> tries_;  // at most kMaxCounted
  std::map<Login, OwnerTry> owners_;
};

inline constexpr absl::Duration kLongestWait = absl::Minutes(15);
// 5 s, 10 s, 20 s … up to kLongestWait, for the n-th failure in a row (n from 1).
absl::Duration BackOff(int failures);

}  // namespace retainer::pipeline
