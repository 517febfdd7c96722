// Judge: news about a ticket becomes a committed decision. The worker, the timers, the reconciler
// and the command line all come through here.
//
// It loads the ticket, lets the core decide, fetches from the forge what the core asks (answers are
// facts with an expiry), and commits at the version it loaded; when somebody else was quicker it
// starts again. Claims that leave for another ticket arrive there in the same write. While the forge
// cannot answer, the decision is committed with its questions open (the core announces nothing then)
// and a wake-up, later with every try, so that one unreachable forge delays nothing else.
//
// Thread-safe. Errors are the store's: Unavailable, ResourceExhausted and FailedPrecondition mean
// try again later; DataLoss names a record that cannot be read; Aborted after many lost races.
// FailedPrecondition too where there are no terms yet.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
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
#include "src/pipeline/draft.h"
#include "src/pipeline/fixes.h"
#include "src/pipeline/inquiries.h"
#include "src/pipeline/notice_review.h"
#include "src/pipeline/terms_holder.h"

namespace retainer {

// A decision as it was committed, for those who print it.
struct Judged {
  TicketContext context;
  Decision decision;
  std::vector<Decision> successors;  // tickets that claims moved to
};

class Judge final : public NoticeReview {
 public:
  static constexpr absl::Duration kAnswerLasts = Inquiries::kAnswerLasts;
  // While a forge is silent: of how many tickets the tries are counted; the others wait the longest.
  static constexpr std::size_t kMaxCounted = 512;
  static constexpr int kMaxRounds = 4;   // of questions and answers in one decision
  static constexpr int kMaxRaces = 16;   // lost to other writers
  static constexpr int kMaxTickets = 8;  // in one write

  // Everything outlives this object.
  Judge(Store& store, Clock& clock, Log& log, Metrics& metrics, const TermsHolder& terms,
        std::vector<ForgeSlot> forges);

  // Joins `news` to the ticket, decides and commits.
  absl::StatusOr<Judged> Decide(const TicketKey& key, const News& news);

  // Is there such a ticket, as far as we know or the forge does? NotFound with the mend, or why the
  // forge does not say. Where there is no client, the word of whoever asks is taken.
  absl::Status Confirm(const TicketKey& key) { return inquiries_.Confirm(key); }

  // Asks no forge: a notice that came of a decision is looked at by the same facts and what joined
  // them.
  absl::StatusOr<Word> Review(Notice* notice) override;
  absl::Status DecideAgain(const TicketKey& key) override { return Decide(key, {}).status(); }

  // What is known around a ticket; the project's record may be newer than the store's.
  absl::StatusOr<TicketContext> Context(const TicketKey& key, const TicketRecord& record,
                                        const std::optional<ProjectRecord>& project);

  const ForgeSlot* FindForge(std::string_view name) const { return inquiries_.FindForge(name); }
  RemoteTicket Remote(const TicketContext& context, const std::string& installation_id) const;

 private:
  absl::StatusOr<Draft> MakeDraft(const TicketKey& key, const News& news, const TermsHistory& terms,
                                  absl::Time now);
  std::vector<std::pair<Login, std::string>> NewPins(const std::string& forge, const FactSet& facts,
                                                     const TermsHistory& terms, Pins* pins);
  // Drafts the tickets that claims of the first one leave for, and what follows from that, to be
  // written with it.
  absl::Status SendClaims(const TermsHistory& terms, absl::Time now, std::vector<Draft>* drafts);
  // What people were told of a ticket, for what there may be to take back.
  absl::StatusOr<std::vector<Notice>> ToldOf(const StoredTicket& stored);
  // Tells the figures which promises ended by what was learnt just now.
  void CountPromises(const Draft& draft);
  // When to ask again what the forge has not answered; infinite where there is nothing to ask.
  absl::Time RetryAt(const Draft& draft, absl::Time now);

  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  Inquiries inquiries_;
  Fixes fixes_;

  std::mutex mutex_;
  std::map<TicketKey, int> unanswered_;  // tries in a row; at most kMaxCounted
  std::set<std::string> said_;           // logged once
};

// Is it trouble of one ticket alone, so that the others can still be judged?
bool IsTicketsOwn(const absl::Status& status);

}  // namespace retainer
