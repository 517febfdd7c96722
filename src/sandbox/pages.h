// Pages of a list, by the parameters `page` and `per_page` that both forges use.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/sandbox/message.h"

namespace retainer::sandbox {

struct Page {
  std::size_t number = 1;
  std::size_t size = 0;
  std::size_t total = 0;  // number of items

  std::size_t count() const { return std::max<std::size_t>(1, (total + size - 1) / size); }
  std::size_t first() const { return std::min(total, (number - 1) * size); }
  std::size_t last() const { return std::min(total, number * size); }
};

inline Page PageOf(const Request& request, std::size_t default_size, std::size_t total) {
  auto read = [&](const char* name, std::size_t otherwise) {
    std::uint64_t value = 0;
    if (!absl::SimpleAtoi(request.Query(name), &value) || value == 0) return otherwise;
    return static_cast<std::size_t>(std::min<std::uint64_t>(value, 1'000'000));
  };
  return {read("page", 1), std::min<std::size_t>(read("per_page", default_size), 100), total};
}

// The address of the same request for another page.
inline std::string PageAddress(const std::string& root, const Request& request, std::size_t page) {
  std::string out = root;
  for (const std::string& segment : request.segments) absl::StrAppend(&out, "/", Escape(segment));
  out += '?';
  for (const auto& [name, value] : request.query) {
    if (name != "page") absl::StrAppend(&out, Escape(name), "=", Escape(value), "&");
  }
  absl::StrAppend(&out, "page=", page);
  return out;
}

// The value of the Link header; empty when there is only one page.
inline std::string PageLinks(const std::string& root, const Request& request, const Page& page) {
  std::string out;
  auto add = [&](std::size_t number, const char* relation) {
    absl::StrAppend(&out, out.empty() ? "" : ", ", "<", PageAddress(root, request, number),
                    ">; rel=\"", relation, "\"");
  };
  if (page.number > 1) add(std::min(page.number - 1, page.count()), "prev");
  if (page.number < page.count()) {
    add(page.number + 1, "next");
    add(page.count(), "last");
  }
  if (page.number > 1) add(1, "first");
  return out;
}

}  // namespace retainer::sandbox
