#include "webhooks/json_strict.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace retainer::webhooks {
namespace {

using Json = nlohmann::json;

// Builds the tree from the parser's events, within the limits of a body.
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
    if (++values_ > kMaxBodyValues) {
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
    if (open_.size() >= static_cast<std::size_t>(kMaxBodyDepth)) {
      return Refuse("it is nested too deeply");
    }
    // The pointer into the parent stays valid: the parent grows only after this child is closed.
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
  Json* member_ = nullptr;  // where the innermost object's next value goes
  std::size_t values_ = 0;
  std::string error_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<nlohmann::json>> ReadStrictly(std::string_view text) {
  // The parser takes a NUL for the end of its input, but NUL is not allowed in JSON.
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
  return tree;
}

}  // namespace retainer::webhooks
