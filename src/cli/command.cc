#include "src/cli/command.h"

#include <algorithm>
#include <iostream>

namespace retainer::cli {
namespace {

// The length of a control sequence at the front of `text` that a terminal must not get; 0 if there
// is none.
std::size_t Steering(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) < 0xa0) return 2;  // C1 controls
  // Marks of direction: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069.
  if (byte(0) == 0xd8 && byte(1) == 0x9c) return 2;
  if (byte(0) != 0xe2) return 0;
  if (byte(1) == 0x80 && (byte(2) == 0x8e || byte(2) == 0x8f)) return 3;
  if (byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) return 3;
  if (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9) return 3;
  return 0;
}

std::string Clean(std::string_view text, std::string_view allowed) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t bad = allowed.find(text[0]) == allowed.npos ? Steering(text) : 0;
    clean.push_back(bad > 0 ? '?' : text[0]);
    text.remove_prefix(std::max<std::size_t>(bad, 1));
  }
  return clean;
}

}  // namespace

std::string Printable(std::string_view text) { return Clean(text, "\n\t"); }
std::string PrintableLine(std::string_view text) { return Clean(text, ""); }

void Fail(int code, std::string_view message) {
  std::cerr << "retainer: " << Printable(message) << "\n";
  throw ExitWith{code};
}

void Fail(const absl::Status& status) {
  const std::string message(status.message());
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
      Fail(kUnreachable, message);
    case absl::StatusCode::kNotFound:
      Fail(kAnswerIsNo, message);
    default:
      Fail(kWrongUsage, message);
  }
}

}  // namespace retainer::cli
