// The words of a ticket, for the index: what people wrote without what a form or a template wrote.
// Pure. Any bytes are accepted; sizes are bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace retainer::similar {

inline constexpr std::size_t kMostTitle = 300;
inline constexpr std::size_t kMostErrors = 4 * 1024;
inline constexpr std::size_t kMostProse = 12 * 1024;
inline constexpr std::size_t kMostTerms = 32;
inline constexpr std::size_t kLongestTerm = 40;

struct Document {
  std::string title;
  std::string errors;  // error lines and stack frames
  std::string prose;   // all other words
  bool empty() const { return title.empty() && errors.empty() && prose.empty(); }
};

// Adds the lines of a text (Markdown). Left out: headings, quotes, check boxes, HTML comments,
// empty answers of forms, and commands.
void AddText(std::string_view markdown, Document* document);

// The words by which to search for tickets like this one: those of errors first, then the title's,
// then of the prose; each once, in lower case. Without the most usual English words, long numbers
// and addresses. At most kMostTerms.
std::vector<std::string> TermsOf(const Document& document);

}  // namespace retainer::similar
