#include "src/api/json_writer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "retainer/instant_text.h"

namespace retainer::api {
namespace {

constexpr std::size_t kIndent = 2;

bool IsPlain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

}  // namespace

void JsonWriter::BeginObject() {
  NextPlace();
  Begin('{', '}');
}

void JsonWriter::Text(std::string_view value) {
  NextPlace();
  Quote(value);
}

void JsonWriter::BeginObject(std::string_view name) {
  Name(name);
  Begin('{', '}');
}

void JsonWriter::BeginArray(std::string_view name) {
  Name(name);
  Begin('[', ']');
}

void JsonWriter::Text(std::string_view name, std::string_view value) {
  Name(name);
  Quote(value);
}

void JsonWriter::Number(std::string_view name, std::int64_t value) {
  Name(name);
  absl::StrAppend(&text_, value);
}

void JsonWriter::Fraction(std::string_view name, double value) {
  Name(name);
  text_ += nlohmann::json(value).dump();
}

void JsonWriter::Flag(std::string_view name, bool value) {
  Name(name);
  text_ += value ? "true" : "false";
}

void JsonWriter::Null(std::string_view name) {
  Name(name);
  text_ += "null";
}

void JsonWriter::Instant(std::string_view name, absl::Time value) {
  if (value == absl::InfiniteFuture() || value == absl::InfinitePast()) {
    Null(name);
  } else {
    Text(name, Rfc3339(value));
  }
}

void JsonWriter::Texts(std::string_view name, const std::vector<std::string>& values) {
  BeginArray(name);
  for (const std::string& value : values) Text(value);
  End();
}

void JsonWriter::End() {
  const Level level = levels_.back();
  levels_.pop_back();
  if (!level.empty) {
    text_ += '\n';
    text_.append(kIndent * levels_.size(), ' ');
  }
  text_ += level.end;
  if (levels_.empty()) text_ += '\n';
}

void JsonWriter::BeginVolatile() { volatile_.emplace_back(text_.size(), text_.size()); }

void JsonWriter::EndVolatile() { volatile_.back().second = text_.size(); }

std::string JsonWriter::stable() const {
  std::string stable;
  stable.reserve(text_.size());
  std::size_t from = 0;
  for (const auto& [begin, end] : volatile_) {
    stable.append(text_, from, begin - from);
    from = end;
  }
  return stable.append(text_, from);
}

void JsonWriter::NextPlace() {
  if (levels_.empty()) return;
  if (!levels_.back().empty) text_ += ',';
  levels_.back().empty = false;
  text_ += '\n';
  text_.append(kIndent * levels_.size(), ' ');
}

void JsonWriter::Name(std::string_view name) {
  NextPlace();
  Quote(name);
  text_ += ": ";
}

void JsonWriter::Quote(std::string_view value) {
  if (std::all_of(value.begin(), value.end(), IsPlain)) {
    text_ += '"';
    text_ += value;
    text_ += '"';
  } else {
    text_ += nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

void JsonWriter::Begin(char begin, char end) {
  text_ += begin;
  levels_.push_back({end, true});
}

}  // namespace retainer::api
