// A request of the REST API and its answer as plain values: what the routes see of HTTP.
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

namespace retainer {

// What the routes are answered from. Thread-safe.
struct ApiContext {
  Desk& desk;
  Store& store;
  Clock& clock;
  Log& log;
};

struct ApiRequest {
  std::map<std::string, std::string> parameters;  // of the query; each is one that the route names
  std::string in_path;                            // the part of the path that varies
  // Nullopt on a route that is open to all.
  std::optional<Caller> caller;
  std::string id;

  // Empty where there is none.
  std::string Get(const std::string& name) const;
};

struct ApiAnswer {
  int status = 200;
  std::string type = "application/json";
  std::string body;  // of an error: the detail
  std::string code;  // of an error that programs must tell from others; else empty
  // What the answer says apart from the present time: equal texts, equal entity tags. Empty: none.
  std::string stable;
  // Where they were worked out already: EntityTag(stable), and Gzip(body).
  std::string tag;
  std::optional<std::string> packed;
  std::vector<std::pair<std::string, std::string>> headers;
};

// `detail` is for the client; it holds nothing internal.
ApiAnswer Refuse(int status, std::string detail);
// For the store's and the desk's errors; says in the log what the client is not told. `missing` is
// the detail of a 404.
ApiAnswer Trouble(const ApiContext& context, const ApiRequest& request, std::string_view what,
                  const absl::Status& status, std::string missing);

// May this caller be told who a customer is? Who asks from outside (Caller::outside) knows of
// public customers alone: their answers end in public logs.
bool MayKnow(const Caller& caller, const Customer& customer);

// A project that a request is about, as far as its token may know of it.
struct AskedProject {
  std::optional<ProjectRecord> project;  // nullopt: all, and the caller may see all
  std::optional<ApiAnswer> refusal;
};
// The parameter `project`, else the one that the token is for. To a customer's token a private
// project that is none of its own (neither in its policy entry nor with a claim of its) is one that
// is not there.
AskedProject AskProject(const ApiContext& context, const ApiRequest& request);

// `W/"…"` over a text.
std::string EntityTag(std::string_view stable);
// Does an If-None-Match name it?
bool NamesTag(std::string_view if_none_match, std::string_view tag);

// Does an Accept-Encoding take gzip? (By its name: `*` alone is left to who knows more codings.)
bool TakesGzip(std::string_view accept_encoding);

}  // namespace retainer
