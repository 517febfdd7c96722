// Reading a forge's JSON without trusting it: every reader answers something for any value.
//
// Private to this room: the only header that shows nlohmann/json.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace retainer::forge {

using Json = nlohmann::json;

// nullopt for what is not JSON.
std::optional<Json> ParseJson(const std::string& text);

// Empty, 0 or false where the key is missing or of another type.
std::string StringAt(const Json& object, const char* key);
std::int64_t NumberAt(const Json& object, const char* key);
bool BoolAt(const Json& object, const char* key);
// A stable id as decimal text; empty where there is none.
std::string IdAt(const Json& object, const char* key);
// The member, or null.
const Json& At(const Json& object, const char* key);
std::optional<absl::Time> TimeAt(const Json& object, const char* key);

// Invalid UTF-8 is replaced: dumping never fails.
std::string Dump(const Json& json);

}  // namespace retainer::forge
