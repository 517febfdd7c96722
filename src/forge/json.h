// Reads a forge's JSON without trusting it: every reader returns something for any value.
//
// Private to this room. This is the only header that exposes nlohmann/json.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "retainer/fact_builders.h"

namespace retainer::forge {

using Json = nlohmann::json;

// nullopt when `text` is not JSON.
std::optional<Json> ParseJson(const std::string& text);

// Empty, 0 or false when the key is missing or has another type.
std::string StringAt(const Json& object, const char* key);
std::int64_t NumberAt(const Json& object, const char* key);
bool BoolAt(const Json& object, const char* key);
// A stable id as decimal text; empty when there is none.
std::string IdAt(const Json& object, const char* key);
// The member, or null when it is missing.
const Json& At(const Json& object, const char* key);
std::optional<absl::Time> TimeAt(const Json& object, const char* key);

// When something happened: the time under `key`. Without one, the object's id makes the moment
// unique.
Moment MomentAt(const Json& object, const char* key);

// Replaces invalid UTF-8, so that it never fails.
std::string Dump(const Json& json);

}  // namespace retainer::forge
