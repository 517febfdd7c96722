#include "src/pages/ticket_lookup.h"

namespace retainer::pages {

absl::StatusOr<TicketRef> FindReadable(const PageContext& context, const pipeline::Reader& reader,
                                       const std::string& text) {
  const auto ref = ParseTicketRef(text);
  if (!ref.ok()) return absl::NotFoundError("no reference");
  const ProjectRef named{ref->forge, ref->path};
  const auto project = context.store.FindProjectByPath(named);
  if (!project.ok()) return project.status();
  const std::string id = *project ? (*project)->key.id : "";
  const auto records =
      context.store.LoadRecords({TicketKey{ref->forge, id, ref->kind, ref->number}});
  if (!records.ok()) return records.status();
  if (!*project || records->front().version == 0 ||
      !pipeline::MayRead(reader, named, *project, records->front())) {
    return absl::NotFoundError("no such ticket");
  }
  return *ref;
}

}  // namespace retainer::pages
