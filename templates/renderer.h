// Renders a face to text: the status comment, the mention that calls people, and the check, from
// Mustache templates that are part of the binary.
//
// Pure and thread-safe. No text in a view can become active: no mention, link, reference, emoji,
// HTML, table cell or command. People's words are put into code spans, in which neither GitHub nor
// GitLab looks for any of these; short plain words are left as they are. A body ends with the
// marker, stays under kMaxCommentBytes, and has at most kMostCommentLines lines, including blank
// and folded ones. When there are many promises, finished ones share a line. In a mention only the
// policy's logins are active, and only if they have the form of a login.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "retainer/face.h"

namespace retainer::templates {

inline constexpr std::size_t kMaxCommentBytes = 65'535;  // GitHub refuses longer ones
inline constexpr std::size_t kMostCommentLines = 12;

std::unique_ptr<Renderer> MakeRenderer();

// `text` as one inert line of Markdown: unchanged when it is only short plain words, otherwise in a
// code span. Text that is too long is cut. Empty for blank text.
std::string InertText(std::string_view text);
// As InertText, but always in a code span; empty for blank text.
std::string InertCode(std::string_view text);
// `url` if it is a plain http or https address that can be the target of a Markdown link, otherwise
// empty.
std::string InertUrl(std::string_view url);

// `Tue 3 Mar 10:02 CET`, in English in every locale; with `year`: `Tue 3 Mar 2026 10:02 CET`. In
// UTC when the zone is unknown.
std::string ShownLocal(const ShownTime& time, bool year);
// `09:02 UTC`, with the day when it differs from the local one (`Mon 2 Mar 23:02 UTC`); empty when
// the zone is UTC.
std::string ShownUtc(const ShownTime& time);

}  // namespace retainer::templates
