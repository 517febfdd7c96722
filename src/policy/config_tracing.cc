#include "src/policy/config_tracing.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace retainer::policy {
namespace {

// A header's name that says nothing about the request itself.
bool IsHeaderName(const std::string& name) {
  if (name.empty() || name.size() > 100) return false;
  const bool is_token = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  });
  const std::string lower = AsciiLower(name);
  return is_token && lower != "host" && lower != "content-type" && lower != "content-length" &&
         lower != "transfer-encoding" && lower != "connection";
}

bool IsHeaderValue(const std::string& value) {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return absl::ascii_isprint(static_cast<unsigned char>(c)); });
}

}  // namespace

std::optional<TracingConfig> ReadTracing(const YamlNode& node, const ConfigValues& values,
                                         Reader* reader) {
  if (!reader->Map(node, "tracing", {"endpoint", "headers", "sample"})) return std::nullopt;
  TracingConfig tracing;
  if (const YamlNode* endpoint = node.Find("endpoint")) {
    tracing.endpoint = values.Url(*endpoint, "endpoint", false).value_or("");
  } else {
    reader->Error(node, "tracing without endpoint", "write endpoint: https://COLLECTOR:4318");
  }
  if (const YamlNode* headers = node.Find("headers")) {
    if (reader->NamedMap(*headers, "headers")) {
      for (std::size_t i = 0; i < headers->keys.size(); ++i) {
        const YamlNode& key = headers->keys[i];
        const YamlNode& value = headers->values[i];
        const std::string& name = key.scalar;
        if (!IsHeaderName(name)) {
          reader->Error(key, absl::StrCat("\"", name, "\" is not a header for a collector"),
                        "write e.g. authorization: env:OTLP_AUTHORIZATION");
          continue;
        }
        const auto text = values.Secret(value, absl::StrCat("the header ", name));
        if (text && !IsHeaderValue(*text)) {
          reader->Error(value,
                        absl::StrCat("the header ", name,
                                     " has a line end or another "
                                     "character that no header has"),
                        "write it on one line");
        } else if (text) {
          tracing.headers[name] = *text;
        }
      }
    }
  }
  if (const YamlNode* sample = node.Find("sample")) {
    if (!absl::SimpleAtod(sample->scalar, &tracing.sample) || !(tracing.sample >= 0) ||
        !(tracing.sample <= 1)) {
      reader->Error(*sample, "sample is no share", "write a number from 0 to 1, e.g. 0.1");
    }
  }
  return tracing;
}

}  // namespace retainer::policy
