// Dispatcher: makes one forge show what the desk wants it to show.
//
// It compares a desired face with what was last shown and does the next missing thing, one mutation
// at a time, and remembers each before it goes on: a rate limit or a crash between two of them
// costs nothing, and a burst of events costs one edit. What a call is about to change is on disk
// before it. A status comment is looked for (marker and own author) before the first one is posted
// on a ticket: the store may be an older one than the forge knows. Where the end of a create is not
// known, the ticket (no other) waits until the forge must list it, and it is looked for again. A
// second one of ours, which a delivery tells of or a list shows, is deleted; the oldest is kept. A
// comment that must disclose less than before is deleted and posted anew, for editing keeps
// history. A comment that the forge carried along when the ticket was transferred is ours still: it
// is taken over. A comment that people deleted is a fact, not an error. Only labels that the face
// names or that we put on are touched; nobody is ever unassigned. A change's check comes last, and
// a forge that grants us no checks holds up nothing else: the log says once a project what right is
// missing.
//
// Trouble: a rate limit waits as long as it says; an unreachable forge is tried again with growing
// pauses and without end; a refusal of the forge is tried kMaxAttempts times and then buried, which
// the log and the figures show. A refused label holds up nothing but itself.
//
// In observe mode, and where a forge has no client, nothing is written: the log says what would
// stand there, and the faces wait in the backlog. They are shown from it, as is whatever did not
// happen just now, at a steady pace: one each kBacklogEvery, the oldest first.
//
// One thread calls RunOnce; different dispatchers may run at once.
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
#include "src/pipeline/right_of_way.h"

namespace retainer {

struct DispatcherOptions {
  bool observe = false;  // write nothing
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
  // A forge may not list for a while what it has just created, or is still creating.
  static constexpr absl::Duration kFresh = absl::Minutes(1);
  // Six faces a minute come out of the backlog, well within what a forge lets us create.
  static constexpr absl::Duration kBacklogEvery = absl::Seconds(10);
  // A label that the forge refused is tried again so much later, if it is still wanted.
  static constexpr absl::Duration kRefusedFor = absl::Hours(24);

  Dispatcher(ForgeSlot forge, Judge& judge, Store& store, const Renderer& renderer, Clock& clock,
             Log& log, Metrics& metrics, DispatcherOptions options);

  struct Round {
    std::size_t mutations = 0;
    std::size_t finished = 0;
    // When (by Clock::Steady) there may be more to do; InfiniteFuture: when a new face comes.
    absl::Time next = absl::InfiniteFuture();
  };
  // One round over the faces whose time has come.
  absl::StatusOr<Round> RunOnce();

 private:
  // A ticket of another project that this one was before.
  struct Predecessor {
    TicketKey key;
    absl::Time arrived;
  };
  // What was done for a generation of a face and leaves no trace in ShownFace.
  struct Progress {
    std::uint64_t generation = 0;
    std::set<std::string> removed;
    std::set<std::string> ensured;
    bool one_by_one = false;             // labels: one of them is refused
    std::set<std::string> deleted;       // comments
    std::vector<Predecessor> came_from;  // not looked for yet
    // Comments of our account that are not on record, by object id, and when they were written.
    std::map<std::string, absl::Time> strays;
    std::optional<absl::Duration> pause;  // of a step that answered kPause
  };
  // kWait: for the turn to mutate. kPause: for what the forge may not list yet; the steps behind it
  // go on.
  enum class Step { kDone, kMutated, kLearnt, kWait, kPause };
  struct FirstSeen {
    absl::Time since;    // what it was told of itself
    absl::Time at;       // (Steady)
    absl::Duration age;  // then
  };

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
  // The label holds up nothing else any more.
  void Refuse(const DirtyFace& dirty, const std::string& label, const absl::Status& why,
              ShownFace* shown);
  // Those that are old, or that the face has no more to do with.
  void ForgetRefusals(const Face& face, ShownFace* shown) const;

  // ---- dispatcher_check.cc
  absl::StatusOr<Step> CheckStep(const DirtyFace& dirty, const RemoteTicket& at, Progress* progress,
                                 ShownFace* shown);

  // ---- dispatcher_answers.cc
  // Whom the forge cannot assign the core is told of, before anybody is told that it is done.
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
  // The forge does not know the comment that is on record.
  absl::StatusOr<Step> Missing(const DirtyFace& dirty, const RemoteTicket& at, Progress* progress,
                               ShownFace* shown);
  // The comment that came along with a ticket from another project.
  absl::StatusOr<Step> TakeOver(const Predecessor& from, const DirtyFace& dirty,
                                const RemoteTicket& at, Progress* progress, ShownFace* shown);
  // Comments of ours that are not on record: a lost record is found again, a second one deleted.
  absl::StatusOr<Step> TidyStep(const DirtyFace& dirty, const RemoteTicket& at, Progress* progress,
                                ShownFace* shown);
  absl::StatusOr<Step> Delete(const std::string& id, const DirtyFace& dirty, const RemoteTicket& at,
                              Progress* progress, ShownFace* shown);
  // Our comments with the marker, the oldest first, without those that we have deleted.
  absl::StatusOr<std::vector<RemoteComment>> Find(const RemoteTicket& at, const std::string& marker,
                                                  const Progress& progress, const ShownFace& shown);
  // How old something is that is written down with `since`, whatever was done to the clock
  // meanwhile.
  absl::Duration AgeOf(const TicketKey& key, const std::string& what, absl::Time since);
  static Step LookAgain(absl::Duration left, Progress* progress);
  Fact OwnComment(const RemoteComment& comment) const;
  absl::Status Adopt(const TicketKey& key, const RemoteComment& comment, const std::string& digest,
                     const std::vector<std::string>& discloses, ShownFace* shown);
  // A mutation was made: it is counted, and what is shown now is on disk.
  absl::StatusOr<Step> Mutated(const DirtyFace& dirty, const char* what, ShownFace* shown);
  // Makes the next face of the backlog dirty when its turn has come.
  absl::Status TakeFromBacklog(Round* round);
  absl::Status Observe(const DirtyFace& dirty, const std::string& body);
  absl::Status Learn(const TicketKey& key, const ShownFace& shown, std::vector<Fact> facts);
  absl::Status Failed(const DirtyFace& dirty, ShownFace shown, const absl::Status& why,
                      Round* round);
  std::string ObjectId(const std::string& comment_id) const;
  // The instant that faces which were put off go by: the latest date that was seen, and the time
  // that has passed since. So a clock that is set back holds up none of them.
  absl::Time FaceNow();
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
  absl::Duration face_ahead_ = -absl::InfiniteDuration();  // of Clock::Steady
  std::set<TicketKey> took_over_;  // predecessors whose comment was looked for
  std::set<std::pair<TicketKey, std::string>> assignable_;  // logins that the forge was asked about
  std::set<std::pair<TicketKey, std::string>> looked_at_;   // strays, by object id
  std::map<std::pair<TicketKey, std::string>, FirstSeen> first_seen_;
  std::map<TicketKey, std::string> observed_;          // digest of the face that the log has
  absl::Time next_backlog_ = absl::InfinitePast();     // (Steady)
  std::map<TicketKey, std::deque<absl::Time>> edits_;  // (Steady)
  // Projects on which checks are refused to us, and when (Steady) that is tried again.
  std::map<std::string, absl::Time> checks_refused_;
};

}  // namespace retainer
