#include "src/store/codec/keys.h"

#include <limits>

namespace retainer::store {
namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

}  // namespace

KeyWriter& KeyWriter::Text(std::string_view text) {
  for (char c : text) {
    out_.push_back(c);
    if (c == '\0') out_.push_back('\xFF');
  }
  out_.push_back('\0');
  out_.push_back('\1');
  return *this;
}

KeyWriter& KeyWriter::U8(std::uint8_t value) {
  out_.push_back(static_cast<char>(value));
  return *this;
}

KeyWriter& KeyWriter::U64(std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out_.push_back(static_cast<char>(value >> shift));
  return *this;
}

KeyWriter& KeyWriter::I64(std::int64_t value) {
  return U64(static_cast<std::uint64_t>(value) ^ kSignBit);
}

KeyWriter& KeyWriter::Instant(absl::Time at) {
  std::int64_t seconds = 0;
  std::uint32_t nanos = 0;
  if (at == absl::InfiniteFuture()) {
    seconds = std::numeric_limits<std::int64_t>::max();
  } else if (at == absl::InfinitePast()) {
    seconds = std::numeric_limits<std::int64_t>::min();
  } else {
    seconds = absl::ToUnixSeconds(at);
    nanos =
        static_cast<std::uint32_t>(absl::ToInt64Nanoseconds(at - absl::FromUnixSeconds(seconds)));
  }
  I64(seconds);
  for (int shift = 24; shift >= 0; shift -= 8) out_.push_back(static_cast<char>(nanos >> shift));
  return *this;
}

KeyWriter& KeyWriter::Ticket(const TicketKey& key) {
  return Text(key.forge).Text(key.project).U8(static_cast<std::uint8_t>(key.kind)).I64(key.number);
}

KeyWriter& KeyWriter::Raw(std::string_view bytes) {
  out_.append(bytes);
  return *this;
}

bool KeyReader::Text(std::string* text) {
  text->clear();
  for (std::size_t i = 0; ok_ && i + 1 < rest_.size(); ++i) {
    if (rest_[i] != '\0') {
      text->push_back(rest_[i]);
    } else if (rest_[i + 1] == '\xFF') {
      text->push_back('\0');
      ++i;
    } else if (rest_[i + 1] == '\1') {
      rest_.remove_prefix(i + 2);
      return true;
    } else {
      break;
    }
  }
  return Fail();
}

bool KeyReader::U8(std::uint8_t* value) {
  if (!ok_ || rest_.empty()) return Fail();
  *value = static_cast<std::uint8_t>(rest_[0]);
  rest_.remove_prefix(1);
  return true;
}

bool KeyReader::U64(std::uint64_t* value) {
  if (!ok_ || rest_.size() < 8) return Fail();
  *value = 0;
  for (int i = 0; i < 8; ++i) *value = (*value << 8) | static_cast<unsigned char>(rest_[i]);
  rest_.remove_prefix(8);
  return true;
}

bool KeyReader::I64(std::int64_t* value) {
  std::uint64_t raw = 0;
  if (!U64(&raw)) return false;
  *value = static_cast<std::int64_t>(raw ^ kSignBit);
  return true;
}

bool KeyReader::Instant(absl::Time* at) {
  std::int64_t seconds = 0;
  if (!I64(&seconds) || rest_.size() < 4) return Fail();
  std::uint32_t nanos = 0;
  for (int i = 0; i < 4; ++i) nanos = (nanos << 8) | static_cast<unsigned char>(rest_[i]);
  rest_.remove_prefix(4);
  if (nanos >= 1'000'000'000) return Fail();
  if (seconds == std::numeric_limits<std::int64_t>::max()) {
    *at = absl::InfiniteFuture();
  } else if (seconds == std::numeric_limits<std::int64_t>::min()) {
    *at = absl::InfinitePast();
  } else {
    *at = absl::FromUnixSeconds(seconds) + absl::Nanoseconds(nanos);
  }
  return true;
}

bool KeyReader::Ticket(TicketKey* key) {
  std::uint8_t kind = 0;
  if (!Text(&key->forge) || !Text(&key->project) || !U8(&kind)) return false;
  if (kind != static_cast<std::uint8_t>(TicketKind::kIssue) &&
      kind != static_cast<std::uint8_t>(TicketKind::kChange)) {
    return Fail();
  }
  key->kind = static_cast<TicketKind>(kind);
  return I64(&key->number);
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xFF) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace retainer::store
