// Keys of the store: byte strings that sort like the values they encode.
//
//     text     its bytes with 00 written as 00 FF, then 00 01. So a text is never the beginning of
//              another one, whatever it contains, and `a` sorts before `a` followed by anything.
//     u8       one byte
//     u64      eight bytes, big-endian
//     i64      eight bytes, big-endian, sign bit flipped
//     instant  i64 Unix seconds, four bytes big-endian nanoseconds; the infinite instants as in
//              codec/fields.h
//     ticket   text forge, text project, u8 kind, i64 number: in the order of TicketKey
//
// A key is a sequence of these. codec/tables.h describes the keys of each table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "retainer/ids.h"

namespace retainer::store {

// Builds a key from left to right.
class KeyWriter {
 public:
  KeyWriter& Text(std::string_view text);
  KeyWriter& U8(std::uint8_t value);
  KeyWriter& U64(std::uint64_t value);
  KeyWriter& I64(std::int64_t value);
  KeyWriter& Instant(absl::Time at);
  KeyWriter& Ticket(const TicketKey& key);
  KeyWriter& Raw(std::string_view bytes);
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

// Reads a key from left to right. A method returns false, and the reader then stays failed, if the
// key does not continue with such a value. Safe for any bytes.
class KeyReader {
 public:
  explicit KeyReader(std::string_view key) : rest_(key) {}
  bool Text(std::string* text);
  bool U8(std::uint8_t* value);
  bool U64(std::uint64_t* value);
  bool I64(std::int64_t* value);
  bool Instant(absl::Time* at);
  bool Ticket(TicketKey* key);
  // The unread rest.
  std::string_view Rest() const { return rest_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  bool Fail() {
    ok_ = false;
    return false;
  }
  std::string_view rest_;
  bool ok_ = true;
};

// The smallest key greater than every key that begins with `prefix`. Empty (no bound) if there is
// none.
std::string PrefixEnd(std::string_view prefix);

}  // namespace retainer::store
