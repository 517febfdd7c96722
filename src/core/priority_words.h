// Which priority of a policy somebody means who writes one: in a command, an issue form, a label.
//
// Reads what cannot be meant otherwise, in any case: a priority's name or title alone; the name
// with its title or other words behind it (`P1 - Production down`, `P1: …`, `P1 (…)`, `P1 please`);
// the title with the name (`Production down (P1)`) or with words behind a mark; `p 1`, `prio 1`.
// Nothing else: `P1 or P2` and `P1 - Normal`, where that is another one's title, are nobody's to
// guess. A name that is a word of the language (`high`) takes only a courtesy behind it, or a mark:
// `high CPU usage` is no priority. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retainer/policy.h"

namespace retainer::core {

// The place in `policy.priorities`; nullopt: none, or not clearly one.
std::optional<std::size_t> ReadPriority(const Policy& policy, std::string_view written);

// Equal for all that ReadPriority takes for one priority, and for what it refuses, whatever its
// case and its spaces.
std::string CanonicalPriority(const Policy& policy, std::string_view written);

// What was written as a reader may be shown it: one line, not long.
std::string ShownPriority(std::string_view written);

// What to tell the author of a text that ReadPriority refuses: `There is no P7; use P1 or P2`.
// `usable`: the names of the priorities that the author may use, highest first.
std::string NoSuchPriority(const Policy& policy, std::string_view written,
                           const std::vector<std::string>& usable);

// `P1`, `P1 or P2`, `P1, P2 or P3`.
std::string OneOf(const std::vector<std::string>& names);

}  // namespace retainer::core
