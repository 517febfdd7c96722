// retainer: enterprise support for open-source projects, inside the issues they use.
#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <iostream>

#include "src/base/version.h"
#include "src/cli/command.h"
#include "src/cli/mistyped.h"

// What is thrown outside of the parse below (no memory) ends the process.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  using namespace retainer::cli;  // NOLINT(google-build-using-namespace)
  // When the reader ends early (`retainer queue | head`), the process must not die silently.
  std::signal(SIGPIPE, SIG_IGN);

  CLI::App app("Enterprise support for open-source projects, inside the issues they use.",
               "retainer");
  app.set_version_flag("--version", retainer::base::kVersion);
  app.require_subcommand(1);
  RegisterInit(app);
  RegisterServe(app);
  RegisterDemo(app);
  RegisterCheck(app);
  RegisterReload(app);
  RegisterReplay(app);
  RegisterExplain(app);
  RegisterQueue(app);
  RegisterTicket(app);
  RegisterToken(app);
  RegisterCustomer(app);
  RegisterForget(app);
  RegisterHours(app);
  RegisterDesk(app);
  RegisterCalendar(app);
  RegisterDoctor(app);
  RegisterSetup(app);
  RegisterInbox(app);
  RegisterResync(app);
  RegisterBackup(app);
  RegisterRestore(app);
  RegisterLedger(app);
  RegisterUpgrade(app);
  RegisterStatus(app);
  RegisterManual(app);
  RegisterBacktest(app);
  RegisterGate(app);
  RegisterPolicy(app);
  RegisterFigures(app);
  RegisterReport(app);
  RegisterFeedback(app);
  RegisterSimilar(app);
  RegisterFacts(app);
  RegisterGitChild(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error) == 0 ? kDone : kWrongUsage;
    const std::string meant = code == kDone ? "" : Mistyped(app, argc, argv);
    if (!meant.empty()) std::cerr << "retainer: " << PrintableLine(meant) << "\n";
    return code;
  } catch (const ExitWith& exit) {
    std::cout.flush();
    return exit.code;
  } catch (const std::exception& error) {
    std::cerr << "retainer: " << error.what() << "\n";
    return kWrongUsage;
  }
  return kDone;
}
