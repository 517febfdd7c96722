#include "src/store/ticket_shifts.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdlib>

#include "absl/time/time.h"
#include "retainer/hidden_owed.h"
#include "src/store/codec/keys.h"
#include "src/store/reads.h"

namespace retainer {
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
  key_.resize(kBytes);
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key_.data()), kBytes) != 1) {
    return absl::UnavailableError("the system gives no random bytes");
  }
  Batch batch;
  batch.Put(Table::kMeta, kName, key_);
  return engine->Write(batch);
}

std::uint32_t TicketShifts::SecondsOf(const TicketKey& ticket) const {
  const std::string name = KeyWriter().Ticket(ticket).Take();
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest,
           &size) == nullptr ||
      size < 8) {
    std::abort();
  }
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | digest[i];
  return static_cast<std::uint32_t>(number %
                                    static_cast<std::uint64_t>(absl::ToInt64Seconds(kHiddenGrain)));
}

}  // namespace retainer
