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

// What is known around a ticket's facts.
struct TicketContext {
  TicketKey key;
  ForgeKind forge_kind = ForgeKind::kGitHub;
  std::string path;           // of its project now
  bool members_only = false;  // as ProjectRecord's
  absl::Time adopted;         // the instant its project first appeared; terms' `since` overrules it
  std::string self_id;        // actor id of the account that we write as; empty when unknown
  std::string self_login;
  std::string url;                            // of the ticket on the forge
  std::vector<FormerName> former_names = {};  // of its project
};
inline ProjectNames NamesOf(const TicketContext& context) {
  return {context.key.forge, context.path, context.former_names};
}

// Features of a text as somebody wrote it (Markdown). `opening`: an opening text, where an issue
// form's "Priority" section counts. Any bytes; linear time.
TextFeatures ReadText(std::string_view markdown, bool opening);

// The single command a line holds (`/support priority P1`, `priority P1`), for the command line.
// InvalidArgument says what is expected.
absl::StatusOr<Command> ParseCommand(std::string_view line);
std::string ToString(const Command& command);  // `/support priority P1`

// REQUIRES: terms is not empty.
Standing Evaluate(const TicketContext& context, const FactSet& facts, const TermsHistory& terms,
                  const Pins& pins, absl::Time now);

// What the forge should show. Nothing of a standing whose questions are open (Decide hands in what
// their answers can make of it), nor on a ticket that is gone: then nullopt (keep what is shown).
//
// Privacy: claims of private customers are passed over as if they were not there. A standing holds
// more than claims, though: a private customer's contact ends a waiting, asks for the comment
// again, is no responder. So where a private customer claims a ticket, Decide hands in the standing
// that the same facts have under the same terms without any private customer. Hence the face of
// such a ticket is, by construction, a community ticket's where nobody else claims it; beside a
// public claim it is what that claim alone would show, and a private contact's word does there what
// a stranger's does. (The clocks themselves, notices and `explain` go by the whole standing.)
//
// It is outsiders from whom a private customer is kept. Where everybody who reads the ticket may
// know of it, the status comment holds its promises all the same; labels, which a project lists
// elsewhere too, do not. That is so of a confidential issue by the customer's own contact (its
// readers are the project's people, the author and the assignees), and in a project of the
// customer's own that only its members read. It is not so where another customer has a claim, or
// had one, where one of another customer's contacts is on the ticket, nor in a project that is
// another customer's too: what one customer may know of the other is nothing.
std::optional<Face> Present(const TicketContext& context, const Standing& standing,
                            const Terms& terms, absl::Time now);

// A ledger record's content: ids and changes, never a person's text.
struct DecisionRecord {
  TicketKey ticket;
  absl::Time at;
  std::vector<std::string> facts;    // ids of those added
  std::vector<std::string> changes;  // `acme first_response: running -> met`
  std::string terms_id;
};

// Claims that leave a ticket for its successor.
struct Departure {
  std::string successor;  // as Standing::successor_key
  Fact arrival;           // the kArrived fact for the successor
};

struct Decision {
  FactSet facts;                // the ticket's set afterwards
  std::vector<Fact> new_facts;  // those that changed it
  // As far as it is known. Its questions are all that are open: also those of the face, and of what
  // is told beside the clocks.
  Standing standing;
  // Those of them that outsiders' view asks: to be asked first, by themselves. The others are for
  // the sake of private customers: they are asked when the face has been decided.
  std::vector<Question> outside_questions;
  std::optional<Face> face;  // nullopt: keep what is shown
  // What outsiders may know of its promises; nullopt (as they were) where the face is.
  std::optional<std::vector<PublicPromise>> promises;
  // The claims in force and how cycles ended, for lists, the gate and figures. On a ticket that
  // hidden customers share with public ones, those of the public ones are as outsiders could judge
  // them: they are counted and named where outsiders read.
  std::vector<ClaimRecord> claims;
  std::vector<EndingCount> endings;
  // The claims hang on what the forge has not answered: `outside_`, those that outsiders see, on
  // their questions.
  bool claims_hang = false;
  bool outside_claims_hang = false;
  std::vector<Notice> notices;  // those whose time has come; the store tells each once
  // Ids of notices that hang on what the forge has not answered; `all_held`: any may.
  std::set<std::string> held;
  bool all_held = false;
  absl::Time wake_at = absl::InfiniteFuture();
  std::vector<Departure> departures;
  DecisionRecord record;
};

// Joins `news` to the ticket's facts and evaluates. A question that the forge has not answered
// holds back what hangs on its answer, and nothing else: what is the same under all answers there
// can be is shown and told. (`duplicate #12` is as unsaid until the forge says which ticket that
// is. While the opening is not known everything waits; so it does with so many open questions that
// they have more than 32 outcomes.) `before` is what the ticket's clocks showed when last decided
// (state by `customer metric`), for the record of changes. `told`: the notices of this ticket that
// people were told as breaches, for what there is to take back.
Decision Decide(const TicketContext& context, const FactSet& facts, const std::vector<Fact>& news,
                const TermsHistory& terms, const Pins& pins,
                const std::map<std::string, std::string>& before, absl::Time now,
                const std::vector<Notice>& told = {});
// `customer metric` -> state of the standing's claims, as `before` above.
std::map<std::string, std::string> ClockStates(const Standing& standing);

// The terms that outsiders are judged by: without any customer whom the version in force at `now`
// keeps private.
TermsHistory OutsideTerms(const TermsHistory& terms, absl::Time now);
// The same with one of them, as if it were public: for those who may know of that one.
TermsHistory TermsFor(const TermsHistory& terms, absl::Time now, const std::string& customer);
// What a customer (an id) may know of a ticket: its own claim, and nothing that hangs on another
// private one's, nor what another's contact said or was refused. Nullopt where it never had a
// claim. `worst`, `next_due` and `next_wake` are of that claim alone: when another's clocks, or the
// ticket without it, change next is not in them. Nor are questions to the forge for another's sake.
// The instants may differ from those of the whole standing where another private customer's contact
// ended a waiting. Explain it with TermsFor.
std::optional<Standing> StandingFor(const TicketContext& context, const FactSet& facts,
                                    const TermsHistory& terms, const Pins& pins, absl::Time now,
                                    const std::string& customer);
// Does any version have such a customer?
bool HasHidden(const TermsHistory& terms, absl::Time now);
// An answer that the forge was asked for because of a private customer alone (Fact::internal): what
// outsiders see is made without it.
bool IsHiddenAnswer(const Fact& fact);

// What a late-learnt fact takes back of `told`: breaches and escalations of promises that were in
// time after all, or that are not due yet. One notice a promise, to the teams that had been told;
// mentions apart. Nobody hears of a breach taken back who had not heard of the breach.
std::vector<Notice> WithdrawnBreaches(const TicketContext& context, const Standing& standing,
                                      const std::vector<Notice>& told, const Terms& terms,
                                      absl::Time now);

// What outsiders may know of the promises that have begun, by claim and metric. Nullopt as Present,
// and made of the same standing.
std::optional<std::vector<PublicPromise>> PresentPromises(const Standing& standing,
                                                          const Terms& terms, absl::Time now);

// A ticket that a change says it fixes, and that the change's readers may read.
struct FixedTicket {
  std::string name;  // `#12`; of another project `owner/repo#12`
  std::string url;
  std::vector<PublicPromise> promises;
};

// The check on an open change: which promises ride on it. With CheckMode::kBlocking it fails while
// an answer is late that is owed on such a ticket, and never for the fix itself being late: the
// merge is what mends that. Nullopt where there is nothing to say (or the policy wants none) and
// never was, and on a change that is not open.
std::optional<CheckView> PresentCheck(const ChangeRecord& change,
                                      const std::vector<FixedTicket>& tickets, CheckMode mode);

// The words of a mention: nullopt for any other notice, where the customer is not public (any more)
// and where the teams have no members on the ticket's forge.
std::optional<MentionView> PresentMention(const Notice& notice, const Policy& policy);

// Everything that a standing holds, for comparing and for tests: equal texts, equal standings.
std::string DebugString(const Standing& standing);

// Why the standing is what it is, as text for a person who checks the sums by hand.
std::string Explain(const TicketContext& context, const FactSet& facts, const Standing& standing,
                    const TermsHistory& terms, absl::Time now);

}  // namespace retainer
