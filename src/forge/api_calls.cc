#include "src/forge/api_calls.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace retainer::forge {

absl::StatusOr<Json> ApiCalls::GetJson(const Scope& scope, const ApiRequest& request) const {
  auto response = Call(scope, request);
  if (!response.ok()) return response.status();
  if (response->status < 200 || response->status > 299) return Json();
  auto json = ParseJson(response->body);
  if (!json) {
    return absl::UnavailableError(
        absl::StrCat(client_.name(), ": ", request.method, " ", request.path,
                     ": the answer is not JSON; is api_url the address of the API?"));
  }
  return std::move(*json);
}

absl::StatusOr<Json> ApiCalls::GetJson(const Scope& scope, const std::string& path) const {
  ApiRequest request;
  request.path = path;
  return GetJson(scope, request);
}

absl::StatusOr<std::vector<Json>> ApiCalls::GetPages(
    const Scope& scope, const std::string& path, const std::string& query,
    const std::function<bool(const Json& last)>& enough) const {
  std::vector<Json> all;
  ApiRequest request;
  request.path = path;
  request.query = absl::StrCat(query, query.empty() ? "" : "&", "per_page=", kPageSize);
  for (int page = 0; page < kMaxPages; ++page) {
    auto response = Call(scope, request);
    if (!response.ok()) return response.status();
    auto json = ParseJson(response->body);
    if (!json || !json->is_array()) {
      return absl::UnavailableError(
          absl::StrCat(client_.name(), ": GET ", path, ": the answer is not a JSON list"));
    }
    for (Json& element : *json) all.push_back(std::move(element));
    if (enough && !all.empty() && enough(all.back())) return all;
    const auto link = response->headers.find("Link");
    const auto next = link == response->headers.end() ? std::nullopt : NextPageQuery(link->second);
    if (!next || json->empty()) return all;
    request.query = *next;
  }
  return absl::FailedPreconditionError(absl::StrCat(client_.name(), ": GET ", path, ": more than ",
                                                    kMaxPages * kPageSize,
                                                    " entries are more than this desk reads"));
}

absl::StatusOr<std::vector<Json>> ApiCalls::GetPage(const Scope& scope, const std::string& path,
                                                    const std::string& query, int page,
                                                    bool* more) const {
  ApiRequest request;
  request.path = path;
  request.query =
      absl::StrCat(query, query.empty() ? "" : "&", "per_page=", kPageSize, "&page=", page);
  auto response = Call(scope, request);
  if (!response.ok()) return response.status();
  auto json = ParseJson(response->body);
  if (!json || !json->is_array()) {
    return absl::UnavailableError(
        absl::StrCat(client_.name(), ": GET ", path, ": the answer is not a JSON list"));
  }
  const auto link = response->headers.find("Link");
  *more = link != response->headers.end() && NextPageQuery(link->second).has_value();
  return std::vector<Json>(json->begin(), json->end());
}

absl::StatusOr<Json> ApiCalls::Mutate(const Scope& scope, const std::string& method,
                                      const std::string& path, const Json& body,
                                      CallClass call) const {
  ApiRequest request;
  request.method = method;
  request.path = path;
  request.body = Dump(body);
  request.call = call;
  return GetJson(scope, request);
}

}  // namespace retainer::forge
