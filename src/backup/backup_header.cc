#include "src/backup/backup_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace retainer::backup {

std::string HeaderJson(const BackupHeader& header) {
  const nlohmann::ordered_json json = {
      {"format", header.format},
      {"program", header.program},
      {"schema", header.schema},
      {"made_at", absl::FormatTime(absl::RFC3339_full, header.made_at, absl::UTCTimeZone())},
      {"ledger_length", header.ledger_length},
      {"ledger_digest", header.ledger_digest}};
  return json.dump(2) + "\n";
}

absl::StatusOr<BackupHeader> ParseHeader(const std::string& text, const std::string& name) {
  const absl::Status not_ours = absl::InvalidArgumentError(
      absl::StrCat(name, " is not a backup of retainer: its ", kHeaderName, " cannot be read"));
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return not_ours;
  try {
    BackupHeader header;
    // What the library makes of a fraction, or of a number that is too large, is undefined.
    if (!json.at("format").is_number_unsigned()) return not_ours;
    header.format = static_cast<int>(
        std::min(json.at("format").get<std::uint64_t>(), std::uint64_t{kFormat} + 1));
    if (header.format < 1) return not_ours;
    header.program = json.value("program", "");
    if (header.format > kFormat) {
      return absl::FailedPreconditionError(absl::StrCat(
          name, " has format ", header.format, " and was written by retainer ", header.program,
          "; this program reads formats up to ", kFormat, ": restore it with the newer version"));
    }
    if (!json.at("schema").is_number_unsigned() || !json.at("ledger_length").is_number_unsigned()) {
      return not_ours;
    }
    header.schema = json.at("schema").get<std::uint64_t>();
    header.ledger_length = json.at("ledger_length").get<std::uint64_t>();
    header.ledger_digest = json.at("ledger_digest").get<std::string>();
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, json.at("made_at").get<std::string>(), &header.made_at,
                         &error)) {
      return not_ours;
    }
    return header;
  } catch (const nlohmann::json::exception&) {
    return not_ours;
  }
}

}  // namespace retainer::backup
