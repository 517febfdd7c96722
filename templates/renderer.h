// Words for a face: the status comment from a Mustache template that is part of the binary, and for
// the mention that calls people.
//
// Pure and thread-safe. Whatever the texts in a view hold, nothing of theirs comes alive: no
// mention, link, reference, emoji, HTML, table cell or command. People's words stand in code spans,
// where neither GitHub nor GitLab looks for any of these; plain words stand as they are. A body
// ends with the marker, stays under kMaxCommentBytes and has at most kMostCommentLines lines, blank
// ones and folded ones too: where promises are many, finished ones share a line. In a mention the
// logins of the policy alone come alive, and only what can be a login.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "retainer/face.h"

namespace retainer {

inline constexpr std::size_t kMaxCommentBytes = 65'535;  // GitHub refuses longer ones
inline constexpr std::size_t kMostCommentLines = 12;

std::unique_ptr<Renderer> MakeRenderer();

// `text` as one inert line of Markdown: as it is where it is nothing but short plain words, else as
// a code span. Never empty of marks where `text` is not blank; long ones are cut.
std::string InertText(std::string_view text);
// As InertText, always a code span; empty for blank text.
std::string InertCode(std::string_view text);
// `url` where it is a plain http or https address that can be a Markdown link's target, else empty.
std::string InertUrl(std::string_view url);

// `Tue 3 Mar 10:02 CET`, in English whatever the locale; with `year`: `Tue 3 Mar 2026 10:02 CET`.
// UTC where the zone is unknown.
std::string ShownLocal(const ShownTime& time, bool year);
// `09:02 UTC`, with the day where it differs (`Mon 2 Mar 23:02 UTC`); empty where the zone is UTC.
std::string ShownUtc(const ShownTime& time);

}  // namespace retainer
