#include "src/cli/queue.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "retainer/core.h"
#include "retainer/instant_text.h"
#include "src/base/view.h"
#include "src/cli/command.h"
#include "src/cli/unknown_names.h"

namespace retainer::cli {
namespace {

constexpr std::size_t kPage = 100;
// The most tickets of a kind that are looked at, because a team's tickets may be few among many.
constexpr std::size_t kMostTickets = 2000;

using base::View;

bool Contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// True when only the author and machines have written.
bool Unanswered(const Standing& standing, const FactSet& facts) {
  return std::none_of(facts.begin(), facts.end(), [&](const auto& entry) {
    const Fact& fact = entry.second;
    return fact.kind == FactKind::kComment && !fact.actor.machine && !fact.internal &&
           fact.actor != standing.author && !Contains(standing.own_comments, fact.subject);
  });
}

void AddOpen(const std::string& customer, const std::vector<PromiseClock>& clocks,
             QueueItem* item) {
  for (const PromiseClock& clock : clocks) {
    if (clock.cycles.empty()) continue;
    const Cycle& cycle = clock.cycles.back();
    if (cycle.outcome != Outcome::kOpen || cycle.paused_now ||
        cycle.due == absl::InfiniteFuture()) {
      continue;
    }
    item->promises.push_back({customer, clock.metric, clock.kind, clock.state, cycle.due});
    item->since = std::min(item->since, cycle.started);
  }
}

class Queue {
 public:
  Queue(pipeline::Desk& desk, Store& store, absl::Time now, const QueueOptions& options)
      : desk_(desk), store_(store), now_(now), options_(options), terms_(desk.terms()) {}

  absl::StatusOr<std::vector<QueueItem>> Read() {
    if (absl::Status ready = Prepare(); !ready.ok()) return ready;
    auto paying = Paying();
    if (!paying.ok() || customer_ != nullptr) return paying;
    auto community = Community();
    if (!community.ok()) return community;
    const std::size_t kept = std::min(options_.limit / 10, community->size());
    if (paying->size() > options_.limit - kept) paying->resize(options_.limit - kept);
    if (community->size() > options_.limit - paying->size()) {
      community->resize(options_.limit - paying->size());
    }
    paying->insert(paying->end(), std::make_move_iterator(community->begin()),
                   std::make_move_iterator(community->end()));
    return paying;
  }

 private:
  absl::Status Prepare() {
    if (terms_.empty()) {
      return absl::FailedPreconditionError(
          "no valid policy is in force yet: `retainer check` says what is wrong with it");
    }
    const Policy& policy = terms_.back()->policy;
    if (!options_.team.empty() && !policy.teams.contains(options_.team)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the policy has no team \"", options_.team, "\": give one of ",
          absl::StrJoin(policy.teams, ", ",
                        [](std::string* out, const auto& team) { out->append(team.first); })));
    }
    if (!options_.customer.empty()) {
      customer_ = policy.FindCustomer(options_.customer);
      if (customer_ == nullptr) {
        return NoSuchCustomer(policy, options_.customer);
      }
    }
    auto pins = store_.LoadPins();
    if (!pins.ok()) return pins.status();
    pins_ = *std::move(pins);
    return absl::OkStatus();
  }

  // Continues past the limit while the due instants are equal, because a commitment may come last
  // among them.
  absl::StatusOr<std::vector<QueueItem>> Paying() {
    TicketQuery query;
    query.due_before = absl::InfiniteFuture();
    if (customer_ != nullptr) query.customer = customer_->id;
    std::vector<QueueItem> items;
    const auto enough = [&](absl::Time next) {
      return items.size() >= options_.limit && next > items[options_.limit - 1].due();
    };
    absl::Status looked = Look(query, enough, [&](QueueItem item, const FactSet&, const Standing&) {
      if (!item.community() && !item.promises.empty()) items.push_back(std::move(item));
    });
    if (!looked.ok()) return looked;
    std::stable_sort(items.begin(), items.end(), [](const QueueItem& a, const QueueItem& b) {
      return std::tie(a.promises[0].due, a.promises[0].kind) <
             std::tie(b.promises[0].due, b.promises[0].kind);
    });
    if (items.size() > options_.limit) items.resize(options_.limit);
    return items;
  }

  // If the community has objectives, the tickets that wait for those; otherwise the unanswered
  // ones.
  absl::StatusOr<std::vector<QueueItem>> Community() {
    TicketQuery query;
    query.open = true;
    query.after = {"", absl::InfiniteFuture(), TicketKey()};
    std::vector<QueueItem> items;
    absl::Status looked = Look(
        query, [](absl::Time) { return false; },
        [&](QueueItem item, const FactSet& facts, const Standing& standing) {
          if (!item.community() || !standing.opened || standing.gone) return;
          if (standing.objectives.empty()) {
            item.since = standing.opened_at;
            if (!Unanswered(standing, facts)) return;
          } else if (item.promises.empty()) {
            return;
          }
          items.push_back(std::move(item));
        });
    if (!looked.ok()) return looked;
    std::stable_sort(items.begin(), items.end(), [](const QueueItem& a, const QueueItem& b) {
      return std::tie(a.since, a.ticket) < std::tie(b.since, b.ticket);
    });
    return items;
  }

  // Judges the query's tickets one after another until `enough` returns true for the next one's due
  // instant.
  template <typename Enough, typename Take>
  absl::Status Look(TicketQuery query, Enough enough, Take take) {
    query.limit = kPage;
    for (std::size_t looked = 0; looked < kMostTickets;) {
      const auto records = store_.FindTickets(query);
      if (!records.ok()) return records.status();
      for (const TicketRecord& record : *records) {
        const absl::Time due = DueIn(record, query.customer);
        if (enough(due)) return absl::OkStatus();
        query.after = {"", due, record.key};
        ++looked;
        const auto stored = store_.LoadTicket(record.key);
        if (!stored.ok()) return stored.status();
        const auto context = desk_.ContextOf(record.key, record);
        if (!context.ok()) return context.status();
        const Standing standing = Evaluate(*context, stored->facts, terms_, pins_, now_);
        if (!IsTheTeams(standing)) continue;
        take(MakeItem(record, *context, standing), stored->facts, standing);
      }
      if (records->size() < kPage) return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  QueueItem MakeItem(const TicketRecord& record, const TicketContext& context,
                     const Standing& standing) const {
    QueueItem item;
    item.ticket = {record.key.forge, context.path, record.key.kind, record.key.number};
    item.title = record.title;
    item.url = record.url;
    item.open = standing.open;
    item.since = absl::InfiniteFuture();
    item.with = WithWhom(standing);
    const Policy& policy = terms_.back()->policy;
    for (const ClaimStanding& claim : standing.claims) {
      if (claim.released) continue;
      const Customer* customer = policy.FindCustomer(claim.customer);
      item.customers.push_back(claim.customer);
      item.aliases.push_back(customer == nullptr ? "" : customer->alias);
      item.priorities.push_back(claim.priority);
      if (customer_ != nullptr && claim.customer != customer_->id) continue;
      AddOpen(claim.customer, claim.clocks, &item);
    }
    if (item.customers.empty()) AddOpen("", standing.objectives, &item);
    std::stable_sort(item.promises.begin(), item.promises.end(),
                     [](const QueuedPromise& a, const QueuedPromise& b) {
                       return std::tie(a.due, a.kind) < std::tie(b.due, b.kind);
                     });
    return item;
  }

  bool IsTheTeams(const Standing& standing) const {
    if (options_.team.empty()) return true;
    const std::vector<std::string> teams = TeamsOf(standing, terms_.back()->policy);
    return teams.empty() || Contains(teams, options_.team);
  }

  pipeline::Desk& desk_;
  Store& store_;
  const absl::Time now_;
  const QueueOptions& options_;
  const TermsHistory terms_;
  const Customer* customer_ = nullptr;
  Pins pins_;
};

// Formats as `2d 3h`, `3h 05m`, `12m`.
std::string Span(absl::Duration span) {
  const std::int64_t minutes = absl::ToInt64Minutes(span);
  const std::int64_t hours = minutes / 60;
  if (hours >= 48) return absl::StrCat(hours / 24, "d ", hours % 24, "h");
  if (hours > 0) return absl::StrFormat("%dh %02dm", hours, minutes % 60);
  return absl::StrCat(minutes, "m");
}

std::string Left(absl::Time due, absl::Time now) {
  return due > now ? absl::StrCat("in ", Span(due - now)) : absl::StrCat(Span(now - due), " late");
}

std::string Row(const QueueItem& item, absl::Time now) {
  std::string row;
  if (item.promises.empty()) {
    absl::StrAppendFormat(&row, "%-20s  %-12s  %-8s", "-", "", "open");
  } else {
    absl::StrAppendFormat(&row, "%s  %-12s  %-8s", Rfc3339(item.due()), Left(item.due(), now),
                          View(ClockStateName(item.promises[0].state)));
  }
  std::string waiting;
  for (const QueuedPromise& promise : item.promises) {
    absl::StrAppend(
        &waiting, waiting.empty() ? "" : ", ", View(MetricName(promise.metric)),
        promise.kind == PromiseKind::kTarget && !promise.customer.empty() ? " (target)" : "");
  }
  if (waiting.empty()) waiting = "nobody has answered";
  std::string whose;
  for (std::size_t i = 0; i < item.customers.size(); ++i) {
    absl::StrAppend(&whose, i == 0 ? "  " : ", ", item.priorities[i], " ", item.customers[i]);
    if (!item.aliases[i].empty()) absl::StrAppend(&whose, " (", item.aliases[i], ")");
  }
  absl::StrAppend(&row, whose, "  ", ToString(item.ticket), item.open ? "" : " (closed)", "  ",
                  waiting,
                  item.with.empty() ? "" : absl::StrCat("  with ", absl::StrJoin(item.with, ", ")));
  if (item.community()) {
    absl::StrAppend(&row, "  waits for ", Span(now - item.since));
  }
  if (!item.title.empty()) absl::StrAppend(&row, "  ", item.title);
  return PrintableLine(row);
}

}  // namespace

absl::StatusOr<std::vector<QueueItem>> ReadQueue(pipeline::Desk& desk, Store& store, absl::Time now,
                                                 const QueueOptions& options) {
  if (options.limit == 0) return absl::InvalidArgumentError("limit: 1 or more, 0 was given");
  return Queue(desk, store, now, options).Read();
}

std::string QueueText(const std::vector<QueueItem>& items, absl::Time now) {
  if (items.empty()) return "Nothing is due.\n";
  std::string text;
  bool community = false;
  for (const QueueItem& item : items) {
    if (item.community() && !std::exchange(community, true)) {
      absl::StrAppend(&text, text.empty() ? "" : "\n", "community, longest waiting first\n");
    }
    absl::StrAppend(&text, Row(item, now), "\n");
  }
  return text;
}

std::string QueueJson(const std::vector<QueueItem>& items, absl::Time now) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const QueueItem& item : items) {
    nlohmann::ordered_json waiting = nlohmann::ordered_json::array();
    for (const QueuedPromise& promise : item.promises) {
      waiting.push_back(
          {{"customer", promise.customer},
           {"metric", std::string(MetricName(promise.metric))},
           {"kind", promise.kind == PromiseKind::kCommitment ? "commitment" : "target"},
           {"state", std::string(ClockStateName(promise.state))},
           {"due", Rfc3339(promise.due)},
           {"left_seconds", absl::ToInt64Seconds(promise.due - now)}});
    }
    const bool due = !item.promises.empty();
    all.push_back(
        {{"ticket", ToString(item.ticket)},
         {"due",
          due ? nlohmann::ordered_json(Rfc3339(item.due())) : nlohmann::ordered_json(nullptr)},
         {"left_seconds", due ? nlohmann::ordered_json(absl::ToInt64Seconds(item.due() - now))
                              : nlohmann::ordered_json(nullptr)},
         {"state", due ? std::string(ClockStateName(item.promises[0].state)) : ""},
         {"community", item.community()},
         {"customers", item.customers},
         {"aliases", item.aliases},
         {"priorities", item.priorities},
         {"with", item.with},
         {"waiting", std::move(waiting)},
         {"since", Rfc3339(item.since)},
         {"open", item.open},
         {"title", item.title},
         {"url", item.url}});
  }
  return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace retainer::cli
