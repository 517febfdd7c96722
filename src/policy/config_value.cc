#include "src/policy/config_value.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "src/policy/secret_text.h"

namespace retainer::policy {
namespace {

constexpr char kSetVariable[] =
    "set it (the service's unit takes it from /etc/retainer/secrets.env), or write file:PATH";

bool IsReference(const std::string& text) {
  return absl::StartsWith(text, "env:") || absl::StartsWith(text, "file:") ||
         absl::StartsWith(text, "credential:");
}

}  // namespace

bool IsLoopback(const std::string& host) {
  // Only digits and dots count: 127.example.com is a name that anybody may own.
  const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos;
  return host == "localhost" || (numeric && absl::StartsWith(host, "127.")) || host == "[::1]";
}

std::optional<std::string> ConfigValues::Resolve(const YamlNode& node,
                                                 const std::string& text) const {
  if (absl::StartsWith(text, "env:")) {
    const std::string name = text.substr(4);
    const std::optional<std::string> raw = sources_.environment(name);
    if (!raw) {
      reader_.Error(node, absl::StrCat("the environment variable ", name, " is not set"),
                    kSetVariable);
      return std::nullopt;
    }
    ReferredValue read = ReadReferredValue(*raw);
    if (read.wrong.empty()) return std::move(read.value);
    reader_.Error(node, absl::StrCat("the environment variable ", name, " ", read.wrong),
                  kSetVariable);
    return std::nullopt;
  }
  if (absl::StartsWith(text, "credential:")) {
    const std::string name = text.substr(11);
    const std::optional<std::string> folder = sources_.environment("CREDENTIALS_DIRECTORY");
    if (!folder || folder->empty() || name.empty() || name[0] == '.' ||
        name.find('/') != std::string::npos) {
      reader_.Error(node,
                    folder ? absl::StrCat("\"", name, "\" is not the name of a credential")
                           : "there are no credentials: systemd did not start this program",
                    "run it as `systemd-run -p LoadCredential=…` does (see LoadCredential in the "
                    "service's unit), or write file:PATH");
      return std::nullopt;
    }
    return Resolve(node, absl::StrCat("file:", *folder, "/", name));
  }
  if (absl::StartsWith(text, "file:")) {
    const std::string path = Path(text.substr(5));
    absl::StatusOr<std::string> value = sources_.read_file(path);
    if (!value.ok()) {
      reader_.Error(node, absl::StrCat("cannot read ", path, " (", value.status().message(), ")"),
                    "create it, readable for the service's user (chown root:retainer, chmod 640), "
                    "or write env:NAME");
      return std::nullopt;
    }
    ReferredValue read = ReadReferredValue(*value);
    if (read.wrong.empty()) return std::move(read.value);
    reader_.Error(node, absl::StrCat("the file ", path, " ", read.wrong),
                  "put the value into it, as one line of plain text");
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> ConfigValues::Text(const YamlNode& node, std::string_view what) const {
  const std::optional<std::string> text = reader_.Text(node, what);
  return text ? Resolve(node, *text) : std::nullopt;
}

std::optional<std::string> ConfigValues::Secret(const YamlNode& node, std::string_view what) const {
  const std::optional<std::string> text = reader_.Text(node, what);
  if (!text) return std::nullopt;
  if (IsReference(*text)) {
    if (!sources_.read_secrets) return std::nullopt;
    CheckMode(node, *text);
    return Resolve(node, *text);
  }
  reader_.Error(node, absl::StrCat(std::string(what), " is written in the file itself"),
                "write env:NAME or file:PATH, and change the secret: it has been written down");
  return std::nullopt;
}

std::optional<std::string> ConfigValues::Url(const YamlNode& node, std::string_view what,
                                             bool secret) const {
  const std::optional<std::string> value = secret ? Secret(node, what) : Text(node, what);
  if (!value) return std::nullopt;
  std::string url = *value;
  while (!url.empty() && url.back() == '/') url.pop_back();
  const bool https = absl::StartsWith(url, "https://");
  const bool http = absl::StartsWith(url, "http://");
  const std::size_t begin = https ? 8 : 7;
  const std::string authority =
      https || http ? url.substr(begin, url.find_first_of("/?#", begin) - begin) : "";
  const std::size_t port = authority.find(':', authority.find(']') + 1);
  const std::string host = authority.substr(0, port);
  if (host.empty() || authority.find('@') != std::string::npos ||
      url.find_first_of(" \t\r\n\"<>") != std::string::npos) {
    reader_.Error(node, absl::StrCat(std::string(what), " is not a URL"),
                  "write https://HOST/…, without a name or password in it");
    return std::nullopt;
  }
  if (http && !IsLoopback(host)) {
    reader_.Error(node, absl::StrCat(std::string(what), " is not encrypted"),
                  "write https://; plain http is for loopback only");
    return std::nullopt;
  }
  return url;
}

void ConfigValues::CheckMode(const YamlNode& node, const std::string& reference) const {
  if (!absl::StartsWith(reference, "file:") || sources_.file_mode == nullptr) return;
  const std::string path = Path(reference.substr(5));
  const std::optional<unsigned> mode = sources_.file_mode(path);
  if (!mode || (*mode & 07u) == 0) return;
  warnings_.push_back(ProblemAt(
      reader_.PlaceOf(node),
      absl::StrCat("everybody on this machine may read the secret in ", path, " (mode ",
                   absl::StrFormat("%04o", *mode), ")"),
      absl::StrCat("chmod o= ", path, ": then only its owner and its group may read it")));
}

std::string ConfigValues::Path(const std::string& path) const {
  std::error_code error;
  const std::filesystem::path joined = std::filesystem::path(folder_) / path;
  const std::filesystem::path absolute = std::filesystem::absolute(joined, error);
  return (error ? joined : absolute).lexically_normal().string();
}

std::optional<HostPort> ParseHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  HostPort parsed;
  const std::string_view port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != port.npos ||
      !absl::SimpleAtoi(absl::string_view(port.data(), port.size()), &parsed.port) ||
      parsed.port > 65535) {
    return std::nullopt;
  }
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (host.find_first_not_of("0123456789abcdefABCDEF:.") != host.npos) return std::nullopt;
  } else if (host.find_first_of("[]: /@") != host.npos) {
    return std::nullopt;
  }
  if (!host.empty()) parsed.host = std::string(host);
  if (host.empty()) parsed.host = "0.0.0.0";
  return parsed;
}

ConfigSources SystemSources() {
  ConfigSources sources;
  sources.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
  sources.read_file = [](const std::string& path) -> absl::StatusOr<std::string> {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
      return absl::FailedPreconditionError("it is a folder");
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      return absl::NotFoundError(std::error_code(errno, std::generic_category()).message());
    }
    std::string text(kMaxConfigFileBytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) return absl::UnavailableError("reading failed");
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxConfigFileBytes) {
      return absl::OutOfRangeError(absl::StrCat("larger than ", kMaxConfigFileBytes, " bytes"));
    }
    return text;
  };
  sources.file_mode = [](const std::string& path) -> std::optional<unsigned> {
    struct stat file {};
    if (stat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) return std::nullopt;
    return file.st_mode & 07777u;
  };
  return sources;
}

}  // namespace retainer::policy
