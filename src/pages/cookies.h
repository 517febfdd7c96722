// Cookies and forms: reading what a browser sends, and writing cookies. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace retainer::pages {

// The names of our cookies. With `secure`, browsers send them only over TLS and keep sites beside
// ours from setting them (`__Host-`). Without (http on loopback) they would refuse such a name.
std::string SessionCookie(bool secure);
std::string SignInCookie(bool secure);

// The value of the first cookie with this name; empty if there is none.
std::string CookieValue(std::string_view cookies, std::string_view name);
// A Set-Cookie header. Scripts cannot read it, and other sites' forms do not send it.
// `lasts` zero: the browser deletes the cookie.
std::string SetCookie(const std::string& name, const std::string& value, absl::Duration lasts,
                      bool secure);

// The fields of a form (application/x-www-form-urlencoded). The first of a name counts.
std::map<std::string, std::string> ReadForm(std::string_view body);
std::string EscapeQuery(std::string_view text);

// True for a path of ours that a redirect may lead to: it stays on this host whatever a browser
// makes of it.
bool IsOwnPath(std::string_view path);

}  // namespace retainer::pages
