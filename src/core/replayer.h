// The implementation of Replay: one object per replay. replay.cc processes facts one by one.
// replay_claims.cc and replay_allowance.cc keep the claims. replay_inputs.cc reads labels and
// commands, replay_work.cc those that log work. replay_acts.cc finds what no single fact shows:
// acts in two parts, undone acts, words that count later.
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

// Who gave a command, for people.
std::string Giver(const Fact& fact);
// True if it was done with a ticket's link (kLinkOf), by whoever has it.
bool IsByLink(const Fact& fact);
// True if this text needs an answer when a customer writes it.
inline bool Asks(const TextFeatures& text) { return (text.substance && !text.thanks) || text.asks; }

class Replayer {
 public:
  Replayer(const TicketContext& context, const TermsHistory& terms, Roster& roster,
           const Undone& undone, bool judge_all);
  void Run(const std::vector<const Fact*>& order);
  Replayed Take() { return std::move(t_); }

 private:
  struct Step {
    const Fact* fact = nullptr;
    ActorIndex actor = kNobody;  // who did it
  };

  // Adds the first versions of comments of which only an edit was received: the text before the
  // edit existed since the comment was created.
  void InferComments(std::vector<Step>* steps);
  // Joins a comment with the closing or question label that belongs to it: forges report them as
  // separate events, which may have slightly different times.
  void JoinActs(std::vector<Step>* steps);
  bool OpensAnAct(const Fact& fact) const;
  // An operator undoes the last act of this kind.
  void UndoAct(const Fact& fact, const Command& command);
  void UndoExcuse(const Fact& fact, Metric metric, const std::string& customer);
  bool IsUndone(const Fact& fact, const std::string& customer) const {
    return !undone_.empty() && undone_.acts.contains({fact.id, customer});
  }
  // Counts the last comment of a person who has joined a team as an answer, from the joining on.
  void HearJoiners(absl::Time at);

  // replay.cc
  void Take(const Step& step);
  void Understand(const Step& step);
  void Opened(const Fact& fact);
  void Commented(const Fact& fact);
  void Edited(const Fact& fact, bool opening);  // replay_edits.cc
  void Acted(const Fact& fact, HappeningKind kind);
  void ClosedOrReopened(const Fact& fact);
  void Arrived(const Fact& fact);
  void TermsChanged(std::size_t to);
  // The author became a contact of a customer: an open ticket is the customer's from then on.
  void AuthorJoined(absl::Time at);
  // Carries out the changes of the terms and the author's joinings until an instant, in order.
  void Advance(absl::Time until);
  void ClaimFromOpening(std::size_t terms, absl::Time since, const Fact* fact);
  // `accepted`: the instant whose entitlement covers the claim.
  bool Claim(const Customer& customer, absl::Time since, absl::Time accepted, std::string reason,
             const Fact* fact, bool by_project);
  // Takes the claim that just began back, as if it had never begun, if the customer's earlier
  // tickets use up the allowance of its plan.
  void CheckAllowance();
  // The allowance that stops one more ticket of this priority; empty: none. `total`: also look at
  // the allowance of all priorities together.
  std::string UsedUp(const Customer& customer, const Plan& plan, const std::string& priority,
                     bool total) const;
  // The priority that people gave to a claim so far; empty: none.
  std::string GivenPriority(const Stint& stint) const;
  void Grant(const Fact& fact, const std::string& alias, const Judgement& judgement);
  // The plan of the customer's claim in force; nullptr: none.
  const Plan* PlanOf(const Customer& customer) const;
  void EndClaim(Stint& stint, absl::Time at, const Fact* fact, std::string note);
  // `successor`: the name to show; `key`: the key as text. Both are empty if unknown.
  void MoveAway(const Fact& fact, std::string successor, std::string key);
  // Follows the ticket to the place that the forge itself names. `subject` as in a kReference fact.
  void FollowForge(const Fact& fact, const std::string& subject);
  // The ticket that a reference of the instant `at` means: its key as text, empty if there is none.
  // Nullopt if the forge has not answered yet: then adds the question.
  std::optional<std::string> Refer(const std::string& subject, absl::Time at);
  // True if the forge said that the ticket does not exist and nothing happened to it since.
  bool IsAbsent(const std::vector<const Fact*>& order) const;
  void Say(HappeningKind kind, const Fact& fact, const Judgement& judgement);
  void StartWaiting(const Fact& fact, std::string question);
  void EndWaiting(const Fact& fact, bool by_author);
  // The first text of an object. The forge's API has only the present text; if edits are known, the
  // first text is the one before the first edit.
  const TextFeatures& FirstText(const Fact& fact) const;
  int Phase(const Fact& fact);
  const Stint* InForce(std::string_view customer) const;
  Judgement Judge(const Fact& fact);
  ActorIndex ActorOf(const Fact& fact);  // who did it
  bool SkipsRoles();
  // True if roles matter here; if not, the forge is not asked.
  bool Judged() const { return judge_all_ || !claimants_.empty(); }
  const Policy& policy() const { return terms_[now_]->policy; }
  const TermsIndex::Labels& labels() const { return terms_[now_]->index->labels(); }
  bool IsAuthor(ActorIndex actor) const { return actor != kNobody && actor == t_.author_index; }
  bool CoveredByPlan(const Customer& customer, absl::Time accepted) const;
  bool IsProjectCovered() const;
  bool IsForKind(const Entitlement& entitlement) const;

  // replay_inputs.cc
  void LabelAdded(const Fact& fact, const std::string& name, ActorIndex by);
  void LabelRemoved(const Fact& fact, const std::string& name, bool by_hand);
  void Observed(const Fact& fact);
  // After a rename, the label counts as set by the person who renamed it.
  void LabelRenamed(const Fact& fact);
  // Records a change of the kind of request that the ticket's labels say it is.
  void NoteRequest(absl::Time at);
  bool OurLabel(const std::string& name) const;
  bool Managed(const std::string& lower_name) const;
  void RunCommands(const Fact& fact, const std::vector<Command>& commands,
                   const Judgement& judgement);
  // `word`: as TextFeatures::mistyped, and new in this version of the text.
  void Mistyped(const Fact& fact, const std::string& word, const Judgement& judgement);
  void RunCommand(const Fact& fact, const Command& command, const Judgement& judgement);
  // A canonical form: equal for two spellings of the same command. Empty for a command without
  // effect here.
  std::string Canonical(const Command& command) const;
  // Priorities of the customers for whom the judged person speaks; of the whole policy for a
  // responder.
  // True if the plan of the customer's claim in force promises anything for the priority.
  bool Serves(const Customer& customer, const std::string& priority) const;
  std::vector<std::string> UsablePriorities(const Judgement& judgement) const;
  void Operator(const Fact& fact);
  Judgement JudgeOperator(const Fact& fact) const;
  bool SetPriority(const Fact& fact, const std::string& priority, const std::string& label,
                   std::string what, const Judgement& judgement);
  void ClaimByCommand(const Fact& fact, const std::string& alias, const Judgement& judgement);
  void ReleaseByCommand(const Fact& fact, const std::string& alias, const Judgement& judgement);
  // Work that a responder logs: see FactKind::kWorkAnswered. (replay_work.cc)
  void LogWork(const Fact& fact, const std::string& argument, const Judgement& judgement);
  // replay_feedback.cc
  void Rate(const Fact& fact, const std::string& argument, const Judgement& judgement);
  void FollowUp(const Fact& fact, const std::string& argument);
  void Duplicate(const Fact& fact, const std::string& number, const Judgement& judgement);
  void Refuse(const Fact& fact, const Judgement& judgement, std::string what, std::string reason,
              std::string label = "");
  void Settle();

  // A command in a comment or in the opening text, and its result.
  struct AnsweredCommand {
    CommandName name = CommandName::kSla;
    std::string argument;  // canonical form; if mistyped: the word
    bool mistyped = false;
    bool refused = false;
    std::size_t refusal = 0;  // index of the refusal with the reason
    Actor actor = {};
    bool IsSame(const AnsweredCommand& other) const {
      return mistyped == other.mistyped && argument == other.argument &&
             (mistyped || name == other.name);
    }
  };
  struct Answered {
    std::vector<AnsweredCommand> commands;
    std::string customer;  // see Acknowledgement::customer
    bool by_responder = false;
  };
  void NoteCommand(const Fact& fact, const Judgement& judgement, AnsweredCommand answer);
  void EndReproach(const AnsweredCommand& command, absl::Time at);
  // Removes the refusals of earlier commands that `done` now carries out.
  void ForgetReproaches(const Fact& fact, const AnsweredCommand& done);
  // Removes what the command's author was told about an earlier mistyped one.
  void ForgetMistyped(const Fact& fact);
  // A comment or the opening text was edited or deleted: removes what was told about its commands.
  void Rewritten(const Fact& fact);
  // A command (form answer, operator command) is shown as the label that means the same, until a
  // person changes labels of its kind.
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
  Replayed t_;
  std::size_t now_ = 0;               // index of the version in force
  std::vector<absl::Time> joinings_;  // of the author; the latest first, without those carried out
  std::vector<Claimant> claimants_;
  int epoch_ = 0;
  std::string_view last_answer_;  // object id of the last responder comment
  bool ended_by_word_ = false;
  bool skipped_ = false;  // somebody's role was not computed
  // All commands in any version of an object so far, in canonical form. Key: object id (empty:
  // opening text).
  std::map<std::string, std::set<std::string>, std::less<>> seen_commands_;
  std::map<std::string, std::string, std::less<>> seen_forms_;
  std::map<std::string, std::set<std::string>, std::less<>> seen_mistyped_;  // as seen_commands_
  absl::flat_hash_set<absl::string_view> edited_;                            // objects with an edit
  // object -> text before its first edit
  std::map<std::string_view, const TextFeatures*> before_edits_;
  absl::flat_hash_set<absl::string_view> counted_;  // edited objects that already had substance
  // subject -> facts ordered by time
  std::map<std::string_view, std::vector<const Fact*>> references_;
  std::map<std::string, Answered> answers_;  // key: object id as in facts
  struct Wish {
    const Fact* fact = nullptr;
    absl::Time at;
    std::string priority;
  };
  std::map<LabelWish::Kind, Wish> wishes_;
  struct Said {
    absl::Time at = absl::InfinitePast();
    std::string priority;
    bool by_hand = true;  // said by a label
  };
  Said said_priority_;  // the last accepted input about the priority
  std::map<std::string_view, const Fact*> work_answers_;  // key: subject
  int logs_ = 0;  // commands that log work, of those that run now
  // Labels that Retainer took off, and when: an observation without them is not a person's act.
  std::set<std::pair<std::string, absl::Time>> own_removals_;
  std::map<std::string, const Fact*> renamed_;  // key: new name of the label, folded
  // Public comments since the last answer or question by people who are neither responders nor a
  // claim's contacts. Key: the person.
  std::map<ActorIndex, const Fact*> unheard_;
  const Fact* looked_up_ = nullptr;  // cache of ActorOf
  ActorIndex actor_ = kNobody;
};

}  // namespace retainer::core
