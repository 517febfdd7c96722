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
// A list longer than this is an error, not a silent end.
inline constexpr int kMaxPages = 200;

class ApiCalls {
 public:
  // REQUIRES: both outlive this.
  ApiCalls(ApiClient& client, Credentials& credentials)
      : client_(client), credentials_(credentials) {}

  absl::StatusOr<HttpResponse> Call(const Scope& scope, const ApiRequest& request) const {
    return CallAs(client_, credentials_, scope, request);
  }
  // Null where the answer is an expected status beside 2xx.
  absl::StatusOr<Json> GetJson(const Scope& scope, const ApiRequest& request) const;
  absl::StatusOr<Json> GetJson(const Scope& scope, const std::string& path) const;
  // Every element, in the forge's order, until there are no more or `enough` says so after a page.
  absl::StatusOr<std::vector<Json>> GetPages(
      const Scope& scope, const std::string& path, const std::string& query,
      const std::function<bool(const Json& last)>& enough = nullptr) const;
  // One page of a list, from 1 on; `more` where the forge says that there are others behind it.
  absl::StatusOr<std::vector<Json>> GetPage(const Scope& scope, const std::string& path,
                                            const std::string& query, int page, bool* more) const;
  // A body and a status of 2xx; the answer's JSON.
  absl::StatusOr<Json> Mutate(const Scope& scope, const std::string& method,
                              const std::string& path, const Json& body, CallClass call) const;

 private:
  ApiClient& client_;
  Credentials& credentials_;
};

}  // namespace retainer::forge
