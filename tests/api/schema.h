// The part of JSON Schema 2020-12 that openapi.json uses. It refuses unknown keywords, so that no
// schema passes because it was not evaluated.
#pragma once

#include <optional>
#include <string>

#include "nlohmann/json.hpp"

namespace retainer {

class Schemas {
 public:
  explicit Schemas(nlohmann::json document) : document_(std::move(document)) {}

  const nlohmann::json& document() const { return document_; }
  // Follows `$ref`s of the document.
  const nlohmann::json& Resolve(const nlohmann::json& node) const;
  // What is wrong with a value, as a path and words; nullopt where nothing is.
  std::optional<std::string> Check(const nlohmann::json& value, const nlohmann::json& schema,
                                   const std::string& at = "$") const;

 private:
  const nlohmann::json document_;
};

}  // namespace retainer
