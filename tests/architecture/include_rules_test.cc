// The rules about includes (ARCHITECTURE.md): reads every #include line of the product and fails on
// one that the rules forbid.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/fakes/places.h"

namespace {

namespace fs = std::filesystem;

using Names = std::set<std::string>;

struct Room {
  Names rooms;         // rooms that it may use, besides itself and include/retainer
  Names libraries;     // besides Abseil and the standard library
  bool system = true;  // POSIX headers
};

const Names kAnyLibrary = {"nlohmann",      "simdjson", "httplib", "openssl",   "rocksdb",
                           "prometheus",    "boost",    "kainjow", "yaml-cpp",  "spdlog",
                           "CLI",           "git2",     "cjose",   "lz4",       "jansson",
                           "curl",          "libical",  "unicode", "cmark-gfm", "archive",
                           "archive_entry", "sqlite3"};

const std::map<std::string, Room>& Rooms() {
  static const std::map<std::string, Room> rooms = {
      {"include/retainer", {{}, {}, false}},
      {"src/base", {{}, {"openssl"}, false}},
      {"src/core", {{"src/base"}, {"unicode", "cmark-gfm"}, false}},
      {"templates", {{"src/base"}, {"kainjow"}, false}},
      {"webhooks", {{"src/base"}, {"nlohmann", "simdjson"}, false}},
      {"src/forge", {{"src/base"}, {"nlohmann", "httplib", "openssl"}}},
      {"src/sinks", {{"src/base"}, {"nlohmann", "curl"}}},
      {"src/store", {{"src/base"}, {"rocksdb", "lz4"}}},
      {"src/backup", {{"src/base"}, {"nlohmann", "archive", "archive_entry"}}},
      {"src/ledger", {{"src/base"}, {"openssl"}}},
      {"src/policy", {{"src/base"}, {"yaml-cpp", "libical"}}},
      {"src/git", {{"src/base"}, {"git2"}}},
      {"src/pipeline", {{"src/base"}, {}}},
      {"src/reports", {{"src/base", "templates"}, {"nlohmann"}, false}},
      {"src/similar", {{"src/base", "src/pipeline"}, {"sqlite3"}, false}},
      {"src/pages",
       {{"src/base", "src/pipeline", "src/reports", "src/similar", "templates"}, {}, false}},
      {"src/api",
       {{"src/base", "src/pipeline", "src/reports", "src/similar", "src/pages"},
        {"nlohmann", "boost", "prometheus", "cjose"}}},
      {"src/sandbox", {{"src/base"}, {"nlohmann", "httplib", "openssl"}}},
      {"src/cli",
       {{"src/base", "src/core", "templates", "webhooks", "src/forge", "src/sinks", "src/store",
         "src/backup", "src/ledger", "src/policy", "src/git", "src/pipeline", "src/reports",
         "src/similar", "src/pages", "src/api", "src/sandbox"},
        kAnyLibrary}},
  };
  return rooms;
}

struct Include {
  std::string file;  // relative to the source tree
  int line = 0;
  std::string target;
};

// The room of a path.
std::optional<std::string> RoomOf(const std::string& path) {
  for (const auto& [name, room] : Rooms()) {
    if (path.starts_with(name + "/")) return name;
  }
  return std::nullopt;
}

bool IsSource(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".h" || extension == ".cc" || extension == ".in";
}

// Parses `#include "x"` and `#include <x>` with any spacing.
std::optional<std::string> Target(std::string_view line) {
  const auto skip = [&] {
    while (!line.empty() && (line[0] == ' ' || line[0] == '\t')) line.remove_prefix(1);
  };
  skip();
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  skip();
  if (!line.starts_with("include")) return std::nullopt;
  line.remove_prefix(7);
  skip();
  if (line.empty() || (line[0] != '"' && line[0] != '<')) return std::nullopt;
  const std::size_t end = line.find(line[0] == '"' ? '"' : '>', 1);
  if (end == line.npos) return std::nullopt;
  return std::string(line.substr(1, end - 1));
}

std::vector<Include> Includes(const std::string& file, std::istream& text) {
  std::vector<Include> includes;
  std::string line;
  for (int number = 1; std::getline(text, line); ++number) {
    if (auto target = Target(line)) includes.push_back({file, number, *std::move(target)});
  }
  return includes;
}

std::vector<Include> ReadTree(const fs::path& root) {
  std::vector<Include> all;
  for (const auto& [name, room] : Rooms()) {
    if (!fs::exists(root / name)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / name)) {
      if (!entry.is_regular_file() || !IsSource(entry.path())) continue;
      std::ifstream text(entry.path());
      const auto includes = Includes(fs::relative(entry.path(), root).generic_string(), text);
      all.insert(all.end(), includes.begin(), includes.end());
    }
  }
  return all;
}

// What is wrong with an include; empty when it is allowed.
std::string Verdict(const Include& include, const fs::path& root) {
  const auto wrong = [&](const std::string& why) {
    return include.file + ":" + std::to_string(include.line) + ": " + include.target + ": " + why;
  };
  const std::optional<std::string> from = RoomOf(include.file);
  if (!from) return "";
  const Room& room = Rooms().at(*from);
  const std::string& target = include.target;
  if ((target == "httplib.h" || target.starts_with("boost/")) && include.file.ends_with(".h")) {
    return wrong("this header is slow to build and belongs into a source file");
  }
  if (target.find("..") != target.npos) return wrong("paths start at the tree's root");
  const std::size_t slash = target.find('/');
  if (slash == target.npos) {
    static const Names kOneHeader = {"httplib.h",   "lz4.h",     "git2.h",          "simdjson.h",
                                     "cmark-gfm.h", "archive.h", "archive_entry.h", "sqlite3.h"};
    if (kOneHeader.contains(target)) {
      const std::string library = target.substr(0, target.size() - 2);
      return room.libraries.contains(library) ? "" : wrong("is no library of " + *from);
    }
    if (fs::exists(root / fs::path(include.file).parent_path() / target)) return "";
    if (!target.ends_with(".h")) return "";  // the standard library
    return room.system ? "" : wrong("the operating system is not for " + *from);
  }
  if (target.starts_with("absl/")) return "";
  if (target.starts_with("retainer/")) {
    return *from == "src/base" ? wrong("src/base knows no word of the vocabulary") : "";
  }
  if (target.starts_with("tests/")) return wrong("the product does not see its tests");
  if (const std::optional<std::string> to = RoomOf(target)) {
    if (*to == *from || room.rooms.contains(*to)) return "";
    return wrong(*from + " must not see " + *to);
  }
  const std::string library = target.substr(0, slash);
  if (kAnyLibrary.contains(library)) {
    return room.libraries.contains(library) ? "" : wrong("is no library of " + *from);
  }
  static const Names kSystem = {"sys", "netinet", "arpa", "net", "linux"};
  if (kSystem.contains(library)) {
    return room.system ? "" : wrong("the operating system is not for " + *from);
  }
  return wrong("no room is known to hold it: say in this test who may see it");
}

TEST(IncludeRulesTest, TheTreeKeepsThem) {
  const fs::path root = retainer::SourceDir();
  const std::vector<Include> includes = ReadTree(root);
  ASSERT_GT(includes.size(), 100u) << "the tree was not found";
  for (const Include& include : includes) EXPECT_EQ(Verdict(include, root), "");
}

TEST(IncludeRulesTest, ForbiddenOnesAreSeen) {
  const std::vector<std::pair<std::string, std::string>> forbidden = {
      {"src/core/evaluate.cc", "src/store/engine.h"},
      {"src/core/evaluate.cc", "nlohmann/json.hpp"},
      {"src/base/utf8.cc", "retainer/ids.h"},
      {"src/base/utf8.cc", "src/core/glob.h"},
      {"include/retainer/store.h", "src/base/view.h"},
      {"webhooks/delivery_request.cc", "openssl/evp.h"},
      {"src/core/evaluate.cc", "unistd.h"},
      {"include/retainer/core.h", "src/core/text_lines.h"},
      {"src/forge/github.cc", "webhooks/delivery_request.h"},
      {"src/forge/github.cc", "curl/curl.h"},
      {"src/sinks/sinks.cc", "webhooks/delivery_request.h"},
      {"src/store/ledger.cc", "src/policy/load.h"},
      {"webhooks/github/github_parser.cc", "src/core/text_lines.h"},
      {"src/pipeline/worker.cc", "src/store/rocksdb_store.h"},
      {"src/pipeline/worker.cc", "rocksdb/db.h"},
      {"src/pipeline/worker.cc", "cmark-gfm.h"},
      {"src/pipeline/worker.cc", "src/api/server.h"},
      {"src/api/server.cc", "src/store/engine.h"},
      {"src/forge/http_transport.h", "httplib.h"},
      {"src/api/listener.h", "boost/asio/io_context.hpp"},
      {"src/api/server.cc", "httplib.h"},
      {"src/policy/policy_source.cc", "git2.h"},
      {"src/backup/read_backup.cc", "src/store/engine.h"},
      {"src/store/table_store.cc", "archive.h"},
      {"src/ledger/merkle_tree.cc", "src/store/engine.h"},
      {"src/git/mirror.cc", "src/policy/policy_source.h"},
      {"src/sandbox/sandbox_world.cc", "src/forge/url.h"},
      {"src/forge/github.cc", "../store/engine.h"},
      {"src/api/server.cc", "tests/fakes/fake_clock.h"},
      {"src/api/server.cc", "unheard/of.h"},
  };
  for (const auto& [file, target] : forbidden) {
    EXPECT_NE(Verdict({file, 1, target}, retainer::SourceDir()), "") << file << " " << target;
  }
}

TEST(IncludeRulesTest, LinesAreReadHoweverTheyAreSpaced) {
  std::istringstream text(
      "#include <a>\n  #  include \"b/c.h\" // why\n#include<d.h>\n// #include <e>\n#define X\n");
  const std::vector<Include> includes = Includes("f", text);
  ASSERT_EQ(includes.size(), 3u);
  EXPECT_EQ(includes[0].target, "a");
  EXPECT_EQ(includes[1].target, "b/c.h");
  EXPECT_EQ(includes[1].line, 2);
  EXPECT_EQ(includes[2].target, "d.h");
}

TEST(IncludeRulesTest, EveryRoomOfTheTreeIsKnown) {
  const fs::path root = retainer::SourceDir();
  for (const auto& entry : fs::directory_iterator(root / "src")) {
    if (!entry.is_directory()) continue;
    const std::string room = "src/" + entry.path().filename().string();
    EXPECT_TRUE(Rooms().contains(room)) << room << ": say in this test whom it may see";
  }
}

}  // namespace
