// Dispatcher: makes one forge show what the desk wants it to show.
//
// It compares a desired face with what was last shown, makes the next missing change, one mutation
// at a time, and records each before it continues. So a rate limit or crash between two mutations
// loses nothing, and a burst of events needs one edit. The intent of a call is on disk before the
// call.
//
// Comments. Before the first status comment of a ticket is posted, the dispatcher searches for one
// (by marker and our author), because the store may be older than what the forge has. If the result
// of a create is unknown, this ticket (no other) waits until the forge must list the comment, and
// the search is repeated. A second comment of ours, found by a delivery or a list, is deleted; the
// oldest is kept. A comment that must disclose less than before is deleted and posted anew, because
// the forge keeps the edit history. A comment that the forge moved along with a transferred ticket
// is still ours and is adopted. A comment that people deleted is a fact, not an error.
//
// Labels. Only labels that the face names or that we put on are changed. Nobody is ever unassigned.
//
// Checks. A change's check comes last, so a forge that does not permit checks blocks nothing else.
// The log says once per project which permission is missing.
//
// Errors. A rate limit is waited for as long as it says. An unreachable forge is retried with
// increasing back-off, without end. A refusal of the forge is retried kMaxAttempts times; then the
// face is given up, which the log and the figures show. A refused label blocks only itself.
//
// In observe mode, and if a forge has no client, nothing is written: the log says what would be
// shown, and the faces wait in the backlog. From the backlog, which also has faces of events that
// did not happen just now, one face is shown each kBacklogEvery, the oldest first.
//
// One thread calls RunOnce; several dispatchers may run at once.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/face.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/restore_hold.h"
#include "src/pipeline/right_of_way.h"
#include "src/pipeline/trace_book.h"

namespace retainer::pipeline {

struct DispatcherOptions {
  bool observe = false;  // write nothing
  // In [0, 1): jitter for the retries of many tickets. Injected for tests.
  std::function<double()> random;
  // Mentions go before faces; nullptr: no mentions. Must outlive the dispatcher.
  const RightOfWay* right_of_way = nullptr;
  // Finds out whom we write as, where that is not known yet; may wait for the forge.
  std::function<std::optional<Actor>()> self = nullptr;
  // While it holds the forge, nothing is shown. Nullptr: never. Must outlive the dispatcher.
  RestoreHold* restore_hold = nullptr;
  // The address at which a ticket's customer can say how it was (feedback_links.h).
  std::function<std::string(const TicketKey& ticket)> rate_url = nullptr;
  const TraceBook* traces = nullptr;  // null: nothing is traced
};

class Dispatcher {
 public:
  static constexpr int kMaxAttempts = 8;
  static constexpr std::size_t kPage = 64;  // faces per round
  // The loop breaker: more edits of one comment than this within kEditWindow mean that another
  // program answers us. The face then waits until the end of the window.
  static constexpr int kMaxEdits = 30;
  static constexpr absl::Duration kEditWindow = absl::Minutes(10);
  // The pause for a project after its forge refused us a check.
  static constexpr absl::Duration kCheckPause = absl::Minutes(10);
  // How long a forge's list may lack what was just created or is still being created.
  static constexpr absl::Duration kFresh = absl::Minutes(1);
  // Six faces a minute from the backlog, well within the forges' limits for creating content.
  static constexpr absl::Duration kBacklogEvery = absl::Seconds(10);
  // A label that the forge refused is retried after this time, if it is still wanted.
  static constexpr absl::Duration kRefusedFor = absl::Hours(24);

  Dispatcher(ForgeSlot forge, Judge& judge, Store& store, const Renderer& renderer, Clock& clock,
             Log& log, Metrics& metrics, DispatcherOptions options);

  struct Round {
    std::size_t mutations = 0;
    std::size_t finished = 0;
    // When (by Clock::Steady) there may be more to do. InfiniteFuture: when a new face comes.
    absl::Time next = absl::InfiniteFuture();
  };
  // One round over the faces that are due.
  absl::StatusOr<Round> RunOnce();

 private:
  // The key that this ticket had in another project before a transfer.
  struct Predecessor {
    TicketKey key;
    absl::Time arrived;
  };
  // What was done for one generation of a face and is not in ShownFace.
  struct Progress {
    std::uint64_t generation = 0;
    std::set<std::string> removed;
    std::set<std::string> ensured;
    bool one_by_one = false;             // labels: put them on one by one, because one is refused
    std::set<std::string> deleted;       // comments that were deleted
    std::vector<Predecessor> came_from;  // not searched yet
    // Comments of our account that are not recorded: object id -> time of creation.
    std::map<std::string, absl::Time> strays;
    std::optional<absl::Duration> pause;  // set by a step that returned kPause
  };
  // kWait: wait for the turn to mutate. kPause: wait for what the forge may not list yet; the
  // following steps continue.
  enum class Step { kDone, kMutated, kLearnt, kWait, kPause };
  struct FirstSeen {
    absl::Time since;    // the `since` it was called with
    absl::Time at;       // (Steady)
    absl::Duration age;  // age at that time
  };

  // Where the customer of a face that asks can say how it was; empty: nowhere.
  std::string RateUrl(const DirtyFace& dirty) const;
  absl::Status Bring(const DirtyFace& dirty, Round* round);
  absl::Time NextTurn(const RemoteTicket& at) const;
  bool MayMutate(const RemoteTicket& at) const;
  absl::StatusOr<Step> NextStep(const DirtyFace& dirty, const RemoteTicket& at, Progress* progress,
                                ShownFace* shown);
  absl::StatusOr<Step> ShowComment(const DirtyFace& dirty, const RemoteTicket& at,
                                   Progress* progress, ShownFace* shown);

  // ---- dispatcher_labels.cc
  absl::StatusOr<Step> LabelStep(const DirtyFace& dirty, const RemoteTicket& at, Progress* progress,
                                 ShownFace* shown);
  absl::StatusOr<Step> RemoveLabel(const std::string& label, const DirtyFace& dirty,
                                   const RemoteTicket& at, Progress* progress, ShownFace* shown);
  absl::StatusOr<Step> AddLabels(std::vector<std::string> on, const DirtyFace& dirty,
                                 const RemoteTicket& at, Progress* progress, ShownFace* shown);
  absl::StatusOr<Step> Assign(const std::vector<std::string>& logins, const DirtyFace& dirty,
                              const RemoteTicket& at, ShownFace* shown);
  // Records the refusal, so that the label no longer blocks others.
  void Refuse(const DirtyFace& dirty, const std::string& label, const absl::Status& why,
              ShownFace* shown);
  // Removes refusals that are old or no longer concern the face.
  void ForgetRefusals(const Face& face, ShownFace* shown) const;

  // ---- dispatcher_check.cc
  absl::StatusOr<Step> CheckStep(const DirtyFace& dirty, const RemoteTicket& at, Progress* progress,
                                 ShownFace* shown);

  // ---- dispatcher_answers.cc
  // Tells the core whom the forge cannot assign, before people are told that the command was
  // carried out.
  absl::StatusOr<Step> AssignableStep(const DirtyFace& dirty, const RemoteTicket& at,
                                      const ShownFace& shown);
  absl::StatusOr<Step> GiveStep(const DirtyFace& dirty, const RemoteTicket& at, ShownFace* shown);
  absl::StatusOr<Step> ReactionStep(const DirtyFace& dirty, const RemoteTicket& at,
                                    ShownFace* shown);

  // ---- dispatcher_comment.cc
  absl::StatusOr<Step> CommentStep(const DirtyFace& dirty, const RemoteTicket& at,
                                   Progress* progress, ShownFace* shown);
  absl::StatusOr<Step> CreateStep(const DirtyFace& dirty, const RemoteTicket& at,
                                  const std::string& body, Progress* progress, ShownFace* shown);
  // The forge does not have the recorded comment.
  absl::StatusOr<Step> Missing(const DirtyFace& dirty, const RemoteTicket& at, Progress* progress,
                               ShownFace* shown);
  // Adopts the comment that was moved along with a transferred ticket.
  absl::StatusOr<Step> TakeOver(const Predecessor& from, const DirtyFace& dirty,
                                const RemoteTicket& at, Progress* progress, ShownFace* shown);
  // Handles comments of ours that are not recorded: records a lost one, deletes a second one.
  absl::StatusOr<Step> TidyStep(const DirtyFace& dirty, const RemoteTicket& at, Progress* progress,
                                ShownFace* shown);
  absl::StatusOr<Step> Delete(const std::string& id, const DirtyFace& dirty, const RemoteTicket& at,
                              Progress* progress, ShownFace* shown);
  // Our comments with the marker, the oldest first, without those that we deleted.
  absl::StatusOr<std::vector<RemoteComment>> Find(const RemoteTicket& at, const std::string& marker,
                                                  const Progress& progress, const ShownFace& shown);
  // The age of something recorded at `since`, independent of later changes to the clock.
  absl::Duration AgeOf(const TicketKey& key, const std::string& what, absl::Time since);
  static Step LookAgain(absl::Duration left, Progress* progress);
  Fact OwnComment(const RemoteComment& comment) const;
  absl::Status Adopt(const TicketKey& key, const RemoteComment& comment, const std::string& digest,
                     const std::vector<std::string>& discloses, ShownFace* shown);
  // After a mutation: counts it, and saves what is shown now.
  absl::StatusOr<Step> Mutated(const DirtyFace& dirty, const char* what, ShownFace* shown);
  // Makes the next face of the backlog dirty if it is due.
  absl::Status TakeFromBacklog(Round* round);
  absl::Status Observe(const DirtyFace& dirty, const std::string& body);
  absl::Status Learn(const TicketKey& key, const ShownFace& shown, const std::vector<Fact>& facts);
  absl::Status Failed(const DirtyFace& dirty, ShownFace shown, const absl::Status& why,
                      Round* round);
  std::string ObjectId(const std::string& comment_id) const;
  // The present time for postponed faces: the latest date seen plus the time passed since. So a
  // clock that is set back does not delay them.
  absl::Time FaceNow();
  // When the loop breaker allows another edit.
  absl::Time EditAllowedAt(const TicketKey& key, absl::Time now);

  const ForgeSlot forge_;
  Judge& judge_;
  Store& store_;
  const Renderer& renderer_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const DispatcherOptions options_;
  std::map<TicketKey, Progress> progress_;
  absl::Duration face_ahead_ = -absl::InfiniteDuration();  // relative to Clock::Steady
  std::set<TicketKey> took_over_;  // predecessors whose comment was searched
  std::set<std::pair<TicketKey, std::string>> assignable_;  // logins that the forge was asked about
  std::set<std::pair<TicketKey, std::string>> looked_at_;   // strays, by object id
  std::map<std::pair<TicketKey, std::string>, FirstSeen> first_seen_;
  std::map<TicketKey, std::string> observed_;          // digest of the last logged face
  absl::Time next_backlog_ = absl::InfinitePast();     // (Steady)
  std::map<TicketKey, std::deque<absl::Time>> edits_;  // (Steady)
  // Project -> when (Steady) to retry after its forge refused us a check.
  std::map<std::string, absl::Time> checks_refused_;
};

}  // namespace retainer::pipeline
