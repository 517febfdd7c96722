// TableStore: gaps in the deliveries, and the noise that we cause.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "src/store/codec/counter.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/watch_records.h"
#include "src/store/reads.h"
#include "src/store/table_store.h"

namespace retainer::store {
namespace {

constexpr char kGapsLock[] = "gaps";
constexpr char kNoiseLock[] = "noise";
// Rows of months that ended long ago, deleted per call.
constexpr std::size_t kForgottenAtOnce = 256;

// The rows of `noise`: the first byte of a key.
enum class NoiseRow : std::uint8_t { kTicket = 1, kMonth = 2, kNoisiest = 3, kSpread = 4 };

KeyWriter NoiseKey(NoiseRow row, std::int32_t month) {
  KeyWriter key;
  key.U8(static_cast<std::uint8_t>(row)).U64(static_cast<std::uint64_t>(month));
  return key;
}

std::string TicketNoiseKey(const TicketKey& ticket, std::int32_t month) {
  return NoiseKey(NoiseRow::kTicket, month).Ticket(ticket).Take();
}

// The noisiest come first.
std::string NoisiestKey(const TicketKey& ticket, std::int32_t month, std::uint64_t sum) {
  return NoiseKey(NoiseRow::kNoisiest, month)
      .U64(std::numeric_limits<std::uint64_t>::max() - sum)
      .Ticket(ticket)
      .Take();
}

std::string SpreadKey(std::int32_t month, std::uint64_t sum) {
  return NoiseKey(NoiseRow::kSpread, month).U64(sum).Take();
}

std::uint64_t& CountOf(NoiseRecord* noise, NoiseKind kind) {
  switch (kind) {
    case NoiseKind::kStatus:
      return noise->statuses;
    case NoiseKind::kMention:
      return noise->mentions;
    case NoiseKind::kAssignment:
      return noise->assignments;
  }
  return noise->statuses;
}

NoiseCounts CountsOf(NoiseRecord noise) {
  NoiseCounts counts;
  for (const NoiseKind kind : {NoiseKind::kStatus, NoiseKind::kMention, NoiseKind::kAssignment}) {
    if (const std::uint64_t count = CountOf(&noise, kind); count > 0) counts[kind] = count;
  }
  return counts;
}

absl::StatusOr<NoiseRecord> ReadNoiseRecord(View& view, const std::string& key) {
  auto record = ReadRecord<NoiseRecord>(view, Table::kNoise, key);
  if (!record.ok()) return record.status();
  return record->value_or(NoiseRecord());
}

absl::StatusOr<std::uint64_t> ReadSpread(View& view, const std::string& key) {
  const auto value = view.Get(Table::kNoise, key);
  if (!value.ok()) return value.status();
  return *value ? DecodeCounter(**value) : 0;
}

// Stages the deletion of some rows of months before `month`.
absl::Status StageNoiseForgotten(View& view, std::int32_t month, Batch* batch) {
  std::size_t left = kForgottenAtOnce;
  for (const NoiseRow row :
       {NoiseRow::kTicket, NoiseRow::kMonth, NoiseRow::kNoisiest, NoiseRow::kSpread}) {
    const absl::Status walked =
        view.Walk(Table::kNoise, NoiseKey(row, 0).Take(), NoiseKey(row, month).Take(),
                  [&](std::string_view key, std::string_view) {
                    if (left == 0) return false;
                    --left;
                    batch->Delete(Table::kNoise, std::string(key));
                    return true;
                  });
    if (!walked.ok()) return walked;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status TableStore::SaveGap(const Gap& gap) {
  const LockStripes::Hold hold = locks_.Acquire({kGapsLock});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    const std::string prefix = KeyWriter().Text(gap.forge).Take();
    const std::string mine = KeyWriter().Text(gap.forge).Instant(gap.found).Take();
    std::vector<std::string> keys;  // of the others
    const absl::Status walked = view->Walk(Table::kGaps, prefix, PrefixEnd(prefix),
                                           [&](std::string_view key, std::string_view) {
                                             if (key != mine) keys.emplace_back(key);
                                             return true;
                                           });
    if (!walked.ok()) return walked;
    for (std::size_t i = 0; i + kMostGaps <= keys.size(); ++i) batch.Delete(Table::kGaps, keys[i]);
    batch.Put(Table::kGaps, mine, EncodeRecord(gap));
  }
  return engine_->Write(batch);
}

absl::StatusOr<std::vector<Gap>> TableStore::ListGaps() {
  return ReadAll<Gap>(*engine_->Read(), Table::kGaps, std::numeric_limits<std::size_t>::max());
}

absl::StatusOr<bool> TableStore::HasDelivery(const std::string& forge, const std::string& id) {
  const auto found =
      engine_->Read()->Get(Table::kDeliveries, KeyWriter().Text(forge).Text(id).Take());
  if (!found.ok()) return found.status();
  return found->has_value();
}

absl::Status TableStore::AddNoise(const TicketKey& ticket, NoiseKind kind, std::uint64_t count,
                                  absl::Time at) {
  if (count == 0) return absl::OkStatus();
  const std::int32_t month = MonthOf(at);
  const LockStripes::Hold hold = locks_.Acquire({kNoiseLock});
  if (absl::Status status = Prepare(); !status.ok()) return status;
  Batch batch;
  {
    const auto view = engine_->Read();
    const std::string ticket_key = TicketNoiseKey(ticket, month);
    const std::string month_key = NoiseKey(NoiseRow::kMonth, month).Take();
    auto of_ticket = ReadNoiseRecord(*view, ticket_key);
    if (!of_ticket.ok()) return of_ticket.status();
    auto of_month = ReadNoiseRecord(*view, month_key);
    if (!of_month.ok()) return of_month.status();
    const std::uint64_t before = SumOf(CountsOf(*of_ticket));
    const std::uint64_t after = before + count;
    CountOf(&*of_ticket, kind) += count;
    CountOf(&*of_month, kind) += count;
    batch.Put(Table::kNoise, ticket_key, EncodeRecord(*of_ticket));
    batch.Put(Table::kNoise, month_key, EncodeRecord(*of_month));
    if (before > 0) {
      batch.Delete(Table::kNoise, NoisiestKey(ticket, month, before));
      const auto spread = ReadSpread(*view, SpreadKey(month, before));
      if (!spread.ok()) return spread.status();
      if (*spread > 1) {
        batch.Put(Table::kNoise, SpreadKey(month, before), EncodeCounter(*spread - 1));
      } else {
        batch.Delete(Table::kNoise, SpreadKey(month, before));
      }
    }
    const auto spread = ReadSpread(*view, SpreadKey(month, after));
    if (!spread.ok()) return spread.status();
    batch.Put(Table::kNoise, SpreadKey(month, after), EncodeCounter(*spread + 1));
    batch.Put(Table::kNoise, NoisiestKey(ticket, month, after), "");
    if (month >= kMonthsKept) {
      const absl::Status forgotten = StageNoiseForgotten(*view, month - kMonthsKept + 1, &batch);
      if (!forgotten.ok()) return forgotten;
    }
  }
  return engine_->WriteUnsynced(batch);
}

absl::StatusOr<NoiseMonth> TableStore::ReadNoise(std::int32_t month, std::size_t limit) {
  NoiseMonth noise;
  const auto view = engine_->Read();
  auto total = ReadNoiseRecord(*view, NoiseKey(NoiseRow::kMonth, month).Take());
  if (!total.ok()) return total.status();
  noise.kinds = CountsOf(*total);

  std::vector<std::pair<std::uint64_t, std::uint64_t>> spread;  // notifications, tickets with them
  absl::Status unreadable;
  std::string prefix = NoiseKey(NoiseRow::kSpread, month).Take();
  absl::Status walked = view->Walk(Table::kNoise, prefix, PrefixEnd(prefix),
                                   [&](std::string_view key, std::string_view value) {
                                     KeyReader reader(key.substr(prefix.size()));
                                     std::uint64_t sum = 0;
                                     if (!reader.U64(&sum) || !reader.AtEnd()) {
                                       unreadable = Unreadable(Table::kNoise, key);
                                       return false;
                                     }
                                     spread.emplace_back(sum, DecodeCounter(value));
                                     noise.tickets += spread.back().second;
                                     return true;
                                   });
  if (!walked.ok()) return walked;
  std::uint64_t passed = 0;
  for (const auto& [sum, tickets] : spread) {
    passed += tickets;
    if (passed > noise.tickets / 2) {
      noise.median = sum;
      break;
    }
  }

  prefix = NoiseKey(NoiseRow::kNoisiest, month).Take();
  walked = view->Walk(Table::kNoise, prefix, PrefixEnd(prefix),
                      [&](std::string_view key, std::string_view) {
                        if (noise.noisiest.size() >= limit) return false;
                        KeyReader reader(key.substr(prefix.size()));
                        std::uint64_t below = 0;
                        TicketKey ticket;
                        if (!reader.U64(&below) || !reader.Ticket(&ticket) || !reader.AtEnd()) {
                          unreadable = Unreadable(Table::kNoise, key);
                          return false;
                        }
                        noise.noisiest.emplace_back(
                            std::move(ticket), std::numeric_limits<std::uint64_t>::max() - below);
                        return true;
                      });
  if (!walked.ok()) return walked;
  if (!unreadable.ok()) return unreadable;
  return noise;
}

absl::StatusOr<NoiseCounts> TableStore::ReadNoiseOf(const TicketKey& ticket, std::int32_t month) {
  const auto noise = ReadNoiseRecord(*engine_->Read(), TicketNoiseKey(ticket, month));
  if (!noise.ok()) return noise.status();
  return CountsOf(*noise);
}

}  // namespace retainer::store
