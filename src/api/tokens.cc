#include "src/api/tokens.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "src/base/digest.h"

namespace retainer::api {

namespace {

// A project is identified by its id; an earlier name leads to it.
absl::Status FindKeys(Store& store, Caller* caller) {
  for (const ProjectRef& project : caller->projects) {
    if (absl::StrContains(project.path, "*")) continue;
    const auto known = store.FindProjectByPath(project);
    if (!known.ok()) return known.status();
    if (*known) caller->keys.push_back((*known)->key);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Caller> Authenticate(Store& store, OidcVerifier* oidc,
                                    std::string_view authorization, absl::Time now,
                                    std::string* why) {
  const auto refused = [] {
    return absl::UnauthenticatedError(
        "A valid bearer token is needed: `retainer token create` makes one.");
  };
  absl::string_view rest(authorization.data(), authorization.size());
  if (!absl::StartsWithIgnoreCase(rest, "Bearer ")) return refused();
  rest = absl::StripAsciiWhitespace(rest.substr(7));
  if (OidcVerifier::LooksLikeJwt({rest.data(), rest.size()})) {
    const absl::StatusOr<OidcAccess> access =
        oidc == nullptr ? absl::UnauthenticatedError("No issuer is configured.")
                        : oidc->Verify({rest.data(), rest.size()});
    if (absl::IsUnauthenticated(access.status())) {
      if (why != nullptr) *why = std::string(access.status().message());
      return absl::UnauthenticatedError(
          "The job's token does not count. An `oidc` entry of Retainer's configuration must name "
          "its "
          "issuer, audience and repository (or project) id, and it must be in force and signed; "
          "Retainer's log says what is wrong.");
    }
    if (!access.ok()) return access.status();
    Caller caller{access->id, access->scope, access->projects, {}, ""};
    if (absl::Status found = FindKeys(store, &caller); !found.ok()) return found;
    return caller;
  }
  if (rest.empty() || rest.size() > 4096) return refused();
  const std::string hash = base::Sha256Hex({rest.data(), rest.size()});
  auto found = store.FindToken(hash);
  if (!found.ok()) return found.status();
  if (!*found || !base::EqualInConstantTime((*found)->hash, hash)) return refused();
  const TokenRecord& token = **found;
  if (token.revoked || (token.expires && *token.expires <= now)) return refused();
  Caller caller;
  caller.id = token.id;
  caller.scope = token.scope;
  caller.customer = token.customer;
  if (token.scope != "gate" && token.scope != "read" && token.scope != "write" &&
      token.scope != "admin") {
    return refused();
  }
  if (!token.project.empty()) {
    const auto project = ParseProjectRef(token.project);
    if (!project.ok()) return refused();
    caller.projects.push_back(*project);
  }
  if (absl::Status keys = FindKeys(store, &caller); !keys.ok()) return keys;
  return caller;
}

pipeline::Reader Caller::reader() const {
  pipeline::Reader reader;
  reader.all_projects = projects.empty();
  reader.projects = projects;
  reader.keys = keys;
  reader.all_customers = customer.empty();
  if (!customer.empty()) reader.customers = {customer};
  reader.outside = outside();
  return reader;
}

bool MayReadProject(const Caller& caller, const ProjectRef& project,
                    const std::optional<ProjectRecord>& known) {
  return pipeline::MayReadProject(caller.reader(), project, known);
}

bool MayRead(const Caller& caller, const ProjectRef& project,
             const std::optional<ProjectRecord>& known, const TicketRecord& ticket) {
  return pipeline::MayRead(caller.reader(), project, known, ticket);
}

}  // namespace retainer::api
