#include "src/store/codec/fields.h"

#include <algorithm>

namespace retainer::store {
namespace {

constexpr std::int64_t kFuture = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kPast = std::numeric_limits<std::int64_t>::min();
constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;

}  // namespace

void AppendVarint(std::string* out, std::uint64_t value) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

bool TakeVarint(std::string_view* in, std::uint64_t* value) {
  std::uint64_t result = 0;
  for (int shift = 0; shift < 70 && !in->empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in->front());
    in->remove_prefix(1);
    // The tenth byte can hold only one bit.
    if (shift == 63 && byte > 1) return false;
    result |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) {
      *value = result;
      return true;
    }
  }
  return false;
}

void AppendInstant(std::string* out, absl::Time at) {
  std::int64_t seconds = 0;
  std::uint64_t nanos = 0;
  if (at == absl::InfiniteFuture()) {
    seconds = kFuture;
  } else if (at == absl::InfinitePast()) {
    seconds = kPast;
  } else {
    seconds = absl::ToUnixSeconds(at);  // rounds towards the past
    nanos =
        static_cast<std::uint64_t>(absl::ToInt64Nanoseconds(at - absl::FromUnixSeconds(seconds)));
  }
  AppendVarint(
      out, (static_cast<std::uint64_t>(seconds) << 1) ^ static_cast<std::uint64_t>(seconds >> 63));
  AppendVarint(out, nanos);
}

bool TakeInstant(std::string_view* in, absl::Time* at) {
  std::uint64_t zigzag = 0;
  std::uint64_t nanos = 0;
  if (!TakeVarint(in, &zigzag) || !TakeVarint(in, &nanos) || nanos >= kNanosPerSecond) return false;
  const auto seconds = static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
  if (seconds == kFuture) {
    *at = absl::InfiniteFuture();
  } else if (seconds == kPast) {
    *at = absl::InfinitePast();
  } else {
    *at = absl::FromUnixSeconds(seconds) + absl::Nanoseconds(static_cast<std::int64_t>(nanos));
  }
  return true;
}

FieldReader::FieldReader(std::string_view fields, int depth, FieldSet left_out)
    : depth_(depth), left_out_(left_out) {
  if (depth > kMaxRecordDepth) {
    ok_ = false;
    return;
  }
  bool sorted = true;
  while (!fields.empty()) {
    Field field{};
    std::uint64_t length = 0;
    if (!TakeVarint(&fields, &field.tag) || !TakeVarint(&fields, &length) ||
        length > fields.size()) {
      ok_ = false;
      return;
    }
    field.payload = fields.substr(0, length);
    fields.remove_prefix(length);
    sorted = sorted && (fields_.empty() || fields_.back().tag <= field.tag);
    fields_.push_back(field);
  }
  if (sorted) return;
  std::stable_sort(fields_.begin(), fields_.end(),
                   [](const Field& a, const Field& b) { return a.tag < b.tag; });
}

std::uint64_t FieldReader::Number(std::string_view payload) {
  std::uint64_t number = 0;
  ok_ = ok_ && TakeVarint(&payload, &number) && payload.empty();
  return number;
}

}  // namespace retainer::store
