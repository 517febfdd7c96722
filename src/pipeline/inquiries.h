// Inquiries: sends questions to a forge that only the forge can answer, as often as Tries allows.
// The caller waits for the answer.
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

// The ticket that a question is about.
struct AskedOf {
  const TicketContext& context;
  const std::string& installation_id;
  const FactSet& facts;
};

class Inquiries {
 public:
  // How long an answer of the forge is believed.
  static constexpr absl::Duration kAnswerLasts = absl::Hours(1);
  // For this long after an event, the forge's API may not show yet what its delivery told.
  static constexpr absl::Duration kForgeLag = absl::Minutes(2);

  // Everything outlives this object.
  Inquiries(Store& store, Clock& clock, Log& log, Metrics& metrics, std::vector<ForgeSlot> forges,
            Tries& tries);

  // Our own account on the forge; nullopt until the forge has said it.
  std::optional<Actor> Self(const std::string& forge);

  // Asks the forge. False if it cannot answer now or may not be asked yet. `seen`: the ticket as
  // the forge showed it.
  bool Answer(const Question& question, Sake sake, const AskedOf& of, absl::Time now,
              std::vector<Fact>* answers, std::optional<TicketInfo>* seen);
  // The account's id to which a login of the policy is pinned. Only the forge's answer counts: a
  // delivery could be forged for all projects by anybody who has the secret of one. Nullopt: the
  // forge does not say now.
  std::optional<std::string> OwnerOf(const Login& login, Sake sake);
  // OK if we or the forge know the ticket. NotFound with what to do, or the error with which the
  // forge answered. Without a client it is OK: nobody can be asked.
  absl::Status Confirm(const TicketKey& key);

 private:
  // True if the forge's answer "not found" is final. It is not while the API may lag behind a
  // delivery (kForgeLag), nor for what our account may not see.
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
  // By forge: held while a question about an account is sent.
  std::map<std::string, std::mutex> asking_;
  Throttle trouble_;  // of forges that do not answer
};

}  // namespace retainer::pipeline
