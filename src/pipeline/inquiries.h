// Inquiries: asks a forge what only the forge knows, as often as Tries allows. The caller waits.
//
// Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
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
#include "src/pipeline/tries.h"

namespace retainer::pipeline {

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

  // Everything outlives this object.
  Inquiries(Store& store, Clock& clock, Log& log, Metrics& metrics, std::vector<ForgeSlot> forges,
            Tries& tries);

  // Whom we write as there; nullopt while the forge does not say.
  std::optional<Actor> Self(const std::string& forge);

  // Asks the forge; false where it cannot answer now, or is not to be asked yet. `seen`: the ticket
  // as the forge showed it.
  bool Answer(const Question& question, Sake sake, const AskedOf& of, absl::Time now,
              std::vector<Fact>* answers, std::optional<TicketInfo>* seen);
  // The id to pin a login of the policy to: the forge's word, not that of a delivery, which whoever
  // holds the secret of a single project could make up for all. Nullopt: the forge does not say
  // now.
  std::optional<std::string> OwnerOf(const Login& login, Sake sake);
  // Is there such a ticket, as far as we know or the forge does? NotFound with the mend, or why the
  // forge does not say. Where there is no client, the word of whoever asks is taken.
  absl::Status Confirm(const TicketKey& key);

 private:
  // Is it the forge's last word that it has no such thing? It may not know at once what it has told
  // us of, and hides what we may not see.
  bool IsSettled(const ForgeSlot& slot, const RemoteTicket& at, const Question& question,
                 const AskedOf& of, absl::Time now);
  absl::StatusOr<std::string> AskReference(const ForgeSlot& slot, const RemoteTicket& at,
                                           const std::string& reference);

  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const std::vector<ForgeSlot> forges_;
  Tries& tries_;
  // By forge: held while it is asked who somebody is.
  std::map<std::string, std::mutex> asking_;
  Throttle trouble_;  // of forges that do not answer
};

}  // namespace retainer::pipeline
