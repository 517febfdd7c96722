#include "src/git/fetching.h"

#include <git2.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "src/base/utf8.h"
#include "src/git/tree_reader.h"

namespace retainer::git {
namespace {

using Repository = Owned<git_repository, git_repository_free>;
using Remote = Owned<git_remote, git_remote_free>;
using Commit = Owned<git_commit, git_commit_free>;
using CommitTree = Owned<git_tree, git_tree_free>;

constexpr std::size_t kLongestText = 300;

struct Library {
  Library() { git_libgit2_init(); }
  ~Library() { git_libgit2_shutdown(); }
};

// What the callbacks of one connection share.
struct Session {
  const Request* request;
  bool refused = false;   // our credentials were sent and refused
  bool lacking = false;   // the server wants credentials that we do not have
  bool mistrust = false;  // the certificate or host key is not trusted
  bool too_much = false;  // a limit was reached
  bool sent = false;      // our credentials were sent
};

// The name before `@` in the address; empty if it has none.
std::string UserOf(const std::string& url) {
  const std::size_t from = url.find("://") + 3;
  const std::size_t end = url.find('/', from);
  const std::size_t at = url.find('@', from);
  return at != url.npos && at < end ? url.substr(from, at - from) : "";
}

int Credentials(git_credential** out, const char*, const char*, unsigned int allowed,
                void* payload) {
  auto* session = static_cast<Session*>(payload);
  const PolicyGitConfig& repository = session->request->repository;
  const std::string user = UserOf(repository.url);
  if ((allowed & GIT_CREDENTIAL_USERNAME) != 0) {
    return git_credential_username_new(out, user.empty() ? "git" : user.c_str());
  }
  if (session->sent) {
    session->refused = true;
    return GIT_EAUTH;
  }
  session->sent = true;
  if ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0 && !repository.token.empty()) {
    // GitHub and GitLab take any name with a token.
    return git_credential_userpass_plaintext_new(
        out, user.empty() ? "x-access-token" : user.c_str(), repository.token.c_str());
  }
  if ((allowed & (GIT_CREDENTIAL_SSH_KEY | GIT_CREDENTIAL_SSH_MEMORY)) != 0 &&
      !repository.ssh_key.empty()) {
    return git_credential_ssh_key_memory_new(out, user.empty() ? "git" : user.c_str(), nullptr,
                                             repository.ssh_key.c_str(), nullptr);
  }
  session->lacking = true;
  return GIT_EAUTH;
}

// libgit2 has compared the certificate with the system's authorities and the host's name, or the
// host key with known_hosts. Its verdict counts.
int CheckCertificate(git_cert*, int valid, const char*, void* payload) {
  if (valid == 1) return 0;
  static_cast<Session*>(payload)->mistrust = true;
  return GIT_ECERTIFICATE;
}

int Progress(const git_indexer_progress* progress, void* payload) {
  auto* session = static_cast<Session*>(payload);
  const Limits& limits = session->request->limits;
  session->too_much |=
      progress->received_bytes > limits.bytes || progress->total_objects > limits.objects;
  return session->too_much ? GIT_EUSER : 0;
}

// libgit2 reads known_hosts from the home folder. REQUIRES: libgit2 is not initialised yet.
absl::Status PrepareHome(const Request& request) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::create_directories(request.home + "/.ssh", error);
  if (!error) fs::permissions(request.home, fs::perms::owner_all, error);
  const std::string path = request.home + "/.ssh/known_hosts";
  if (!error) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    if (!(file << request.repository.known_hosts).flush()) {
      error = std::make_error_code(std::errc::io_error);
    }
  }
  if (error) {
    return absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", error.message()));
  }
  setenv("HOME", request.home.c_str(), 1);
  return absl::OkStatus();
}

// Keeps the system's and the user's configuration of git away, and says which certificates count.
absl::Status Configure(const Request& request) {
  for (const int level :
       {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_PROGRAMDATA}) {
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
  }
  git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_GLOBAL, request.home.c_str());
  // The variables that OpenSSL knows hold for the calls to forges, so they hold here too.
  const char* file = std::getenv("SSL_CERT_FILE");
  const char* folder = std::getenv("SSL_CERT_DIR");
  if ((file != nullptr || folder != nullptr) &&
      git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, folder) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the certificates of SSL_CERT_FILE or SSL_CERT_DIR cannot be read: ", LastGitError()));
  }
  return absl::OkStatus();
}

// The reason as libgit2 says it, which can hold the address. A token can be in place of its user.
std::string ReasonWithoutUser(const std::string& url) {
  const std::string user = UserOf(url);
  const std::string reason = LastGitError();
  if (user.empty() || url.starts_with("ssh://")) return reason;
  return absl::StrReplaceAll(reason, {{user, "***"}});
}

absl::Status Failed(int code, const Session& session) {
  const PolicyGitConfig& repository = session.request->repository;
  const std::string reason = ReasonWithoutUser(repository.url);
  const bool ssh = repository.url.starts_with("ssh://");
  // The limit of a file's size ends a download too (child.cc).
  if (session.too_much || reason.find("File too large") != reason.npos) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the repository is larger than ", session.request->limits.bytes >> 20,
                     " MiB or ", session.request->limits.objects,
                     " objects: keep the policy in a repository of its own, without large files"));
  }
  if (session.mistrust) {
    return absl::FailedPreconditionError(
        ssh ? "the server's host key is not the one in policy_git.known_hosts: compare it with the "
              "one that the server's owner publishes, then correct that file"
            : absl::StrCat("the server's certificate is not trusted: check the address; for an "
                           "authority of your own, set SSL_CERT_FILE (",
                           reason, ")"));
  }
  if (session.lacking) {
    return absl::PermissionDeniedError(
        ssh ? "the server wants a key: write policy_git: {ssh_key: file:PATH}"
            : "the server wants a token, or the repository does not exist: write policy_git: "
              "{token: env:NAME}, or correct the address");
  }
  if (session.refused || code == GIT_EAUTH) {
    return absl::PermissionDeniedError(
        absl::StrCat("the server refused policy_git's ", ssh ? "ssh_key" : "token",
                     ": it may be expired, or may not read this repository (", reason, ")"));
  }
  if (code == GIT_EOWNER) {
    return absl::PermissionDeniedError(
        absl::StrCat("the repository's folder belongs to another user: give it to the service's (",
                     reason, ")"));
  }
  if (code == GIT_ENOTFOUND || reason.find("unexpected http status code: 404") != reason.npos ||
      reason.starts_with("failed to resolve path")) {
    return absl::NotFoundError(
        absl::StrCat("there is no such repository: correct `policy` (", reason, ")"));
  }
  return absl::UnavailableError(absl::StrCat("the repository cannot be read: ", reason));
}

absl::StatusOr<Repository> OpenMirror(const std::string& folder) {
  git_repository* repository = nullptr;
  if (git_repository_open_bare(&repository, folder.c_str()) == 0) return Repository(repository);
  git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH;
  options.mode = 0700;
  if (git_repository_init_ext(&repository, folder.c_str(), &options) != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot make the mirror ", folder, ": ", LastGitError()));
  }
  return Repository(repository);
}

// The ref that is wanted and the commit to which it points at the server.
struct Head {
  std::string ref;
  git_oid id;
};

absl::StatusOr<Head> FindHead(git_remote* remote, const Session& session) {
  const Request& request = *session.request;
  const git_remote_head** heads = nullptr;
  std::size_t count = 0;
  if (const int code = git_remote_ls(&heads, &count, remote); code != 0) {
    return Failed(code, session);
  }
  std::string wanted = request.ref;
  if (wanted.empty() && !request.repository.branch.empty()) {
    wanted = absl::StrCat("refs/heads/", request.repository.branch);
  }
  for (std::size_t i = 0; i < count && wanted.empty(); ++i) {
    const char* target = heads[i]->symref_target;
    if (std::string(heads[i]->name) == "HEAD" && target != nullptr) wanted = target;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (heads[i]->name == wanted) return Head{wanted, heads[i]->oid};
  }
  if (wanted.empty()) {
    return absl::NotFoundError(
        "the repository has no default branch, perhaps no commit yet: push the policy, or write "
        "the branch as #BRANCH after the address");
  }
  return absl::NotFoundError(absl::StrCat(
      "the repository has no ", wanted,
      count == 0 ? ", and no branch at all: push the policy" : ": correct the branch in `policy`"));
}

// Texts of a commit are written by strangers and end up in logs and tables.
std::string Clean(const char* text) {
  std::string clean = text == nullptr ? "" : text;
  const bool utf8 = base::IsUtf8(clean);
  for (char& c : clean) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (!utf8 && byte >= 0x80)) c = '?';
  }
  return std::string(base::CutToBytes(clean, kLongestText));
}

std::string HexOf(const git_oid& id) {
  char hex[GIT_OID_HEXSZ + 1];
  return git_oid_tostr(hex, sizeof(hex), &id);
}

bool Follows(git_repository* repository, const git_oid& id, const std::string& after) {
  git_oid old;
  if (after.empty()) return true;
  if (git_oid_fromstr(&old, after.c_str()) != 0) return false;
  return git_oid_equal(&old, &id) != 0 || git_graph_descendant_of(repository, &id, &old) == 1;
}

absl::StatusOr<Snapshot> ReadCommit(git_repository* repository, const Head& head,
                                    const Request& request) {
  Snapshot snapshot;
  git_commit* commit = nullptr;
  if (git_commit_lookup(&commit, repository, &head.id) != 0) {
    return absl::UnavailableError(
        absl::StrCat(head.ref, " is no commit that can be read: ", LastGitError()));
  }
  const Commit owned(commit);
  snapshot.ref = head.ref;
  snapshot.commit = HexOf(head.id);
  const git_signature* author = git_commit_author(commit);
  snapshot.author = absl::StrCat(Clean(author->name), " <", Clean(author->email), ">");
  snapshot.subject = Clean(git_commit_summary(commit));
  snapshot.committed = absl::FromUnixSeconds(git_commit_time(commit));
  snapshot.follows = Follows(repository, head.id, request.after);
  git_tree* tree = nullptr;
  if (git_commit_tree(&tree, commit) != 0) {
    return absl::UnavailableError(
        absl::StrCat("the files of ", snapshot.commit, " cannot be read: ", LastGitError()));
  }
  const CommitTree owned_tree(tree);
  // What is wrong with the files is said with the commit, so that the commit can get a status.
  snapshot.wrong = ReadFiles(repository, tree, request.repository.path, request.limits, &snapshot);
  return snapshot;
}

}  // namespace

absl::StatusOr<Snapshot> Fetch(const Request& request) {
  if (absl::Status home = PrepareHome(request); !home.ok()) return home;
  const Library library;
  if (absl::Status configured = Configure(request); !configured.ok()) return configured;
  auto mirror = OpenMirror(request.mirror);
  if (!mirror.ok()) return mirror.status();

  Session session{&request};
  git_remote* made = nullptr;
  if (const int code =
          git_remote_create_anonymous(&made, mirror->get(), request.repository.url.c_str());
      code != 0) {
    return Failed(code, session);
  }
  const Remote remote(made);
  git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
  options.callbacks.credentials = Credentials;
  options.callbacks.certificate_check = CheckCertificate;
  options.callbacks.transfer_progress = Progress;
  options.callbacks.payload = &session;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  options.update_fetchhead = 0;
  // A redirect would carry the token to another address.
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  git_remote_connect_options connect = GIT_REMOTE_CONNECT_OPTIONS_INIT;
  connect.callbacks = options.callbacks;
  connect.follow_redirects = options.follow_redirects;
  if (const int code = git_remote_connect_ext(made, GIT_DIRECTION_FETCH, &connect); code != 0) {
    return Failed(code, session);
  }
  const auto head = FindHead(made, session);
  if (!head.ok()) return head.status();
  std::string spec = head->ref;
  char* specs[] = {spec.data()};
  const git_strarray wanted{specs, 1};
  if (const int code = git_remote_download(made, &wanted, &options); code != 0) {
    return Failed(code, session);
  }
  git_remote_disconnect(made);
  // Proposed changes get no ref: only the branch is kept.
  if (request.ref.empty()) {
    git_reference* reference = nullptr;
    if (git_reference_create(&reference, mirror->get(), head->ref.c_str(), &head->id, 1, nullptr) !=
        0) {
      return absl::UnavailableError(absl::StrCat("the mirror cannot be written: ", LastGitError()));
    }
    git_reference_free(reference);
  }
  return ReadCommit(mirror->get(), *head, request);
}

}  // namespace retainer::git
