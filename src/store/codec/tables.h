// The tables of the store: the keys and values of each. On RocksDB a table is a column family of
// that name.
//
// table          key (codec/keys.h)                       value (codec/records.h unless said)
// meta           "schema"                                 decimal number, kSchemaVersion
//                "next_seq"                               u64: inbox numbers below it may be in use
//                "ledger_head"                            StoredLedgerHead
//                "forge/" text name                       kind, as text
//                "probe"                                  empty: written to test whether writing
//                                                         works
//                "reevaluation"                           Reevaluation
//                "alive"                                  instant: when the service last said so
//                "restored"                               Restored; the last restore of a backup
//                "gate_key"                               32 random bytes, made once
//                                                         (ticket_shifts.h)
//                "link_key"                               the same: PeopleStore::LinkKey
//                "forget_key"                             the same: of the digests in `forgotten`
//                "forgetting"                             ForgetProgress; while it is under way
// inbox          text forge, u64 seq                      DeliveryRecord; pending deliveries
// bodies         u64 seq                                  the body, compressed (codec/body.h)
// deliveries     text forge, text id                      u64 seq; every id that has not expired
// expiry         instant received, text forge, text id    u64 seq; read by Expire
// set_aside      text forge, u64 seq                      DeliveryRecord with the reason
// tickets        ticket                                   TicketRecord
// open_tickets   ticket                                   empty; the open ones of `tickets`
// indexes        u8 dimension, …                          empty except for what is owed; see below
// facts          ticket, then the fact's id (raw)         StoredFact
// wakeups        instant, ticket                          empty; at most one per ticket
// faces          ticket                                   FaceRecord
// dirty          u8 1, text forge, u8 rank, u8 0,         empty; a dirty face that is ready
//                instant since, ticket
//                u8 1, text forge, u8 rank, u8 1,         empty; one that was postponed
//                instant not_before, ticket
//                u8 2, instant since, ticket              empty; all dirty faces, ordered by age
//                u8 3, text forge, instant since, ticket  empty; a face in the backlog
// shown          ticket                                   ShownFace
// dead_faces     ticket                                   DeadFace
// refused_labels ticket                                   empty; if `shown` has refused labels
// notice_ids     the notice's id (raw)                    its state; see below
// notice_queue   instant at, then the notice's id (raw)   NoticeRecord
// told_notices   ticket, then the notice's id (raw)       NoticeRecord; told as a breach, or a step
//                                                         of a run, with the sinks that got it; see
//                                                         below
// dead_notices   the notice's id (raw)                    DeadNotice
// terms          u64 number, from 1                       StoredTerms
// projects       text forge, text id                      ProjectRecord
// project_paths  text forge, text path in lower case      the id of the last project with that path
// pins           text forge, text login in lower case     the actor's id
// tokens         the token's id (raw)                     TokenRecord
// token_hashes   the token's hash (raw)                   the token's id
// held           text forge, u64 seq                      DeliveryRecord with its project, which
//                                                         the policy does not cover
// resyncs        text forge, text project                 ResyncRecord
// overrides      text forge, text project,                GateOverride; kept for good
//                instant until, text id
// customer_facts text customer, text id                   CustomerFact
// contacts       text forge, text actor id, text customer ContactRow; of accounts that ever joined
// invitations    the token's hash (raw)                   the customer's id
// sessions       the cookie's hash (raw)                  Session
// admin_links    the token's hash (raw)                   AdminLink
// texts          ticket, then the object's id (raw)       TicketText
// forgotten      a digest (Forgotten::Digest, raw)        Forgotten::Name
// gaps           text forge, instant found                Gap (codec/watch_records.h)
// noise          u8 row, u64 month, …                     see below
// ledger         u64 number, from 1                       LedgerRecord
// counters       u8 counter, …                            u64, little-endian, added to modulo 2^64;
//                                                         see below
//
// `indexes`: rows derived from a ticket's record (index_rows.h), and one kind derived from its
// facts (24).
//
// Lists, ordered by the next due instant (the infinite future if nothing is due):
//
//     u8 dimension, text customer, text value, instant due, ticket
//
// `customer` is empty for the whole ticket; else the row is for that customer's claim and its due
// instant. The dimensions are: open or closed (6, `open` or `closed`), project (7, `forge/id`),
// priorities (8, empty if there is none), the worst clock state at the last decision (9, its name),
// metrics with an open cycle (10), priorities within a project (17, text project, text priority).
// Only for the whole ticket: whose turn it is (22, its number as text), and the teams to which a
// ticket belongs that is open or on which something is due or asked (23; empty: to none).
//
// The same lists in other orders, by the ticket's opening (u8 1) or its last activity (u8 2):
//
//     u8 16, u8 order, u8 dimension, text customer, text value, instant, ticket
//
// Commitments that are owed, one row per claim, at the earliest instant at which a commitment is
// broken (u8 1) or at risk (u8 2):
//
//     u8 11, text project, text plan, text priority, u8 which, instant, ticket, text customer
//     u8 12, text project, text customer, text plan, text priority, u8 which, instant, ticket
//
// The value of both is OwedRecord. Dimension 18 is like 11 without the claims of private customers.
//
// When private customers' commitments count for callers from outside (retainer/hidden_owed.h):
// for broken (u8 1) or at risk (u8 2), from an instant on (u8 1) and until one (u8 2):
//
//     u8 19, text project, u8 which, u8 end, instant, ticket
//
// An "until" instant that has passed has no meaning.
//
// Tickets with an open question to the forge: u8 13, text project, ticket. Those of the outsiders'
// view: the same with u8 20.
//
// Tickets that a change of the policy may affect, by the terms of their last judgement: u8 14, text
// project, text terms, ticket.
//
// Tickets with a question to ask their forge now: u8 21, text forge, ticket.
//
// Tickets by the accounts that take part in them: u8 24, text forge, text account, ticket. Written
// with each fact. The rows of a forgotten person get the pseudonym.
//
// Changes by the tickets that they say they fix: u8 15, ticket fixed, u8 state of
// the change, ticket that is the change.
//
// `counters`: 1 to 8 are figures of the whole store. 16 counts how cycles ended:
//
//     u8 16, text customer, text project, u64 day, u8 metric, u8 ending, u8 took
//
// 17 counts claims in force on open tickets that the policy covers, by clock state at the last
// decision (its number; 0: no clock). A ticket without a claim counts with an empty plan and
// priority:
//
//     u8 17, text plan, text priority, u8 state
//
// 18 counts the held deliveries of a project:
//
//     u8 18, text forge, text project
//
// `noise`: the notifications that we caused in a month (MonthOf), in rows of four kinds:
//
//     u8 1, u64 month, ticket             NoiseRecord (codec/watch_records.h): those of the ticket
//     u8 2, u64 month                     NoiseRecord: all
//     u8 3, u64 month, u64 2^64 - 1 - n,  empty; a ticket with n of them
//           ticket
//     u8 4, u64 month, u64 n              u64, little-endian: how many tickets have n of them
//
// `notice_ids`: while the notice waits, the instant of its queue entry (as in a key). After it was
// told: nothing, or u64 telling if that is not 0. If it may be told again: u8 1, u64 number of the
// next telling.
//
// The numbers of tables, dimensions and counters are persisted or named on disk: they never change.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace retainer::store {

// Raise it when an older program would damage or misread the store.
inline constexpr std::uint64_t kSchemaVersion = 1;

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
  kCustomerFacts,
  kContacts,
  kInvitations,
  kSessions,
  kAdminLinks,
  kTexts,
  kForgotten,
  kGaps,
  kNoise,
};

inline constexpr std::array<std::string_view, 40> kTableNames = {
    "meta",     "inbox",          "bodies",       "deliveries",  "expiry",         "set_aside",
    "tickets",  "open_tickets",   "indexes",      "facts",       "wakeups",        "faces",
    "dirty",    "shown",          "dead_faces",   "notice_ids",  "notice_queue",   "terms",
    "projects", "project_paths",  "pins",         "tokens",      "token_hashes",   "ledger",
    "counters", "told_notices",   "dead_notices", "overrides",   "refused_labels", "held",
    "resyncs",  "customer_facts", "contacts",     "invitations", "sessions",       "admin_links",
    "texts",    "forgotten",      "gaps",         "noise"};

inline std::string_view TableName(Table table) {
  return kTableNames[static_cast<std::size_t>(table)];
}

// The first byte of the keys of `dirty`, and the byte that separates ready faces from postponed
// ones.
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
  kAsks = 21,
  kTurn = 22,
  kTeam = 23,
  kTakesPart = 24,
};

// The orders of kOrdered.
enum class ListOrder : std::uint8_t { kOpened = 1, kUpdated = 2 };

// For kOwed, kOwedTo, kOwedInOpen and kHiddenOwed.
enum class OwedAt : std::uint8_t { kBroken = 1, kAtRisk = 2 };

// For kHiddenOwed.
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
  kEndings = 16,  // this and the following: first byte of a key
  kOpenTickets = 17,
  kHeldOf = 18,
};

}  // namespace retainer::store
