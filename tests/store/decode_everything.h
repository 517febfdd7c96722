// Every decoder of the store on the same bytes; shared by the suite and the fuzzer.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "src/store/codec/body.h"
#include "src/store/codec/counter.h"
#include "src/store/codec/forgotten_records.h"
#include "src/store/codec/keys.h"
#include "src/store/codec/people_records.h"
#include "src/store/codec/records.h"

namespace retainer::store {

// If bytes decode, the encoding of the result must decode to the same value: the second encoding is
// the canonical one.
template <class T>
void DecodeOne(std::string_view bytes) {
  const auto value = DecodeRecord<T>(bytes);
  if (!value) return;
  const std::string once = EncodeRecord(*value);
  const auto again = DecodeRecord<T>(once);
  if (!again || EncodeRecord(*again) != once) std::abort();
}

inline void DecodeEverything(std::string_view bytes) {
  DecodeOne<StoredFact>(bytes);
  DecodeOne<TicketRecord>(bytes);
  DecodeOne<FaceRecord>(bytes);
  DecodeOne<ShownFace>(bytes);
  DecodeOne<DeadFace>(bytes);
  DecodeOne<Reevaluation>(bytes);
  DecodeOne<Notice>(bytes);
  DecodeOne<DeadNotice>(bytes);
  DecodeOne<NoticeRecord>(bytes);
  DecodeOne<DeliveryRecord>(bytes);
  DecodeOne<StoredTerms>(bytes);
  DecodeOne<ProjectRecord>(bytes);
  DecodeOne<ResyncRecord>(bytes);
  DecodeOne<TokenRecord>(bytes);
  DecodeOne<GateOverride>(bytes);
  DecodeOne<CustomerFact>(bytes);
  DecodeOne<ContactRow>(bytes);
  DecodeOne<Session>(bytes);
  DecodeOne<TicketText>(bytes);
  DecodeOne<Forgotten::Name>(bytes);
  DecodeOne<ForgetProgress>(bytes);
  DecodeOne<LedgerEntry>(bytes);
  DecodeOne<LedgerRecord>(bytes);
  DecodeOne<StoredLedgerHead>(bytes);
  DecompressBody(bytes);
  DecodeCounter(bytes);
  KeyReader reader(bytes);
  std::string text;
  std::uint8_t small = 0;
  absl::Time at;
  TicketKey ticket;
  if (reader.U8(&small) && reader.Text(&text) && reader.Instant(&at)) reader.Ticket(&ticket);
}

}  // namespace retainer::store
