#include "src/api/exchange.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/api/tokens.h"
#include "src/base/digest.h"

namespace retainer::api {
namespace {

constexpr char kUnknownProject[] =
    "No delivery of this project was ever received: check the spelling, and that its webhook "
    "points "
    "here.";

// True when a private project is the customer's: named in its policy entry, or with one of its
// claims.
absl::StatusOr<bool> IsOfCustomer(const ApiContext& context, const ProjectRecord& project,
                                  const std::string& id) {
  const TermsHistory terms = context.desk.terms();
  const Customer* customer = terms.empty() ? nullptr : terms.back()->policy.FindCustomer(id);
  const bool named =
      customer != nullptr && AnyNames(customer->projects, terms.back()->id, NamesOf(project));
  TicketQuery query;
  query.project = project.key;
  query.customer = id;
  query.limit = 1;
  const auto claimed = context.store.FindTickets(query);
  if (!claimed.ok()) return claimed.status();
  return named || !claimed->empty();
}

}  // namespace

std::string ApiRequest::Get(const std::string& name) const {
  const auto it = parameters.find(name);
  return it == parameters.end() ? std::string() : it->second;
}

ApiAnswer Refuse(int status, std::string detail) {
  ApiAnswer answer;
  answer.status = status;
  answer.body = std::move(detail);
  return answer;
}

ApiAnswer Trouble(const ApiContext& context, const ApiRequest& request, std::string_view what,
                  const absl::Status& status, std::string missing) {
  if (absl::IsNotFound(status)) return Refuse(404, std::move(missing));
  context.log.Error(
      "a question could not be answered",
      {{"question", std::string(what)}, {"request", request.id}, {"error", StatusText(status)}});
  ApiAnswer answer = Refuse(503, "Try again later.");
  answer.headers = {{"Retry-After", "30"}};
  return answer;
}

bool MayKnow(const Caller& caller, const Customer& customer) {
  return pipeline::MayKnow(caller.reader(), customer);
}

AskedProject AskProject(const ApiContext& context, const ApiRequest& request) {
  AskedProject asked;
  std::string name = request.Get("project");
  if (name.empty() && request.caller && !request.caller->projects.empty()) {
    if (request.caller->projects.size() > 1) {
      asked.refusal = Refuse(400, "`project` is missing: this token is for several.");
      return asked;
    }
    name = ToString(request.caller->projects.front());
  }
  if (name.empty()) return asked;
  const auto ref = ParseProjectRef(name);
  if (!ref.ok()) {
    asked.refusal = Refuse(400, "`project` names no project: FORGE:PATH.");
    return asked;
  }
  auto found = context.store.FindProjectByPath(*ref);
  if (!found.ok()) {
    asked.refusal = Trouble(context, request, "project", found.status(), "");
    return asked;
  }
  // A token for another project must not learn whether this project exists.
  if (request.caller && !MayReadProject(*request.caller, *ref, *found)) {
    asked.refusal = Refuse(403, "This token is not for this project.");
    return asked;
  }
  bool known = found->has_value();
  const bool for_customer = request.caller && !request.caller->customer.empty();
  if (for_customer && (!known || (*found)->is_private)) {
    // Do the same read for a missing project, so that the duration says nothing.
    ProjectRecord nowhere;
    nowhere.key.forge = ref->forge;
    nowhere.path = ref->path;
    const auto own = IsOfCustomer(context, known ? **found : nowhere, request.caller->customer);
    if (!own.ok()) {
      asked.refusal = Trouble(context, request, "project", own.status(), "");
      return asked;
    }
    known = known && *own;
  }
  if (known) {
    asked.project = **std::move(found);
  } else {
    asked.refusal = Refuse(404, kUnknownProject);
    asked.refusal->code = "no_deliveries";
  }
  return asked;
}

std::string EntityTag(std::string_view stable) {
  return absl::StrCat("W/\"", base::Sha256Hex(stable).substr(0, 32), "\"");
}

bool NamesTag(std::string_view if_none_match, std::string_view tag) {
  const absl::string_view list(if_none_match.data(), if_none_match.size());
  const auto opaque = [](std::string_view text) {
    return text.starts_with("W/") ? text.substr(2) : text;
  };
  for (absl::string_view one : absl::StrSplit(list, ',')) {
    one = absl::StripAsciiWhitespace(one);
    if (one == "*") return true;
    if (!one.empty() && opaque({one.data(), one.size()}) == opaque(tag)) return true;
  }
  return false;
}

bool TakesGzip(std::string_view accept_encoding) {
  const absl::string_view list(accept_encoding.data(), accept_encoding.size());
  for (const absl::string_view one : absl::StrSplit(list, ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(one, ';');
    if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts.front()), "gzip")) continue;
    // `q=0` refuses it.
    return std::none_of(parts.begin() + 1, parts.end(), [](absl::string_view part) {
      part = absl::StripAsciiWhitespace(part);
      double weight = 1;
      return absl::StartsWithIgnoreCase(part, "q=") &&
             (!absl::SimpleAtod(part.substr(2), &weight) || weight <= 0);
    });
  }
  return false;
}

}  // namespace retainer::api
