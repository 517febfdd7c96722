// What all pages share: the frame with its headers, and the pages that say that something is wrong.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "retainer/log.h"
#include "src/pages/page.h"
#include "templates/page_renderer.h"

namespace retainer::pages {

// The page `name` of templates/pages. With a visitor, the frame says who is signed in.
PageAnswer Page(std::string_view name, const std::string& title,
                const templates::PageValues& values, const Visitor* visitor = nullptr,
                int status = 200);
// A page with one sentence, and a link if `link` is not empty.
PageAnswer Message(int status, const std::string& title, const std::string& text,
                   const std::string& link = "", const std::string& link_name = "");
// 303 to one of our own paths, or to the page of a forge at which a person signs in.
PageAnswer Redirect(const std::string& to);

// 404, the same for everything that is not there.
PageAnswer NothingHere();
// 404 for a link that does not work, the same for every reason.
PageAnswer DeadLink();
// 503: the store or a forge does not answer. Logs why; the page does not say it.
PageAnswer NotNow(Log& log, std::string_view what, const absl::Status& status);

}  // namespace retainer::pages
