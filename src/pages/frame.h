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
// The same for a page of the desk: it is wide, and its navigation shows where the visitor is.
PageAnswer Page(std::string_view name, const std::string& title,
                const templates::PageValues& values, const PageVisit& visit, int status = 200);
// The first page that somebody with these rights may see.
std::string HomeOf(const Rights& rights);
// A table as a file to download. `name`: without `.csv`.
PageAnswer CsvFile(const std::string& name, std::string text);
// A page with one sentence, and a link if `link` is not empty.
PageAnswer Message(int status, const std::string& title, const std::string& text,
                   const std::string& link = "", const std::string& link_name = "");
// 303 to one of our own paths, or to the page of a forge at which a person signs in.
PageAnswer Redirect(const std::string& to);

// 403: says with which forges one can sign in, and comes back to the page.
PageAnswer AskToSignIn(const PageContext& context, const PageVisit& visit);
// 404, the same for everything that is not there.
PageAnswer NothingHere();
// 404 for a link that does not work, the same for every reason.
PageAnswer DeadLink();
// 503: the store or a forge does not answer. Logs why; the page does not say it.
PageAnswer NotNow(Log& log, std::string_view what, const absl::Status& status);

}  // namespace retainer::pages
