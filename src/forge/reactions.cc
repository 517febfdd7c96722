#include "src/forge/reactions.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/forge/url.h"

namespace retainer::forge {
namespace {

// The number of an object of this kind; empty when it is of another kind.
std::string NumberOf(const std::string& object, std::string_view prefix) {
  return object.starts_with(prefix) ? object.substr(prefix.size()) : std::string();
}

absl::Status NoReactions(const std::string& object) {
  return absl::UnimplementedError(
      absl::StrCat("the forge's API has no reactions for ", object.substr(0, object.find('/'))));
}

// The path of an object's reactions.
absl::StatusOr<std::string> GitHubPath(const std::string& repository, std::int64_t number,
                                       const std::string& object) {
  if (object.empty()) return absl::StrCat(repository, "/issues/", number, "/reactions");
  if (const std::string id = NumberOf(object, "comment/"); !id.empty()) {
    return absl::StrCat(repository, "/issues/comments/", PercentEncode(id), "/reactions");
  }
  if (const std::string id = NumberOf(object, "review-comment/"); !id.empty()) {
    return absl::StrCat(repository, "/pulls/comments/", PercentEncode(id), "/reactions");
  }
  return NoReactions(object);
}

absl::StatusOr<std::string> GitLabPath(const std::string& ticket, const std::string& object) {
  if (object.empty()) return absl::StrCat(ticket, "/award_emoji");
  if (const std::string id = NumberOf(object, "note/"); !id.empty()) {
    return absl::StrCat(ticket, "/notes/", PercentEncode(id), "/award_emoji");
  }
  return NoReactions(object);
}

absl::Status Unreact(const ApiCalls& calls, const Scope& scope, const std::string& path,
                     const std::string& id) {
  ApiRequest request;
  request.method = "DELETE";
  request.path = absl::StrCat(path, "/", PercentEncode(id));
  request.call = CallClass::kMutation;
  request.expected = {404, 410};
  return calls.Call(scope, request).status();
}

}  // namespace

absl::StatusOr<std::string> ReactOnGitHub(const ApiCalls& calls, const Scope& scope,
                                          const std::string& repository, std::int64_t number,
                                          const FaceReaction& reaction) {
  auto path = GitHubPath(repository, number, reaction.object);
  if (!path.ok()) return path.status();
  const char* content = reaction.kind == FaceReaction::Kind::kDone ? "+1" : "confused";
  // If our reaction is there already, GitHub answers with that one.
  auto made = calls.Mutate(scope, "POST", *path, {{"content", content}}, CallClass::kMutation);
  if (!made.ok()) return made.status();
  return IdAt(*made, "id");
}

absl::Status UnreactOnGitHub(const ApiCalls& calls, const Scope& scope,
                             const std::string& repository, std::int64_t number,
                             const std::string& object, const std::string& id) {
  auto path = GitHubPath(repository, number, object);
  if (!path.ok()) return path.status();
  return Unreact(calls, scope, *path, id);
}

absl::StatusOr<std::string> ReactOnGitLab(const ApiCalls& calls, const std::string& ticket,
                                          const std::string& self, const FaceReaction& reaction) {
  auto path = GitLabPath(ticket, reaction.object);
  if (!path.ok()) return path.status();
  const char* name = reaction.kind == FaceReaction::Kind::kDone ? "thumbsup" : "confused";
  auto made = calls.Mutate({}, "POST", *path, {{"name", name}}, CallClass::kMutation);
  if (made.ok()) return IdAt(*made, "id");
  // GitLab answers 404 both when the object is gone and when our award is there already.
  if (!absl::IsNotFound(made.status())) return made.status();
  auto there = calls.GetPages({}, *path, "");
  if (!there.ok()) return there.status();
  for (const Json& award : *there) {
    if (StringAt(award, "name") == name && IdAt(At(award, "user"), "id") == self) {
      return IdAt(award, "id");
    }
  }
  return made.status();
}

absl::Status UnreactOnGitLab(const ApiCalls& calls, const std::string& ticket,
                             const std::string& object, const std::string& id) {
  auto path = GitLabPath(ticket, object);
  if (!path.ok()) return path.status();
  return Unreact(calls, {}, *path, id);
}

}  // namespace retainer::forge
