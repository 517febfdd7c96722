// Inquiries: what only a forge knows is asked of it here.
//
// A forge that does not answer is left alone for a while, half a minute at the longest; then it is
// asked about whatever comes first. A question that it does not answer though it answers others is
// asked again later and later. Only what was asked of the forge counts as a try: what happens to a
// ticket meanwhile does not.
//
// What is asked for the sake of private customers alone is kept apart: its failures hold up nothing
// that is asked for everybody's, so that nobody outside learns by waiting that it was asked.
//
// Thread-safe.
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

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/core.h"
#include "retainer/forge.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/store.h"
#include "src/pipeline/throttle.h"

namespace retainer::pipeline {

// A configured forge. `client` is null where there is none (replay): questions stay open then.
struct ForgeSlot {
  std::string name;
  ForgeKind kind = ForgeKind::kGitHub;
  Forge* client = nullptr;
};

// About which ticket something is asked.
struct AskedOf {
  const TicketContext& context;
  const std::string& installation_id;
  const FactSet& facts;
};

// For whose sake something is asked.
enum class Sake : std::uint8_t {
  kEverybody,  // what outsiders see hangs on it
  kHidden,     // of private customers alone
};

// What is not answered of a ticket.
struct OpenQuestions {
  std::vector<Question> everybody;
  std::vector<Question> hidden;
};

class Inquiries {
 public:
  // A forge that is silent is asked again after this at the latest.
  static constexpr absl::Duration kLongestSilence = absl::Seconds(30);
  // So is a question that found it silent.
  static constexpr absl::Duration kAfterSilence = absl::Minutes(1);
  // A hidden question is asked by a follow-up at once; by a wake-up where that was lost.
  static constexpr absl::Duration kFollowUp = absl::Minutes(1);
  // Of how many tickets tries are counted; others wait the longest.
  static constexpr std::size_t kMaxCounted = 512;
  // How long an answer of the forge is believed.
  static constexpr absl::Duration kAnswerLasts = absl::Hours(1);
  // So long a forge may not know yet what it has told us of.
  static constexpr absl::Duration kForgeLag = absl::Minutes(2);
  // Between two questions whose a login is.
  static constexpr absl::Duration kOwnerPause = absl::Minutes(10);

  // Everything outlives this object.
  Inquiries(Store& store, Clock& clock, Log& log, Metrics& metrics, std::vector<ForgeSlot> forges);

  const ForgeSlot* FindForge(std::string_view name) const;
  // Can anybody be asked about tickets of this forge?
  bool HasClient(std::string_view forge) const;
  // Whom we write as there; nullopt while the forge does not say.
  std::optional<Actor> Self(const ForgeSlot& slot);

  // Asks the forge; false where it cannot answer now, or is not to be asked yet. `seen`: the ticket
  // as the forge showed it.
  bool Answer(const Question& question, Sake sake, const AskedOf& of, absl::Time now,
              std::vector<Fact>* answers, std::optional<TicketInfo>* seen);
  // Would it ask now?
  bool MayAsk(const TicketKey& key, const Question& question, Sake sake);
  // When to ask again about a ticket; infinite where nothing is open or nobody can answer. Forgets
  // the tries of what is not open any more.
  absl::Time NextAsk(const TicketKey& key, const OpenQuestions& open, absl::Time now);
  // The id to pin a login of the policy to: the forge's word, not that of a delivery, which whoever
  // holds the secret of a single project could make up for all. Nullopt: the forge does not say
  // now, and nothing is pinned. What was seen where there is no client (replay).
  std::optional<std::string> OwnerOf(const Login& login, Sake sake, const std::string& seen);
  bool MayAskOwner(const Login& login, Sake sake);
  // As Judge::Confirm.
  absl::Status Confirm(const TicketKey& key);

 private:
  struct Silence {
    absl::Time until = absl::InfinitePast();
    int failures = 0;  // in a row
  };
  struct Try {
    int failures = 0;  // in a row
    absl::Time not_before;
  };
  using Tries = std::map<std::pair<Sake, Question>, Try>;

  // All by the steady clock, for the other may be set back. Until when a forge is not asked; in the
  // past where it is. REQUIRES: mutex_ is held.
  absl::Time SilentUntil(const std::string& forge, Sake sake) const;
  bool IsSilent(const std::string& forge, Sake sake);
  void NoteAnswer(const TicketKey& key, const Question& question, Sake sake);
  // `silent`: the forge answers nobody, not this question alone.
  void NoteFailure(const TicketKey& key, const Question& question, Sake sake, bool silent);
  void NoteSilence(const std::string& forge, Sake sake, std::optional<absl::Duration> retry_after);
  // Is it the forge's last word that it has no such thing? It may not know at once what it has told
  // us of, and hides what we may not see.
  bool IsSettled(const ForgeSlot& slot, const RemoteTicket& at, const Question& question,
                 const AskedOf& of, absl::Time now);
  // Claims go only to projects that we know of.
  bool IsProjectKnown(const TicketKey& from, const std::string& key);
  // The answer to a reference as far as no forge is needed for it: the key's text.
  std::optional<std::string> KnownAs(const TicketContext& from, const std::string& reference);
  absl::StatusOr<std::string> AskReference(const ForgeSlot& slot, const RemoteTicket& at,
                                           const std::string& reference);

  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const std::vector<ForgeSlot> forges_;

  std::mutex mutex_;
  std::map<std::string, Actor> selves_;  // by forge
  std::map<std::pair<std::string, Sake>, Silence> silences_;
  std::map<TicketKey, Tries> tries_;  // at most kMaxCounted
  std::map<Login, absl::Time> owner_not_before_;
  Throttle trouble_;  // of forges that do not answer
};

inline constexpr absl::Duration kLongestWait = absl::Minutes(15);
// 5 s, 10 s, 20 s … up to kLongestWait, for the n-th failure in a row (n from 1).
absl::Duration BackOff(int failures);

}  // namespace retainer::pipeline
