#include "src/git/request.h"

#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/base/view.h"

namespace retainer::git {
namespace {

using base::View;

void Put(std::string_view name, std::string_view value, std::string* out) {
  absl::StrAppend(out, View(name), " ", value.size(), ":", View(value));
}

void Put(std::string_view name, std::uint64_t value, std::string* out) {
  Put(name, absl::StrCat(value), out);
}

struct Field {
  std::string_view name;
  std::string_view value;
};

// Removes a field from the front of `bytes`.
std::optional<Field> Take(std::string_view* bytes) {
  const std::size_t space = bytes->substr(0, 64).find(' ');
  if (space == bytes->npos) return std::nullopt;
  const std::size_t colon = bytes->substr(0, space + 24).find(':', space);
  std::uint64_t size = 0;
  if (colon == bytes->npos ||
      !absl::SimpleAtoi(View(bytes->substr(space + 1, colon - space - 1)), &size) ||
      size > bytes->size() - colon - 1) {
    return std::nullopt;
  }
  const Field field{bytes->substr(0, space), bytes->substr(colon + 1, size)};
  bytes->remove_prefix(colon + 1 + size);
  return field;
}

// Sets the number that `field` has; false if it is not one.
template <class T>
bool Number(const Field& field, T* number) {
  std::uint64_t value = 0;
  if (!absl::SimpleAtoi(View(field.value), &value)) return false;
  *number = static_cast<T>(value);
  return true;
}

bool TakeInto(const Field& field, Request* request) {
  PolicyGitConfig& repository = request->repository;
  Limits& limits = request->limits;
  const std::map<std::string_view, std::string*> texts = {
      {"url", &repository.url},         {"branch", &repository.branch},
      {"path", &repository.path},       {"token", &repository.token},
      {"ssh_key", &repository.ssh_key}, {"known_hosts", &repository.known_hosts},
      {"mirror", &request->mirror},     {"home", &request->home},
      {"ref", &request->ref},           {"after", &request->after}};
  if (const auto text = texts.find(field.name); text != texts.end()) {
    *text->second = field.value;
    return true;
  }
  if (field.name == "seconds") {
    std::int64_t seconds = 0;
    if (!Number(field, &seconds)) return false;
    limits.time = absl::Seconds(seconds);
    return true;
  }
  if (field.name == "bytes") return Number(field, &limits.bytes);
  if (field.name == "memory") return Number(field, &limits.memory);
  if (field.name == "objects") return Number(field, &limits.objects);
  if (field.name == "entries") return Number(field, &limits.entries);
  if (field.name == "files") return Number(field, &limits.files);
  if (field.name == "file_bytes") return Number(field, &limits.file_bytes);
  if (field.name == "text_bytes") return Number(field, &limits.text_bytes);
  return false;
}

}  // namespace

std::string EncodeRequest(const Request& request) {
  std::string out;
  const PolicyGitConfig& repository = request.repository;
  const Limits& limits = request.limits;
  Put("url", repository.url, &out);
  Put("branch", repository.branch, &out);
  Put("path", repository.path, &out);
  Put("token", repository.token, &out);
  Put("ssh_key", repository.ssh_key, &out);
  Put("known_hosts", repository.known_hosts, &out);
  Put("mirror", request.mirror, &out);
  Put("home", request.home, &out);
  Put("ref", request.ref, &out);
  Put("after", request.after, &out);
  Put("seconds", static_cast<std::uint64_t>(absl::ToInt64Seconds(limits.time)), &out);
  Put("bytes", limits.bytes, &out);
  Put("memory", limits.memory, &out);
  Put("objects", limits.objects, &out);
  Put("entries", limits.entries, &out);
  Put("files", limits.files, &out);
  Put("file_bytes", limits.file_bytes, &out);
  Put("text_bytes", limits.text_bytes, &out);
  return out;
}

absl::StatusOr<Request> DecodeRequest(std::string_view bytes) {
  Request request;
  while (!bytes.empty()) {
    const auto field = Take(&bytes);
    if (!field || !TakeInto(*field, &request)) {
      return absl::InternalError("the request of a fetch is not readable");
    }
  }
  return request;
}

std::string EncodeAnswer(const absl::StatusOr<Snapshot>& answer) {
  std::string out;
  if (!answer.ok()) {
    Put("code", static_cast<std::uint64_t>(answer.status().code()), &out);
    Put("error", std::string(answer.status().message()), &out);
    return out;
  }
  Put("ref", answer->ref, &out);
  Put("commit", answer->commit, &out);
  Put("author", answer->author, &out);
  Put("subject", answer->subject, &out);
  Put("committed", absl::StrCat(absl::ToUnixSeconds(answer->committed)), &out);
  Put("follows", answer->follows ? 1 : 0, &out);
  if (!answer->wrong.ok()) {
    Put("wrong_code", static_cast<std::uint64_t>(answer->wrong.code()), &out);
    Put("wrong", std::string(answer->wrong.message()), &out);
    return out;
  }
  for (const auto& [path, text] : answer->files) {
    Put("path", path, &out);
    Put("text", text, &out);
  }
  for (const std::string& place : answer->skipped) Put("skipped", place, &out);
  return out;
}

absl::StatusOr<Snapshot> DecodeAnswer(std::string_view bytes) {
  const absl::Status unreadable = absl::InternalError("the answer of a fetch is not readable");
  Snapshot snapshot;
  std::string path;
  int code = 0;
  int wrong = 0;
  if (bytes.empty()) return unreadable;
  while (!bytes.empty()) {
    const auto field = Take(&bytes);
    if (!field) return unreadable;
    const std::string value(field->value);
    if (field->name == "code") {
      if (!absl::SimpleAtoi(value, &code) || code <= 0 || code > 16) return unreadable;
    } else if (field->name == "wrong_code") {
      if (!absl::SimpleAtoi(value, &wrong) || wrong <= 0 || wrong > 16) return unreadable;
    } else if (field->name == "wrong") {
      snapshot.wrong = absl::Status(static_cast<absl::StatusCode>(wrong), value);
    } else if (field->name == "error") {
      return absl::Status(static_cast<absl::StatusCode>(code), value);
    } else if (field->name == "ref") {
      snapshot.ref = value;
    } else if (field->name == "commit") {
      snapshot.commit = value;
    } else if (field->name == "author") {
      snapshot.author = value;
    } else if (field->name == "subject") {
      snapshot.subject = value;
    } else if (field->name == "committed") {
      std::int64_t seconds = 0;
      if (!absl::SimpleAtoi(value, &seconds)) return unreadable;
      snapshot.committed = absl::FromUnixSeconds(seconds);
    } else if (field->name == "follows") {
      snapshot.follows = value == "1";
    } else if (field->name == "path") {
      path = value;
    } else if (field->name == "text") {
      snapshot.files[path] = value;
    } else if (field->name == "skipped") {
      snapshot.skipped.push_back(value);
    } else {
      return unreadable;
    }
  }
  if (code != 0 || snapshot.commit.empty()) return unreadable;
  return snapshot;
}

}  // namespace retainer::git
