#include "src/api/filters.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace retainer::api {
namespace {

constexpr std::size_t kMostListed = 30;
constexpr std::size_t kLongestRepeated = 40;

// The client's word as we repeat it, cut to a maximum length.
std::string Repeated(std::string_view name) {
  if (name.size() <= kLongestRepeated) return std::string(name);
  return absl::StrCat(std::string(name.substr(0, kLongestRepeated)), "…");
}

std::vector<std::string> PlansFor(const Caller& caller, const Policy& policy) {
  std::set<std::string> names;
  for (const Customer& customer : policy.customers) {
    if (!MayKnow(caller, customer)) continue;
    for (const Entitlement& held : customer.entitlements) names.insert(held.plan);
  }
  if (!caller.bound() && !caller.outside()) {
    for (const auto& [name, plan] : policy.plans) names.insert(name);
  }
  return {names.begin(), names.end()};
}

}  // namespace

std::string ListNames(const std::vector<std::string>& names) {
  if (names.empty()) return "none";
  const std::size_t listed = std::min(names.size(), kMostListed);
  std::string text =
      absl::StrJoin(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(listed), ", ");
  if (listed < names.size()) absl::StrAppend(&text, " and ", names.size() - listed, " more");
  return text;
}

AskedNames AskPriorities(const ApiRequest& request, const TermsHistory& terms) {
  AskedNames asked;
  const std::string text = request.Get("priority");
  for (absl::string_view name : absl::StrSplit(text, ',')) {
    name = absl::StripAsciiWhitespace(name);
    if (name.empty()) continue;
    std::string known(name);
    if (!terms.empty()) {
      const Policy& policy = terms.back()->policy;
      const auto rank = policy.PriorityRank(known);
      if (!rank) {
        std::vector<std::string> names;
        for (const Priority& priority : policy.priorities) names.push_back(priority.name);
        asked.refusal =
            Refuse(400, absl::StrCat("The policy in force has no priority `", Repeated(known),
                                     "`; there are ", ListNames(names), "."));
        return asked;
      }
      known = policy.priorities[*rank].name;
    }
    if (std::find(asked.names.begin(), asked.names.end(), known) == asked.names.end()) {
      asked.names.push_back(std::move(known));
    }
  }
  if (asked.names.empty() && !text.empty()) {
    asked.refusal = Refuse(400, "`priority` names none: leave it out, or write it like P1,P2.");
  }
  return asked;
}

AskedNames AskPlan(const ApiRequest& request, const TermsHistory& terms) {
  AskedNames asked;
  const std::string text = request.Get("plan");
  if (text.empty()) return asked;
  const std::string name(absl::StripAsciiWhitespace(text));
  if (!terms.empty() && !terms.back()->policy.plans.contains(name)) {
    asked.refusal = Refuse(
        400, absl::StrCat("The policy in force has no plan `", Repeated(name), "`; there are ",
                          ListNames(PlansFor(*request.caller, terms.back()->policy)), "."));
    return asked;
  }
  asked.names.push_back(name);
  return asked;
}

AskedCustomer AskCustomer(const ApiRequest& request, const TermsHistory& terms, int unknown) {
  AskedCustomer asked;
  const std::string bound = request.caller ? request.caller->customer : std::string();
  const std::string text = request.Get("customer");
  asked.id = std::string(absl::StripAsciiWhitespace(text));
  if (text.empty()) {
    asked.id = bound;
    return asked;
  }
  const Policy* policy = terms.empty() ? nullptr : &terms.back()->policy;
  const Customer* customer = policy == nullptr ? nullptr : policy->FindCustomer(asked.id);
  if (!bound.empty()) {
    // This token must not learn whether another customer exists.
    if (customer != nullptr) asked.id = customer->id;
    if (asked.id != bound) asked.refusal = Refuse(403, "This token is for another customer.");
    return asked;
  }
  if (policy == nullptr) return asked;
  if (customer == nullptr || !MayKnow(*request.caller, *customer)) {
    std::vector<std::string> names;
    for (const Customer& other : policy->customers) {
      if (MayKnow(*request.caller, other)) names.push_back(other.id);
    }
    asked.refusal = Refuse(
        unknown, absl::StrCat("The policy in force names no such customer",
                              request.caller->outside() ? " that this token may know of" : "",
                              "; there are ", ListNames(names), "."));
    return asked;
  }
  asked.id = customer->id;
  return asked;
}

std::string NoSuchParameter(std::string_view name, const std::vector<std::string>& known) {
  return absl::StrCat("`", Repeated(name), "` is not a parameter of this route; it takes ",
                      ListNames(known), "; see /openapi.json.");
}

std::string GivenTwice(std::string_view name) {
  return absl::StrCat("`", Repeated(name), "` is given twice.");
}

}  // namespace retainer::api
