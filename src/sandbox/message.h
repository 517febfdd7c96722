// A request and its answer, apart from any HTTP library. Plain values, inside the sandbox only.
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
  std::string target;                          // as sent
  std::string path;                            // as sent, without the query
  std::vector<std::string> segments;           // of the path, each unescaped by itself
  std::map<std::string, std::string> query;    // unescaped
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string Header(const std::string& lower_case_name) const;
  std::string Query(const std::string& name) const;
  // Of a name that may be given several times, in the order given.
  std::vector<std::string> QueryAll(const std::string& name) const;
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type = "application/json; charset=utf-8";
  std::string body;
  bool cut = false;  // no answer: the connection ends
  absl::Duration delay = absl::ZeroDuration();

  void Set(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
  }
};

// Undoes percent-escapes; a broken one stays as it is.
std::string Unescape(std::string_view text, bool plus_is_space);
// Escapes all but unreserved characters.
std::string Escape(std::string_view text);
// Fills path, segments and query from `target`.
void ReadTarget(Request& request);
// Gives an answer its entity tag, or makes it the 304 of a client that has it.
void Tag(const Request& request, Response& response);

}  // namespace retainer::sandbox
