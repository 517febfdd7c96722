// TableStore: lists and sums, from index rows. (What is owed: table_store_owed.cc.)
#include <algorithm>
#include <tuple>

#include "absl/hash/hash.h"
#include "src/store/codec/counter.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/records.h"
#include "src/store/index_rows.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

// Tickets whose wake-up is due but that were not judged yet: few, unless the timers stand still.
constexpr std::size_t kMostUnjudged = 1000;
// How many tickets of one list are read per wanted ticket before several lists are joined instead.
constexpr std::size_t kPatience = 8;
// Number of tickets read at once.
constexpr std::size_t kSmallestPage = 16;
constexpr std::size_t kLargestPage = 256;

bool Stored(const TicketQuery& query) { return query.at == absl::InfinitePast(); }

std::optional<ClockState> StateFor(const TicketQuery& query, const TicketRecord& record) {
  if (query.customer.empty()) {
    return Stored(query) ? record.worst : StateAt(record, query.at);
  }
  for (const ClaimRecord& claim : ClaimsInForce(record)) {
    if (claim.customer != query.customer) continue;
    return StateAt(claim, Stored(query) ? record.decided_at : query.at);
  }
  return std::nullopt;
}

bool Matches(const TicketQuery& query, const TicketRecord& record) {
  if (query.project &&
      (record.key.forge != query.project->forge || record.key.project != query.project->id)) {
    return false;
  }
  if (query.open && record.open != *query.open) return false;
  if (query.turn && TurnOf(record) != *query.turn) return false;
  if (!query.team.empty() && !IsOfTeam(record, query.team)) return false;
  if (query.worst && StateFor(query, record) != query.worst) return false;
  if (query.due_before && DueIn(record, query.customer) >= *query.due_before) return false;
  if (query.customer.empty() && query.priorities.empty() && !query.metric) return true;
  for (const std::string& customer : record.over) {
    if (OverAllowanceOf(customer) == query.customer) return true;
  }
  for (const ClaimRecord& claim : ClaimsInForce(record)) {
    if (!query.customer.empty() && claim.customer != query.customer) continue;
    if (!IsAskedFor(query, claim.priority)) continue;
    if (query.metric &&
        std::none_of(claim.promises.begin(), claim.promises.end(),
                     [&](const OpenPromise& promise) { return promise.metric == *query.metric; })) {
      continue;
    }
    return true;
  }
  return false;
}

using Row = std::pair<absl::Time, TicketKey>;

std::optional<ListOrder> OrderOfLists(TicketOrder order) {
  switch (order) {
    case TicketOrder::kOpened:
      return ListOrder::kOpened;
    case TicketOrder::kUpdated:
      return ListOrder::kUpdated;
    case TicketOrder::kDue:
    case TicketOrder::kPriority:
      break;
  }
  return std::nullopt;
}

auto Rank(const TicketQuery& query, const TicketPlace& place) {
  return std::tuple(query.order == TicketOrder::kPriority ? Urgency(query, place.priority)
                                                          : std::pair<std::size_t, std::string>(),
                    place.at, place.key);
}

// True if place `a` comes before `b` in the query's list.
bool Before(const TicketQuery& query, const TicketPlace& a, const TicketPlace& b) {
  return query.descending ? Rank(query, b) < Rank(query, a) : Rank(query, a) < Rank(query, b);
}

// The lists whose intersection contains every answer to the query. Several alternatives if only the
// order matters. `priority`: the list of that priority.
std::vector<std::vector<std::string>> ListsFor(const TicketQuery& query,
                                               const std::optional<std::string>& priority) {
  const std::optional<ListOrder> order = OrderOfLists(query.order);
  std::vector<std::string> lists;
  const auto add = [&](Dimension dimension, std::string_view value) {
    lists.push_back(ListPrefix(dimension, query.customer, value, order));
  };
  const std::string project =
      query.project ? IndexProject(query.project->forge, query.project->id) : "";
  if (query.project && priority) {
    add(Dimension::kProjectPriority, IndexProjectPriority(project, *priority));
  } else if (query.project) {
    add(Dimension::kProject, project);
  } else if (priority) {
    add(Dimension::kPriority, *priority);
  }
  if (query.metric) add(Dimension::kMetric, MetricName(*query.metric));
  // Broken at an instant means due before it: the list by due instant finds these tickets.
  const bool by_order = query.worst == ClockState::kBreached && !Stored(query) && !order;
  if (query.worst && !by_order) add(Dimension::kWorst, ClockStateName(*query.worst));
  // These lists are of whole tickets. A customer's own list is short.
  const bool whole = query.customer.empty();
  if (query.turn && whole) add(Dimension::kTurn, IndexTurn(*query.turn));
  // Only tickets that are open, or on which something is due or asked, are listed by team.
  const bool waits = query.open == true || query.due_before || query.turn ||
                     query.worst == ClockState::kAtRisk || query.worst == ClockState::kBreached;
  if (!query.team.empty() && whole && waits) {
    // Tickets of no team belong to each.
    std::vector<std::string> nobodys = lists;
    lists.push_back(ListPrefix(Dimension::kTeam, "", query.team, order));
    nobodys.push_back(ListPrefix(Dimension::kTeam, "", "", order));
    return {lists, nobodys};
  }
  if (query.open) add(Dimension::kOpen, *query.open ? "open" : "closed");
  if (!lists.empty()) return {lists};
  return {{ListPrefix(Dimension::kOpen, query.customer, "open", order)},
          {ListPrefix(Dimension::kOpen, query.customer, "closed", order)}};
}

// A part of a list, as keys without the prefix: [from, until). An empty `until` means no bound.
struct Part {
  std::string from;
  std::string until;
  bool descending = false;

  // Removes `key` and everything before it.
  void Pass(std::string_view key) {
    if (descending) {
      until = key;
    } else {
      from = std::string(key) + '\0';
    }
  }
};

// Visits a part of a list in order, until `visit` returns false.
absl::Status WalkList(View& view, const std::string& list, const Part& part,
                      const std::function<bool(std::string_view)>& visit) {
  auto opened = view.Open(Table::kIndexes);
  if (!opened.ok()) return opened.status();
  Cursor& cursor = **opened;
  if (part.descending) {
    cursor.SeekBefore(part.until.empty() ? PrefixEnd(list) : list + part.until);
  } else {
    cursor.Seek(list + part.from);
  }
  while (cursor.Valid() && cursor.Key().starts_with(list)) {
    const std::string_view rest = cursor.Key().substr(list.size());
    if (part.descending ? rest < part.from : !part.until.empty() && rest >= part.until) break;
    if (!visit(rest)) break;
    if (part.descending) {
      cursor.Prev();
    } else {
      cursor.Next();
    }
  }
  return cursor.status();
}

// Visits the intersection of all lists (prefixes of kIndexes) in order, by jumping from each list
// to the next candidate of the others: rows in between are not read. Ends when `visit` returns
// false.
absl::Status Meet(View& view, const std::vector<std::string>& lists, const Part& part,
                  const std::function<bool(std::string_view)>& visit) {
  const auto& [from, until, descending] = part;
  std::vector<std::unique_ptr<Cursor>> cursors;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    auto cursor = view.Open(Table::kIndexes);
    if (!cursor.ok()) return cursor.status();
    cursors.push_back(*std::move(cursor));
  }
  // The smallest key after another is that key plus a zero byte.
  const auto behind = [](std::string_view key) { return std::string(key) + '\0'; };
  // The next candidate is at or after this key (ascending) or before it (descending; empty: no
  // bound).
  std::string edge = descending ? until : from;
  std::optional<std::string> candidate;
  std::size_t agreed = 0;
  for (std::size_t i = 0;; i = (i + 1) % lists.size()) {
    Cursor& cursor = *cursors[i];
    if (descending) {
      cursor.SeekBefore(edge.empty() ? PrefixEnd(lists[i]) : lists[i] + edge);
    } else {
      cursor.Seek(lists[i] + edge);
    }
    if (!cursor.Valid()) return cursor.status();
    const std::string_view key = cursor.Key();
    if (!key.starts_with(lists[i])) return absl::OkStatus();
    const std::string_view rest = key.substr(lists[i].size());
    if (descending ? rest < from : !until.empty() && rest >= until) return absl::OkStatus();
    if (rest != candidate) {
      candidate = std::string(rest);
      edge = descending ? behind(rest) : std::string(rest);
      agreed = 0;
    }
    if (++agreed < lists.size()) continue;
    if (!visit(*candidate)) return absl::OkStatus();
    edge = descending ? *candidate : behind(*candidate);
    candidate.reset();
    agreed = 0;
  }
}

// The priorities of stored tickets, in the order of the query's list.
absl::StatusOr<std::vector<std::string>> Priorities(View& view, const TicketQuery& query) {
  std::vector<std::string> found;
  auto opened = view.Open(Table::kIndexes);
  if (!opened.ok()) return opened.status();
  Cursor& cursor = **opened;
  const std::string all =
      KeyWriter().U8(static_cast<std::uint8_t>(Dimension::kPriority)).Text(query.customer).Take();
  for (cursor.Seek(all); cursor.Valid() && cursor.Key().starts_with(all);
       cursor.Seek(PrefixEnd(KeyWriter().Raw(all).Text(found.back()).Take()))) {
    KeyReader reader(cursor.Key().substr(all.size()));
    std::string name;
    if (!reader.Text(&name)) return Unreadable(Table::kIndexes, cursor.Key());
    found.push_back(std::move(name));
  }
  if (!cursor.status().ok()) return cursor.status();
  std::erase_if(found, [&](const std::string& name) { return !IsAskedFor(query, name); });
  std::sort(found.begin(), found.end(), [&](const std::string& a, const std::string& b) {
    return Urgency(query, a) < Urgency(query, b);
  });
  if (query.descending) std::reverse(found.begin(), found.end());
  return found;
}

// All of them must exist.
absl::StatusOr<std::vector<TicketRecord>> ReadTickets(View& view,
                                                      const std::vector<std::string>& rows,
                                                      FieldSet left_out = {}) {
  auto values = view.GetMany(Table::kTickets, rows);
  if (!values.ok()) return values.status();
  std::vector<TicketRecord> records;
  records.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& value = (*values)[i];
    auto record = value ? DecodeRecord<TicketRecord>(*value, left_out) : std::nullopt;
    if (!record) return Unreadable(Table::kTickets, rows[i]);
    records.push_back(*std::move(record));
  }
  return records;
}

absl::StatusOr<TicketRecord> ReadTicket(View& view, const TicketKey& key, FieldSet left_out = {}) {
  auto records = ReadTickets(view, {TicketRowKey(key)}, left_out);
  if (!records.ok()) return records.status();
  return std::move(records->front());
}

// Adds tickets in the intersection of the lists to `found`, in order, if `wanted`; at most `limit`.
// Rationale: reading on in the first (shortest) list and testing each ticket is several times
// cheaper than jumping in all lists, as long as enough tickets match.
absl::Status Take(View& view, const std::vector<std::string>& lists, Part part, std::size_t limit,
                  const std::function<bool(const TicketRecord&)>& wanted,
                  std::vector<TicketRecord>* found) {
  std::size_t looked = 0;
  std::size_t hits = 0;
  bool sparse = false;
  for (;;) {
    const std::size_t enough = std::clamp(limit - hits, kSmallestPage, kLargestPage);
    std::vector<std::string> rows;
    std::string last;
    absl::Status trouble;
    const auto visit = [&](std::string_view rest) {
      KeyReader reader(rest);
      absl::Time at;
      if (!reader.Instant(&at)) {
        trouble = Unreadable(Table::kIndexes, rest);
        return false;
      }
      rows.emplace_back(reader.Rest());
      last = rest;
      return rows.size() < enough;
    };
    const absl::Status walked =
        sparse ? Meet(view, lists, part, visit) : WalkList(view, lists.front(), part, visit);
    if (!walked.ok()) return walked;
    if (!trouble.ok()) return trouble;
    auto records = ReadTickets(view, rows, kUnlistedFields);
    if (!records.ok()) return records.status();
    for (TicketRecord& record : *records) {
      if (hits == limit) break;
      if (!wanted(record)) continue;
      found->push_back(std::move(record));
      ++hits;
    }
    if (hits == limit || rows.size() < enough) return absl::OkStatus();
    part.Pass(last);
    looked += rows.size();
    sparse = lists.size() > 1 && looked > kPatience * (hits + 1);
  }
}

}  // namespace

absl::StatusOr<std::vector<TicketRecord>> TableStore::FindTickets(const TicketQuery& query) {
  std::vector<TicketRecord> found;
  if (query.limit == 0) return found;
  if (query.due_before && OrderOfLists(query.order)) {
    return absl::InvalidArgumentError("what is due before an instant is listed by due instant");
  }
  const auto view = engine_->Read();
  // In the order by due instant, reading stops at what is due later.
  std::string due_bound;
  if (!OrderOfLists(query.order)) {
    absl::Time until = query.due_before.value_or(absl::InfiniteFuture());
    bool bounded = query.due_before.has_value();
    if (query.worst == ClockState::kBreached && !Stored(query)) {
      until = std::min(until, query.at + absl::Nanoseconds(1));
      bounded = true;
    }
    if (bounded) due_bound = KeyWriter().Instant(until).Take();
  }
  // Continues to read the lists of one priority, or of all, after `after`, while too few were
  // found.
  const auto read = [&](const std::optional<std::string>& priority,
                        const std::optional<TicketPlace>& after) {
    Part part{"", due_bound, query.descending};
    if (after) {
      const std::string at = KeyWriter().Instant(after->at).Ticket(after->key).Take();
      if (!query.descending || due_bound.empty() || at < due_bound) part.Pass(at);
    }
    const auto wanted = [&](const TicketRecord& record) {
      // A ticket with several priorities is listed under the most urgent one.
      return Matches(query, record) && (!priority || query.order != TicketOrder::kPriority ||
                                        PlaceOf(query, record).priority == *priority);
    };
    for (const std::vector<std::string>& lists : ListsFor(query, priority)) {
      absl::Status status = Take(*view, lists, part, query.limit, wanted, &found);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  };
  if (query.order == TicketOrder::kPriority) {
    const auto priorities = Priorities(*view, query);
    if (!priorities.ok()) return priorities.status();
    for (const std::string& priority : *priorities) {
      std::optional<TicketPlace> after;
      if (query.after) {
        const auto here = Urgency(query, priority);
        const auto there = Urgency(query, query.after->priority);
        if (query.descending ? here > there : here < there) continue;
        if (here == there) after = query.after;
      }
      if (absl::Status status = read(priority, after); !status.ok()) return status;
      if (found.size() >= query.limit) break;
    }
  } else {
    std::vector<std::optional<std::string>> lists(query.priorities.begin(), query.priorities.end());
    if (lists.empty()) lists.emplace_back();
    for (const auto& priority : lists) {
      if (absl::Status status = read(priority, query.after); !status.ok()) return status;
    }
  }
  if (query.worst && !Stored(query)) {
    // The states of these changed with time since they were indexed.
    std::vector<TicketKey> unjudged;
    const absl::Status walked =
        view->Walk(Table::kWakeups, {}, {}, [&](std::string_view key, std::string_view) {
          KeyReader reader(key);
          absl::Time at;
          TicketKey ticket;
          if (!reader.Instant(&at) || !reader.Ticket(&ticket) || at > query.at) return false;
          unjudged.push_back(std::move(ticket));
          return unjudged.size() < kMostUnjudged;
        });
    if (!walked.ok()) return walked;
    for (const TicketKey& key : unjudged) {
      auto record = ReadTicket(*view, key, kUnlistedFields);
      if (!record.ok()) return record.status();
      if (!Matches(query, *record)) continue;
      if (query.after && !Before(query, *query.after, PlaceOf(query, *record))) continue;
      if (std::any_of(found.begin(), found.end(),
                      [&](const TicketRecord& other) { return other.key == key; })) {
        continue;
      }
      found.push_back(*std::move(record));
    }
  }
  std::sort(found.begin(), found.end(), [&](const TicketRecord& a, const TicketRecord& b) {
    return Before(query, PlaceOf(query, a), PlaceOf(query, b));
  });
  // With several customers' claims a ticket can be in the lists of several priorities.
  found.erase(
      std::unique(found.begin(), found.end(),
                  [](const TicketRecord& a, const TicketRecord& b) { return a.key == b.key; }),
      found.end());
  if (found.size() > query.limit) found.resize(query.limit);
  return found;
}

absl::StatusOr<std::size_t> TableStore::CountOpen(const std::string& customer,
                                                  const std::optional<ProjectKey>& project,
                                                  std::size_t limit) {
  std::size_t count = 0;
  if (limit == 0) return count;
  std::vector<std::string> lists = {ListPrefix(Dimension::kOpen, customer, "open")};
  if (project) {
    lists.push_back(
        ListPrefix(Dimension::kProject, customer, IndexProject(project->forge, project->id)));
  }
  const auto view = engine_->Read();
  const absl::Status met =
      Meet(*view, lists, Part(), [&](std::string_view) { return ++count < limit; });
  if (!met.ok()) return met;
  return count;
}

absl::StatusOr<std::vector<OpenCount>> TableStore::CountOpenByState() {
  std::vector<OpenCount> counts;
  const std::string prefix =
      KeyWriter().U8(static_cast<std::uint8_t>(Counter::kOpenTickets)).Take();
  absl::Status trouble;
  const auto view = engine_->Read();
  const absl::Status walked =
      view->Walk(Table::kCounters, prefix, PrefixEnd(prefix),
                 [&](std::string_view key, std::string_view value) {
                   KeyReader reader(key.substr(prefix.size()));
                   OpenCount kind;
                   std::uint8_t state = 0;
                   if (!reader.Text(&kind.plan) || !reader.Text(&kind.priority) ||
                       !reader.U8(&state) || !reader.AtEnd()) {
                     trouble = Unreadable(Table::kCounters, key);
                     return false;
                   }
                   if (state > 0) kind.state = static_cast<ClockState>(state);
                   kind.count = DecodeCounter(value);
                   counts.push_back(std::move(kind));
                   return true;
                 });
  if (!walked.ok()) return walked;
  if (!trouble.ok()) return trouble;
  return counts;
}

std::uint64_t TableStore::ProjectVersion(const ProjectKey& project) { return VersionOf(project); }

void TableStore::RaiseProjectVersion(const ProjectKey& project) { ++VersionOf(project); }

std::atomic<std::uint64_t>& TableStore::VersionOf(const ProjectKey& project) {
  return project_versions_[absl::HashOf(project.forge, project.id) % project_versions_.size()];
}

absl::StatusOr<EndingSums> TableStore::SumEndings(const std::string& customer,
                                                  const std::optional<ProjectKey>& project,
                                                  std::int32_t from, std::int32_t until) {
  EndingSums sums;
  KeyWriter writer;
  writer.U8(static_cast<std::uint8_t>(Counter::kEndings)).Text(customer);
  if (project) writer.Text(IndexProject(project->forge, project->id));
  const std::string prefix = writer.Take();
  const auto day_key = [&](std::int32_t day) {
    return KeyWriter().Raw(prefix).U64(static_cast<std::uint64_t>(std::max(day, 0))).Take();
  };
  const std::string first = project ? day_key(from) : prefix;
  const std::string end = project ? day_key(std::max(until, 0) + 1) : PrefixEnd(prefix);
  absl::Status trouble;
  const auto view = engine_->Read();
  const absl::Status walked =
      view->Walk(Table::kCounters, first, end, [&](std::string_view key, std::string_view value) {
        KeyReader reader(key.substr(prefix.size()));
        std::string where;
        std::uint64_t day = 0;
        std::uint8_t metric = 0;
        std::uint8_t ending = 0;
        std::uint8_t took = 0;
        std::uint8_t trial = 0;
        if ((!project && !reader.Text(&where)) || !reader.U64(&day) || !reader.U8(&metric) ||
            !reader.U8(&ending) || !reader.U8(&took) || !reader.U8(&trial) || !reader.AtEnd()) {
          trouble = Unreadable(Table::kCounters, key);
          return false;
        }
        const std::uint64_t count = DecodeCounter(value);
        if (count == 0 || static_cast<std::int64_t>(day) < from ||
            static_cast<std::int64_t>(day) > until) {
          return true;
        }
        auto& metrics = trial != 0 ? sums.trials : sums.metrics;
        EndingSums::Sum& sum = metrics[static_cast<Metric>(metric)];
        switch (static_cast<Ending>(ending)) {
          case Ending::kMet:
            sum.met += count;
            break;
          case Ending::kMissed:
            sum.missed += count;
            break;
          case Ending::kCancelled:
            sum.cancelled += count;
            break;
          case Ending::kExcused:
            sum.excused += count;
            break;
          case Ending::kUnanswered:
            sum.closed_unanswered += count;
            break;
        }
        if (took != 0 && trial == 0) sums.first_responses[took] += count;
        return true;
      });
  if (!walked.ok()) return walked;
  if (!trouble.ok()) return trouble;
  return sums;
}

absl::StatusOr<std::vector<TicketRecord>> TableStore::FindFixes(const TicketKey& ticket,
                                                                ChangeState state,
                                                                std::size_t limit) {
  std::vector<TicketRecord> changes;
  if (limit == 0) return changes;
  const std::string prefix = FixesPrefix(ticket, state);
  absl::Status trouble;
  const auto view = engine_->Read();
  const absl::Status walked = view->Walk(Table::kIndexes, prefix, PrefixEnd(prefix),
                                         [&](std::string_view key, std::string_view) {
                                           KeyReader reader(key.substr(prefix.size()));
                                           TicketKey change;
                                           if (!reader.Ticket(&change) || !reader.AtEnd()) {
                                             trouble = Unreadable(Table::kIndexes, key);
                                             return false;
                                           }
                                           auto record = ReadTicket(*view, change);
                                           if (!record.ok()) {
                                             trouble = record.status();
                                             return false;
                                           }
                                           changes.push_back(*std::move(record));
                                           return changes.size() < limit;
                                         });
  if (!walked.ok()) return walked;
  if (!trouble.ok()) return trouble;
  return changes;
}

}  // namespace retainer::store
