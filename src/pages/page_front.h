// The pages: finds who is signed in, checks forms, and calls the page.
//
// Every POST needs a session and the CSRF token that belongs to it, except the form of a feedback
// link (Needs::kLink). A GET and a HEAD change nothing, except that signing in sets cookies.
// Answers are never cached, except the style sheet, whose address changes with its content.
// Redirects lead only to our own paths and to the forge at which a person signs in. Thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "src/pages/page.h"

namespace retainer::pages {

// The longest form.
inline constexpr std::size_t kLongestForm = 8 * 1024;

class Pages {
 public:
  explicit Pages(PageContext context);

  // The path in the table, for figures (`/join/{token}`); nullopt if it is no page.
  std::optional<std::string> RouteOf(const std::string& path) const;
  // REQUIRES: RouteOf has a value.
  PageAnswer Answer(const PageRequest& request) const;
  // The answer to a client that guesses too often.
  PageAnswer TooMany() const;

 private:
  const PageRoute* Find(const std::string& path, std::string* varying) const;

  const PageContext context_;
  std::vector<PageRoute> routes_;
};

}  // namespace retainer::pages
