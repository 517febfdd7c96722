// A request of the REST API and its answer as plain values. The routes see no other HTTP.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/log.h"
#include "retainer/store.h"
#include "src/api/tokens.h"
#include "src/pipeline/desk.h"
#include "src/similar/similar.h"

namespace retainer::api {

// The sources of the routes' answers. Thread-safe.
struct ApiContext {
  pipeline::Desk& desk;
  Store& store;
  Clock& clock;
  Log& log;
  similar::Similar* similar = nullptr;  // nullptr: nothing is searched
};

struct ApiRequest {
  std::map<std::string, std::string> parameters;  // of the query; the route allows each of them
  std::string in_path;                            // the variable part of the path
  std::string body = {};                          // of a POST
  // Nullopt on a route that is open to all.
  std::optional<Caller> caller;
  std::string id;

  // The parameter's value; empty when it is missing.
  std::string Get(const std::string& name) const;
};

struct ApiAnswer {
  int status = 200;
  std::string type = "application/json";
  std::string body;  // for an error: the detail
  std::string code;  // an error code for programs; else empty
  // The part of the answer that does not depend on the present time. Equal texts have equal entity
  // tags. Empty: no tag.
  std::string stable;
  // EntityTag(stable) and Gzip(body), if they are already computed.
  std::string tag;
  std::optional<std::string> packed;
  std::vector<std::pair<std::string, std::string>> headers;
};

// An error answer. `detail` is for the client and holds nothing internal.
ApiAnswer Refuse(int status, std::string detail);
// The answer to an error of the store or the desk. Logs what the client is not told. `missing` is
// the detail of a 404.
ApiAnswer Trouble(const ApiContext& context, const ApiRequest& request, std::string_view what,
                  const absl::Status& status, std::string missing);

// True when this caller may know who the customer is. Outside callers (Caller::outside) know only
// public customers, because their answers end up in public logs.
bool MayKnow(const Caller& caller, const Customer& customer);

// The project of a request, if its token may know it.
struct AskedProject {
  std::optional<ProjectRecord> project;  // nullopt: all projects, and the caller may see all
  std::optional<ApiAnswer> refusal;
};
// Reads the parameter `project`; the default is the token's project. For a customer's token, a
// private project counts as missing unless it is the customer's own (named in its policy entry, or
// with a claim of the customer).
AskedProject AskProject(const ApiContext& context, const ApiRequest& request);

// `W/"…"`, a hash of the text.
std::string EntityTag(std::string_view stable);
// True when an If-None-Match contains the tag.
bool NamesTag(std::string_view if_none_match, std::string_view tag);

// True when an Accept-Encoding accepts gzip by name. (A plain `*` is not used.)
bool TakesGzip(std::string_view accept_encoding);

}  // namespace retainer::api
