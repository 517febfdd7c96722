// The replay's machinery: one object a replay. replay.cc takes facts one by one and holds claims;
// replay_inputs.cc reads what people put in by labels and commands; replay_acts.cc finds what no
// single fact tells: acts in two parts, acts taken back, words that count later.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "replay.h"
#include "terms_index.h"

namespace retainer::core {

// Whoever is owed an answer wants one to this.
inline bool Asks(const TextFeatures& text) { return (text.substance && !text.thanks) || text.asks; }

class Replayer {
 public:
  Replayer(const TicketContext& context, const TermsHistory& terms, Roster& roster,
           const Undone& undone, bool judge_all);
  void Run(const std::vector<const Fact*>& order);
  Timeline Take() { return std::move(t_); }

 private:
  struct Step {
    const Fact* fact = nullptr;
    ActorIndex actor = kNobody;  // who did it
  };

  // replay_acts.cc
  // Adds the first versions of comments of which only an edit reached us: a text that was there
  // before the edit was there since the comment was made.
  void InferComments(std::vector<Step>* steps);
  // A comment that goes with a closing or a question's label, which forges tell apart and may date
  // a little later, is said in the very act.
  void JoinActs(std::vector<Step>* steps);
  bool OpensAnAct(const Fact& fact) const;
  // An operator takes back the last act of this kind.
  void UndoAct(const Fact& fact, const Command& command);
  void UndoExcuse(const Fact& fact, Metric metric, const std::string& customer);
  bool IsUndone(const Fact& fact, const std::string& customer) const {
    return !undone_.empty() && undone_.acts.contains({fact.id, customer});
  }
  // Who has joined a team has answered, from then on, with what they said last.
  void HearJoiners(absl::Time at);

  // replay.cc
  void Take(const Step& step);
  void Opened(const Fact& fact);
  void Commented(const Fact& fact);
  void Edited(const Fact& fact, bool opening);  // replay_edits.cc
  void Acted(const Fact& fact, HappeningKind kind);
  void ClosedOrReopened(const Fact& fact);
  void Arrived(const Fact& fact);
  void TermsChanged(std::size_t to);
  void ClaimFromOpening(std::size_t terms, absl::Time since, const Fact* fact);
  bool Claim(const Customer& customer, absl::Time since, std::string reason, const Fact* fact,
             bool by_project);
  void EndClaim(Stint& stint, absl::Time at, const Fact* fact, std::string note);
  // `successor` as it is shown, `key` as text; both empty where nobody knows.
  void MoveAway(const Fact& fact, std::string successor, std::string key);
  // Where the forge says itself that the ticket went to. `subject` as in a kReference fact.
  void FollowForge(const Fact& fact, const std::string& subject);
  // Which ticket is meant by what was said at `at`: its key as text, empty where there is none.
  // Nullopt where the forge has not answered yet: then it is asked.
  std::optional<std::string> Refer(const std::string& subject, absl::Time at);
  // The forge has no such ticket, and nothing happened to it since that was its word.
  bool IsAbsent(const std::vector<const Fact*>& order) const;
  void Say(HappeningKind kind, const Fact& fact, const Judgement& judgement);
  void StartWaiting(const Fact& fact, std::string question);
  void EndWaiting(const Fact& fact, bool by_author);
  // What an object said at first. The forge's API tells only what it says now: where edits are
  // known, what stood there before the first of them.
  const TextFeatures& FirstText(const Fact& fact) const;
  int Phase(const Fact& fact);
  const Stint* InForce(std::string_view customer) const;
  Judgement Judge(const Fact& fact);
  ActorIndex ActorOf(const Fact& fact);  // who did it
  bool SkipsRoles();
  // Whether roles matter here at all; where they do not, the forge is not asked.
  bool Judged() const { return judge_all_ || !claimants_.empty(); }
  const Policy& policy() const { return terms_[now_]->policy; }
  const TermsIndex::Labels& labels() const { return terms_[now_]->index->labels(); }
  bool IsAuthor(ActorIndex actor) const { return actor != kNobody && actor == t_.author_index; }
  bool CoveredByPlan(const Customer& customer) const;

  // replay_inputs.cc
  void LabelAdded(const Fact& fact, const std::string& name, ActorIndex by);
  void LabelRemoved(const Fact& fact, const std::string& name, bool by_hand);
  void Observed(const Fact& fact);
  // A label that a rename gave its name counts as set by who renamed it.
  void LabelRenamed(const Fact& fact);
  bool OurLabel(const std::string& name) const;
  bool Managed(const std::string& lower_name) const;
  void RunCommands(const Fact& fact, const std::vector<Command>& commands,
                   const Judgement& judgement);
  // `word`: as TextFeatures::mistyped, and not there before.
  void Mistyped(const Fact& fact, const std::string& word, const Judgement& judgement);
  void RunCommand(const Fact& fact, const Command& command, const Judgement& judgement);
  // Equal for two spellings of one thing to do; empty for a command that does nothing here.
  std::string Canonical(const Command& command) const;
  // Of those whom the judged person speaks for; of the whole policy for a responder.
  std::vector<std::string> UsablePriorities(const Judgement& judgement) const;
  void Operator(const Fact& fact);
  bool SetPriority(const Fact& fact, const std::string& priority, const std::string& label,
                   std::string what, const Judgement& judgement);
  void ClaimByCommand(const Fact& fact, const std::string& alias, const Judgement& judgement);
  void ReleaseByCommand(const Fact& fact, const std::string& alias, const Judgement& judgement);
  void Duplicate(const Fact& fact, const std::string& number, const Judgement& judgement);
  void Refuse(const Fact& fact, const Judgement& judgement, std::string what, std::string reason,
              std::string label = "");
  void Settle();

  // replay_answers.cc
  // A command that stands in a comment or in the opening text, and what became of it.
  struct AnsweredCommand {
    CommandName name = CommandName::kSla;
    std::string argument;  // in canonical form; mistyped: the word
    bool mistyped = false;
    bool refused = false;
    std::size_t refusal = 0;  // which of the refusals says why
    Actor actor = {};
    bool IsSame(const AnsweredCommand& other) const {
      return mistyped == other.mistyped && argument == other.argument &&
             (mistyped || name == other.name);
    }
  };
  struct Answered {
    std::vector<AnsweredCommand> commands;
    std::string customer;  // as Acknowledgement's
    bool by_responder = false;
  };
  void NoteCommand(const Fact& fact, const Judgement& judgement, AnsweredCommand answer);
  void EndReproach(const AnsweredCommand& command, absl::Time at);
  // What is done rightly now is no reproach any more.
  void ForgetReproaches(const Fact& fact, const AnsweredCommand& done);
  // What the author of a command was told of an earlier mistyped one is told no longer.
  void ForgetMistyped(const Fact& fact);
  // A comment or the opening text says something else, or is gone: so is what was told of it.
  void Rewritten(const Fact& fact);
  // What a command (form, operator) says shows as the label that means the same, until somebody's
  // hand touches labels of its kind.
  void CommandSays(LabelWish::Kind kind, const Fact& fact, const std::string& priority = "");
  void HandSays(const std::string& lower_label);
  void LabelTouched(const std::string& name);
  void OwnLabel(const Fact& fact);
  std::string LabelOf(LabelWish::Kind kind, const std::string& priority) const;
  void SettleLabels();

  const TicketContext& context_;
  const TermsHistory& terms_;
  Roster& roster_;
  const Undone& undone_;
  const bool judge_all_;
  Timeline t_;
  std::size_t now_ = 0;  // the version in force
  std::vector<Claimant> claimants_;
  int epoch_ = 0;
  std::string_view last_answer_;  // object id of the responders' last comment
  bool ended_by_word_ = false;
  bool skipped_ = false;  // somebody was not judged
  // All commands that any version of an object held so far, by object id (empty: opening text); in
  // the words of Canonical.
  std::map<std::string, std::set<std::string>, std::less<>> seen_commands_;
  std::map<std::string, std::string, std::less<>> seen_forms_;
  std::map<std::string, std::set<std::string>, std::less<>> seen_mistyped_;  // likewise
  absl::flat_hash_set<absl::string_view> edited_;  // objects that are edited some time
  std::map<std::string_view, const TextFeatures*> before_edits_;  // of the first edit; by object
  absl::flat_hash_set<absl::string_view> counted_;  // those of them that had substance already
  std::map<std::string_view, std::vector<const Fact*>> references_;  // by subject; by time
  std::map<std::string, Answered> answers_;                          // by object, as in facts
  struct Wish {
    const Fact* fact = nullptr;
    absl::Time at;
    std::string priority;
  };
  std::map<LabelWish::Kind, Wish> wishes_;
  struct Said {
    absl::Time at = absl::InfinitePast();
    std::string priority;
    bool by_hand = true;  // by a label
  };
  Said said_priority_;  // the last word on it that was taken
  // Labels that we took off ourselves, and when: an observation of it is nobody's word.
  std::set<std::pair<std::string, absl::Time>> own_removals_;
  std::map<std::string, const Fact*> renamed_;  // by the name that a label got, folded
  // What strangers said since anybody answered or asked, by who.
  std::map<ActorIndex, const Fact*> unheard_;
  const Fact* looked_up_ = nullptr;  // of ActorOf
  ActorIndex actor_ = kNobody;
};

}  // namespace retainer::core
