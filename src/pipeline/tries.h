// Tries: what is remembered of the questions that forges were asked, so that nobody is asked too
// often.
//
// A forge that does not answer is left alone for a while, half a minute at the longest; then it is
// asked about whatever comes first. A question that it does not answer though it answers others is
// asked again later and later. Only what was asked of the forge counts as a try: what happens to a
// ticket meanwhile does not.
//
// What is asked for the sake of private customers alone is kept apart: its failures hold up nothing
// that is asked for everybody's, so that nobody outside learns by waiting that it was asked.
//
// In memory alone, and asks nobody. Thread-safe.
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

// A configured forge. `client` is null where there is none (replay): questions stay open then.
struct ForgeSlot {
  std::string name;
  ForgeKind kind = ForgeKind::kGitHub;
  Forge* client = nullptr;
};

// The one of that name; nullptr where there is none.
const ForgeSlot* FindForge(const std::vector<ForgeSlot>& forges, std::string_view name);

// For whose sake something is asked.
enum class Sake : std::uint8_t {
  kEverybody,  // what outsiders see hangs on it
  kHidden,     // of private customers alone
};

class Tries {
 public:
  // A forge that is silent is asked again after this at the latest.
  static constexpr absl::Duration kLongestSilence = absl::Seconds(30);
  // So is a question that found it silent.
  static constexpr absl::Duration kAfterSilence = absl::Minutes(1);
  // What waits in the asker's queue is looked at by a wake-up after this, should the queue be lost.
  static constexpr absl::Duration kQueued = absl::Minutes(1);
  // Of how many tickets tries are counted; others wait the longest.
  static constexpr std::size_t kMaxCounted = 512;
  // Between two questions whose a login is.
  static constexpr absl::Duration kOwnerPause = absl::Minutes(10);

  // The clock outlives this object.
  Tries(Clock& clock, const std::vector<ForgeSlot>& forges);

  // Can anybody be asked about tickets of this forge?
  bool HasClient(std::string_view forge) const;
  // Would it be asked now?
  bool MayAsk(const TicketKey& key, const Question& question, Sake sake) const;
  // When to ask again about a ticket; infinite where nothing is open or nobody can answer. Forgets
  // the tries of what is not open any more.
  absl::Time NextAsk(const TicketKey& key, const OpenQuestions& open, absl::Time now);

  // Is the forge left alone now?
  bool IsSilent(const std::string& forge, Sake sake) const;
  void NoteAnswer(const TicketKey& key, const Question& question, Sake sake);
  // `silent`: the forge answers nobody, not this question alone.
  void NoteFailure(const TicketKey& key, const Question& question, Sake sake, bool silent);
  void NoteSilence(const std::string& forge, Sake sake, std::optional<absl::Duration> retry_after);

  // Whom we write as there; nullopt while the forge has not said.
  std::optional<Actor> Self(const std::string& forge) const;
  bool MayAskSelf(const std::string& forge) const;
  void NoteSelf(const std::string& forge, Actor self);

  // Of a login's account: what the forge said last, as long as that is not asked again.
  std::optional<std::string> Owner(const Login& login) const;
  // From here on it is being asked, and not again for the pause; false: it is not to be asked now.
  bool BeginOwner(const Login& login, Sake sake);
  // Nullopt: the forge did not say.
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

  // All by the steady clock, for the other may be set back. Until when a forge is not asked; in the
  // past where it is. REQUIRES: mutex_ is held.
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
