#include "src/sandbox/surfer.h"

#include <httplib.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace retainer::sandbox {
namespace {

std::string Origin(const std::string& url) {
  return url.substr(0, url.find('/', url.find("://") + 3));
}

std::string Plain(const std::string& html) {
  return absl::StrReplaceAll(
      html, {{"&quot;", "\""}, {"&#39;", "'"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}});
}

}  // namespace

Surfer::Seen Surfer::Open(const std::string& url) { return Go("GET", url, {}); }

Surfer::Seen Surfer::Send(const Seen& page, const std::string& action, const std::string& button,
                          const std::string& value) {
  const std::size_t form = page.body.find("action=\"" + action + "\"");
  if (form == std::string::npos) return {page.url, 0, "no form for " + action};
  Form fields;
  const std::string mark = "<input type=\"hidden\" name=\"";
  const std::size_t end = page.body.find("</form>", form);
  for (std::size_t at = page.body.find(mark, form); at < end; at = page.body.find(mark, at)) {
    at += mark.size();
    const std::size_t value_at = page.body.find("value=\"", at) + 7;
    fields.emplace(page.body.substr(at, page.body.find('"', at) - at),
                   Plain(page.body.substr(value_at, page.body.find('"', value_at) - value_at)));
  }
  if (!button.empty()) fields.emplace(button, value);
  return Go("POST", absl::StartsWith(action, "/") ? Origin(page.url) + action : action, fields);
}

std::string Surfer::Link(const Seen& page, const std::string& text) {
  const std::size_t at = page.body.find(">" + text + "<");
  if (at == std::string::npos) return "";
  const std::size_t href = page.body.rfind("href=\"", at) + 6;
  return Origin(page.url) + page.body.substr(href, page.body.find('"', href) - href);
}

Surfer::Seen Surfer::Go(std::string method, std::string url, const Form& form) {
  for (int hop = 0; hop < 10; ++hop) {
    const std::string origin = Origin(url);
    httplib::Client client(origin);
    client.set_url_encode(false);
    client.set_read_timeout(20);
    httplib::Headers headers = {{"Accept", "text/html"}};
    std::string cookies;
    for (const auto& [name, value] : cookies_[origin]) {
      absl::StrAppend(&cookies, cookies.empty() ? "" : "; ", name, "=", value);
    }
    if (!cookies.empty()) headers.emplace("Cookie", cookies);
    const std::string path = url.substr(origin.size());
    const auto answer =
        method == "POST" ? client.Post(path, headers, form) : client.Get(path, headers);
    if (!answer) return {url, 0, "no answer"};
    for (const auto& [name, value] : answer->headers) {
      if (name != "Set-Cookie") continue;
      const std::size_t equals = value.find('=');
      cookies_[origin][value.substr(0, equals)] =
          value.substr(equals + 1, value.find(';') - equals - 1);
    }
    if (answer->status < 300 || answer->status > 399) return {url, answer->status, answer->body};
    const std::string to = answer->get_header_value("Location");
    url = absl::StartsWith(to, "/") ? origin + to : to;
    method = "GET";
  }
  return {url, 0, "too many redirects"};
}

}  // namespace retainer::sandbox
