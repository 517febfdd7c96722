#include "src/api/recent_answers.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "src/api/gzip.h"

namespace retainer::api {

RecentAnswers::Key RecentAnswers::KeyOf(const ApiContext& context, std::string_view route,
                                        const ApiRequest& request, const ProjectRecord& project,
                                        const TermsHistory& terms, absl::Time now) {
  Key key;
  key.question =
      absl::StrCat(std::string(route), "\n", project.key.forge, "\n", project.key.id, "\n",
                   project.path, "\n", terms.empty() ? "" : terms.back()->id, "\n",
                   request.caller->customer, "\n", request.caller->outside() ? "outside\n" : "\n");
  for (const ProjectRef& mine : request.caller->projects) {
    absl::StrAppend(&key.question, ToString(mine), "\n");
  }
  for (const auto& [name, value] : request.parameters) {
    absl::StrAppend(&key.question, "\n", name, "=", absl::CEscape(value));
  }
  key.second = absl::ToUnixSeconds(now);
  key.version = context.store.ProjectVersion(project.key);
  return key;
}

std::shared_ptr<const ApiAnswer> RecentAnswers::Find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto* kept = kept_.Find(key.question);
  return kept == nullptr || kept->first != key ? nullptr : kept->second;
}

std::shared_ptr<const ApiAnswer> RecentAnswers::Keep(const Key& key, ApiAnswer answer) {
  answer.tag = EntityTag(answer.stable);
  answer.packed = Gzip(answer.body);
  const auto shared = std::make_shared<const ApiAnswer>(std::move(answer));
  const std::lock_guard lock(mutex_);
  kept_.Put(key.question, {key, shared});
  return shared;
}

}  // namespace retainer::api
