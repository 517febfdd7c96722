// Reads the parameters that narrow a question; their values are names of the policy in force. An
// unknown name is refused with the list of known ones, so that it never reads as "nothing there".
// Pure.
//
// A caller learns only of customers that it may know. Every other customer is answered exactly as
// one that does not exist.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/api/exchange.h"

namespace retainer::api {

struct AskedNames {
  std::vector<std::string> names;  // as in the policy, without repetition; empty: any
  std::optional<ApiAnswer> refusal;
};
// Reads the parameter `priority`: one or several, separated by commas. Not checked when no policy
// is in force.
AskedNames AskPriorities(const ApiRequest& request, const TermsHistory& terms);
// Reads the parameter `plan`. Outside callers never learn of plans that no public customer has.
AskedNames AskPlan(const ApiRequest& request, const TermsHistory& terms);

// The id of the request's customer, from the parameter `customer` (id or alias); the default is the
// token's customer. Empty: all.
struct AskedCustomer {
  std::string id;
  std::optional<ApiAnswer> refusal;
};
// `unknown` is the status of the refusal when the caller may know no such customer.
AskedCustomer AskCustomer(const ApiRequest& request, const TermsHistory& terms, int unknown);

// The detail for a parameter that the route does not allow; `known` are those that it allows.
std::string NoSuchParameter(std::string_view name, const std::vector<std::string>& known);
// The detail for a parameter that the request has twice.
std::string GivenTwice(std::string_view name);

// `a, b, c`. Of a long list the first names, and how many more there are; "none" for an empty list.
std::string ListNames(const std::vector<std::string>& names);

}  // namespace retainer::api
