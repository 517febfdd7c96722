// A delivery's body as a read-only tree.
//
// Parsing never throws and never recurses; it refuses what no forge sends: text that is not JSON or
// not UTF-8, nesting deeper than kMaxDepth, more than kMaxValues values, and a key that occurs
// twice in one object (two readers could take different ones for true). Thread-safe once made.
//
// Most bodies are read twice, by the intake and by the worker, and of their values a tenth is asked
// for: so reading makes no tree of objects, but one list of values over the text of one buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "webhooks/json_strict.h"

namespace retainer {

struct BodyValue;  // of this room alone (json_body.cc)

// A value within a Body, or nothing where a path leads nowhere. Valid as long as its Body.
class Node {
 public:
  Node() = default;
  explicit Node(const BodyValue* value) : value_(value) {}

  // The member under `key`; nothing where this is no object or has none.
  Node operator[](std::string_view key) const;

  bool present() const { return value_ != nullptr; }
  bool is_null() const;  // there, and null
  bool is_object() const;
  bool is_array() const;

  std::vector<Node> items() const;             // of an array; else empty
  std::vector<std::string_view> keys() const;  // of an object, in their order of bytes; else empty
  std::optional<std::string_view> text() const;  // of a string
  std::string_view text_or_empty() const;        // of a string, else ""
  std::optional<std::int64_t> integer() const;   // of a whole number that fits
  std::optional<bool> boolean() const;
  bool is_true() const;
  // A forge's id: a whole number above 0 as decimal digits; empty for anything else.
  std::string id() const;

 private:
  const BodyValue* value_ = nullptr;
};

class Body {
 public:
  static constexpr int kMaxDepth = kMaxBodyDepth;
  static constexpr std::size_t kMaxValues = kMaxBodyValues;

  // InvalidArgument, saying what is wrong but nothing of the content. The top is an object.
  static absl::StatusOr<Body> Parse(std::string_view text);

  Body(Body&&) noexcept;
  Body& operator=(Body&&) noexcept;
  ~Body();

  Node root() const;

 private:
  struct Content;
  explicit Body(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

// Does `text` have the shape of one JSON object: brackets that match, no deeper than kMaxDepth,
// strings that end? A cheap look for the intake; Parse is the judge.
bool LooksLikeObject(std::string_view text);

}  // namespace retainer
