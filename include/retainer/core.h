// The core: pure functions from facts to standing, face and decision. No I/O, no clock, no globals;
// thread-safe.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "retainer/event.h"
#include "retainer/face.h"
#include "retainer/fact.h"
#include "retainer/pins.h"
#include "retainer/policy.h"
#include "retainer/project.h"
#include "retainer/standing.h"
#include "retainer/text.h"
#include "retainer/ticket_record.h"

namespace retainer {

// What evaluation needs to know about a ticket beside its facts.
struct TicketContext {
  TicketKey key;
  ForgeKind forge_kind = ForgeKind::kGitHub;
  std::string path;           // the present path of the ticket's project
  bool members_only = false;  // see ProjectRecord::members_only
  // When the project was first seen. `since` in the terms overrules it.
  absl::Time adopted;
  std::string self_id;  // actor id of the account that Retainer writes as; empty when unknown
  std::string self_login;
  std::string url;                            // the ticket's page on the forge
  std::vector<FormerName> former_names = {};  // earlier names of the project
  // By customer, for those whose plan has an allowance. One that is missing has used nothing.
  std::map<std::string, AllowanceUse> used = {};
  // By customer, for those with blocks of hours: the blocks of today.
  std::map<std::string, std::vector<HoursLeft>> hours = {};
};
inline ProjectNames NamesOf(const TicketContext& context) {
  return {context.key.forge, context.path, context.former_names};
}

// Reads the features of a text (Markdown). `opening`: the text opened the ticket, so the "Priority"
// section of an issue form counts. Accepts any bytes. Linear time.
TextFeatures ReadText(std::string_view markdown, bool opening);

// Parses the one command of a line (`/support priority P1`, `priority P1`), for the command line.
// InvalidArgument says what is expected.
absl::StatusOr<Command> ParseCommand(std::string_view line);
std::string ToString(const Command& command);  // `/support priority P1`

// REQUIRES: terms is not empty.
Standing Evaluate(const TicketContext& context, const FactSet& facts, const TermsHistory& terms,
                  const Pins& pins, absl::Time now);

// Returns what the forge should show. Returns nullopt (keep what is shown) if the ticket is gone or
// if the standing has open questions. (For open questions, Decide calls this once for each standing
// that the answers can lead to.)
//
// Privacy: claims of private customers are skipped as if they did not exist. A standing holds more
// than claims, though: a private customer's contact can end a waiting or ask for the comment again,
// and does not count as a responder. So if a private customer claims a ticket, Decide passes the
// standing that the same facts have under the same terms without any private customer. The face of
// such a ticket is therefore the face of a community ticket if nobody else claims it. Beside a
// public claim, it is the face that the public claim alone would have, and a word of the private
// contact has the same effect there as a word of a stranger. (The clocks themselves, notices and
// `explain` use the whole standing.)
//
// A private customer is kept secret from outsiders. If everybody who can read the ticket may know
// the customer, the status comment shows the customer's promises. Labels never do, because a
// project lists them elsewhere too. This applies to a confidential issue by the customer's own
// contact (its readers are the project's people, the author and the assignees), and to a project of
// the customer's own that only its members can read. It does not apply if another customer has or
// had a claim on the ticket, if one of another customer's contacts takes part in the ticket, or if
// the project also belongs to another customer: one customer may know nothing about another.
std::optional<Face> Present(const TicketContext& context, const Standing& standing,
                            const Terms& terms, absl::Time now);

// The public customers that are asked how a closed ticket was, by id: each whose claim is in force
// and whose contacts have not answered since the closing, once the policy's time has passed.
std::vector<std::string> AskedToRate(const Standing& standing, const Policy& policy,
                                     absl::Time now);

// The content of a ledger record: ids and changes, never text that a person wrote.
struct DecisionRecord {
  TicketKey ticket;
  absl::Time at;
  std::vector<std::string> facts;    // ids of the facts that were added
  std::vector<std::string> changes;  // `acme first_response: running -> met`
  std::string terms_id;
  std::string commit;  // the commit of that policy version; empty if it came from a plain folder
};

// Claims that move from a ticket to its successor.
struct Departure {
  std::string successor;  // see Standing::successor_key
  Fact arrival;           // the kArrived fact to add to the successor
};

struct Decision {
  FactSet facts;                // the ticket's facts after the decision
  std::vector<Fact> new_facts;  // the news that changed them
  // The standing as far as it is known. `standing.questions` lists all open questions, including
  // those that only the face or notices depend on.
  Standing standing;
  // The open questions on which the outsiders' view depends. Ask these first, and no others with
  // them. The other questions exist because of private customers: ask them after the face is
  // decided.
  std::vector<Question> outside_questions;
  std::optional<Face> face;  // nullopt: keep what is shown
  // What outsiders may know of the ticket's promises. Nullopt (keep the old value) when `face` is.
  std::optional<std::vector<PublicPromise>> promises;
  // The claims in force and how cycles ended, for lists, the gate and figures. If private and
  // public customers share the ticket, the values of the public claims are those that outsiders
  // could work out, because outsiders can read these counts and names.
  std::vector<ClaimRecord> claims;
  std::vector<EndingCount> endings;
  // True when `claims` depends on an open question. `outside_claims_hang`: true when the claims
  // that outsiders see depend on an outsiders' question.
  bool claims_hang = false;
  bool outside_claims_hang = false;
  std::vector<Notice> notices;  // notices whose time has come; the store passes each on once
  // Ids of notices that depend on an open question. `all_held`: every notice may depend on one.
  std::set<std::string> held;
  bool all_held = false;
  absl::Time wake_at = absl::InfiniteFuture();
  std::vector<Departure> departures;
  // Of a change that says it fixes something, or once did. Its check is the face's.
  std::optional<ChangeRecord> change;
  DecisionRecord record;
};

// A ticket that a change says it fixes. The readers of the change may read it too.
struct FixedTicket {
  std::string name;  // `#12`, or `owner/repo#12` in another project
  std::string url;
  std::vector<PublicPromise> promises;
  TicketKey key = {};
};

// What is known about the tickets that a change says it fixes.
struct ChangeBeside {
  std::optional<ChangeRecord> known;  // as of the last decision
  std::vector<FixedTicket> fixed;     // found by FindChange in the facts with the news
};

// Adds `news` to the ticket's facts and evaluates them.
//
// An open question holds back only what depends on its answer. What is the same under every
// possible answer is shown and told. Example: `duplicate #12` has no effect until the forge says
// which ticket #12 is. Everything is held back while the opening is unknown, or while the open
// questions have more than 32 combinations of answers.
//
// `before` is the state of each clock after the last decision (key: `customer metric`), for the
// record of changes. `told` lists the ticket's notices that were told as breaches, to find those
// that must be taken back. `of_change`: for a ticket that is a change.
Decision Decide(const TicketContext& context, const FactSet& facts, const std::vector<Fact>& news,
                const TermsHistory& terms, const Pins& pins,
                const std::map<std::string, std::string>& before, absl::Time now,
                const std::vector<Notice>& told = {}, const ChangeBeside& of_change = {});
// The teams of the policy to which a ticket belongs, sorted. Its assignees decide; if they are in
// no team, its labels; else who last answered. Empty: it is everybody's.
std::vector<std::string> TeamsOf(const Standing& standing, const Policy& policy);
// The logins of those who work on it: the assignees, else the responder who last answered.
std::vector<std::string> WithWhom(const Standing& standing);
// `customer metric` -> clock state, for all claims of the standing: the `before` of Decide.
std::map<std::string, std::string> ClockStates(const Standing& standing);

// The terms that outsiders' view uses: without the customers that the version in force at `now`
// keeps private.
TermsHistory OutsideTerms(const TermsHistory& terms, absl::Time now);
// The same, but `customer` (a private one) is kept as if it were public: for those who may know it.
TermsHistory TermsFor(const TermsHistory& terms, absl::Time now, const std::string& customer);
// What a customer (an id) may know of a ticket: its own claim, and nothing that depends on the
// claim of another private customer or on what another customer's contact said or was refused.
// Nullopt if the customer never had a claim on it. `worst`, `next_due` and `next_wake` cover this
// claim alone, so they do not tell when other clocks change. Questions to the forge for another
// customer's sake are left out. Instants may differ from the whole standing if another private
// customer's contact ended a waiting. Call Explain with the result of TermsFor.
std::optional<Standing> StandingFor(const TicketContext& context, const FactSet& facts,
                                    const TermsHistory& terms, const Pins& pins, absl::Time now,
                                    const std::string& customer);
// True if any version of the terms has a private customer.
bool HasHidden(const TermsHistory& terms, absl::Time now);
// True for a forge's answer that was asked for only because of a private customer (Fact::internal).
// What outsiders see is made without such answers.
bool IsHiddenAnswer(const Fact& fact);
// The facts without these answers. Cheap if there are none.
FactSet OutsideFacts(const FactSet& facts);

// Notices that take back those in `told` that a late fact made untrue: breaches and escalations of
// promises that were met in time after all or are not due yet. One notice per promise, to the teams
// that were told; mentions get their own. Only teams that heard of a breach hear that it is taken
// back.
std::vector<Notice> WithdrawnBreaches(const TicketContext& context, const Standing& standing,
                                      const std::vector<Notice>& told, const Terms& terms,
                                      absl::Time now);

// What outsiders may know of the promises that have begun, ordered by claim and metric. Pass the
// same standing as to Present. Nullopt when Present returns nullopt.
std::optional<std::vector<PublicPromise>> PresentPromises(const Standing& standing,
                                                          const Terms& terms, absl::Time now);

// The check on an open change: the promises of the tickets that it fixes. With CheckMode::kBlocking
// the check fails while an owed answer is late on such a ticket. It never fails because the fix
// itself is late: the merge is what ends that. Nullopt if the change is not open, or if there is
// nothing to say (or the policy wants no check) and there never was.
std::optional<CheckView> PresentCheck(const ChangeRecord& change,
                                      const std::vector<FixedTicket>& tickets, CheckMode mode);

// The content of a mention. Nullopt if the notice is not a mention, if the customer is not public
// (any more), or if the teams have no members on the ticket's forge.
std::optional<MentionView> PresentMention(const Notice& notice, const Policy& policy);

// The complete standing as text, for comparison and tests: two standings are equal if and only if
// their texts are.
std::string DebugString(const Standing& standing);

// Explains the standing as text, for a person who checks the calculation by hand.
std::string Explain(const TicketContext& context, const FactSet& facts, const Standing& standing,
                    const TermsHistory& terms, absl::Time now);

}  // namespace retainer
