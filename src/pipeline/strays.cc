#include "src/pipeline/strays.h"

#include <set>
#include <string_view>

namespace retainer::pipeline {

std::vector<const Fact*> Strays(const FactSet& facts, const std::string& self_id) {
  std::vector<const Fact*> strays;
  if (self_id.empty()) return strays;
  std::set<std::string_view> known;
  for (const auto& [id, fact] : facts) {
    if (fact.kind == FactKind::kOwnComment || fact.kind == FactKind::kCommentDeleted) {
      known.insert(fact.subject);
    }
  }
  for (const auto& [id, fact] : facts) {
    if (fact.kind == FactKind::kComment && fact.actor.id == self_id &&
        !known.contains(fact.subject)) {
      strays.push_back(&fact);
    }
  }
  return strays;
}

}  // namespace retainer::pipeline
