// What narrows a question: names of the policy in force. One that means nothing is refused with
// what there is instead, so that it never reads as "nothing there". Pure.
//
// Of customers a caller is told those alone whom it may know of; another one is to it as one that
// is not there, to the byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/api/exchange.h"

namespace retainer {

struct AskedNames {
  std::vector<std::string> names;  // as the policy writes them, each once; empty: any
  std::optional<ApiAnswer> refusal;
};
// The parameter `priority`: one or several, with commas between. As it is written where no policy
// is in force.
AskedNames AskPriorities(const ApiRequest& request, const TermsHistory& terms);
// The parameter `plan`: one. Nobody outside is told of plans that no public customer has.
AskedNames AskPlan(const ApiRequest& request, const TermsHistory& terms);

// The id of the customer that a request is about: the parameter `customer` (id or alias), else the
// token's; empty: all.
struct AskedCustomer {
  std::string id;
  std::optional<ApiAnswer> refusal;
};
// `unknown`: the status of the refusal where nobody is called so, as far as the caller may know.
AskedCustomer AskCustomer(const ApiRequest& request, const TermsHistory& terms, int unknown);

// For a parameter that a route does not take: `known` is what it takes.
std::string NoSuchParameter(std::string_view name, const std::vector<std::string>& known);
// For one that a request has twice.
std::string GivenTwice(std::string_view name);

// `a, b, c`; of many the first, and how many more; "none" where there are none.
std::string ListNames(const std::vector<std::string>& names);

}  // namespace retainer
