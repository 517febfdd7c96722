// Inquiries: what only a forge knows is asked of it here. A forge that does not answer is left alone
// for a while, longer with every failure in a row; it is then asked about no ticket.
//
// Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
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

namespace retainer {

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

class Inquiries {
 public:
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

  // Asks the forge; false where it cannot answer now. `seen`: the ticket as the forge showed it.
  bool Answer(const Question& question, const AskedOf& of, absl::Time now,
              std::vector<Fact>* answers, std::optional<TicketInfo>* seen);
  // The id to pin a login of the policy to: the forge's word, not that of a delivery, which whoever
  // holds the secret of a single project could make up for all. Nullopt: the forge does not say now,
  // and nothing is pinned. What was seen where there is no client (replay).
  std::optional<std::string> OwnerOf(const Login& login, const std::string& seen);
  // As Judge::Confirm.
  absl::Status Confirm(const TicketKey& key);

 private:
  bool IsSilent(const std::string& forge);
  // Is it the forge's last word that it has no such thing? It may not know at once what it has told
  // us of, and hides what we may not see.
  bool IsSettled(const ForgeSlot& slot, const RemoteTicket& at, const AskedOf& of, absl::Time now);
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
  std::map<std::string, Actor> selves_;                  // by forge
  std::map<std::string, absl::Time> unreachable_until_;  // by forge: not asked before (Steady)
  std::map<std::string, int> failures_;                  // by forge, in a row
  std::map<Login, absl::Time> owner_not_before_;         // (Steady)
  Throttle trouble_;                                     // of forges that do not answer
};

inline constexpr absl::Duration kLongestWait = absl::Minutes(15);
// 5 s, 10 s, 20 s … up to kLongestWait, for the n-th failure in a row (n from 1).
absl::Duration BackOff(int failures);

}  // namespace retainer
