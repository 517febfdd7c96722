#include "webhooks/json_body.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <nlohmann/json.hpp>

#include "absl/cleanup/cleanup.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace retainer::webhooks {

// A value in the list. The values of an array or an object follow one another. Those of an object
// with more than kMostUnsorted members are ordered by name.
struct BodyValue {
  enum class Kind : std::uint8_t {
    kNull,
    kFalse,
    kTrue,
    kInteger,
    kNumber,
    kText,
    kArray,
    kObject
  };

  std::string_view name;  // its key in the parent object
  std::string_view text;
  std::int64_t integer = 0;
  const BodyValue* first = nullptr;
  std::uint32_t begin = 0;  // index of `first` in the list while the list grows
  std::uint32_t count = 0;
  Kind kind = Kind::kNull;
  std::uint8_t depth = 0;  // number of enclosing brackets
};

template <typename Source>
using Members = std::vector<std::pair<std::string_view, Source>>;

// Working memory of List.
template <typename Source>
struct Listing {
  std::vector<Source> sources;  // parallel to the list
  Members<Source> members;      // of the current value
};

namespace {

using Json = nlohmann::json;
using Kind = BodyValue::Kind;
using Element = simdjson::dom::element;

// Objects of forges have up to a hundred members: sorting them costs more than all lookups. Larger
// objects are sorted, so that a lookup stays fast for any input.
constexpr std::uint32_t kMostUnsorted = 256;
// The buffers of larger bodies (in bytes, in values) are not kept.
constexpr std::size_t kMostKept = std::size_t{64} << 10;
constexpr std::size_t kMostValuesKept = 4096;

// Converts the values of both parsers to one form for List.
BodyValue ValueOf(Element element) {
  BodyValue value;
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY:
      value.kind = Kind::kArray;
      break;
    case simdjson::dom::element_type::OBJECT:
      value.kind = Kind::kObject;
      break;
    case simdjson::dom::element_type::INT64:
      value.kind = Kind::kInteger;
      value.integer = element.get_int64().value_unsafe();
      break;
    case simdjson::dom::element_type::UINT64:
    case simdjson::dom::element_type::DOUBLE:
      value.kind = Kind::kNumber;
      break;
    case simdjson::dom::element_type::STRING:
      value.kind = Kind::kText;
      value.text = element.get_string().value_unsafe();
      break;
    case simdjson::dom::element_type::BOOL:
      value.kind = element.get_bool().value_unsafe() ? Kind::kTrue : Kind::kFalse;
      break;
    case simdjson::dom::element_type::NULL_VALUE:
      break;
  }
  return value;
}

template <typename Visit>
void EachMember(Element element, const Visit& visit) {
  const simdjson::dom::object object = element.get_object().value_unsafe();
  for (const auto& member : object) visit(member.key, member.value);
}

template <typename Visit>
void EachItem(Element element, const Visit& visit) {
  const simdjson::dom::array array = element.get_array().value_unsafe();
  for (const Element item : array) visit(item);
}

BodyValue ValueOf(const Json* json) {
  BodyValue value;
  if (json->is_array()) value.kind = Kind::kArray;
  if (json->is_object()) value.kind = Kind::kObject;
  if (json->is_boolean()) value.kind = json->get<bool>() ? Kind::kTrue : Kind::kFalse;
  if (json->is_string()) {
    value.kind = Kind::kText;
    value.text = json->get_ref<const std::string&>();
  }
  if (json->is_number()) value.kind = Kind::kNumber;
  const bool is_large = json->is_number_unsigned() &&
                        json->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
  if (json->is_number_integer() && !is_large) {
    value.kind = Kind::kInteger;
    value.integer = json->get<std::int64_t>();
  }
  return value;
}

template <typename Visit>
void EachMember(const Json* json, const Visit& visit) {
  for (const auto& [name, value] : json->get_ref<const Json::object_t&>()) visit(name, &value);
}

template <typename Visit>
void EachItem(const Json* json, const Visit& visit) {
  for (const Json& item : *json) visit(&item);
}

template <typename Source>
bool NamesTwice(const Members<Source>& members) {
  // A hash table of the members' numbers, which begin with 1. It is at most half full.
  std::array<std::uint16_t, std::bit_ceil(std::size_t{2} * kMostUnsorted)> table;
  const std::size_t slots = std::bit_ceil(2 * members.size());
  std::fill_n(table.begin(), slots, 0);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::string_view name = members[i].first;
    std::size_t slot = absl::HashOf(absl::string_view(name.data(), name.size())) & (slots - 1);
    for (; table[slot] != 0; slot = (slot + 1) & (slots - 1)) {
      if (members[table[slot] - 1].first == name) return true;
    }
    table[slot] = static_cast<std::uint16_t>(i + 1);
  }
  return false;
}

// Brings members into the order of the list. False if a name occurs twice.
template <typename Source>
bool Arrange(Members<Source>* members) {
  if (members->size() <= kMostUnsorted) return !NamesTwice(*members);
  std::sort(members->begin(), members->end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return std::adjacent_find(members->begin(), members->end(), [](const auto& a, const auto& b) {
           return a.first == b.first;
         }) == members->end();
}

// Lists all values from `root` on. False when a limit of Body is exceeded.
template <typename Source>
bool List(Source root, Listing<Source>* listing, std::vector<BodyValue>* list) {
  std::vector<BodyValue>& values = *list;
  // References, because a lambda of C++20 cannot capture a structured binding.
  std::vector<Source>& sources = listing->sources;
  Members<Source>& members = listing->members;
  values.assign(1, ValueOf(root));
  sources.assign(1, root);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].kind != Kind::kObject && values[i].kind != Kind::kArray) continue;
    if (values[i].depth >= kMaxBodyDepth) return false;
    members.clear();
    if (values[i].kind == Kind::kArray) {
      EachItem(sources[i], [&](Source item) { members.emplace_back(std::string_view(), item); });
    } else {
      EachMember(sources[i],
                 [&](std::string_view name, Source value) { members.emplace_back(name, value); });
      if (!Arrange(&members)) return false;
    }
    if (values.size() + members.size() > kMaxBodyValues) return false;
    values[i].begin = static_cast<std::uint32_t>(values.size());
    values[i].count = static_cast<std::uint32_t>(members.size());
    const auto depth = static_cast<std::uint8_t>(values[i].depth + 1);
    for (const auto& [name, source] : members) {
      values.push_back(ValueOf(source));
      values.back().name = name;
      values.back().depth = depth;
      sources.push_back(source);
    }
  }
  for (BodyValue& value : values) value.first = values.data() + value.begin;
  return true;
}

// The position of the first unescaped quote at or after `from`.
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

struct Body::Content {
  // One of the two holds the texts.
  simdjson::dom::document document;
  std::unique_ptr<Json> json;
  std::vector<BodyValue> values;
};

// Each thread keeps the buffers of its last body. Rationale: they are several times as large as the
// body, and malloc returns pieces of this size to the system each time.
struct Body::Buffers {
  simdjson::dom::parser parser;
  Listing<Element> listing;
  std::unique_ptr<Content> content;  // of a body that was destroyed

  static Buffers& OfThisThread() {
    thread_local Buffers buffers;
    return buffers;
  }
  void Keep(std::unique_ptr<Content> gone) {
    if (gone == nullptr || gone->json != nullptr || gone->document.capacity() > kMostKept ||
        gone->values.capacity() > kMostValuesKept) {
      return;
    }
    content = std::move(gone);
  }
};

Node Node::operator[](std::string_view key) const {
  if (!is_object()) return Node();
  const BodyValue* const end = value_->first + value_->count;
  const BodyValue* found = nullptr;
  if (value_->count > kMostUnsorted) {
    found = std::lower_bound(
        value_->first, end, key,
        [](const BodyValue& value, std::string_view name) { return value.name < name; });
    if (found != end && found->name != key) found = end;
  } else {
    found =
        std::find_if(value_->first, end, [&](const BodyValue& value) { return value.name == key; });
  }
  return found == end ? Node() : Node(found);
}

bool Node::is_null() const { return value_ != nullptr && value_->kind == Kind::kNull; }
bool Node::is_object() const { return value_ != nullptr && value_->kind == Kind::kObject; }
bool Node::is_array() const { return value_ != nullptr && value_->kind == Kind::kArray; }

std::vector<Node> Node::items() const {
  std::vector<Node> nodes;
  if (!is_array()) return nodes;
  nodes.reserve(value_->count);
  for (std::uint32_t i = 0; i < value_->count; ++i) nodes.emplace_back(value_->first + i);
  return nodes;
}

std::vector<std::string_view> Node::keys() const {
  std::vector<std::string_view> names;
  if (!is_object()) return names;
  for (std::uint32_t i = 0; i < value_->count; ++i) names.push_back(value_->first[i].name);
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string_view> Node::text() const {
  if (value_ == nullptr || value_->kind != Kind::kText) return std::nullopt;
  return value_->text;
}

std::string_view Node::text_or_empty() const { return text().value_or(std::string_view()); }

std::optional<std::int64_t> Node::integer() const {
  if (value_ == nullptr || value_->kind != Kind::kInteger) return std::nullopt;
  return value_->integer;
}

std::optional<bool> Node::boolean() const {
  if (value_ == nullptr || (value_->kind != Kind::kTrue && value_->kind != Kind::kFalse)) {
    return std::nullopt;
  }
  return value_->kind == Kind::kTrue;
}

bool Node::is_true() const { return boolean().value_or(false); }

std::string Node::id() const {
  const std::optional<std::int64_t> number = integer();
  return number && *number > 0 ? absl::StrCat(*number) : std::string();
}

Body::Body(std::unique_ptr<Content> content) : content_(std::move(content)) {}
Body::Body(Body&&) noexcept = default;
Body& Body::operator=(Body&&) noexcept = default;
Body::~Body() { Buffers::OfThisThread().Keep(std::move(content_)); }

Node Body::root() const { return Node(content_->values.data()); }

absl::StatusOr<Body> Body::Parse(std::string_view text) {
  if (text.size() <= kMostKept) return Parse(text, Buffers::OfThisThread());
  Buffers once;
  return Parse(text, once);
}

absl::StatusOr<Body> Body::Parse(std::string_view text, Buffers& buffers) {
  std::unique_ptr<Content> content = std::move(buffers.content);
  if (content == nullptr) content = std::make_unique<Content>();
  // Rationale: simdjson's on-demand parser is not used, because it does not check values that
  // nobody reads. Whether a repeated key or invalid UTF-8 is refused would then depend on the
  // reader.
  Element root;
  const absl::Cleanup keeps_little = [&] {
    if (buffers.listing.sources.capacity() > kMostValuesKept) buffers.listing = {};
  };
  if (buffers.parser.parse_into_document(content->document, text.data(), text.size()).get(root) ==
          simdjson::SUCCESS &&
      root.is_object() && List(root, &buffers.listing, &content->values)) {
    return Body(std::move(content));
  }
  // The body is wrong, or has something rare that JSON allows (a whole number of thirty digits).
  auto json = ReadStrictly(text);
  if (!json.ok()) return json.status();
  content->json = *std::move(json);
  Listing<const Json*> listing;
  if (!List(static_cast<const Json*>(content->json.get()), &listing, &content->values)) {
    return absl::InvalidArgumentError("the body is refused: it passes a limit");
  }
  return Body(std::move(content));
}

bool LooksLikeObject(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  std::size_t i = 0;
  while (i < text.size() && is_space(text[i])) ++i;
  if (i == text.size() || text[i] != '{') return false;
  std::string open;  // closing brackets still to come
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

}  // namespace retainer::webhooks
