// People whose data was erased (`retainer forget`), and their names in what arrives later.
//
// Each has a pseudonym, `forgotten-` and eight hex digits, which stands for the account's id and
// login everywhere. So who opened and who answered stay two accounts or one, as they were. Of the
// id, the logins and the e-mail addresses only digests with a key of the store are kept, and their
// lengths in bytes (names of forges are ASCII, so case changes none): enough to know them again,
// and nothing to read. Who has the store and guesses a login can test the guess.
//
// An immutable plain value. Thread-safe. Any bytes are accepted.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "retainer/event.h"
#include "retainer/fact.h"
#include "retainer/ids.h"

namespace retainer {

class Forgotten {
 public:
  // What is known again. Persisted: letters never change.
  enum class Kind : char { kId = 'i', kLogin = 'l', kMail = 'm' };
  // What stands for one name of a person.
  struct Name {
    std::string pseudonym;
    std::size_t length = 0;  // bytes of what it stands for
    // For a login: the account's id is not known, so whoever has the login is meant.
    bool any_account = false;
  };

  Forgotten() = default;
  // Makes 32 bytes of a text: HMAC-SHA-256 with a key of the store (store::KeyedBy).
  using Keyed = std::function<std::string(std::string_view text)>;
  // `names`: by Digest. `under_way`: the pseudonym of the person whose data is being erased; empty:
  // nobody's.
  Forgotten(Keyed keyed, std::map<std::string, Name> names, std::string under_way = "");

  // Logins and addresses are folded. `forge` is empty for an address.
  static std::string Digest(const Keyed& keyed, Kind kind, std::string_view forge,
                            std::string_view name);

  bool empty() const { return names_.empty(); }
  const std::string& under_way() const { return under_way_; }
  // True while the account's data is being erased, under either of its names: some of the ticket's
  // facts may have the old names and others the new one, so that nothing can be decided.
  bool IsUnderWay(const std::string& forge, const Actor& actor) const;
  // The pseudonym; nullptr: nobody of that name was forgotten.
  const std::string* FindId(std::string_view forge, std::string_view id) const;
  const std::string* FindLogin(std::string_view forge, std::string_view login) const;

  // The following replace names in place, and return whether there was one.
  //
  // An account with an id is known by it alone: the login may have passed to somebody else.
  bool Apply(const std::string& forge, Actor* actor) const;
  // Also its id, what it says of people, and the text that it brings. A text of a forgotten
  // person becomes empty.
  bool Apply(const std::string& forge, Fact* fact) const;
  bool Apply(const std::string& forge, TicketInfo* ticket) const;
  // A login alone, or `@login`.
  bool ApplyToLogin(const std::string& forge, std::string* login) const;
  // The words of a short text of the desk's own: logins, with or without `@`, and addresses, in any
  // case.
  bool ApplyToText(const std::string& forge, std::string* text) const;
  // What people wrote: mentions, addresses, and words in the place of a login (`github:erin`, an
  // address of a profile). A login may be an ordinary word, which stays.
  bool ApplyToProse(const std::string& forge, std::string* text) const;
  // A file of a policy: all words but the keys.
  bool ApplyToPolicy(const std::string& forge, std::string* text) const;
  // The body of a delivery, before it is written to disk: mentions and addresses, and words in the
  // place of a login if the body has the number of that account (another account may have the
  // login). So does one in backquotes, as our status comment names people. Keys and other values
  // stay as they are, whatever the login is.
  bool ApplyToBody(const std::string& forge, std::string* body) const;

 private:
  enum class Words { kAll, kButKeys, kPlaces, kBodyPlaces };
  // `counts`: asked of a name that is found as a bare word.
  bool Replace(const std::string& forge, Words words, std::string* text,
               const std::function<bool(const Name&)>& counts = nullptr) const;
  const Name* Find(Kind kind, std::string_view forge, std::string_view name) const;

  Keyed keyed_;
  std::map<std::string, Name> names_;
  std::set<std::size_t> lengths_;
  std::string under_way_;
};

}  // namespace retainer
