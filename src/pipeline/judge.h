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
#include "src/pipeline/notice_review.h"
#include "src/pipeline/terms_holder.h"
#include "src/pipeline/throttle.h"

namespace retainer {

// A configured forge. `client` is null where there is none (replay): questions stay open then.
struct ForgeSlot {
  std::string name;
  ForgeKind kind = ForgeKind::kGitHub;
  Forge* client = nullptr;
};

struct News {
  std::vector<Fact> facts;
  // What a delivery showed of the ticket and its project.
  std::optional<TicketInfo> ticket;
  std::optional<ProjectRecord> project;
  // The inbox entry that is done with this decision.
  std::optional<std::uint64_t> inbox_seq;
};

// A decision as it was committed, for those who print it.
struct Judged {
  TicketContext context;
  Decision decision;
  std::vector<Decision> successors;  // tickets that claims moved to
};

class Judge final : public NoticeReview {
 public:
  // How long an answer of the forge is believed.
  static constexpr absl::Duration kAnswerLasts = absl::Hours(1);
  // So long a forge may not know yet what it has told us of.
  static constexpr absl::Duration kForgeLag = absl::Minutes(2);
  // Between two questions whose a login is.
  static constexpr absl::Duration kOwnerPause = absl::Minutes(10);
  // While a forge is silent: of how many tickets the tries are counted; the others wait the longest.
  static constexpr std::size_t kMaxCounted = 512;
  static constexpr int kMaxRounds = 4;   // of questions and answers in one decision
  static constexpr int kMaxRaces = 16;   // lost to other writers
  static constexpr int kMaxTickets = 8;  // in one write
  // So many changes that say they fix a ticket are kept current when its promises change.
  static constexpr std::size_t kMaxChanges = 32;

  // Everything outlives this object.
  Judge(Store& store, Clock& clock, Log& log, Metrics& metrics, const TermsHolder& terms,
        std::vector<ForgeSlot> forges);

  // Joins `news` to the ticket, decides and commits.
  absl::StatusOr<Judged> Decide(const TicketKey& key, const News& news);

  // Is there such a ticket, as far as we know or the forge does? NotFound with the mend, or why the
  // forge does not say. Where there is no client, the word of whoever asks is taken.
  absl::Status Confirm(const TicketKey& key);

  // Asks no forge: a notice that came of a decision is looked at by the same facts and what joined
  // them.
  absl::StatusOr<Word> Review(Notice* notice) override;
  absl::Status DecideAgain(const TicketKey& key) override { return Decide(key, {}).status(); }

  // What is known around a ticket; the project's record may be newer than the store's.
  absl::StatusOr<TicketContext> Context(const TicketKey& key, const TicketRecord& record,
                                        const std::optional<ProjectRecord>& project);

  const ForgeSlot* FindForge(std::string_view name) const;
  RemoteTicket Remote(const TicketContext& context, const std::string& installation_id) const;

 private:
  struct Draft;  // one ticket of a write
  absl::StatusOr<Draft> MakeDraft(const TicketKey& key, const News& news, const TermsHistory& terms,
                                  absl::Time now);
  // Asks the forge; false where it cannot answer now.
  bool Answer(const Question& question, const Draft& draft, absl::Time now,
              std::vector<Fact>* answers, News* learnt);
  std::vector<std::pair<Login, std::string>> NewPins(const std::string& forge, const FactSet& facts,
                                                     const TermsHistory& terms, Pins* pins);
  // The id to pin a login of the policy to: the forge's word, not that of a delivery, which whoever
  // holds the secret of a single project could make up for all. Nullopt: the forge does not say now,
  // and nothing is pinned. What was seen where there is no client (replay).
  std::optional<std::string> OwnerOf(const Login& login, const std::string& seen);
  // Is it the forge's last word that it has no such thing? It may not know at once what it has told
  // us of, and hides what we may not see.
  bool IsSettled(const ForgeSlot& slot, const RemoteTicket& at, const Draft& draft, absl::Time now);
  // Claims go only to projects that we know of.
  bool IsProjectKnown(const TicketKey& from, const std::string& key);
  // `#12` or `!12`; nullopt for anything else.
  static std::optional<TicketKey> Written(const TicketKey& from, const std::string& reference);
  // The answer to a reference as far as no forge is needed for it: the key's text.
  std::optional<std::string> KnownAs(const TicketContext& from, const std::string& reference);
  absl::StatusOr<std::string> AskReference(const ForgeSlot& slot, const RemoteTicket& at,
                                           const std::string& reference);
  std::optional<Actor> Self(const ForgeSlot& slot, absl::Time now);
  // Drafts the tickets that claims of the first one leave for, and what follows from that, to be
  // written with it.
  absl::Status SendClaims(const TermsHistory& terms, absl::Time now, std::vector<Draft>* drafts);
  // What people were told of a ticket, for what there may be to take back.
  absl::StatusOr<std::vector<Notice>> ToldOf(const StoredTicket& stored);
  DecisionWrite MakeWrite(const Draft& draft, absl::Time now);
  // Tells the write what the change says it fixes, and which promises ride on it. `rides`: those
  // tickets as they were read.
  absl::Status AddChange(const Draft& draft, DecisionWrite* write,
                         std::vector<TicketRecord>* rides);
  // The ticket of a reference (`#12`, `owner/repo#12`) in the texts of a project; nullopt where its
  // project is not known, or where those who read the one may not read the other.
  absl::StatusOr<std::optional<TicketKey>> Referenced(const TicketContext& from,
                                                      const std::string& reference);
  // Has the changes judged again that say they fix a ticket of `writes` whose promises change, in the
  // same write: after a crash their checks follow all the same.
  absl::Status WakeFixes(const std::vector<Draft>& drafts, absl::Time now,
                         std::vector<DecisionWrite>* writes);
  // Tells the figures which promises ended by what was learnt just now.
  void CountPromises(const Draft& draft);
  absl::Time RetryAt(const TicketKey& key, absl::Time now);

  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  const std::vector<ForgeSlot> forges_;

  std::mutex mutex_;
  std::map<std::string, Actor> selves_;                  // by forge
  std::map<std::string, absl::Time> unreachable_until_;  // by forge: not asked before
  std::map<std::string, int> failures_;                  // by forge, in a row
  std::map<TicketKey, int> unanswered_;                  // tries in a row; at most kMaxCounted
  std::map<Login, absl::Time> owner_not_before_;
  std::set<std::string> said_;  // logged once
  Throttle trouble_;            // of forges that do not answer
};

// `forge/project/issue/12` back to a key; nullopt for anything else.
std::optional<TicketKey> ParseTicketKey(std::string_view text);

// Is it trouble of one ticket alone, so that the others can still be judged?
bool IsTicketsOwn(const absl::Status& status);

inline constexpr absl::Duration kLongestWait = absl::Minutes(15);
// 5 s, 10 s, 20 s … up to kLongestWait, for the n-th failure in a row (n from 1).
absl::Duration BackOff(int failures);

}  // namespace retainer
