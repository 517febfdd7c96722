// HTTP requests and answers as plain values. A Listener reads and writes them, and the front
// answers them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retainer::api {

// A field of a head; views into HttpRequest::head.
struct HttpField {
  std::string_view name;
  std::string_view value;  // without surrounding white space
};

struct HttpRequest {
  HttpRequest() = default;
  HttpRequest(const HttpRequest&) = delete;  // because of the views
  HttpRequest& operator=(const HttpRequest&) = delete;

  std::string head;  // the bytes as received, including the empty line at the end
  std::string_view method;
  std::string_view target;
  std::vector<HttpField> fields;  // in the order received
  bool keep_alive = false;        // the client may send another request on the connection
  bool chunked = false;
  std::uint64_t length = 0;  // Content-Length; 0 when there is none

  // From the target (request_target.h).
  std::string path;
  std::vector<std::pair<std::string, std::string>> parameters;

  std::string peer;  // the connection's address in plain form (client_address.h)
  std::string id;    // its id in the log and in the answer
  std::string body;

  bool has_body() const { return chunked || length > 0; }
  // The first field with this name, ignoring case; empty when there is none.
  std::string_view Find(std::string_view name) const;
  bool Has(std::string_view name) const;
  // All fields with this name, in order.
  std::vector<std::string> FindAll(std::string_view name) const;
};

inline constexpr char kRequestId[] = "X-Request-Id";

inline constexpr char kTextType[] = "text/plain; charset=utf-8";

struct HttpAnswer {
  int status = 200;
  std::string type;  // of the body
  std::string body;
  // Fields other than type, length, id and connection.
  std::vector<std::pair<std::string, std::string>> fields;
};

// The bytes of the answer, with the request's id. A HEAD and a 304 have no body. `request` is
// nullptr when there was none.
std::string WriteAnswer(const HttpAnswer& answer, const HttpRequest* request, bool close);

// The client's id if it may be repeated; otherwise a new one.
std::string RequestId(std::string_view given);

}  // namespace retainer::api
