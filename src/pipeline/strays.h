// Strays: comments of our account that are not recorded as ours, because the record was lost (a
// restored backup) or because a call was carried out late. Pure.
#pragma once

#include <string>
#include <vector>

#include "retainer/fact.h"

namespace retainer::pipeline {

// The strays among a ticket's facts, without deleted ones. Empty if `self_id` is empty. The results
// point into `facts`.
std::vector<const Fact*> Strays(const FactSet& facts, const std::string& self_id);

}  // namespace retainer::pipeline
