// Finds the priority of a policy that a text means: in a command, an issue form or a label.
//
// Accepts only what is unambiguous, in any case: a priority's name or title alone; the name
// followed by its title or other words (`P1 - Production down`, `P1: …`, `P1 (…)`, `P1 please`);
// the title followed by the name (`Production down (P1)`) or by words after a punctuation mark; `p
// 1`, `prio 1`. Refuses everything else: `P1 or P2`, and `P1 - Normal` if that is another
// priority's title. A name that is a usual word (`high`) may be followed only by a courtesy or a
// punctuation mark: `high CPU usage` is no priority. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retainer/policy.h"

namespace retainer::core {

// Index in `policy.priorities`. Nullopt if it means none or is ambiguous.
std::optional<std::size_t> ReadPriority(const Policy& policy, std::string_view written);

// A canonical form: equal for all texts that ReadPriority reads as the same priority. For refused
// texts it ignores case and spaces.
std::string CanonicalPriority(const Policy& policy, std::string_view written);

// The written text in a form that can be shown: one line, shortened.
std::string ShownPriority(std::string_view written);

// The message to the author of a text that ReadPriority refuses: `There is no P7; use P1 or P2`.
// `usable`: names of the priorities that the author may use, highest first.
std::string NoSuchPriority(const Policy& policy, std::string_view written,
                           const std::vector<std::string>& usable);

// `P1`, `P1 or P2`, `P1, P2 or P3`.
std::string OneOf(const std::vector<std::string>& names);

}  // namespace retainer::core
