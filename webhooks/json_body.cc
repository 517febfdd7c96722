#include "webhooks/json_body.h"

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace retainer {
namespace {

using Json = nlohmann::json;

// Builds the tree from the parser's events, with the limits of Body.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(Json* root) : root_(root) {}

  const std::string& error() const { return error_; }

  bool null() override { return Put(nullptr) != nullptr; }
  bool boolean(bool value) override { return Put(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return Put(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return Put(value) != nullptr; }
  bool number_float(number_float_t value, const string_t&) override {
    return Put(value) != nullptr;
  }
  bool string(string_t& value) override { return Put(std::move(value)) != nullptr; }
  bool binary(binary_t&) override { return Refuse("it holds binary data"); }

  bool start_object(std::size_t) override { return Open(Json::value_t::object); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override { return Open(Json::value_t::array); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    const auto [place, added] =
        open_.back()->get_ref<Json::object_t&>().emplace(std::move(name), nullptr);
    if (!added) return Refuse("a key occurs twice in one object");
    member_ = &place->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return Refuse(absl::StrCat("it is not JSON in UTF-8, at byte ", position));
  }

 private:
  bool Refuse(std::string why) {
    error_ = std::move(why);
    return false;
  }

  template <typename T>
  Json* Put(T value) {
    if (++values_ > Body::kMaxValues) {
      Refuse("it holds too many values");
      return nullptr;
    }
    if (open_.empty()) {
      *root_ = Json(std::move(value));
      return root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      auto& array = parent.get_ref<Json::array_t&>();
      array.emplace_back(std::move(value));
      return &array.back();
    }
    *member_ = Json(std::move(value));
    return member_;
  }

  bool Open(Json::value_t type) {
    if (open_.size() >= static_cast<std::size_t>(Body::kMaxDepth)) {
      return Refuse("it is nested too deeply");
    }
    // A pointer into a parent stays good: the parent grows only after this child is closed.
    Json* place = Put(type);
    if (place == nullptr) return false;
    open_.push_back(place);
    return true;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  Json* root_;
  std::vector<Json*> open_;
  Json* member_ = nullptr;  // of the innermost object: where its next value goes
  std::size_t values_ = 0;
  std::string error_;
};

// The first quote at or after `from` that no backslash escapes.
std::size_t EndOfString(std::string_view text, std::size_t from) {
  for (std::size_t quote = text.find('"', from); quote != text.npos;
       quote = text.find('"', quote + 1)) {
    std::size_t start = quote;
    while (start > from && text[start - 1] == '\\') --start;
    if ((quote - start) % 2 == 0) return quote;
  }
  return text.npos;
}

}  // namespace

Node Node::operator[](std::string_view key) const {
  if (!is_object()) return Node();
  const auto& members = value_->get_ref<const Json::object_t&>();
  const auto it = members.find(key);
  return it == members.end() ? Node() : Node(&it->second);
}

bool Node::is_null() const { return value_ != nullptr && value_->is_null(); }
bool Node::is_object() const { return value_ != nullptr && value_->is_object(); }
bool Node::is_array() const { return value_ != nullptr && value_->is_array(); }

std::vector<Node> Node::items() const {
  std::vector<Node> nodes;
  if (!is_array()) return nodes;
  const auto& array = value_->get_ref<const Json::array_t&>();
  nodes.reserve(array.size());
  for (const Json& item : array) nodes.emplace_back(&item);
  return nodes;
}

std::vector<std::string_view> Node::keys() const {
  std::vector<std::string_view> names;
  if (!is_object()) return names;
  for (const auto& [name, value] : value_->get_ref<const Json::object_t&>()) names.push_back(name);
  return names;
}

std::optional<std::string_view> Node::text() const {
  if (value_ == nullptr || !value_->is_string()) return std::nullopt;
  return value_->get_ref<const std::string&>();
}

std::string_view Node::text_or_empty() const { return text().value_or(std::string_view()); }

std::optional<std::int64_t> Node::integer() const {
  if (value_ == nullptr || !value_->is_number_integer()) return std::nullopt;
  if (value_->is_number_unsigned() &&
      value_->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    return std::nullopt;
  }
  return value_->get<std::int64_t>();
}

std::optional<bool> Node::boolean() const {
  if (value_ == nullptr || !value_->is_boolean()) return std::nullopt;
  return value_->get<bool>();
}

bool Node::is_true() const { return boolean().value_or(false); }

std::string Node::id() const {
  const std::optional<std::int64_t> number = integer();
  return number && *number > 0 ? absl::StrCat(*number) : std::string();
}

Body::Body(std::unique_ptr<nlohmann::json> tree) : tree_(std::move(tree)) {}
Body::Body(Body&&) noexcept = default;
Body& Body::operator=(Body&&) noexcept = default;
Body::~Body() = default;

absl::StatusOr<Body> Body::Parse(std::string_view text) {
  // The parser takes a NUL for the end of its input; JSON has no place for one.
  if (text.find('\0') != text.npos) {
    return absl::InvalidArgumentError("the body is refused: it holds a NUL byte");
  }
  auto tree = std::make_unique<Json>();
  Builder builder(tree.get());
  if (!Json::sax_parse(text, &builder)) {
    return absl::InvalidArgumentError(absl::StrCat("the body is refused: ", builder.error()));
  }
  if (!tree->is_object()) {
    return absl::InvalidArgumentError("the body is refused: it is JSON, but no object");
  }
  return Body(std::move(tree));
}

bool LooksLikeObject(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  std::size_t i = 0;
  while (i < text.size() && is_space(text[i])) ++i;
  if (i == text.size() || text[i] != '{') return false;
  std::string open;  // closing brackets that are awaited
  for (; i < text.size(); ++i) {
    switch (text[i]) {
      case '"':
        i = EndOfString(text, i + 1);
        if (i == text.npos) return false;
        break;
      case '{':
      case '[':
        if (open.size() >= static_cast<std::size_t>(Body::kMaxDepth)) return false;
        open.push_back(text[i] == '{' ? '}' : ']');
        break;
      case '}':
      case ']':
        if (open.empty() || open.back() != text[i]) return false;
        open.pop_back();
        if (open.empty()) {
          for (++i; i < text.size(); ++i) {
            if (!is_space(text[i])) return false;
          }
          return true;
        }
        break;
      default:
        break;
    }
  }
  return false;
}

}  // namespace retainer
