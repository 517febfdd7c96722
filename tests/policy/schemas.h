// The shipped JSON Schemas, and a validator of Debian's that holds documents against them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace retainer::policy {

// A YAML text as JSON, typed by YAML 1.2's core schema, as editors do. REQUIRES: one well-formed
// document.
nlohmann::json YamlToJson(const std::string& text);

// deploy/NAME
nlohmann::json ReadSchema(const std::string& name);

// What is wrong with the document: `/customers/0/plan: …`, one per line; empty when it is valid.
// `definition`: validates against this one of the schema's `$defs` instead of the whole.
std::string WhySchemaRefuses(const nlohmann::json& schema, const nlohmann::json& document,
                             const std::string& definition = "");

}  // namespace retainer::policy
