// Judge: news about a ticket becomes a committed decision. The worker, the timers, the reconciler,
// the asker and the command line all come through here.
//
// It loads the ticket, lets the core decide under one snapshot of the terms, and commits at the
// version it loaded; when somebody else was quicker it starts again. Claims that leave for another
// ticket arrive there in the same write.
//
// It waits for no forge. A question that only the forge can answer is committed with the decision
// (TicketRecord::asks), and the ticket goes into the asker's queue. Answers come back as news. If
// news raises a new question, or if the account of a login of the policy is unknown, the decision
// is held until the forge was asked: the facts are in the ticket, and nothing else of it changes.
// If the forge cannot be asked now or did not answer, only what depends on the answer is held
// back.
//
// What outsiders see comes first: the same is asked about every ticket, in the same order, whoever
// its customer is, and the face that follows is committed. Questions for the sake of private
// customers are asked after that.
//
// Thread-safe. Errors are the store's: Unavailable, ResourceExhausted and FailedPrecondition mean
// try again later; DataLoss names a record that cannot be read; Aborted after many lost races.
// FailedPrecondition too where there are no terms yet.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
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
#include "retainer/forgotten.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/store.h"
#include "src/pipeline/allowances.h"
#include "src/pipeline/ask_queue.h"
#include "src/pipeline/draft.h"
#include "src/pipeline/fixes.h"
#include "src/pipeline/notice_review.h"
#include "src/pipeline/terms_holder.h"
#include "src/pipeline/tries.h"
#include "src/pipeline/work_log.h"

namespace retainer::pipeline {

// A decision as it was committed, for printing.
struct Judged {
  TicketContext context;
  Decision decision;
  std::vector<Decision> successors;  // tickets that claims moved to
};

// The queue for the judge's questions, and how often they may be asked.
struct Asking {
  Tries& tries;
  AskQueue& queue;
};

class Judge final : public NoticeReview {
 public:
  static constexpr int kMaxRounds = 4;   // of questions that need no forge
  static constexpr int kMaxRaces = 16;   // lost to other writers
  static constexpr int kMaxTickets = 8;  // in one write

  // The people whose data was erased; null: nobody's can be.
  using WhoIsForgotten = std::function<std::shared_ptr<const Forgotten>()>;

  // Everything outlives this object. Without `asks` nobody is asked anything.
  Judge(Store& store, Clock& clock, Log& log, Metrics& metrics, const TermsHolder& terms,
        std::vector<ForgeSlot> forges, std::optional<Asking> asks = std::nullopt,
        WhoIsForgotten forgotten = nullptr);

  // Joins `news` to the ticket, decides and commits. Aborted, beside the above, while the data of a
  // person on the ticket is being erased.
  absl::StatusOr<Judged> Decide(const TicketKey& key, const News& news);

  // Decides again from the ticket's present facts whether the notice is still true.
  absl::StatusOr<Word> Review(Notice* notice) override;
  absl::Status DecideAgain(const TicketKey& key) override;

  // Tells the team what there is to tell about customers beside their tickets: all of the policy in
  // force, or one (id). What was told before is not told again.
  absl::Status TellOfCustomers();
  absl::Status TellOfCustomer(const std::string& customer);
  // The hours of a customer changed by something other than a decision: the open tickets that show
  // what is left of them are judged again soon.
  absl::Status HoursChanged(const std::string& customer);
  // What customers (ids) hold changed by something other than the policy: their open tickets are
  // judged again soon, and those that were opened at or after `since`. Cost: one row for each.
  absl::Status PlansChanged(const std::vector<std::string>& customers,
                            const std::optional<absl::Time>& since);

  // What is known around a ticket, under the terms that it is to be judged by.
  absl::StatusOr<TicketContext> Context(const TicketKey& key, const TicketRecord& record,
                                        const TermsHistory& terms);
  // The same under the terms in force.
  absl::StatusOr<TicketContext> Context(const TicketKey& key, const TicketRecord& record) {
    return Context(key, record, terms_.Get());
  }

  const ForgeSlot* FindForge(std::string_view name) const {
    return pipeline::FindForge(forges_, name);
  }
  RemoteTicket Remote(const TicketContext& context, const std::string& installation_id) const;

 private:
  // Replaces the names of forgotten people in the news. Aborted: see Decide.
  absl::Status Forget(const TicketKey& key, News* news);
  // The same with a project's record that may be newer than the store's; nullopt: none is known.
  TicketContext ContextIn(const TicketKey& key, const TicketRecord& record,
                          const std::optional<ProjectRecord>& project, const TermsHistory& terms);
  // `asks_hidden`: open questions for private customers' sake may be asked after this decision.
  absl::StatusOr<Draft> MakeDraft(const TicketKey& key, const News& news, const TermsHistory& terms,
                                  absl::Time now, bool asks_hidden);
  bool CanAsk(const std::string& forge) const;
  // The logins of the policy on the ticket that are not pinned yet. If no forge can be asked, they
  // are pinned to the accounts with which they were seen.
  OpenQuestions FindOwners(const std::string& forge, const FactSet& facts,
                           const TermsHistory& terms, absl::Time now, Pins* pins,
                           std::vector<std::pair<Login, std::string>>* fresh);
  // The questions that the decision leaves open, with `owners`, and whether to ask them now.
  OpenQuestions Open(const Draft& draft, OpenQuestions owners, bool asks_hidden) const;
  // Drafts the tickets that claims of the first one leave for, and what follows from that, to be
  // written with it.
  absl::Status SendClaims(const TermsHistory& terms, absl::Time now, std::vector<Draft>* drafts,
                          bool asks_hidden);
  // The notices about a customer that are true now.
  absl::StatusOr<std::vector<Notice>> NoticesOf(const Policy& policy, const Customer& customer,
                                                absl::Time now);
  absl::StatusOr<Word> ReviewOfCustomer(const TermsHistory& terms, Notice* notice);
  // What people were told of a ticket, for what there may be to take back.
  absl::StatusOr<std::vector<Notice>> ToldOf(const StoredTicket& stored);
  // After a commit: the figures, what is to be known, what is to be asked.
  void Report(const Draft& draft);
  // Tells the figures which promises ended by what was learnt just now.
  void CountPromises(const Draft& draft);

  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  const std::vector<ForgeSlot> forges_;
  const std::optional<Asking> asks_;
  const WhoIsForgotten forgotten_;
  Fixes fixes_;
  Allowances allowances_;
  WorkLog work_log_;

  std::mutex mutex_;
  std::set<std::string> said_;  // logged once
};

// Is it trouble of one ticket alone, so that the others can still be judged?
bool IsTicketsOwn(const absl::Status& status);

}  // namespace retainer::pipeline
