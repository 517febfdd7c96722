#include "src/api/hours_json.h"

#include <algorithm>

#include "retainer/instant_text.h"

namespace retainer::api {
namespace {

using nlohmann::ordered_json;

ordered_json TextOrNull(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

const char* OverName(OverHours over) {
  switch (over) {
    case OverHours::kRefuse:
      return "refuse";
    case OverHours::kAllow:
      return "allow";
    case OverHours::kOverage:
      return "overage";
  }
  return "";
}

}  // namespace

ordered_json BlocksJson(const HoursBook& book, absl::CivilDay today) {
  ordered_json blocks = ordered_json::array();
  for (const HoursBalance& balance : book.blocks) {
    const HoursBlock& block = balance.block;
    blocks.push_back({{"block", block.id},
                      {"from", absl::FormatCivilTime(block.from)},
                      {"until", absl::FormatCivilTime(block.until)},
                      {"valid", balance.Covers(today)},
                      {"bought_minutes", block.amount},
                      {"rolled_in_minutes", balance.rolled_in},
                      {"amount_minutes", balance.amount()},
                      {"used_minutes", balance.used},
                      {"left_minutes", balance.left()},
                      {"over_minutes", balance.over},
                      {"rolled_out_minutes", balance.rolled_out},
                      {"unit_minutes", block.unit},
                      {"rollover", block.rollover},
                      {"over", OverName(block.over)}});
  }
  return blocks;
}

ordered_json EntryJson(const HoursEntry& entry) {
  ordered_json draws = ordered_json::array();
  for (const HoursDraw& draw : entry.draws) {
    draws.push_back({{"block", draw.block}, {"minutes", draw.minutes}});
  }
  ordered_json correction = nullptr;
  if (!entry.corrected_by.empty()) {
    correction = {{"by", entry.corrected_by},
                  {"at", Rfc3339(entry.corrected_at)},
                  {"reason", entry.correction}};
  }
  return {{"id", entry.id},
          {"day", absl::FormatCivilTime(entry.day)},
          {"logged_at", Rfc3339(entry.at)},
          {"by", entry.by},
          {"ticket", TextOrNull(entry.ticket_name)},
          {"text", entry.text},
          {"minutes", entry.minutes},
          {"accounted_minutes", entry.accounted},
          {"draws", std::move(draws)},
          {"over_minutes", entry.over},
          {"over_block", TextOrNull(entry.over_block)},
          {"correction", std::move(correction)}};
}

}  // namespace retainer::api
