// Comments of our account that are not on record as ours: their record was lost (a restored
// backup), or they came of a call that was carried out late. Pure.
#pragma once

#include <string>
#include <vector>

#include "retainer/fact.h"

namespace retainer {

// Among a ticket's facts; none where `self_id` is empty, and none that was deleted. They point into
// `facts`.
std::vector<const Fact*> Strays(const FactSet& facts, const std::string& self_id);

}  // namespace retainer
