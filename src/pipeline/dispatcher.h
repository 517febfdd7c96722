// Dispatcher: makes one forge show what the desk wants it to show.
//
// It compares a desired face with what was last shown and does the next missing thing, one mutation
// at a time, and remembers each before it goes on: a rate limit or a crash between two of them costs
// nothing, and a burst of events costs one edit. A status comment's intent is on disk before it is
// created; after a crash it is looked for (marker and own author) before another is posted. A
// comment that must disclose less than before is deleted and posted anew, for editing keeps history.
// A comment that the forge carried along when the ticket was transferred is ours still: it is taken
// over. A comment that people deleted is a fact, not an error. Only labels that the face names or that we
// put on are touched; nobody is ever unassigned. A change's check comes last, and a forge that grants
// us no checks holds up nothing else: the log says once a project what right is missing.
//
// Trouble: a rate limit waits as long as it says; an unreachable forge is tried again with growing
// pauses and without end; a refusal of the forge is tried kMaxAttempts times and then buried, which
// the log and the figures show. In observe mode nothing is written: faces count as reached.
//
// One thread calls RunOnce; different dispatchers may run at once.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/face.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/right_of_way.h"

namespace retainer {

struct DispatcherOptions {
  bool observe = false;
  // In [0, 1): spreads the tries of many tickets. Injected, so that tests know it.
  std::function<double()> random;
  // Mentions go before faces; nullptr: there are none. Outlives the dispatcher.
  const RightOfWay* right_of_way = nullptr;
};

class Dispatcher {
 public:
  static constexpr int kMaxAttempts = 8;
  static constexpr std::size_t kPage = 64;  // faces in one round
  // The loop breaker: more edits of one comment than this within kEditWindow mean that something
  // answers us; the face then waits for the window's end.
  static constexpr int kMaxEdits = 30;
  static constexpr absl::Duration kEditWindow = absl::Minutes(10);
  // A project that refused us a check is not asked for another so soon.
  static constexpr absl::Duration kCheckPause = absl::Minutes(10);
  // A forge may not know for a moment what it has just created.
  static constexpr absl::Duration kFresh = absl::Minutes(1);

  Dispatcher(ForgeSlot forge, Judge& judge, Store& store, const Renderer& renderer, Clock& clock,
             Log& log, Metrics& metrics, DispatcherOptions options);

  struct Round {
    std::size_t mutations = 0;
    std::size_t finished = 0;
    // When there may be more to do; InfiniteFuture: when a new face comes.
    absl::Time next = absl::InfiniteFuture();
  };
  // One round over the faces whose time has come.
  absl::StatusOr<Round> RunOnce();

 private:
  // What was done for a generation of a face and leaves no trace in ShownFace.
  struct Progress {
    std::uint64_t generation = 0;
    std::set<std::string> removed;
    std::set<std::string> ensured;
    std::vector<TicketKey> came_from;  // not looked for yet
  };
  enum class Step { kDone, kMutated, kLearnt, kWait };

  absl::Status Bring(const DirtyFace& dirty, Round* round);
  absl::Time NextTurn(const RemoteTicket& at) const;
  bool MayMutate(const RemoteTicket& at) const;
  absl::StatusOr<Step> NextStep(const DirtyFace& dirty, const RemoteTicket& at, Progress* progress,
                                ShownFace* shown);
  absl::StatusOr<Step> LabelStep(const DirtyFace& dirty, const RemoteTicket& at, Progress* progress,
                                 ShownFace* shown);
  absl::StatusOr<Step> CheckStep(const DirtyFace& dirty, const RemoteTicket& at, ShownFace* shown);
  absl::StatusOr<Step> CommentStep(const DirtyFace& dirty, const RemoteTicket& at,
                                   ShownFace* shown);
  absl::StatusOr<Step> CreateStep(const DirtyFace& dirty, const RemoteTicket& at,
                                  const std::string& body, ShownFace* shown);
  // The comment that came along with a ticket from another project.
  absl::StatusOr<Step> TakeOver(const TicketKey& from, const DirtyFace& dirty,
                                const RemoteTicket& at, ShownFace* shown);
  absl::Status Adopt(const TicketKey& key, const RemoteComment& comment, const std::string& digest,
                     const std::vector<std::string>& discloses, ShownFace* shown);
  absl::Status Learn(const TicketKey& key, const ShownFace& shown, std::vector<Fact> facts);
  absl::Status Failed(const DirtyFace& dirty, ShownFace shown, const absl::Status& why,
                      Round* round);
  std::string ObjectId(const std::string& comment_id) const;
  // When the loop breaker lets another edit pass.
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
  std::set<TicketKey> took_over_;  // predecessors whose comment was looked for
  std::map<TicketKey, std::set<std::string>> assigned_;  // logins that we have assigned
  std::map<TicketKey, std::deque<absl::Time>> edits_;
  // Projects on which checks are refused to us, and when that is tried again.
  std::map<std::string, absl::Time> checks_refused_;
};

}  // namespace retainer
