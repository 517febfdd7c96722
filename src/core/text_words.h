// Is there anything in what a reader sees, and is it more than thanks? Pure; linear time.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "src/core/text_lines.h"

namespace retainer {

// More than white space, punctuation, emoji, `:shortcodes:`, HTML entities, `+1` and what shows
// nothing.
bool HasWords(std::string_view visible);

// A question mark of any script, or the emoji of one.
bool HasQuestionMark(std::string_view visible);

// Only the courtesy that closes a conversation, in one of several languages; a question never is.
bool IsCourtesy(std::string_view visible);

// Lines that a mail program wrote, not a person: how many at the end of `lines` announce the quote
// that follows (`On Monday, Alice wrote:`).
std::size_t MailHeaderLines(const std::vector<VisibleLine>& lines);
// From this line on there is a quoted message or a signature.
bool StartsMailTail(std::string_view line);
// The line says which program sent it, or how to unsubscribe.
bool IsMailFooter(std::string_view line);

}  // namespace retainer
