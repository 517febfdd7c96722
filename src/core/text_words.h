// Decides whether visible text has substance, and whether it is more than thanks. Pure; linear
// time.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "src/core/text_lines.h"

namespace retainer::core {

// True if there is more than white space, punctuation, emoji, `:shortcodes:`, HTML entities, `+1`
// and invisible characters.
bool HasWords(std::string_view visible);

// True if there is a question mark of any script, or its emoji.
bool HasQuestionMark(std::string_view visible);

// True if there is only the courtesy that ends a conversation, in one of several languages. A
// question never is.
bool IsCourtesy(std::string_view visible);

// The number of lines at the end of `lines` that a mail program wrote to introduce the following
// quote (`On Monday, Alice wrote:`).
std::size_t MailHeaderLines(const std::vector<VisibleLine>& lines);
// True if a quoted message or a signature begins with this line.
bool StartsMailTail(std::string_view line);
// True if the line says which program sent the mail, or how to unsubscribe.
bool IsMailFooter(std::string_view line);

}  // namespace retainer::core
