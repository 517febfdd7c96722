// Calls that answer JSON: one object, or all pages of a list. Private to this room.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "src/forge/api_client.h"
#include "src/forge/credentials.h"
#include "src/forge/json.h"

namespace retainer::forge {

inline constexpr int kPageSize = 100;
// A longer list is an error; it is never cut silently.
inline constexpr int kMaxPages = 200;

class ApiCalls {
 public:
  // REQUIRES: both outlive this.
  ApiCalls(ApiClient& client, Credentials& credentials)
      : client_(client), credentials_(credentials) {}

  absl::StatusOr<HttpResponse> Call(const Scope& scope, const ApiRequest& request) const {
    return CallAs(client_, credentials_, scope, request);
  }
  // Returns null when the answer has one of the request's expected statuses besides 2xx.
  absl::StatusOr<Json> GetJson(const Scope& scope, const ApiRequest& request) const;
  absl::StatusOr<Json> GetJson(const Scope& scope, const std::string& path) const;
  // Reads page after page. Returns every element in the forge's order. Stops at the last page, or
  // when `enough` returns true for the last element of a page.
  absl::StatusOr<std::vector<Json>> GetPages(
      const Scope& scope, const std::string& path, const std::string& query,
      const std::function<bool(const Json& last)>& enough = nullptr) const;
  // Reads one page of a list; pages count from 1. Sets `more` when the forge names a next page.
  absl::StatusOr<std::vector<Json>> GetPage(const Scope& scope, const std::string& path,
                                            const std::string& query, int page, bool* more) const;
  // Sends `body`, expects a status of 2xx, and returns the JSON of the answer.
  absl::StatusOr<Json> Mutate(const Scope& scope, const std::string& method,
                              const std::string& path, const Json& body, CallClass call) const;

 private:
  ApiClient& client_;
  Credentials& credentials_;
};

}  // namespace retainer::forge
