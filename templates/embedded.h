// The text of the template files, which is compiled in.
#pragma once

#include <string_view>

namespace retainer::templates {

extern const std::string_view kCommentTemplate;
extern const std::string_view kMentionTemplate;
extern const std::string_view kCheckTemplate;

}  // namespace retainer::templates
