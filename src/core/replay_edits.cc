#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "priority_words.h"
#include "replayer.h"

namespace retainer::core {

void Replayer::Edited(const Fact& fact, bool opening) {
  const std::string key = opening ? std::string() : fact.subject;
  if (!opening && t_.own_comments.contains(fact.subject)) return;
  Rewritten(fact);
  const ActorIndex editor = ActorOf(fact);
  const ActorIndex author =
      fact.author == Actor() && opening ? t_.author_index : roster_.Find(fact.author);
  std::set<std::string>& seen = seen_commands_[key];
  if (fact.before) {
    for (const Command& command : fact.before->commands) seen.insert(Canonical(command));
  }
  // Rationale: only the first version of a comment logs work. Else what is logged would depend on
  // which of its versions arrives first, because not every forge says what an edit replaced.
  bool logs = false;
  std::vector<Command> fresh;
  for (const Command& command : fact.text.commands) {
    if (!seen.insert(Canonical(command)).second) continue;
    if (command.name == CommandName::kLog) {
      logs = true;
    } else {
      fresh.push_back(command);
    }
  }
  std::string mistyped;
  if (!fact.text.mistyped.empty() && seen_mistyped_[key].insert(fact.text.mistyped).second &&
      (!fact.before || fact.before->mistyped != fact.text.mistyped)) {
    mistyped = fact.text.mistyped;
  }
  const std::string form_before = fact.before ? fact.before->form_priority : seen_forms_[key];
  seen_forms_[key] = fact.text.form_priority;
  if (editor == kNobody || editor != author || roster_.IsBot(editor, now_)) return;

  const bool runs =
      (!fresh.empty() || !mistyped.empty() || logs) && fact.provenance != Provenance::kBackfill;
  Judgement judgement =
      runs ? roster_.Judge(editor, now_, claimants_, epoch_, fact.at) : Judge(fact);
  const bool asked = Asks(fact.text) && judgement.role != Role::kResponder &&
                     judgement.role != Role::kUnknown &&
                     (judgement.role == Role::kCustomer || IsAuthor(editor));
  if (!opening && !fact.internal && (fact.text.substance || asked)) {
    // A comment counts once, from its first version with substance.
    const bool first = counted_.insert(fact.subject).second;
    if (first && judgement.role == Role::kResponder) {
      Say(HappeningKind::kAnswer, fact, judgement);
      last_answer_ = fact.subject;
    } else if (first && asked) {
      Say(HappeningKind::kSpeech, fact, judgement);
    }
  }
  if (opening && !claimants_.empty() && !fact.text.form_priority.empty() &&
      CanonicalPriority(policy(), fact.text.form_priority) !=
          CanonicalPriority(policy(), form_before) &&
      fact.provenance != Provenance::kBackfill) {
    SetPriority(fact, fact.text.form_priority, "",
                absl::StrCat("priority ", ShownPriority(fact.text.form_priority)), judgement);
  }
  if (runs) {
    if (logs && judgement.role == Role::kResponder) {
      Refuse(fact, judgement, "log",
             "an edit logs nothing: write a new comment, or use `retainer hours correct`");
      NoteCommand(fact, judgement,
                  {CommandName::kLog, "edited", false, true, t_.refusals.size() - 1});
    }
    RunCommands(fact, fresh, judgement);
    Mistyped(fact, mistyped, judgement);
  }
}

}  // namespace retainer::core
