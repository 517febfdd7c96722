#include "retainer/forgotten.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "retainer/names.h"
#include "src/base/view.h"

namespace retainer {
namespace {

using base::View;

// What a login or an address may have on any forge. Other letters end a word.
bool IsOfWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' ||
         c == '+' || c == '%' || c == '@';
}

// `old` at the beginning of the fact's id, as MakeFactId wrote it, becomes `subject`.
void ChangeSubjectInId(FactKind kind, const std::string& old, const std::string& subject,
                       std::string* id) {
  const std::string before = MakeFactId(kind, old, "");
  if (absl::StartsWith(*id, before)) {
    *id = MakeFactId(kind, subject, "") + id->substr(before.size());
  }
}

constexpr char kUsersPath[] = "/users/";
constexpr std::size_t kNear = 256;  // bytes within which two members of an account stand

// `key: …` of YAML: a colon, then a blank or the line's end.
bool IsKey(std::string_view text, std::size_t until) {
  return until < text.size() && text[until] == ':' &&
         (until + 1 == text.size() ||
          absl::ascii_isspace(static_cast<unsigned char>(text[until + 1])));
}

// Whether a login stands at this place of a JSON text or an address: it is the value of a key like
// `login` or `user_username`, or behind `/users/`, or first in the path of an address.
bool IsPlaceOfLogin(std::string_view text, std::size_t at, std::size_t until) {
  std::string_view before = text.substr(0, at);
  const auto drop = [&before](char last) {
    if (before.empty() || before.back() != last) return false;
    before.remove_suffix(1);
    return true;
  };
  const auto drop_blanks = [&before] {
    while (!before.empty() && absl::ascii_isspace(static_cast<unsigned char>(before.back()))) {
      before.remove_suffix(1);
    }
  };
  if (before.ends_with(kUsersPath)) return true;
  if (drop('/')) {
    const std::size_t slash = before.rfind('/');
    if (slash == std::string_view::npos) return false;
    if (slash + 1 < before.size() && before.substr(0, slash + 1).ends_with("://")) return true;
    // A forge below a path: the address of a profile follows the one of the account.
    const std::size_t quote = before.rfind('"');
    if (quote == std::string_view::npos) return false;
    before = before.substr(0, quote);
    if (!before.ends_with("html_url\":")) return false;
    if (before.size() > kNear) before.remove_prefix(before.size() - kNear);
    const std::string_view word = text.substr(at, until - at);
    return before.find(absl::StrCat(kUsersPath, View(word), "\"")) != std::string_view::npos;
  }
  if (!drop('"')) return false;
  drop_blanks();
  if (!drop(':')) return false;
  drop_blanks();
  return before.ends_with("login\"") || before.ends_with("username\"");
}

}  // namespace

Forgotten::Forgotten(Keyed keyed, std::map<std::string, Name> names, std::string under_way)
    : keyed_(std::move(keyed)), names_(std::move(names)), under_way_(std::move(under_way)) {
  for (const auto& [digest, name] : names_) {
    lengths_.insert(name.length);
  }
}

std::string Forgotten::Digest(const Keyed& keyed, Kind kind, std::string_view forge,
                              std::string_view name) {
  const std::string folded = kind == Kind::kId ? std::string(name) : FoldName(name);
  return keyed(absl::StrCat(std::string(1, static_cast<char>(kind)), View(forge),
                            std::string(1, '\0'), folded));
}

const Forgotten::Name* Forgotten::Find(Kind kind, std::string_view forge,
                                       std::string_view name) const {
  // Saves a digest for most names.
  if (name.empty() || !lengths_.contains(name.size())) return nullptr;
  const auto found = names_.find(Digest(keyed_, kind, kind == Kind::kMail ? "" : forge, name));
  return found == names_.end() ? nullptr : &found->second;
}

const std::string* Forgotten::FindId(std::string_view forge, std::string_view id) const {
  const Name* name = Find(Kind::kId, forge, id);
  return name == nullptr ? nullptr : &name->pseudonym;
}

const std::string* Forgotten::FindLogin(std::string_view forge, std::string_view login) const {
  const Name* name = Find(Kind::kLogin, forge, login);
  return name == nullptr ? nullptr : &name->pseudonym;
}

bool Forgotten::Apply(const std::string& forge, Actor* actor) const {
  const Name* login = Find(Kind::kLogin, forge, actor->login);
  if (actor->id.empty()) {
    if (login == nullptr) return false;
    actor->login = login->pseudonym;
    return true;
  }
  const std::string* id = FindId(forge, actor->id);
  if (id == nullptr && login != nullptr && login->any_account) id = &login->pseudonym;
  if (id == nullptr) return false;
  actor->id = *id;
  if (!actor->login.empty()) actor->login = login != nullptr ? login->pseudonym : *id;
  return true;
}

bool Forgotten::IsUnderWay(const std::string& forge, const Actor& actor) const {
  if (under_way_.empty()) return false;
  Actor known = actor;
  Apply(forge, &known);
  // A second login of the person has `-2` behind the pseudonym.
  return known.id == under_way_ || absl::StartsWith(known.login, under_way_);
}

bool Forgotten::ApplyToLogin(const std::string& forge, std::string* login) const {
  const bool at = absl::StartsWith(*login, "@");
  const std::string* pseudonym = FindLogin(forge, std::string_view(*login).substr(at ? 1 : 0));
  if (pseudonym == nullptr) return false;
  *login = absl::StrCat(at ? "@" : "", *pseudonym);
  return true;
}

bool Forgotten::ApplyToBody(const std::string& forge, std::string* body) const {
  if (empty()) return false;
  std::set<std::string> accounts;  // the pseudonyms of those whose number it has
  const std::string_view all = *body;
  for (std::size_t from = 0; from < all.size();) {
    std::size_t until = from;
    while (until < all.size() && absl::ascii_isalnum(static_cast<unsigned char>(all[until]))) {
      ++until;
    }
    if (until > from) {
      const std::string* id = FindId(forge, all.substr(from, until - from));
      if (id != nullptr) accounts.insert(*id);
    }
    from = until + 1;
  }
  return Replace(forge, Words::kBodyPlaces, body, [&](const Name& name) {
    return name.any_account || std::any_of(accounts.begin(), accounts.end(), [&](const auto& id) {
             return absl::StartsWith(name.pseudonym, id);
           });
  });
}

bool Forgotten::ApplyToProse(const std::string& forge, std::string* text) const {
  return Replace(forge, Words::kPlaces, text);
}

bool Forgotten::ApplyToPolicy(const std::string& forge, std::string* text) const {
  return Replace(forge, Words::kButKeys, text);
}

bool Forgotten::ApplyToText(const std::string& forge, std::string* text) const {
  return Replace(forge, Words::kAll, text);
}

bool Forgotten::Replace(const std::string& forge, Words words, std::string* text,
                        const std::function<bool(const Name&)>& counts) const {
  if (empty()) return false;
  std::string out;
  bool changed = false;
  const std::string_view all = *text;
  // Whether the word of `text` may be a login although no `@` is before it.
  const auto may_be_bare = [&](std::size_t from, std::size_t until) {
    switch (words) {
      case Words::kAll:
        return true;
      case Words::kButKeys:
        return !IsKey(all, until);
      case Words::kPlaces:
        return IsPlaceOfLogin(all, from, until) || all.substr(0, from).ends_with(forge + ":");
      case Words::kBodyPlaces:
        // As our status comment names people, so that nobody is notified.
        if (all.substr(0, from).ends_with('`') && until < all.size() && all[until] == '`') {
          return true;
        }
        // Behind an owner is the name of a repository, whose address stays.
        return IsPlaceOfLogin(all, from, until) && (until >= all.size() || all[until] != '/' ||
                                                    all.substr(0, from).ends_with(kUsersPath));
    }
    return false;
  };
  // A run of letters of words is an address, or logins between `.`, `@` and the like.
  const auto take_login = [&](std::string_view word, bool mentioned) {
    std::size_t end = word.size();
    while (end > 0 && word[end - 1] == '.') --end;  // of a sentence
    const Name* name = Find(Kind::kLogin, forge, word.substr(0, end));
    if (name == nullptr || (!mentioned && counts && !counts(*name))) return false;
    changed = true;
    absl::StrAppend(&out, name->pseudonym, View(word.substr(end)));
    return true;
  };
  const auto take_word = [&](std::string_view word, bool bare) {
    const std::size_t at = word.find('@');
    if (at != std::string_view::npos && at > 0) {
      std::size_t end = word.size();
      while (end > 0 && word[end - 1] == '.') --end;
      if (const Name* mail = Find(Kind::kMail, "", word.substr(0, end))) {
        changed = true;
        absl::StrAppend(&out, mail->pseudonym, View(word.substr(end)));
        return;
      }
    }
    // Each part between `@`, whole first, then between `.`, `+` and `%`.
    std::size_t from = 0;
    while (from <= word.size()) {
      std::size_t next = word.find('@', from);
      if (next == std::string_view::npos) next = word.size();
      const std::string_view part = word.substr(from, next - from);
      const bool mentioned = from > 0;
      if (!mentioned && !bare) {
        absl::StrAppend(&out, View(part));
      } else if (!part.empty() && !take_login(part, mentioned)) {
        std::size_t begin = 0;
        while (begin <= part.size()) {
          std::size_t stop = part.find_first_of(".+%", begin);
          if (stop == std::string_view::npos) stop = part.size();
          const std::string_view piece = part.substr(begin, stop - begin);
          if (piece.size() == part.size() || piece.empty() || !take_login(piece, mentioned)) {
            absl::StrAppend(&out, View(piece));
          }
          if (stop < part.size()) out.push_back(part[stop]);
          begin = stop + 1;
        }
      }
      if (next < word.size()) out.push_back('@');
      from = next + 1;
    }
  };
  std::size_t from = 0;
  while (from < all.size()) {
    std::size_t until = from;
    while (until < all.size() && IsOfWord(all[until])) ++until;
    if (until == from) {
      out.push_back(all[from++]);
      continue;
    }
    take_word(all.substr(from, until - from), may_be_bare(from, until));
    from = until;
  }
  if (changed) *text = std::move(out);
  return changed;
}

bool Forgotten::Apply(const std::string& forge, TicketInfo* ticket) const {
  if (empty()) return false;
  const bool author = Apply(forge, &ticket->author);
  const bool title = ApplyToProse(forge, &ticket->title);
  const bool former = ApplyToProse(forge, &ticket->former_title);
  return author || title || former;
}

bool Forgotten::Apply(const std::string& forge, Fact* fact) const {
  if (empty()) return false;
  const std::string who =
      fact->actor.id.empty() ? absl::StrCat("@", fact->actor.login) : fact->actor.id;
  const bool actor = Apply(forge, &fact->actor);
  const bool author = Apply(forge, &fact->author);
  const bool assignee = Apply(forge, &fact->assignee);
  bool changed = actor || author || assignee;
  const std::string subject = fact->subject;
  switch (fact->kind) {
    case FactKind::kAssigned:
    case FactKind::kUnassigned:
      // By the account: the login may be of another one by now.
      if (assignee && !fact->assignee.login.empty()) fact->subject = fact->assignee.login;
      break;
    case FactKind::kPermission:
    case FactKind::kMembership:
    case FactKind::kProfile: {
      std::string name = subject.substr(0, subject.find(' '));
      const std::string rest = subject.substr(name.size());
      if (const std::string* id = FindId(forge, name)) {
        fact->subject = absl::StrCat(*id, rest);
      } else if (absl::StartsWith(name, "@") && ApplyToLogin(forge, &name)) {
        fact->subject = absl::StrCat(name, rest);
      }
      if (fact->kind == FactKind::kProfile) changed |= ApplyToText(forge, &fact->value);
      break;
    }
    case FactKind::kAction:
      // `…:SECOND WHO`
      if (actor && absl::EndsWith(fact->id, absl::StrCat(" ", who))) {
        fact->id.resize(fact->id.size() - who.size());
        absl::StrAppend(&fact->id, fact->actor.id.empty() ? "@" : "",
                        fact->actor.id.empty() ? fact->actor.login : fact->actor.id);
      }
      break;
    case FactKind::kOperator: {
      std::string id = fact->id;
      if (ApplyToText(forge, &fact->value) || ApplyToText(forge, &id)) {
        // What an operator did comes only once, so no later delivery has to lead to this id.
        fact->id =
            MakeFactId(fact->kind, absl::StrCat("~", absl::BytesToHexString(keyed_(fact->id))), "");
        changed = true;
      }
      break;
    }
    default:
      break;
  }
  if (fact->subject != subject) {
    ChangeSubjectInId(fact->kind, subject, fact->subject, &fact->id);
    changed = true;
  }
  for (Command& command : fact->text.commands) {
    if (command.name == CommandName::kAssign) {
      changed |= ApplyToLogin(forge, &command.argument);
    } else if (command.name == CommandName::kLog || command.name == CommandName::kRate) {
      changed |= ApplyToText(forge, &command.argument);
    }
  }
  if (fact->before) {
    for (Command& command : fact->before->commands) {
      if (command.name == CommandName::kAssign) changed |= ApplyToLogin(forge, &command.argument);
    }
  }
  changed |= ApplyToLogin(forge, &fact->text.mistyped);
  // A priority that is somebody's login stays one.
  if (absl::StrContains(fact->text.form_priority, '@')) {
    changed |= ApplyToText(forge, &fact->text.form_priority);
  }
  if (fact->said.text != nullptr) {
    const bool mine = author || (actor && fact->author == Actor());
    std::string said = *fact->said.text;
    if (mine) {
      fact->said.text = std::make_shared<const std::string>();
    } else if (ApplyToProse(forge, &said)) {
      fact->said.text = std::make_shared<const std::string>(std::move(said));
      changed = true;
    }
  }
  return changed;
}

}  // namespace retainer
