#include "src/pipeline/ticket_names.h"

#include "absl/strings/str_cat.h"
#include "src/pipeline/ticket_keys.h"

namespace retainer::pipeline {

std::string NameOf(Store& store, const TicketKey& key) {
  const auto project = store.FindProject({key.forge, key.project});
  if (!project.ok() || !*project || (*project)->path.empty()) return ToString(key);
  return ToString(TicketRef{key.forge, (*project)->path, key.kind, key.number});
}

absl::StatusOr<TicketRef> FindRef(Store& store, std::string_view text) {
  const auto key = ParseTicketKey(text);
  if (!key) return ParseTicketRef(text);
  const auto project = store.FindProject({key->forge, key->project});
  if (!project.ok()) return project.status();
  if (!*project) {
    return absl::NotFoundError(absl::StrCat("nothing is known of ", ToString(*key)));
  }
  return TicketRef{key->forge, (*project)->path, key->kind, key->number};
}

}  // namespace retainer::pipeline
