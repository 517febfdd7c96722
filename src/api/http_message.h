// HTTP requests and answers as plain values: what a Listener reads and writes, and what the front
// answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retainer {

// Of a head: views into HttpRequest::head.
struct HttpField {
  std::string_view name;
  std::string_view value;  // without white space around it
};

struct HttpRequest {
  HttpRequest() = default;
  HttpRequest(const HttpRequest&) = delete;  // for the views
  HttpRequest& operator=(const HttpRequest&) = delete;

  std::string head;  // the bytes as they came, with the empty line at their end
  std::string_view method;
  std::string_view target;
  std::vector<HttpField> fields;  // as they were sent, in order
  bool keep_alive = false;        // the connection has a next request
  bool chunked = false;
  std::uint64_t length = 0;  // the declared one of the body; 0 where none is

  // From the target (request_target.h).
  std::string path;
  std::vector<std::pair<std::string, std::string>> parameters;

  std::string peer;  // the connection's address, plain (client_address.h)
  std::string id;    // what the log and the answer call it
  std::string body;

  bool has_body() const { return chunked || length > 0; }
  // The first of this name, in whatever case; empty where there is none.
  std::string_view Find(std::string_view name) const;
  bool Has(std::string_view name) const;
  // All of this name, in order.
  std::vector<std::string> FindAll(std::string_view name) const;
};

inline constexpr char kRequestId[] = "X-Request-Id";

struct HttpAnswer {
  int status = 200;
  std::string type;  // of the body
  std::string body;
  std::vector<std::pair<std::string, std::string>>
      fields;  // others than type, length, id, connection
};

// As it is sent, with the request's id. A HEAD and a 304 are answered without the body. `request`:
// nullptr where there was none.
std::string WriteAnswer(const HttpAnswer& answer, const HttpRequest* request, bool close);

// An id that a client gave, where it is one to be repeated; else a new one.
std::string RequestId(std::string_view given);

}  // namespace retainer
