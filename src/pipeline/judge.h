// Judge: news about a ticket becomes a committed decision. The worker, the timers, the reconciler
// and the command line all come through here.
//
// It loads the ticket, lets the core decide, fetches from the forge what the core asks (answers are
// facts with an expiry), and commits at the version it loaded; when somebody else was quicker it
// starts again. Claims that leave for another ticket arrive there in the same write. While the
// forge cannot answer, the decision is committed with its questions open (the core holds back what
// hangs on their answers) and a wake-up, so that one unreachable forge delays nothing else.
//
// What outsiders see comes first: of every ticket the same is asked in the same order, whoever its
// customer is, and the face that follows is committed. Only then is asked what is needed for the
// sake of private customers, with a commit of its own: by FollowUps, where there are any, else at
// once.
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
#include "src/pipeline/follow_ups.h"
#include "src/pipeline/inquiries.h"
#include "src/pipeline/notice_review.h"
#include "src/pipeline/terms_holder.h"

namespace retainer::pipeline {

// A decision as it was committed, for those who print it.
struct Judged {
  TicketContext context;
  Decision decision;
  std::vector<Decision> successors;  // tickets that claims moved to
};

class Judge final : public NoticeReview {
 public:
  static constexpr absl::Duration kAnswerLasts = Inquiries::kAnswerLasts;
  static constexpr std::size_t kMaxCounted = Inquiries::kMaxCounted;
  static constexpr int kMaxRounds = 4;   // of questions and answers in one decision
  static constexpr int kMaxRaces = 16;   // lost to other writers
  static constexpr int kMaxTickets = 8;  // in one write

  // Everything outlives this object.
  Judge(Store& store, Clock& clock, Log& log, Metrics& metrics, const TermsHolder& terms,
        std::vector<ForgeSlot> forges, FollowUps* later = nullptr);

  // Joins `news` to the ticket, decides and commits.
  absl::StatusOr<Judged> Decide(const TicketKey& key, const News& news);
  // Asks what is to be asked of a ticket for the sake of private customers, and decides.
  absl::StatusOr<Judged> FollowUp(const TicketKey& key);

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
  // `follow_ups`: tickets about which something is to be asked after this.
  absl::StatusOr<Judged> DecideFor(Sake sake, const TicketKey& key, const News& news,
                                   std::vector<TicketKey>* follow_ups);
  absl::StatusOr<Draft> MakeDraft(Sake sake, const TicketKey& key, const News& news,
                                  const TermsHistory& terms, absl::Time now);
  // Pins what is not pinned yet; those of private customers' people alone only for their sake.
  // `unpinned`: there are such.
  std::vector<std::pair<Login, std::string>> NewPins(Sake sake, const std::string& forge,
                                                     const FactSet& facts,
                                                     const TermsHistory& terms, absl::Time now,
                                                     Pins* pins, bool* unpinned);
  // Drafts the tickets that claims of the first one leave for, and what follows from that, to be
  // written with it.
  absl::Status SendClaims(const TermsHistory& terms, absl::Time now, std::vector<Draft>* drafts);
  // What people were told of a ticket, for what there may be to take back.
  absl::StatusOr<std::vector<Notice>> ToldOf(const StoredTicket& stored);
  // Tells the figures which promises ended by what was learnt just now.
  void CountPromises(const Draft& draft);

  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  FollowUps* const later_;
  Inquiries inquiries_;
  Fixes fixes_;

  std::mutex mutex_;
  std::set<std::string> said_;  // logged once
};

// Is it trouble of one ticket alone, so that the others can still be judged?
bool IsTicketsOwn(const absl::Status& status);

}  // namespace retainer::pipeline
