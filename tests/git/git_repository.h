// A git repository of a test, changed with git itself.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/e2e/process.h"

namespace retainer {

class GitRepository {
 public:
  // A repository without commits: its data in `folder`, its work tree in `folder`.work.
  explicit GitRepository(std::string folder)
      : folder_(std::move(folder)), work_(absl::StrCat(folder_, ".work")) {
    std::filesystem::create_directories(std::filesystem::path(folder_).parent_path());
    Git({"init", "--quiet", "--initial-branch=main", "--separate-git-dir", folder_, work_}, "/");
    // A reader may ask for any commit by its ref, as forges let it.
    Git({"config", "http.uploadpack", "true"});
  }

  const std::string& folder() const { return folder_; }
  const std::string& work() const { return work_; }
  std::string file_url() const { return absl::StrCat("file://", folder_); }

  void Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = std::filesystem::path(work_) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  // Commits all that is in the work tree. Returns the commit.
  std::string Commit(const std::string& subject, const std::string& author = "Carol <c@x.test>") {
    Git({"add", "--all"});
    Git({"commit", "--quiet", "--allow-empty", "--author", author, "--message", subject});
    return Head();
  }
  std::string Head() const { return Git({"rev-parse", "HEAD"}); }

  // Runs git in the work tree. Returns what it printed, without the last line end.
  std::string Git(const std::vector<std::string>& arguments, const std::string& at = "") const {
    std::vector<std::string> all = {"/usr/bin/git", "-C", at.empty() ? work_ : at};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Finished done = Execute(all, {{"GIT_CONFIG_NOSYSTEM", "1"},
                                        {"GIT_CONFIG_GLOBAL", "/dev/null"},
                                        {"GIT_AUTHOR_NAME", "Carol"},
                                        {"GIT_AUTHOR_EMAIL", "c@x.test"},
                                        {"GIT_COMMITTER_NAME", "Carol"},
                                        {"GIT_COMMITTER_EMAIL", "c@x.test"},
                                        {"GIT_COMMITTER_DATE", "2026-03-01T10:00:00Z"},
                                        {"GIT_AUTHOR_DATE", "2026-03-01T09:00:00Z"}});
    if (done.exit_code != 0) throw std::runtime_error(absl::StrCat(arguments[0], ": ", done.err));
    return std::string(absl::StripSuffix(done.out, "\n"));
  }

 private:
  const std::string folder_;
  const std::string work_;
};

}  // namespace retainer
