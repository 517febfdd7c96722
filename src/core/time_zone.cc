#include "retainer/time_zone.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace retainer {
namespace {

bool IsPart(absl::string_view part) {
  return !part.empty() && absl::ascii_isalpha(static_cast<unsigned char>(part[0])) &&
         std::all_of(part.begin(), part.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ||
                  c == '+';
         });
}

}  // namespace

bool LoadNamedZone(std::string_view name, absl::TimeZone* zone) {
  if (name.size() > 64) return false;
  const std::string text(name);
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if (!std::all_of(parts.begin(), parts.end(), IsPart)) return false;
  // Files beside the database: a copy of this machine's zone, placeholders, and a second copy of
  // all zones with leap seconds.
  const std::string first = absl::AsciiStrToLower(parts[0]);
  for (const char* other : {"localtime", "factory", "posixrules", "posix", "right"}) {
    if (first == other) return false;
  }
  return absl::LoadTimeZone(text, zone);
}

}  // namespace retainer
