// TableStore: answers the gate's question from index rows.
#include <algorithm>
#include <tuple>

#include "src/store/codec/keys.h"
#include "src/store/codec/records.h"
#include "src/store/index_rows.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

// A group of rows of what is owed: one plan and priority.
struct OwedGroup {
  std::string prefix;
  std::string plan;
  std::string priority;
};

struct OwedRow {
  absl::Time at;
  std::string key;  // the key after the instant: the ticket, and the customer if the query has none
  std::string value;
  std::size_t group = 0;
};

bool Earlier(const OwedRow& a, const OwedRow& b) {
  return std::tie(a.at, a.key) < std::tie(b.at, b.key);
}

// `customer`: from the query. Nullopt if the row cannot be read.
std::optional<Owed::Claim> OwedClaim(const OwedGroup& group, std::string_view key,
                                     std::string_view value, const std::string& customer) {
  Owed::Claim owed;
  owed.claim.customer = customer;
  owed.claim.plan = group.plan;
  owed.claim.priority = group.priority;
  KeyReader reader(key);
  if (!reader.Ticket(&owed.ticket) || (customer.empty() && !reader.Text(&owed.claim.customer)) ||
      !reader.AtEnd()) {
    return std::nullopt;
  }
  std::optional<OwedRecord> record = DecodeRecord<OwedRecord>(value);
  if (!record) return std::nullopt;
  owed.url = std::move(record->url);
  owed.claim.promises = std::move(record->promises);
  return owed;
}

// The first group at or after a key; nullopt after the last one.
absl::StatusOr<std::optional<OwedGroup>> NextGroup(Cursor& cursor, const std::string& base,
                                                   const std::string& from) {
  cursor.Seek(from);
  if (!cursor.Valid()) {
    if (!cursor.status().ok()) return cursor.status();
    return std::nullopt;
  }
  if (!cursor.Key().starts_with(base)) return std::nullopt;
  OwedGroup group;
  KeyReader reader(cursor.Key().substr(base.size()));
  if (!reader.Text(&group.plan) || !reader.Text(&group.priority)) {
    return Unreadable(Table::kIndexes, cursor.Key());
  }
  group.prefix = KeyWriter().Raw(base).Text(group.plan).Text(group.priority).Take();
  return group;
}

}  // namespace

absl::StatusOr<Owed> TableStore::FindOwed(const OwedQuery& query, const std::string& terms_id) {
  Owed owed;
  const auto view = engine_->Read();
  auto opened = view->Open(Table::kIndexes);
  if (!opened.ok()) return opened.status();
  Cursor& cursor = **opened;
  const std::string project = IndexProject(query.project.forge, query.project.id);
  const auto dimension = [&](Dimension which) {
    return KeyWriter().U8(static_cast<std::uint8_t>(which)).Text(project).Take();
  };
  const std::string base =
      query.customer.empty()
          ? dimension(query.outside ? Dimension::kOwedInOpen : Dimension::kOwed)
          : KeyWriter().Raw(dimension(Dimension::kOwedTo)).Text(query.customer).Take();
  const auto which = static_cast<std::uint8_t>(query.at_risk ? OwedAt::kAtRisk : OwedAt::kBroken);

  // The rows of each group are ordered, so rows later than enough others are not read.
  std::vector<OwedRow> rows;
  absl::Time enough = absl::InfiniteFuture();
  std::vector<OwedGroup> groups;
  std::string from = base;
  while (groups.empty() || !from.empty()) {
    auto group = NextGroup(cursor, base, from);
    if (!group.ok()) return group.status();
    if (!*group) break;
    groups.push_back(**std::move(group));
    const OwedGroup& here = groups.back();
    from = PrefixEnd(here.prefix);
    if (!query.plan.empty() && here.plan != query.plan) continue;
    if (!query.priorities.empty() && std::find(query.priorities.begin(), query.priorities.end(),
                                               here.priority) == query.priorities.end()) {
      continue;
    }
    const std::string prefix = KeyWriter().Raw(here.prefix).U8(which).Take();
    const std::size_t before = rows.size();
    if (!cursor.Key().starts_with(prefix)) cursor.Seek(prefix);
    while (cursor.Valid() && cursor.Key().starts_with(prefix)) {
      KeyReader reader(cursor.Key().substr(prefix.size()));
      absl::Time at;
      if (!reader.Instant(&at)) return Unreadable(Table::kIndexes, cursor.Key());
      if (at > query.at) {
        if (at < owed.next) {
          owed.next = at;
          auto claim = OwedClaim(here, reader.Rest(), cursor.Value(), query.customer);
          if (!claim) return Unreadable(Table::kIndexes, cursor.Key());
          owed.next_customer = std::move(claim->claim.customer);
        }
        break;
      }
      if (rows.size() - before == query.limit || at > enough) {
        // Enough of these: continue with the next instant.
        owed.more = true;
        if (!query.next) break;
        cursor.Seek(KeyWriter().Raw(prefix).Instant(query.at + absl::Nanoseconds(1)).Take());
        continue;
      }
      rows.push_back(
          {at, std::string(reader.Rest()), std::string(cursor.Value()), groups.size() - 1});
      cursor.Next();
    }
    if (!cursor.status().ok()) return cursor.status();
    std::inplace_merge(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(before), rows.end(),
                       Earlier);
    if (rows.size() > query.limit) {
      owed.more = true;
      rows.resize(query.limit);
    }
    if (rows.size() == query.limit && !rows.empty()) enough = rows.back().at;
  }
  for (const OwedRow& row : rows) {
    auto claim = OwedClaim(groups[row.group], row.key, row.value, query.customer);
    if (!claim) return Unreadable(Table::kIndexes, row.key);
    owed.claims.push_back(*std::move(claim));
  }

  if (query.outside) {
    // Two lookups, whatever the number of rows.
    const OwedAt at = query.at_risk ? OwedAt::kAtRisk : OwedAt::kBroken;
    const std::string begun = HiddenOwedPrefix(project, at, HiddenEnd::kFrom);
    cursor.Seek(begun);
    bool counts = false;
    if (cursor.Valid() && cursor.Key().starts_with(begun)) {
      KeyReader reader(cursor.Key().substr(begun.size()));
      absl::Time begins;
      if (!reader.Instant(&begins)) return Unreadable(Table::kIndexes, cursor.Key());
      counts = begins <= query.at;
    }
    if (!cursor.status().ok()) return cursor.status();
    const std::string ended = HiddenOwedPrefix(project, at, HiddenEnd::kUntil);
    cursor.Seek(KeyWriter().Raw(ended).Instant(query.at + absl::Nanoseconds(1)).Take());
    owed.hidden = (cursor.Valid() && cursor.Key().starts_with(ended)) || counts;
    if (!cursor.status().ok()) return cursor.status();
  }

  // Questions for private customers' sake would reveal which tickets are theirs.
  const std::string questions =
      dimension(query.outside ? Dimension::kQuestionsOutside : Dimension::kQuestions);
  cursor.Seek(questions);
  owed.questions = cursor.Valid() && cursor.Key().starts_with(questions);
  if (!cursor.status().ok()) return cursor.status();

  const std::string judged = dimension(Dimension::kJudgedUnder);
  cursor.Seek(judged);
  while (cursor.Valid() && cursor.Key().starts_with(judged)) {
    KeyReader reader(cursor.Key().substr(judged.size()));
    std::string terms;
    if (!reader.Text(&terms)) return Unreadable(Table::kIndexes, cursor.Key());
    if (terms != terms_id) {
      owed.stale = true;
      break;
    }
    cursor.Seek(PrefixEnd(KeyWriter().Raw(judged).Text(terms).Take()));
  }
  if (!cursor.status().ok()) return cursor.status();
  return owed;
}

}  // namespace retainer::store
