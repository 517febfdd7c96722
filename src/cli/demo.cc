// retainer demo: runs the service with a sandbox forge, and plays a story on it.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/cli/admin_link.h"
#include "src/cli/command.h"
#include "src/cli/demo_practice.h"
#include "src/cli/jump_clock.h"
#include "src/cli/loading.h"
#include "src/cli/quarter.h"
#include "src/cli/running.h"
#include "src/cli/stream_log.h"
#include "src/sandbox/demo_story.h"
#include "src/sandbox/sandbox.h"

namespace retainer::cli {
namespace {

// The story starts this long ago, so that it ends before now: everything that looks at the demo
// afterwards (a browser, `retainer doctor`) uses the system's time.
constexpr absl::Duration kBehind = absl::Hours(30);

struct DemoOptions {
  int port = 0;
  bool once = false;
  bool verbose = false;
};

// A folder for this demo only. It holds secrets and is removed with it.
class DemoFolder {
 public:
  DemoFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "retainer-demo-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      Fail(kUnreachable, absl::StrCat("cannot make a folder for the demo: ", pattern));
    }
    path_ = pattern;
  }
  ~DemoFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  DemoFolder(const DemoFolder&) = delete;
  DemoFolder& operator=(const DemoFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A port of loopback that is free now.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const bool found = fd >= 0 && bind(fd, any, size) == 0 && getsockname(fd, any, &size) == 0;
  if (fd >= 0) close(fd);
  if (!found) Fail(kUnreachable, "no port of 127.0.0.1 is free");
  return ntohs(address.sin_port);
}

class Stage final : public sandbox::StoryStage {
 public:
  Stage(sandbox::Sandbox& sandbox, JumpClock& clock, pipeline::Desk& desk)
      : sandbox_(sandbox), clock_(clock), desk_(desk) {}
  sandbox::Sandbox& sandbox() override { return sandbox_; }
  absl::Status Advance(absl::Duration by) override {
    clock_.Jump(by);
    desk_.Nudge();
    return desk_.Settle(absl::Seconds(30));
  }
  void Print(std::string_view text) override { std::cout << text << std::flush; }

 private:
  sandbox::Sandbox& sandbox_;
  JumpClock& clock_;
  pipeline::Desk& desk_;
};

// Writes the configuration and the files that it names. `addresses` are those of the service, as
// far as they are known.
void WriteFiles(const DemoFolder& folder, const sandbox::Sandbox& sandbox,
                const sandbox::StoryCredentials& credentials,
                const sandbox::StoryService& addresses, absl::Time now) {
  std::map<std::string, std::string> files =
      sandbox::StoryFiles(sandbox, credentials, addresses, now);
  files.merge(QuarterPolicyFiles(now));
  for (const auto& [name, text] : files) {
    const std::filesystem::path file = folder.path() / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
}

void Demo(const DemoOptions& options) {
  BlockSignals();
  // Set before anything is written, so that only this user can read it.
  umask(0077);
  StreamLog log(PreferredLogFormat(), options.verbose ? LogLevel::kInfo : LogLevel::kError);
  JumpClock clock(kBehind);
  const DemoFolder folder;

  sandbox::Sandbox sandbox(sandbox::SandboxOptions{clock});
  if (absl::Status started = sandbox.Start(); !started.ok()) Fail(started);
  const auto credentials = sandbox::SetStory(sandbox);
  if (!credentials.ok()) Fail(credentials.status());
  sandbox::StoryService addresses;
  // Known before the start, because links to join and the forge's callback hold it.
  const int port = options.port != 0 ? options.port : FreePort();
  addresses.listen = absl::StrCat("127.0.0.1:", port);
  addresses.public_url = absl::StrCat("http://127.0.0.1:", port);
  addresses.metrics_listen = "127.0.0.1:0";
  addresses.data = (folder.path() / "data").string();
  WriteFiles(folder, sandbox, *credentials, addresses, clock.Now());

  const auto config = LoadConfigFile((folder.path() / "retainer.yaml").string());
  if (!config.ok()) Fail(config.status());
  // What lies behind the story: a desk that has worked for a quarter.
  std::vector<ProjectKey> projects;
  for (const ProjectRef& ref : QuarterProjects()) {
    projects.push_back({ref.forge, absl::StrCat(sandbox.AddProject({.ref = ref}))});
  }
  if (absl::Status played = PlayQuarter(*config, projects, clock.Now(), log); !played.ok()) {
    Fail(played);
  }
  auto running = Running::Start(*config, clock, log);
  if (!running.ok()) Fail(running.status());
  sandbox::PointHooks(sandbox, *credentials, (*running)->url());

  Stage stage(sandbox, clock, (*running)->service().desk());
  if (absl::Status played = sandbox::PlayStory(stage); !played.ok()) Fail(played);
  clock.CatchUp();
  if (absl::Status caught_up = stage.Advance(absl::ZeroDuration()); !caught_up.ok()) {
    Fail(caught_up);
  }
  const DemoDesk demo{*config, (*running)->service().desk(), (*running)->service().store(), clock,
                      addresses.public_url};
  if (absl::Status played = PlayPractice(demo, stage); !played.ok()) Fail(played);
  if (!options.once) {
    const auto desk =
        NewAdminLink((*running)->service().store(), clock, addresses.public_url, "the demo");
    if (!desk.ok()) Fail(desk.status());
    std::cout << "\nStill running; Ctrl-C ends it.\n"
              << "  the desk, once, within ten minutes, in a browser:\n    " << *desk << "\n"
              << "  another such link: retainer desk link --config "
              << (folder.path() / "retainer.yaml").string() << "\n"
              << "  the service       " << (*running)->url() << "/readyz\n"
              << "  its figures       " << (*running)->metrics_url() << "/metrics\n"
              << "  the sandbox forge " << sandbox.web_url() << "\n"
              << "  to explain the state of a ticket:\n"
              << "    retainer explain --config " << (folder.path() / "retainer.yaml").string()
              << " 'github:acme/opendb#2'\n"
              << "  to join a customer as its contact, open in a browser what this prints:\n"
              << "    retainer customer invite northwind --config "
              << (folder.path() / "retainer.yaml").string() << "\n"
              << std::flush;
    while (WaitForSignal() == SIGHUP) (*running)->Reload();
  }
  (*running)->Stop();
  sandbox.Stop();
}

}  // namespace

void RegisterDemo(CLI::App& app) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* command =
      app.add_subcommand("demo", "The service and a sandbox forge on loopback, with a story");
  command->add_option("--port", options->port, "Port of the service; 0: any free port")
      ->check(CLI::Range(0, 65535));
  command->add_flag("--once", options->once, "End after the story");
  command->add_flag("--verbose", options->verbose, "Log what the service does");
  command->footer("Example: retainer demo --port 8080");
  command->callback([options] { Demo(*options); });
}

}  // namespace retainer::cli
