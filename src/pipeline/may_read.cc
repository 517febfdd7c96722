#include "src/pipeline/may_read.h"

#include <algorithm>

namespace retainer::pipeline {
namespace {

bool IsFor(const Reader& reader, const std::string& customer) {
  return reader.all_customers || std::find(reader.customers.begin(), reader.customers.end(),
                                           customer) != reader.customers.end();
}

}  // namespace

bool MayReadProject(const Reader& reader, const ProjectRef& project,
                    const std::optional<ProjectRecord>& known) {
  if (reader.all_projects) return true;
  return std::any_of(reader.projects.begin(), reader.projects.end(),
                     [&](const ProjectRef& mine) { return MatchesProject(mine, project); }) ||
         (known &&
          std::find(reader.keys.begin(), reader.keys.end(), known->key) != reader.keys.end());
}

bool MayRead(const Reader& reader, const ProjectRef& project,
             const std::optional<ProjectRecord>& known, const TicketRecord& ticket) {
  if (!MayReadProject(reader, project, known)) return false;
  if (reader.all_customers) return true;
  return std::any_of(ticket.customers.begin(), ticket.customers.end(),
                     [&](const std::string& customer) { return IsFor(reader, customer); });
}

bool MayKnow(const Reader& reader, const Customer& customer) {
  if (!reader.all_customers) return IsFor(reader, customer.id);
  return !reader.outside || customer.is_public;
}

}  // namespace retainer::pipeline
