#include "src/policy/reader.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "retainer/names.h"
#include "src/base/view.h"
#include "src/policy/duration.h"

namespace retainer::policy {
namespace {

// Far more than anybody fixes at once. Hostile input could cause a problem for every byte.
constexpr std::size_t kMostListed = 200;
// With more names than this, no suggestion is computed.
constexpr std::size_t kMostCandidates = 200;

using base::View;

std::string Shown(std::string_view text) {
  std::string shown;
  for (char c : text.substr(0, 60)) shown += absl::ascii_iscntrl(c) ? '?' : c;
  return absl::StrCat("\"", shown, text.size() > 60 ? "…" : "", "\"");
}

std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0u);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// Rationale: a person who writes P3 does not mean P1. Names with different numbers differ.
std::string DigitsOf(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) digits += c;
  }
  return digits;
}

bool IsPathChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-' ||
         c == '/' || c == '*';
}

}  // namespace

std::string AsciiLower(std::string_view text) { return absl::AsciiStrToLower(View(text)); }

std::string LoginKey(const Login& login) {
  return FoldName(absl::StrCat(login.forge, ":", login.name));
}

bool IsForgeName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& known) {
  std::string_view best;
  std::size_t least = 4;
  if (word.size() <= 40 && known.size() <= kMostCandidates) {
    const std::string digits = DigitsOf(word);
    for (std::string_view candidate : known) {
      if (candidate.size() > 64 || DigitsOf(candidate) != digits) continue;
      const std::size_t distance = Distance(AsciiLower(word), AsciiLower(candidate));
      if (distance < least && distance * 2 <= candidate.size()) {
        least = distance;
        best = candidate;
      }
    }
  }
  if (!best.empty()) return absl::StrCat("did you mean \"", View(best), "\"?");
  if (known.empty()) return "nothing of the kind is defined";
  std::string all;
  for (std::size_t i = 0; i < known.size() && i < 30; ++i) {
    absl::StrAppend(&all, i == 0 ? "" : ", ", View(known[i]));
  }
  return absl::StrCat("known are: ", all);
}

bool Reader::IsFull() const { return problems_.size() >= kMostListed; }

void Reader::Error(const YamlNode& at, std::string what, std::string mend) {
  if (!IsFull()) problems_.push_back(ProblemAt(PlaceOf(at), std::move(what), std::move(mend)));
}

Place Reader::PlaceOf(const YamlNode& node) const {
  const auto document = documents_.find(node.file);
  return {node.file, node.line, node.column,
          document == documents_.end() ? "" : KeyPath(*document->second, node)};
}

bool Reader::Map(const YamlNode& node, std::string_view what,
                 const std::vector<std::string_view>& known, const Elsewhere& elsewhere) {
  if (!NamedMap(node, what)) return false;
  for (const YamlNode& key : node.keys) {
    if (IsFull()) return false;
    if (std::find(known.begin(), known.end(), key.scalar) != known.end()) continue;
    std::string mend = DidYouMean(key.scalar, known);
    const std::string word = key.scalar.substr(0, key.scalar.find_first_of(" :"));
    if (std::find(elsewhere.keys.begin(), elsewhere.keys.end(), key.scalar) !=
        elsewhere.keys.end()) {
      mend = absl::StrCat("it belongs ", View(elsewhere.where));
    } else if (word.size() < key.scalar.size() &&
               std::find(known.begin(), known.end(), word) != known.end()) {
      mend = absl::StrCat(key.scalar[word.size()] == ':' ? "a blank is missing after the colon"
                                                         : "a colon is missing",
                          ": write ", word, ": …");
    }
    Error(key, absl::StrCat("unknown key ", Shown(key.scalar), " in ", View(what)),
          std::move(mend));
  }
  return true;
}

bool Reader::NamedMap(const YamlNode& node, std::string_view what) {
  if (IsFull()) return false;
  if (node.IsMap()) return true;
  Error(node, absl::StrCat(View(what), " must be a map"), "write `key: value` lines");
  return false;
}

const std::vector<YamlNode>& Reader::List(const YamlNode& node, std::string_view what) {
  static const std::vector<YamlNode> kNone;
  if (IsFull()) return kNone;
  if (!node.IsSequence()) {
    const bool short_text = node.IsScalar() && !node.scalar.empty() && node.scalar.size() <= 40 &&
                            node.scalar.find('\n') == std::string::npos;
    Error(node, absl::StrCat(View(what), " must be a list"),
          short_text ? absl::StrCat("write it as [\"", node.scalar, "\"]") : "write it as [a, b]");
  }
  return node.items;  // empty when it is not a list
}

std::optional<std::string> Reader::Text(const YamlNode& node, std::string_view what) {
  if (node.IsScalar() && !absl::StripAsciiWhitespace(node.scalar).empty()) return node.scalar;
  Error(node, absl::StrCat(View(what), " must be a text that is not empty"));
  return std::nullopt;
}

std::vector<std::string> Reader::Texts(const YamlNode& node, std::string_view what) {
  std::vector<std::string> texts;
  for (const YamlNode& item : List(node, what)) {
    if (auto text = Text(item, absl::StrCat("an entry of ", View(what)))) {
      texts.push_back(*std::move(text));
    }
  }
  return texts;
}

std::optional<bool> Reader::Bool(const YamlNode& node, std::string_view what) {
  if (node.IsScalar() && node.scalar == "true") return true;
  if (node.IsScalar() && node.scalar == "false") return false;
  Error(node, absl::StrCat(View(what), " must be true or false"));
  return std::nullopt;
}

std::optional<std::string> Reader::Name(const YamlNode& node, std::string_view what) {
  const std::optional<std::string> text = Text(node, what);
  if (!text) return std::nullopt;
  const bool ok = text->size() <= 64 && std::all_of(text->begin(), text->end(), [](char c) {
                    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
                           c == '_' || c == '.';
                  });
  if (ok) return text;
  Error(node, absl::StrCat(Shown(*text), " cannot be ", View(what)),
        "use up to 64 letters, digits, -, _ and .");
  return std::nullopt;
}

std::optional<int> Reader::Count(const YamlNode& node, std::string_view what, int least, int most) {
  int value = 0;
  if (node.IsScalar() && absl::SimpleAtoi(node.scalar, &value) && value >= least && value <= most) {
    return value;
  }
  Error(node, absl::StrCat(View(what), " must be a whole number"),
        absl::StrCat("write a number from ", least, " to ", most));
  return std::nullopt;
}

std::optional<double> Reader::Percent(const YamlNode& node, std::string_view what, double most) {
  double value = 0;
  const std::string& text = node.scalar;
  if (node.IsScalar() && text.size() > 1 && text.size() < 10 && text.back() == '%' &&
      absl::SimpleAtod(absl::string_view(text.data(), text.size() - 1), &value) && value > 0 &&
      value <= most) {
    return value / 100;
  }
  Error(node, absl::StrCat(View(what), " must be a share of the target"),
        absl::StrCat("write more than 0% and at most ", most, "%, e.g. 75%"));
  return std::nullopt;
}

std::optional<absl::Time> Reader::Instant(const YamlNode& node) {
  const absl::StatusOr<absl::Time> time = ParseInstant(node.scalar);
  if (time.ok()) return *time;
  Error(node, Shown(node.scalar) + " is not an instant",
        "write RFC 3339, e.g. 2026-03-06T17:00:00Z");
  return std::nullopt;
}

std::optional<absl::CivilDay> Reader::Day(const YamlNode& node) {
  const std::optional<absl::CivilDay> day = ParseDay(node.scalar);
  if (!day) {
    Error(node, Shown(node.scalar) + " is not a day of the calendar",
          "write an existing date as YYYY-MM-DD");
  }
  return day;
}

std::optional<ProjectRef> Reader::ProjectPattern(const YamlNode& node) {
  const std::optional<std::string> text = Text(node, "a project");
  if (!text) return std::nullopt;
  const std::string mend = "write FORGE:PATH, e.g. github:acme/opendb or gitlab:acme/**";
  const std::size_t colon = text->find(':');
  if (colon == std::string::npos || !IsForgeName(std::string_view(*text).substr(0, colon))) {
    Error(node, Shown(*text) + " names no forge", mend);
    return std::nullopt;
  }
  ProjectRef ref{text->substr(0, colon), text->substr(colon + 1)};
  if (ref.path.empty() || ref.path.size() > 255 || ref.path.front() == '/' ||
      ref.path.back() == '/' || ref.path.find("//") != std::string::npos ||
      ref.path.find("***") != std::string::npos ||
      std::count(ref.path.begin(), ref.path.end(), '*') > 6 ||
      !std::all_of(ref.path.begin(), ref.path.end(), IsPathChar)) {
    Error(node, Shown(*text) + " is not a project or a pattern of projects", mend);
    return std::nullopt;
  }
  if (ref.path.find('/') == std::string::npos && ref.path != "**") {
    Error(node, Shown(*text) + " names an owner, not a project",
          absl::StrCat("write ", ref.forge, ":", ref.path, "/* for all of its projects"));
    return std::nullopt;
  }
  if (!forges_.contains(ref.forge)) forges_.emplace(ref.forge, PlaceOf(node));
  return ref;
}

std::vector<ProjectRef> Reader::ProjectPatterns(const YamlNode& node) {
  std::vector<ProjectRef> patterns;
  for (const YamlNode& item : List(node, "projects")) {
    if (auto pattern = ProjectPattern(item)) patterns.push_back(*std::move(pattern));
  }
  return patterns;
}

std::optional<Login> Reader::ReadLogin(const YamlNode& node, std::string_view what) {
  const std::optional<std::string> text = Text(node, what);
  if (!text) return std::nullopt;
  const std::size_t colon = text->find(':');
  const std::string_view name =
      colon == std::string::npos ? std::string_view() : std::string_view(*text).substr(colon + 1);
  if (name.empty() || name.size() > 255 || !IsForgeName(std::string_view(*text).substr(0, colon)) ||
      std::any_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isspace(static_cast<unsigned char>(c)) || c == '@' || c == ':' ||
               c == '*';
      })) {
    Error(node, absl::StrCat(Shown(*text), " is not ", View(what)),
          "write FORGE:NAME, e.g. github:alice, without @");
    return std::nullopt;
  }
  Login login{text->substr(0, colon), std::string(name)};
  if (!forges_.contains(login.forge)) forges_.emplace(login.forge, PlaceOf(node));
  return login;
}

std::vector<Login> Reader::Logins(const YamlNode& node, std::string_view list,
                                  std::string_view what) {
  std::vector<Login> logins;
  for (const YamlNode& item : List(node, list)) {
    if (auto login = ReadLogin(item, what)) logins.push_back(*std::move(login));
  }
  return logins;
}

}  // namespace retainer::policy
