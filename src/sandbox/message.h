// A request and its answer, independent of any HTTP library. Plain values; private to the sandbox.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace retainer::sandbox {

struct Request {
  std::string method;
  std::string target;  // as sent
  std::string path;    // as sent, without the query
  // The path's segments; each is unescaped by itself.
  std::vector<std::string> segments;
  std::map<std::string, std::string> query;    // unescaped
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string Header(const std::string& lower_case_name) const;
  std::string Query(const std::string& name) const;
  // The values of a parameter that may be repeated, in the order of the request.
  std::vector<std::string> QueryAll(const std::string& name) const;
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type = "application/json; charset=utf-8";
  std::string body;
  bool cut = false;  // true: send no answer and close the connection
  absl::Duration delay = absl::ZeroDuration();

  void Set(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
  }
};

// Decodes percent-escapes; leaves a malformed one unchanged.
std::string Unescape(std::string_view text, bool plus_is_space);
// Escapes all characters that are not unreserved.
std::string Escape(std::string_view text);
// Fills path, segments and query from `target`.
void ReadTarget(Request& request);
// Adds the entity tag to an answer, or turns it into a 304 when the client has that tag.
void Tag(const Request& request, Response& response);

}  // namespace retainer::sandbox
