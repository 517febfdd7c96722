// A delivery's body as a read-only tree.
//
// Parsing never throws and never recurses. It refuses what no forge sends: text that is not JSON or
// not UTF-8, nesting deeper than kMaxDepth, more than kMaxValues values, and a key that occurs
// twice in one object (two readers could believe different ones). Thread-safe after construction.
//
// Most bodies are read twice, by the intake and by the worker, and a reader uses about a tenth of
// the values. Parsing therefore makes no tree of objects, but one list of values over one text
// buffer, and each thread keeps the buffers of its last body.
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

namespace retainer::webhooks {

struct BodyValue;  // private to this room (json_body.cc)

// A value within a Body, or nothing when the path does not exist. Valid as long as its Body.
class Node {
 public:
  Node() = default;
  explicit Node(const BodyValue* value) : value_(value) {}

  // The member under `key`; nothing when this is not an object or lacks the member.
  Node operator[](std::string_view key) const;

  bool present() const { return value_ != nullptr; }
  bool is_null() const;  // present, and null
  bool is_object() const;
  bool is_array() const;

  std::vector<Node> items() const;  // of an array; otherwise empty
  // The keys of an object, ordered by bytes; otherwise empty.
  std::vector<std::string_view> keys() const;
  std::optional<std::string_view> text() const;  // of a string
  std::string_view text_or_empty() const;        // of a string; otherwise ""
  std::optional<std::int64_t> integer() const;   // of a whole number that fits
  std::optional<bool> boolean() const;
  bool is_true() const;
  // A forge's id: a whole number above 0, as decimal digits; empty for anything else.
  std::string id() const;

 private:
  const BodyValue* value_ = nullptr;
};

class Body {
 public:
  static constexpr int kMaxDepth = kMaxBodyDepth;
  static constexpr std::size_t kMaxValues = kMaxBodyValues;

  // InvalidArgument with the reason, but without any content. The top value must be an object.
  static absl::StatusOr<Body> Parse(std::string_view text);

  Body(Body&&) noexcept;
  Body& operator=(Body&&) noexcept;
  ~Body();

  Node root() const;

 private:
  struct Content;
  struct Buffers;
  static absl::StatusOr<Body> Parse(std::string_view text, Buffers& buffers);
  explicit Body(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

// True when `text` has the shape of one JSON object: brackets match and nest no deeper than
// kMaxDepth, and strings end. A cheap check for the intake; Parse decides.
bool LooksLikeObject(std::string_view text);

}  // namespace retainer::webhooks
