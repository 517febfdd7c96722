#include "src/store/ticket_shifts.h"

#include "absl/time/time.h"
#include "retainer/hidden_owed.h"
#include "src/base/digest.h"
#include "src/store/codec/keys.h"
#include "src/store/reads.h"

namespace retainer::store {
namespace {

constexpr char kName[] = "gate_key";
constexpr std::size_t kBytes = 32;

}  // namespace

absl::Status TicketShifts::Load(Engine* engine) {
  {
    const auto view = engine->Read();
    auto stored = view->Get(Table::kMeta, kName);
    if (!stored.ok()) return stored.status();
    if (*stored) {
      if ((*stored)->size() != kBytes) return Unreadable(Table::kMeta, kName);
      key_ = **std::move(stored);
      return absl::OkStatus();
    }
  }
  auto key = base::RandomBytes(kBytes);
  if (!key.ok()) return key.status();
  key_ = *std::move(key);
  Batch batch;
  batch.Put(Table::kMeta, kName, key_);
  return engine->Write(batch);
}

std::uint32_t TicketShifts::SecondsOf(const TicketKey& ticket) const {
  const std::string name = KeyWriter().Ticket(ticket).Take();
  const base::Digest digest = base::HmacSha256(key_, {name});
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | digest[i];
  return static_cast<std::uint32_t>(number %
                                    static_cast<std::uint64_t>(absl::ToInt64Seconds(kHiddenGrain)));
}

}  // namespace retainer::store
