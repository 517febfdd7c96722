// The part of JSON Schema 2020-12 that openapi.json uses. It refuses unknown keywords, so that no
// schema passes because it was not evaluated.
#pragma once

#include <optional>
#include <string>

#include "nlohmann/json.hpp"

namespace retainer::api {

class Schemas {
 public:
  explicit Schemas(nlohmann::json document) : document_(std::move(document)) {}

  const nlohmann::json& document() const { return document_; }
  // Follows the document's `$ref`s.
  const nlohmann::json& Resolve(const nlohmann::json& node) const;
  // The first problem of a value, as a path and words; nullopt when it is valid.
  std::optional<std::string> Check(const nlohmann::json& value, const nlohmann::json& schema,
                                   const std::string& at = "$") const;

 private:
  const nlohmann::json document_;
};

}  // namespace retainer::api
