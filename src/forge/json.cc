#include "src/forge/json.h"

#include <utility>

#include "retainer/instant_text.h"

namespace retainer::forge {

std::optional<Json> ParseJson(const std::string& text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

const Json& At(const Json& object, const char* key) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto it = object.find(key);
  return it == object.end() ? kNull : *it;
}

std::string StringAt(const Json& object, const char* key) {
  const Json& value = At(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::int64_t NumberAt(const Json& object, const char* key) {
  const Json& value = At(object, key);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

bool BoolAt(const Json& object, const char* key) {
  const Json& value = At(object, key);
  return value.is_boolean() && value.get<bool>();
}

std::string IdAt(const Json& object, const char* key) {
  const std::int64_t id = NumberAt(object, key);
  return id > 0 ? std::to_string(id) : std::string();
}

std::optional<absl::Time> TimeAt(const Json& object, const char* key) {
  return ParseRfc3339(StringAt(object, key));
}

Moment MomentAt(const Json& object, const char* key) {
  const auto time = TimeAt(object, key);
  return time ? Moment::At(*time) : Moment::Unstated(IdAt(object, "id"));
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace retainer::forge
