// Who may read what: the one predicate of the API, the pages, CSV and reports.
//
// Plain values and pure functions; thread-safe. Whoever asks is turned into a Reader from the
// rights that they have at this moment, so that a right that ends opens nothing any more.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "retainer/policy.h"
#include "retainer/project.h"
#include "retainer/ticket_record.h"

namespace retainer::pipeline {

struct Reader {
  // The projects of which they may read: those that a pattern or a key names.
  bool all_projects = false;
  std::vector<ProjectRef> projects;  // patterns
  std::vector<ProjectKey> keys;
  // The customers (ids) whose tickets they may read, as far as these claim them.
  bool all_customers = false;
  std::vector<std::string> customers;
  // What they read may become public: private customers do not exist for them.
  bool outside = false;
};

// `known` is the project that the name leads to; nullopt when there is none.
bool MayReadProject(const Reader& reader, const ProjectRef& project,
                    const std::optional<ProjectRecord>& known);
// A reader for some customers may read the tickets on which one of these has a claim in force.
bool MayRead(const Reader& reader, const ProjectRef& project,
             const std::optional<ProjectRecord>& known, const TicketRecord& ticket);
// True if they may know who the customer is.
bool MayKnow(const Reader& reader, const Customer& customer);

}  // namespace retainer::pipeline
