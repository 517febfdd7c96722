#include "tests/webhooks/judged.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "webhooks/json_body.h"
#include "webhooks/json_strict.h"

namespace retainer::webhooks {
namespace {

// The whole content of a body, as the strict parser reads it and as Body reads it.
std::string Print(const nlohmann::json& json) {
  std::string text;
  if (json.is_object()) {
    for (const auto& [name, value] : json.items()) absl::StrAppend(&text, name, ":", Print(value));
    return absl::StrCat("{", text, "}");
  }
  if (json.is_array()) {
    for (const auto& item : json) absl::StrAppend(&text, Print(item));
    return absl::StrCat("[", text, "]");
  }
  if (json.is_string()) return absl::StrCat("\"", json.get_ref<const std::string&>(), "\"");
  if (json.is_boolean()) return json.get<bool>() ? "T" : "F";
  if (json.is_null()) return "N";
  const bool large =
      json.is_number_unsigned() && json.get<std::uint64_t>() > std::uint64_t{INT64_MAX};
  return json.is_number_integer() && !large ? absl::StrCat("#", json.get<std::int64_t>()) : "#?";
}

std::string Print(const Node& node) {
  std::string text;
  if (node.is_object()) {
    for (const std::string_view name : node.keys()) {
      absl::StrAppend(&text, std::string(name), ":", Print(node[name]));
    }
    return absl::StrCat("{", text, "}");
  }
  if (node.is_array()) {
    for (const Node& item : node.items()) absl::StrAppend(&text, Print(item));
    return absl::StrCat("[", text, "]");
  }
  if (node.text()) return absl::StrCat("\"", std::string(*node.text()), "\"");
  if (node.boolean()) return *node.boolean() ? "T" : "F";
  if (node.is_null()) return "N";
  return node.integer() ? absl::StrCat("#", *node.integer()) : "#?";
}

}  // namespace

void ExpectTheJudgesReading(std::string_view text) {
  const auto body = Body::Parse(text);
  const auto judged = ReadStrictly(text);
  EXPECT_EQ(body.status(), judged.status()) << text.substr(0, 200);
  if (!body.ok() || !judged.ok()) return;
  EXPECT_EQ(Print(body->root()), Print(**judged)) << text.substr(0, 200);
}

}  // namespace retainer::webhooks
