#include "src/git/tree_reader.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/base/utf8.h"

namespace retainer::git {
namespace {

using Tree = Owned<git_tree, git_tree_free>;
using Blob = Owned<git_blob, git_blob_free>;
using Odb = Owned<git_odb, git_odb_free>;

constexpr int kDeepest = 8;
constexpr std::size_t kMostSkipped = 20;
constexpr std::size_t kLongestError = 300;

bool IsPolicyFile(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".ics");
}

// A name that a folder can have: git does not make others, but a repository may hold them.
bool IsName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && base::IsUtf8(name) &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

absl::Status Unreadable(const std::string& place) {
  return absl::UnavailableError(
      absl::StrCat("the repository's object of ", place, " cannot be read: ", LastGitError()));
}

class Reader {
 public:
  Reader(git_repository* repository, git_odb* odb, const Limits& limits, Snapshot* snapshot)
      : repository_(repository), odb_(odb), limits_(limits), snapshot_(*snapshot) {}

  absl::Status Walk(const git_tree* tree, const std::string& folder, int depth) {
    if (depth > kDeepest) {
      return absl::InvalidArgumentError(
          absl::StrCat(folder, ": folders of the policy are nested more than ", kDeepest, " deep"));
    }
    const std::size_t count = git_tree_entrycount(tree);
    entries_ += count;
    if (entries_ > limits_.entries) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the policy's folder has more than ", limits_.entries,
          " entries: move the policy into a folder of its own, and write it as policy_git.path"));
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (absl::Status taken = Take(git_tree_entry_byindex(tree, i), folder, depth); !taken.ok()) {
        return taken;
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Take(const git_tree_entry* entry, const std::string& folder, int depth) {
    const std::string name = git_tree_entry_name(entry);
    if (name.starts_with(".") && IsName(name)) return absl::OkStatus();
    if (!IsName(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("a name in the policy's folder ", folder,
                       " is not one: names have no control characters, no \\ and no /"));
    }
    const std::string place = folder + name;
    switch (git_tree_entry_filemode(entry)) {
      case GIT_FILEMODE_TREE: {
        git_tree* below = nullptr;
        if (git_tree_lookup(&below, repository_, git_tree_entry_id(entry)) != 0) {
          return Unreadable(place);
        }
        const Tree owned(below);
        return Walk(below, place + "/", depth + 1);
      }
      case GIT_FILEMODE_BLOB:
      case GIT_FILEMODE_BLOB_EXECUTABLE:
        return IsPolicyFile(name) ? TakeFile(*git_tree_entry_id(entry), place) : absl::OkStatus();
      case GIT_FILEMODE_LINK:
        // A part that is left out would change the policy without a word.
        if (IsPolicyFile(name)) {
          return absl::InvalidArgumentError(absl::StrCat(
              place, ": is a symbolic link, which is not followed; put the file itself there"));
        }
        Skip(place, "a symbolic link");
        return absl::OkStatus();
      case GIT_FILEMODE_COMMIT:
        Skip(place, "a submodule");
        return absl::OkStatus();
      default:
        return absl::OkStatus();
    }
  }

  absl::Status TakeFile(const git_oid& id, const std::string& place) {
    if (snapshot_.files.size() == limits_.files) {
      return absl::InvalidArgumentError(
          absl::StrCat("more than ", limits_.files,
                       " files in the policy's folder: join some, or remove what does not belong "
                       "to the policy"));
    }
    // The size first, so that a huge file is not loaded.
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (git_odb_read_header(&size, &type, odb_, &id) != 0 || type != GIT_OBJECT_BLOB) {
      return Unreadable(place);
    }
    if (size > limits_.file_bytes) {
      return absl::InvalidArgumentError(absl::StrCat(place, ": larger than ", limits_.file_bytes,
                                                     " bytes: split it, or export fewer years"));
    }
    bytes_ += size;
    if (bytes_ > limits_.text_bytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("the policy's files hold more than ", limits_.text_bytes,
                       " bytes together: remove what does not belong to the policy"));
    }
    git_blob* blob = nullptr;
    if (git_blob_lookup(&blob, repository_, &id) != 0) return Unreadable(place);
    const Blob owned(blob);
    snapshot_.files[place].assign(static_cast<const char*>(git_blob_rawcontent(blob)),
                                  git_blob_rawsize(blob));
    return absl::OkStatus();
  }

  void Skip(const std::string& place, const char* what) {
    if (snapshot_.skipped.size() < kMostSkipped) {
      snapshot_.skipped.push_back(absl::StrCat(place, " is ", what, " and is not read"));
    }
  }

  git_repository* const repository_;
  git_odb* const odb_;
  const Limits& limits_;
  Snapshot& snapshot_;
  std::size_t entries_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

std::string LastGitError() {
  const git_error* error = git_error_last();
  std::string text = error == nullptr || error->message == nullptr ? "" : error->message;
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) c = ' ';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  if (text.empty()) return "no reason was given";
  return text.substr(0, kLongestError);
}

absl::Status ReadFiles(git_repository* repository, const git_tree* top, const std::string& folder,
                       const Limits& limits, Snapshot* snapshot) {
  git_odb* odb = nullptr;
  if (git_repository_odb(&odb, repository) != 0) return Unreadable("its database");
  const Odb owned_odb(odb);
  const git_tree* tree = top;
  Tree owned;
  if (!folder.empty()) {
    for (const std::string& part : std::vector<std::string>(absl::StrSplit(folder, '/'))) {
      const git_tree_entry* entry = git_tree_entry_byname(tree, part.c_str());
      if (entry == nullptr || git_tree_entry_filemode(entry) != GIT_FILEMODE_TREE) {
        return absl::NotFoundError(
            absl::StrCat("the commit has no folder ", folder,
                         ": correct policy_git.path, or put the policy there"));
      }
      git_tree* below = nullptr;
      if (git_tree_lookup(&below, repository, git_tree_entry_id(entry)) != 0) {
        return Unreadable(folder);
      }
      owned.reset(below);
      tree = below;
    }
  }
  if (absl::Status walked = Reader(repository, odb, limits, snapshot).Walk(tree, "", 0);
      !walked.ok()) {
    return walked;
  }
  if (snapshot->files.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no .yaml file in ",
                     folder.empty() ? "the repository" : absl::StrCat("the folder ", folder),
                     ": write one, or correct policy_git.path"));
  }
  return absl::OkStatus();
}

}  // namespace retainer::git
