#include "src/store/forget_rows.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace retainer::store {
namespace {

bool ForgetLogins(const Forgotten& who, const std::string& forge,
                  std::vector<std::string>* logins) {
  bool changed = false;
  for (std::string& login : *logins) changed |= who.ApplyToLogin(forge, &login);
  return changed;
}

// Those that are kept sorted stay so.
bool ForgetSorted(const Forgotten& who, const std::string& forge,
                  std::vector<std::string>* logins) {
  const bool changed = ForgetLogins(who, forge, logins);
  if (changed) std::sort(logins->begin(), logins->end());
  return changed;
}

}  // namespace

bool ForgetIn(const Forgotten& who, TicketRecord* record) {
  const std::string& forge = record->key.forge;
  bool changed = who.ApplyToProse(forge, &record->title);
  changed |= ForgetLogins(who, forge, &record->with);
  // What is still to be asked about the person is asked about nobody.
  for (std::vector<Question>* open : {&record->asks.everybody, &record->asks.hidden}) {
    changed |= std::erase_if(*open, [&](Question& question) {
                 Actor actor = question.actor;
                 return who.Apply(forge, &actor);
               }) > 0;
  }
  for (std::string& id : record->asks.joined) changed |= who.ApplyToText(forge, &id);
  return changed;
}

bool ForgetIn(const Forgotten& who, const std::string& forge, Face* face) {
  bool changed = ForgetSorted(who, forge, &face->assignees);
  if (!face->comment) return changed;
  CommentView& comment = *face->comment;
  changed |= who.ApplyToLogin(forge, &comment.with);
  for (std::string& refusal : comment.refusals) changed |= who.ApplyToText(forge, &refusal);
  return changed;
}

bool ForgetIn(const Forgotten& who, const std::string& forge, ShownFace* shown) {
  const bool assigned = ForgetSorted(who, forge, &shown->assignees);
  const bool unsure = ForgetSorted(who, forge, &shown->unsure_assignees);
  return assigned || unsure;
}

bool ForgetIn(const Forgotten& who, NoticeRecord* record) {
  return who.ApplyToText(record->notice.ticket.forge, &record->notice.text);
}

bool ForgetIn(const Forgotten& who, CustomerFact* fact) {
  if (who.empty()) return false;
  const std::string& forge = fact->account.forge;
  if (fact->subscription) {
    // What was bought is kept under the account's number (SubscriberId), as a business record.
    Actor actor = fact->account.actor;
    if (actor.login.empty() || !who.Apply(forge, &actor)) return false;
    fact->account.actor.login.clear();
    return true;
  }
  const std::string before = absl::StrCat(forge, ":", fact->account.actor.id, ":");
  bool changed = who.Apply(forge, &fact->account.actor);
  if (changed) {
    // The fact of a joining is named by the account and the instant.
    const std::size_t at = fact->id.find(before);
    if (at != std::string::npos) {
      fact->id.replace(at, before.size(), absl::StrCat(forge, ":", fact->account.actor.id, ":"));
    }
  }
  // `github:erin`: by whom. The forge is in front of the login.
  const std::size_t colon = fact->by.find(':');
  const std::string by_forge = colon == std::string::npos ? forge : fact->by.substr(0, colon);
  changed |= who.ApplyToText(by_forge, &fact->by);
  changed |= who.ApplyToText(by_forge, &fact->text);
  return changed;
}

bool ForgetIn(const Forgotten& who, const std::string& forge, StoredTerms* terms) {
  bool changed = false;
  for (auto& [name, text] : terms->files) changed |= who.ApplyToPolicy(forge, &text);
  // `Name <address>`: the name goes with the address.
  std::string author = terms->source.author;
  if (who.ApplyToText(forge, &author)) {
    terms->source.author = "a forgotten person";
    changed = true;
  }
  changed |= who.ApplyToText(forge, &terms->source.subject);
  return changed;
}

bool ForgetIn(const Forgotten& who, const std::string& forge, GateOverride* record) {
  bool changed = who.ApplyToText(forge, &record->by);
  changed |= who.ApplyToText(forge, &record->reason);
  changed |= who.ApplyToText(forge, &record->withdrawn_by);
  return changed;
}

bool ForgetIn(const Forgotten& who, LedgerEntry* entry) {
  bool changed = false;
  for (LedgerFact& fact : entry->facts) {
    if (!absl::StartsWith(fact.name, "action:")) continue;
    // `action:WHAT:SECOND WHO`; WHO is an id, or `@` and a login.
    const std::size_t space = fact.name.rfind(' ');
    if (space == std::string::npos) continue;
    std::string name = fact.name.substr(space + 1);
    if (who.FindId(entry->ticket.forge, name) == nullptr &&
        !(absl::StartsWith(name, "@") && who.ApplyToLogin(entry->ticket.forge, &name))) {
      continue;
    }
    fact.name = "action:~erased";
    fact.digest.clear();
    changed = true;
  }
  return changed;
}

}  // namespace retainer::store
