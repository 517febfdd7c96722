// The record format of all values in the store, and the single list of fields from which encoding
// and decoding are made.
//
// Format of a record:
//
//     record  := version field*
//     version := one byte, kRecordVersion
//     field   := tag:varint length:varint payload[length]
//
// A tag is a number that is never reused. A repeated field is the same tag again, in order.
// Payloads:
//
//     text, bytes       as they are (an empty text is left out)
//     unsigned, enum    varint (7 bits per byte, low ones first, at most 10 bytes)
//     signed            varint of the zigzag form
//     flag              one byte, 0 or 1
//     instant           zigzag varint of Unix seconds, varint of nanoseconds (0 .. 999999999);
//                       seconds INT64_MAX is the infinite future, INT64_MIN the infinite past
//     day               zigzag varint of the days since 1970-01-01
//     structure         field*
//     map entry         structure {1: key, 2: value}
//     optional          the field is there or not
//
// Unknown tags are skipped, so a newer writer may add fields under the same version. It raises the
// version only if an older reader would misunderstand the record; the older reader then refuses it.
// A payload that does not fit its field, a number outside its enumeration, or anything after the
// record's end makes the whole record unreadable: decoding never guesses.
//
// A type is stored by a function found by argument-dependent lookup or in namespace retainer:
//
//     template <class Io> void Describe(Io& io, Actor& a) { io(1, a.id); io(2, a.login); }
//
// Decoding never allocates more than a small multiple of the record's size.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace retainer::store {

inline constexpr char kRecordVersion = 1;
// Maximum nesting of structures; ours have four levels.
inline constexpr int kMaxRecordDepth = 8;

void AppendVarint(std::string* out, std::uint64_t value);
// Removes a varint from the front of `in`. False if there is none.
bool TakeVarint(std::string_view* in, std::uint64_t* value);
void AppendInstant(std::string* out, absl::Time at);
bool TakeInstant(std::string_view* in, absl::Time* at);

// The valid numbers of a persisted enumeration: `KnownNumbers(Enumeration<T>)` returns {least,
// greatest}. The tag makes the function visible here for enumerations of other namespaces.
template <class T>
struct Enumeration {};

struct NumberRange {
  std::uint64_t least = 0;
  std::uint64_t greatest = 0;
};

class FieldWriter {
 public:
  template <class T>
  void operator()(std::uint64_t tag, T& value) {
    if constexpr (std::is_same_v<std::remove_const_t<T>, std::string>) {
      if (!value.empty()) Put(tag, value);
    } else {
      PutValue(tag, value);
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  void Put(std::uint64_t tag, std::string_view payload) {
    AppendVarint(&out_, tag);
    AppendVarint(&out_, payload.size());
    out_.append(payload);
  }

  void PutValue(std::uint64_t tag, const std::string& value) { Put(tag, value); }
  void PutValue(std::uint64_t tag, const bool& value) {
    Put(tag, std::string_view(value ? "\1" : "\0", 1));
  }
  void PutValue(std::uint64_t tag, const absl::Time& value) {
    std::string payload;
    AppendInstant(&payload, value);
    Put(tag, payload);
  }
  void PutValue(std::uint64_t tag, const absl::CivilDay& value) {
    PutValue(tag, std::int64_t{value - absl::CivilDay(1970, 1, 1)});
  }
  template <class T>
  void PutValue(std::uint64_t tag, const std::optional<T>& value) {
    if (value) PutValue(tag, *value);
  }
  template <class T>
  void PutValue(std::uint64_t tag, const std::vector<T>& values) {
    for (const T& value : values) PutValue(tag, value);
  }
  template <class V>
  void PutValue(std::uint64_t tag, const std::map<std::string, V>& values) {
    for (const auto& [key, value] : values) {
      FieldWriter entry;
      entry(1, key);
      entry(2, value);
      Put(tag, entry.out_);
    }
  }
  template <class T>
  void PutValue(std::uint64_t tag, const T& value) {
    std::string payload;
    if constexpr (std::is_enum_v<T>) {
      AppendVarint(&payload, static_cast<std::uint64_t>(value));
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      const auto wide = static_cast<std::int64_t>(value);
      AppendVarint(&payload, (static_cast<std::uint64_t>(wide) << 1) ^
                                 static_cast<std::uint64_t>(wide >> 63));
    } else if constexpr (std::is_integral_v<T>) {
      AppendVarint(&payload, value);
    } else {
      FieldWriter nested;
      // Describe is the same function for both directions; the writer only reads.
      Describe(nested, const_cast<T&>(value));
      payload = std::move(nested.out_);
    }
    Put(tag, payload);
  }

  std::string out_;
};

// A set of tags below 64.
class FieldSet {
 public:
  constexpr FieldSet(std::initializer_list<unsigned> tags) {
    for (const unsigned tag : tags) bits_ |= std::uint64_t{1} << tag;
  }
  constexpr bool Holds(std::uint64_t tag) const { return tag < 64 && (bits_ >> tag & 1) != 0; }

 private:
  std::uint64_t bits_ = 0;
};

class FieldReader {
 public:
  // `left_out`: fields to skip.
  explicit FieldReader(std::string_view fields, int depth = 0, FieldSet left_out = {});

  template <class T>
  void operator()(std::uint64_t tag, T& value) {
    if (!ok_ || left_out_.Holds(tag)) return;
    if constexpr (requires { value.push_back(typename T::value_type()); } &&
                  !std::is_same_v<T, std::string>) {
      value.clear();
      for (const Field& field : Tagged(tag)) {
        typename T::value_type element{};
        Get(field.payload, &element);
        value.push_back(std::move(element));
      }
    } else if constexpr (requires { typename T::mapped_type; }) {
      value.clear();
      for (const Field& field : Tagged(tag)) {
        FieldReader entry(field.payload, depth_ + 1);
        std::string key;
        typename T::mapped_type mapped{};
        entry(1, key);
        entry(2, mapped);
        ok_ = ok_ && entry.ok();
        value.insert_or_assign(std::move(key), std::move(mapped));
      }
    } else {
      for (const Field& field : Tagged(tag)) Get(field.payload, &value);
    }
  }

  bool ok() const { return ok_; }

 private:
  struct Field {
    std::uint64_t tag;
    std::string_view payload;
  };

  // The fields of a tag, in the order of writing. If tags are requested in rising order, each field
  // is visited once.
  std::span<const Field> Tagged(std::uint64_t tag) {
    if (tag <= last_tag_) next_ = 0;
    last_tag_ = tag;
    while (next_ < fields_.size() && fields_[next_].tag < tag) ++next_;
    const std::size_t first = next_;
    while (next_ < fields_.size() && fields_[next_].tag == tag) ++next_;
    return {fields_.data() + first, next_ - first};
  }

  void Get(std::string_view payload, std::string* value) { value->assign(payload); }
  void Get(std::string_view payload, bool* value) {
    ok_ = ok_ && payload.size() == 1 && (payload[0] == 0 || payload[0] == 1);
    *value = ok_ && payload[0] == 1;
  }
  void Get(std::string_view payload, absl::Time* value) {
    ok_ = ok_ && TakeInstant(&payload, value) && payload.empty();
  }
  void Get(std::string_view payload, absl::CivilDay* value) {
    std::int32_t days = 0;
    Get(payload, &days);
    *value = absl::CivilDay(1970, 1, 1) + days;
  }
  template <class T>
  void Get(std::string_view payload, std::optional<T>* value) {
    Get(payload, &value->emplace());
  }
  template <class T>
  void Get(std::string_view payload, T* value) {
    if constexpr (std::is_enum_v<T>) {
      const NumberRange known = KnownNumbers(Enumeration<T>{});
      const std::uint64_t number = Number(payload);
      ok_ = ok_ && number >= known.least && number <= known.greatest;
      if (ok_) *value = static_cast<T>(number);
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      const std::uint64_t zigzag = Number(payload);
      const auto wide = static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
      ok_ = ok_ && wide >= std::numeric_limits<T>::min() && wide <= std::numeric_limits<T>::max();
      if (ok_) *value = static_cast<T>(wide);
    } else if constexpr (std::is_integral_v<T>) {
      const std::uint64_t number = Number(payload);
      ok_ = ok_ && number <= std::numeric_limits<T>::max();
      if (ok_) *value = static_cast<T>(number);
    } else {
      FieldReader nested(payload, depth_ + 1);
      Describe(nested, *value);
      ok_ = ok_ && nested.ok();
    }
  }
  std::uint64_t Number(std::string_view payload);

  absl::InlinedVector<Field, 16> fields_;  // sorted by tag
  std::size_t next_ = 0;
  std::uint64_t last_tag_ = 0;
  int depth_;
  FieldSet left_out_;
  bool ok_ = true;
};

// Encodes a value as a record.
template <class T>
std::string EncodeRecord(const T& value) {
  FieldWriter writer;
  Describe(writer, const_cast<T&>(value));
  std::string out(1, kRecordVersion);
  out.append(writer.Take());
  return out;
}

// Nullopt if it is not a record of this type and version.
template <class T>
std::optional<T> DecodeRecord(std::string_view record, FieldSet left_out = {}) {
  if (record.empty() || record[0] != kRecordVersion) return std::nullopt;
  FieldReader reader(record.substr(1), 0, left_out);
  T value{};
  if (reader.ok()) Describe(reader, value);
  if (!reader.ok()) return std::nullopt;
  return value;
}

}  // namespace retainer::store
