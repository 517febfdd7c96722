// The tables of the store: what each one's keys and values are. On RocksDB a table is a column
// family of that name.
//
//     table          key (codec/keys.h)                       value (codec/records.h unless said)
//     meta           "schema"                                 decimal number, kSchemaVersion
//                    "next_seq"                               u64: inbox numbers below it may be taken
//                    "ledger_head"                            StoredLedgerHead
//                    "forge/" text name                       kind, as text
//                    "probe"                                  empty: written to see whether writing works
//                    "reevaluation"                           Reevaluation
//                    "alive"                                  instant: when the service last said so
//                    "gate_key"                               32 random bytes, made once (ticket_shifts.h)
//     inbox          text forge, u64 seq                      DeliveryRecord; undone deliveries
//     bodies         u64 seq                                  zstd frame of the body, its size within
//     deliveries     text forge, text id                      u64 seq; every id not yet expired
//     expiry         instant received, text forge, text id    u64 seq; what Expire looks through
//     set_aside      text forge, u64 seq                      DeliveryRecord with the reason
//     tickets        ticket                                   TicketRecord
//     open_tickets   ticket                                   empty; the open ones of `tickets`
//     indexes        u8 dimension, …                          empty but for what is owed; see below
//     facts          ticket, then the fact's id as it is      StoredFact
//     wakeups        instant, ticket                          empty; at most one a ticket
//     faces          ticket                                   FaceRecord
//     dirty          u8 1, text forge, u8 rank, u8 0,         empty; a dirty face that was not put off
//                    instant since, ticket
//                    u8 1, text forge, u8 rank, u8 1,         empty; one that was put off
//                    instant not_before, ticket
//                    u8 2, instant since, ticket              empty; every dirty face by age
//                    u8 3, text forge, instant since, ticket  empty; a face in the backlog
//     shown          ticket                                   ShownFace
//     dead_faces     ticket                                   DeadFace
//     refused_labels ticket                                   empty; where `shown` has refused labels
//     notice_ids     the notice's id as it is                 what became of it; see below
//     notice_queue   instant at, then the notice's id as it is    NoticeRecord
//     told_notices   ticket, then the notice's id as it is    NoticeRecord; those told as breaches, and the
//                                                             steps of runs, with who heard them; see below
//     dead_notices   the notice's id as it is                 DeadNotice
//     terms          u64 number, from 1                       StoredTerms
//     projects       text forge, text id                      ProjectRecord
//     project_paths  text forge, text path in lower case      the id of the last project of that name
//     pins           text forge, text login in lower case     the actor's id
//     tokens         the token's id as it is                  TokenRecord
//     token_hashes   the token's hash as it is                the token's id
//     held           text forge, u64 seq                      DeliveryRecord with its project, which the
//                                                             policy does not cover (since schema 8)
//     resyncs        text forge, text project                 ResyncRecord (since schema 8)
//     overrides      text forge, text project,                GateOverride; kept for good
//                    instant until, text id
//     ledger         u64 number, from 1                       LedgerRecord
//     counters       u8 counter, …                            u64, little-endian, added to modulo 2^64;
//                                                             see below
//
// `indexes`, all made of a ticket's record (index_rows.h). Lists, in the order of the next due
// instant (the infinite future where nothing is due):
//
//     u8 dimension, text customer, text value, instant due, ticket
//
// with an empty customer for the whole ticket, else for that customer's claim, due as that is. The
// dimensions: whether it is open (6, `open` or `closed`), project (7, `forge/id`), priorities (8,
// empty where there is none), the worst clock state as of the last decision (9, its name), metrics
// with an open cycle (10), priorities within a project (17, text project, text priority; since
// schema 6). The same lists in other orders, by when the ticket was opened (u8 1) or when something
// last happened to it (u8 2):
//
//     u8 16, u8 order, u8 dimension, text customer, text value, instant, ticket
//
// Commitments that are owed, a row a claim, at the earliest instant at which one is (u8 1) broken
// or (u8 2) at risk:
//
//     u8 11, text project, text plan, text priority, u8 which, instant, ticket, text customer
//     u8 12, text project, text customer, text plan, text priority, u8 which, instant, ticket
//
// The value of both is OwedRecord (since schema 6, before that empty). As 11, without the claims of
// customers of whom nobody outside may know (since schema 10): 18. When those count for who asks
// from outside (retainer/hidden_owed.h; since schema 10), for broken (u8 1) or at risk (u8 2), from
// an instant on (u8 1) and until one (u8 2):
//
//     u8 19, text project, u8 which, u8 end, instant, ticket
//
// An instant of the latter that has passed says nothing.
//
// Tickets that wait for an answer of the forge: u8 13, text project, ticket; as outsiders see them
// (since schema 12): 20, likewise. Tickets that a change of
// the policy may concern, by the terms they were last judged under: u8 14, text project, text
// terms, ticket. Dimensions 1 to 5 were those of schema 1.
//
// Changes by what they say they fix (since schema 4): u8 15, ticket fixed, u8 state of the change,
// ticket that is the change.
//
// `counters`: 1 to 8 alone are figures of the store. 16 counts how cycles ended:
//
//     u8 16, text customer, text project, u64 day, u8 metric, u8 ending, u8 took
//
// 17 counts claims in force on open tickets that the policy covers, and those tickets that have
// none (plan and priority empty), by clock state as of the last decision (its number; 0: no clock):
//
//     u8 17, text plan, text priority, u8 state
//
// 18 counts the held deliveries of a project:
//
//     u8 18, text forge, text project
//
// Schemas up to 11 did not know whether members alone read a project (ProjectRecord), nor how many
// questions outsiders' view of a ticket has (TicketRecord): both are taken as no until they are
// told.
//
// Schemas up to 8 knew neither the facts 25 and 26 nor the ending 5.
//
// Schemas up to 4 had neither the lists in other orders, nor those of no priority, nor counter 17.
//
// Schemas up to 6 knew no backlog and no refused labels.
//
// `notice_ids`: while it waits, the instant of its queue entry (as in a key). Once it was told,
// nothing; since schema 7 u64 telling, where that is not 0. Where it may be told again (since
// schema 7): u8 1, u64 telling of the next one.
//
// `told_notices`: schemas up to 10 kept what was told as a breach alone, and not who heard it.
//
// In schemas 1 and 2 the keys of `dirty` were u8 rank, instant since, ticket, and its values not
// empty.
//
// The numbers of Table and of the dimensions and counters are persisted or named on disk: they
// never change.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace retainer {

// Raised when an older program would damage or misread the store.
inline constexpr std::uint64_t kSchemaVersion = 12;

enum class Table : std::uint8_t {
  kMeta,
  kInbox,
  kBodies,
  kDeliveries,
  kExpiry,
  kSetAside,
  kTickets,
  kOpenTickets,
  kIndexes,
  kFacts,
  kWakeups,
  kFaces,
  kDirty,
  kShown,
  kDeadFaces,
  kNoticeIds,
  kNoticeQueue,
  kTerms,
  kProjects,
  kProjectPaths,
  kPins,
  kTokens,
  kTokenHashes,
  kLedger,
  kCounters,
  kToldNotices,
  kDeadNotices,
  kOverrides,
  kRefusedLabels,
  kHeld,
  kResyncs,
};

inline constexpr std::array<std::string_view, 31> kTableNames = {
    "meta",     "inbox",         "bodies",       "deliveries", "expiry",         "set_aside",
    "tickets",  "open_tickets",  "indexes",      "facts",      "wakeups",        "faces",
    "dirty",    "shown",         "dead_faces",   "notice_ids", "notice_queue",   "terms",
    "projects", "project_paths", "pins",         "tokens",     "token_hashes",   "ledger",
    "counters", "told_notices",  "dead_notices", "overrides",  "refused_labels", "held",
    "resyncs"};

inline std::string_view TableName(Table table) {
  return kTableNames[static_cast<std::size_t>(table)];
}

// What the keys of `dirty` begin with, and what tells its first kind of key apart.
enum class DirtyQueue : std::uint8_t { kByRank = 1, kByAge = 2, kBacklog = 3 };
enum class DirtyWait : std::uint8_t { kReady = 0, kPutOff = 1 };

enum class Dimension : std::uint8_t {
  kOpen = 6,
  kProject = 7,
  kPriority = 8,
  kWorst = 9,
  kMetric = 10,
  kOwed = 11,
  kOwedTo = 12,
  kQuestions = 13,
  kJudgedUnder = 14,
  kFixedBy = 15,
  kOrdered = 16,
  kProjectPriority = 17,
  kOwedInOpen = 18,
  kHiddenOwed = 19,
  kQuestionsOutside = 20,
};

// Of kOrdered.
enum class ListOrder : std::uint8_t { kOpened = 1, kUpdated = 2 };

// Of kOwed, kOwedTo, kOwedInOpen and kHiddenOwed.
enum class OwedAt : std::uint8_t { kBroken = 1, kAtRisk = 2 };

// Of kHiddenOwed.
enum class HiddenEnd : std::uint8_t { kFrom = 1, kUntil = 2 };

enum class Counter : std::uint8_t {
  kInbox = 1,
  kSetAside = 2,
  kDirtyFaces = 3,
  kDeadFaces = 4,
  kPendingNotices = 5,
  kDeadNotices = 6,
  kBacklogFaces = 7,
  kHeld = 8,
  kEndings = 16,  // the first byte of many, as below
  kOpenTickets = 17,
  kHeldOf = 18,
};

}  // namespace retainer
