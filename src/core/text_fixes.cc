#include <algorithm>
#include <array>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "retainer/change.h"
#include "src/base/view.h"
#include "src/core/text_lines.h"

namespace retainer::core {
namespace {

using base::View;

bool IsWord(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool IsPath(char c) { return IsWord(c) || c == '.' || c == '-' || c == '/'; }

constexpr std::array<std::string_view, 9> kGitHubWords = {
    "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"};
// The words of GitLab's default closing pattern.
constexpr std::array<std::string_view, 16> kGitLabWords = {
    "close",     "closes",     "closed",      "closing",     "fix",      "fixes",
    "fixed",     "fixing",     "resolve",     "resolves",    "resolved", "resolving",
    "implement", "implements", "implemented", "implementing"};

constexpr std::size_t kLongestPath = 512;

template <std::size_t N>
bool OneOf(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class FixReader {
 public:
  FixReader(ForgeKind forge, std::string_view project_path, std::string_view project_url)
      : gitlab_(forge == ForgeKind::kGitLab), project_(project_path) {
    // The base address of the forge's projects: the project's address without its path.
    if (!project_.empty() && absl::EndsWithIgnoreCase(View(project_url), View(project_)) &&
        project_url.size() > project_.size()) {
      web_ = project_url.substr(0, project_url.size() - project_.size());
    }
  }

  void ReadLine(std::string_view line) {
    for (std::size_t i = 0; i < line.size();) {
      if (!IsWord(line[i])) {
        ++i;
        continue;
      }
      std::size_t end = i;
      while (end < line.size() && IsWord(line[end])) ++end;
      const std::string_view word = line.substr(i, end - i);
      i = end;
      if (!Closes(word)) continue;
      if (i < line.size() && line[i] == ':') ++i;
      const std::size_t gap = SkipSpaces(line, i);
      if (gap == i) continue;
      i = ReadReferences(line, gap);
    }
  }

  std::vector<std::string> Take() {
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    if (found_.size() > kMaxFixes) found_.resize(kMaxFixes);
    return std::move(found_);
  }

 private:
  static std::size_t SkipSpaces(std::string_view line, std::size_t i) {
    while (i < line.size() && (line[i] == ' ' || line[i] == '\t')) ++i;
    return i;
  }

  bool Closes(std::string_view word) const {
    if (word.size() > 12) return false;
    const std::string lower = absl::AsciiStrToLower(View(word));
    if (!gitlab_) return OneOf(lower, kGitHubWords);
    // GitLab ignores the case of the first letter only.
    return std::string_view(lower).substr(1) == word.substr(1) && OneOf(lower, kGitLabWords);
  }

  // Reads what follows a closing keyword and returns where to continue. GitHub needs the keyword
  // before each reference; GitLab accepts a list.
  std::size_t ReadReferences(std::string_view line, std::size_t i) {
    for (;;) {
      if (gitlab_) {
        for (const std::string_view word : {"issues ", "issue "}) {
          if (line.substr(i).starts_with(word)) {
            i = SkipSpaces(line, i + word.size());
            break;
          }
        }
      }
      const std::size_t end = ReadReference(line, i);
      if (end == i || !gitlab_) return end;
      i = SkipSpaces(line, end);
      if (i < line.size() && line[i] == ',') i = SkipSpaces(line, i + 1);
      if (line.substr(i).starts_with("and ")) i = SkipSpaces(line, i + 4);
      if (i == end) return end;
    }
  }

  // Returns the end of the reference, or `i` if there is none.
  std::size_t ReadReference(std::string_view line, std::size_t i) {
    const std::string_view rest = line.substr(i);
    if (absl::StartsWithIgnoreCase(View(rest), "https://") ||
        absl::StartsWithIgnoreCase(View(rest), "http://")) {
      return ReadLink(line, i);
    }
    std::size_t hash = i;
    while (hash < line.size() && IsPath(line[hash])) ++hash;
    if (hash == line.size() || line[hash] != '#') return i;
    std::string path(line.substr(i, hash - i));
    if (gitlab_ && !path.empty() && path.find('/') == path.npos) {
      // A project in the same group.
      path = absl::StrCat(View(project_.substr(0, project_.rfind('/') + 1)), path);
    }
    return ReadNumber(line, hash + 1, std::move(path), i);
  }

  std::size_t ReadLink(std::string_view line, std::size_t i) {
    if (web_.empty() || !absl::StartsWithIgnoreCase(View(line.substr(i)), View(web_))) return i;
    const std::size_t begin = i + web_.size();
    std::size_t end = begin;
    while (end < line.size() && IsPath(line[end])) ++end;
    const std::string_view place = line.substr(begin, end - begin);
    for (std::string_view between : {"/-/issues/", "/-/work_items/", "/issues/"}) {
      const std::size_t at = place.find(between);
      if (at == place.npos) continue;
      return ReadNumber(line, begin + at + between.size(), std::string(place.substr(0, at)), i);
    }
    return i;
  }

  std::size_t ReadNumber(std::string_view line, std::size_t at, std::string path,
                         std::size_t nowhere) {
    std::int64_t number = 0;
    const char* begin = line.data() + at;
    const char* all = line.data() + line.size();
    const auto [end, error] = std::from_chars(begin, all, number);
    if (error != std::errc() || number <= 0 || *begin == '+') return nowhere;
    if (end != all && IsWord(*end)) return nowhere;
    const bool own = path.empty() || absl::EqualsIgnoreCase(path, View(project_));
    const auto slashes = std::count(path.begin(), path.end(), '/');
    const bool is_path = path.size() <= kLongestPath && (gitlab_ ? slashes >= 1 : slashes == 1);
    if (own || (is_path && path.front() != '/' && path.back() != '/')) {
      // Far more than this will not be kept anyway.
      if (found_.size() < 50 * kMaxFixes) {
        found_.push_back(absl::StrCat(own ? "" : path, "#", number));
      }
    }
    return static_cast<std::size_t>(end - line.data());
  }

  const bool gitlab_;
  const std::string_view project_;
  std::string web_;
  std::vector<std::string> found_;
};

}  // namespace
}  // namespace retainer::core

namespace retainer {

std::vector<std::string> ReadFixes(ForgeKind forge, std::string_view markdown,
                                   std::string_view project_path, std::string_view project_url) {
  core::FixReader reader(forge, project_path, project_url);
  for (const core::VisibleChunk& chunk : core::ReadMarkdown(markdown).chunks) {
    for (const core::VisibleLine& line : chunk.lines) reader.ReadLine(line.text);
  }
  return reader.Take();
}

}  // namespace retainer
