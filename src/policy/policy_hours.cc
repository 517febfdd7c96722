// The hours of work that customers bought.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/base/view.h"
#include "src/policy/duration.h"
#include "src/policy/policy_keys.h"
#include "src/policy/policy_sections.h"

namespace retainer::policy {
namespace {

using base::View;

constexpr int kMostHours = 50'000;
constexpr int kLongestUnit = 8 * 60;  // minutes

// The same number in another unit, if that is possible: `15m` for `15h`. Empty: it is not.
std::string InOtherUnit(const std::string& text, char unit, int most) {
  int number = 0;
  const bool simple = text.size() > 1 && absl::SimpleAtoi(text.substr(0, text.size() - 1), &number);
  if (!simple || number <= 0 || number * (unit == 'h' ? 60 : 1) > most) return "";
  return absl::StrCat(number, unit == 'h' ? "h" : "m");
}

// Whole minutes, in hours and minutes.
std::optional<int> ReadMinutes(const YamlNode& node, std::string_view what, int most,
                               std::string_view example, Reader* reader) {
  const auto length = ParseDuration(node.scalar);
  const bool days = node.scalar.find_first_of("dw") != std::string::npos;
  if (!node.IsScalar() || !length.ok() || days ||
      *length % absl::Minutes(1) != absl::ZeroDuration()) {
    reader->Error(
        node, absl::StrCat(View(what), " is no time in hours and minutes"),
        days ? absl::StrCat("how long a day of work is, is not said: write e.g. ", View(example))
             : absl::StrCat("write e.g. ", View(example)));
    return std::nullopt;
  }
  const auto minutes = *length / absl::Minutes(1);
  if (minutes > most) {
    const std::string other = InOtherUnit(node.scalar, 'm', most);
    reader->Error(node, absl::StrCat(View(what), " is more than ", most / 60, "h"),
                  other.empty() ? "write less" : absl::StrCat("did you mean ", other, "?"));
    return std::nullopt;
  }
  return static_cast<int>(minutes);
}

std::optional<double> ReadRollover(const YamlNode& node, Reader* reader) {
  double value = 0;
  const std::string& text = node.scalar;
  if (node.IsScalar() && text.size() > 1 && text.size() < 10 && text.back() == '%' &&
      absl::SimpleAtod(text.substr(0, text.size() - 1), &value) && value >= 0 && value <= 100) {
    return value / 100;
  }
  reader->Error(node, "`rollover` must be a share of what is left", "write 0% to 100%, e.g. 50%");
  return std::nullopt;
}

std::optional<OverHours> ReadOver(const YamlNode& node, Reader* reader) {
  if (node.scalar == "refuse") return OverHours::kRefuse;
  if (node.scalar == "allow") return OverHours::kAllow;
  if (node.scalar == "overage") return OverHours::kOverage;
  reader->Error(node, "`over` says what happens to work that does not fit any more",
                DidYouMean(node.scalar, {"refuse", "allow", "overage"}));
  return std::nullopt;
}

}  // namespace

void ReadHours(const YamlNode& item, Customer* customer, PolicyDraft* draft) {
  Reader& reader = draft->reader;
  if (!reader.Map(item, "an entitlement", policy_keys::Entitlement())) return;
  const YamlNode& node = *item.Find("hours");
  if (item.keys.size() > 1) {
    return reader.Error(item, "`hours` beside other keys",
                        "hours are an entry of their own: - {hours: {…}}");
  }
  if (!reader.Map(node, "a block of hours", policy_keys::HoursBlock())) return;
  HoursBlock block;
  for (const char* key : {"block", "amount", "from", "until"}) {
    if (node.Find(key) != nullptr) continue;
    return reader.Error(node, absl::StrCat("a block of hours without `", key, "`"),
                        "write e.g. hours: {block: q1, amount: 20h, from: 2026-01-01, "
                        "until: 2026-06-30}");
  }
  const auto id = reader.Name(*node.Find("block"), "block");
  const auto amount = ReadMinutes(*node.Find("amount"), "amount", kMostHours * 60, "20h", &reader);
  const auto from = reader.Day(*node.Find("from"));
  const auto until = reader.Day(*node.Find("until"));
  if (!id || !amount || !from || !until) return;
  block.id = *id;
  block.amount = *amount;
  block.from = *from;
  block.until = *until;
  if (block.until < block.from) {
    return reader.Error(*node.Find("until"), "the block ends before it begins",
                        "both days are part of the block");
  }
  if (const YamlNode* unit = node.Find("unit")) {
    block.unit = ReadMinutes(*unit, "unit", kLongestUnit, "15m", &reader).value_or(block.unit);
    if (block.unit > block.amount) {
      const std::string other = InOtherUnit(unit->scalar, 'm', block.amount);
      reader.Error(*unit, "the unit is longer than the whole block",
                   other.empty() ? "write less" : absl::StrCat("did you mean ", other, "?"));
    }
  }
  if (const YamlNode* rollover = node.Find("rollover")) {
    block.rollover = ReadRollover(*rollover, &reader).value_or(0);
  }
  if (const YamlNode* over = node.Find("over")) {
    block.over = ReadOver(*over, &reader).value_or(OverHours::kRefuse);
  }
  const bool twice = std::any_of(customer->hours.begin(), customer->hours.end(),
                                 [&](const HoursBlock& one) { return one.id == block.id; });
  if (twice) {
    return reader.Error(
        *node.Find("block"),
        absl::StrCat("customer \"", customer->id, "\" has two blocks \"", block.id, "\""),
        "give each its own name");
  }
  draft->places.hours[{customer->id, block.id}] = reader.PlaceOf(*node.Find("amount"));
  if (const YamlNode* unit = node.Find("unit")) {
    draft->places.units[{customer->id, block.id}] = reader.PlaceOf(*unit);
  }
  customer->hours.push_back(std::move(block));
}

}  // namespace retainer::policy
