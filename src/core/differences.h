// Collects sentences on what differs between two values of the same thing.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/base/view.h"

namespace retainer::core {

// A text of the policy as part of a sentence: quoted, on one line, at most 60 bytes of it.
std::string QuotedText(std::string_view text);

// The sentences about one subject: `plan gold: …`.
class Differences {
 public:
  Differences(std::string subject, std::vector<std::string>* sentences)
      : subject_(std::move(subject)), sentences_(*sentences) {}

  void Say(std::string_view what) {
    sentences_.push_back(absl::StrCat(subject_, ": ", base::View(what)));
  }
  // `name a -> b`, if they differ.
  void Value(std::string_view name, const std::string& before, const std::string& after) {
    if (before != after) Say(absl::StrCat(base::View(name), " ", before, " -> ", after));
  }
  // The same for a whole list. `none`: what an empty list means.
  void List(std::string_view name, const std::vector<std::string>& before,
            const std::vector<std::string>& after, std::string_view none) {
    const auto shown = [&](const std::vector<std::string>& list) {
      return list.empty() ? std::string(none) : absl::StrJoin(list, ", ");
    };
    if (before == after) return;
    Say(absl::StrCat(base::View(name), " ", shown(before), " -> ", shown(after)));
  }
  // `x added` and `x removed` for what only one of two lists has, in order. `name` precedes each.
  void Members(std::string_view name, std::vector<std::string> before,
               std::vector<std::string> after);

 private:
  std::string subject_;
  std::vector<std::string>& sentences_;
};

// What only the first of two lists has, sorted.
std::vector<std::string> OnlyIn(std::vector<std::string> list, std::vector<std::string> other);

}  // namespace retainer::core
