#include "webhooks/body_fields.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "retainer/fact_builders.h"
#include "src/base/view.h"

namespace retainer::webhooks {
namespace {

constexpr std::size_t kMaxLogin = 255;
constexpr std::size_t kMaxPath = 1024;
constexpr std::size_t kMaxUrl = 4096;

using base::View;

bool OnlyAlnumAnd(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || others.find(c) != others.npos;
  });
}

// In a URL, these segments lead to another path.
bool HasDotSegment(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (segment == "." || segment == "..") return true;
    if (slash == path.npos) return false;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string LoginField(Node node) {
  const std::string_view login = node.text_or_empty();
  const bool fits =
      login.size() <= kMaxLogin && OnlyAlnumAnd(login, "-_.[]") && login != "." && login != "..";
  return fits ? std::string(login) : std::string();
}

std::string UrlField(Node node) {
  const std::string_view url = node.text_or_empty();
  const bool fits = url.size() <= kMaxUrl &&
                    (url.starts_with("https://") || url.starts_with("http://")) &&
                    std::all_of(url.begin(), url.end(), [](char c) {
                      return absl::ascii_isgraph(static_cast<unsigned char>(c)) &&
                             std::string_view("<>\"'`()\\").find(c) == std::string_view::npos;
                    });
  return fits ? std::string(url) : std::string();
}

std::string PathField(Node node) {
  const std::string_view path = node.text_or_empty();
  const bool fits = path.size() <= kMaxPath && path.find('/') != path.npos &&
                    path.find("//") == path.npos && path.front() != '/' && path.back() != '/' &&
                    OnlyAlnumAnd(path, "-_./") && !HasDotSegment(path);
  return fits ? std::string(path) : std::string();
}

std::vector<std::string> NamesOf(Node array, std::string_view key) {
  std::vector<std::string> names;
  for (const Node item : array.items()) {
    const std::string_view name = item[key].text_or_empty();
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

bool CameAlong(const TicketInfo& ticket) {
  return ticket.created_at && ticket.updated_at &&
         *ticket.updated_at > *ticket.created_at + kMaxAhead;
}

absl::Status Lacks(std::string_view event, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("the body of a \"", View(event), "\" delivery lacks ", View(what)));
}

absl::Status DoesNotFit(std::string_view event) {
  return absl::InvalidArgumentError(
      absl::StrCat("the body is not that of a \"", View(event), "\" delivery"));
}

}  // namespace retainer::webhooks
