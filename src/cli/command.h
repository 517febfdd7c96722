// What all commands share.
//
// A command is one file with a `Register…` function. It adds the command's options to the
// application, and a callback that throws ExitWith. Results go to standard output, everything else
// to standard error. Scripts rely on the exit codes.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace CLI {
class App;
}  // namespace CLI

namespace retainer::cli {

enum ExitCode : int {
  kDone = 0,
  kAnswerIsNo = 1,
  kWrongUsage = 2,   // usage or configuration
  kUnreachable = 3,  // a service that the command needs did not answer
};

// Thrown by a command's callback, caught in main.
struct ExitWith {
  int code = kDone;
};

// Prints the message on standard error and ends the command.
[[noreturn]] void Fail(int code, std::string_view message);
// kUnreachable for Unavailable and ResourceExhausted, kAnswerIsNo for NotFound, else kWrongUsage.
[[noreturn]] void Fail(const absl::Status& status);

// Makes `text`, which may hold strangers' words, safe for a terminal. A question mark replaces each
// character that would control the terminal or change the direction of writing. Line ends and tabs
// stay.
std::string Printable(std::string_view text);
// The same, on one line.
std::string PrintableLine(std::string_view text);

void RegisterInit(CLI::App& app);
void RegisterServe(CLI::App& app);
void RegisterDemo(CLI::App& app);
void RegisterCheck(CLI::App& app);
void RegisterReload(CLI::App& app);
void RegisterReplay(CLI::App& app);
void RegisterExplain(CLI::App& app);
void RegisterQueue(CLI::App& app);
void RegisterCalendar(CLI::App& app);
void RegisterTicket(CLI::App& app);
void RegisterToken(CLI::App& app);
void RegisterCustomer(CLI::App& app);
void RegisterForget(CLI::App& app);
void RegisterHours(CLI::App& app);
void RegisterDesk(CLI::App& app);
void RegisterLedger(CLI::App& app);
void RegisterDoctor(CLI::App& app);
void RegisterSetup(CLI::App& app);
void RegisterInbox(CLI::App& app);
void RegisterResync(CLI::App& app);
void RegisterBackup(CLI::App& app);
void RegisterRestore(CLI::App& app);
void RegisterUpgrade(CLI::App& app);
void RegisterStatus(CLI::App& app);
// The manual page and the completions. REQUIRES: `app` outlives the commands.
void RegisterManual(CLI::App& app);
void RegisterBacktest(CLI::App& app);
void RegisterGate(CLI::App& app);
void RegisterPolicy(CLI::App& app);
void RegisterFigures(CLI::App& app);
void RegisterReport(CLI::App& app);
void RegisterFeedback(CLI::App& app);
void RegisterSimilar(CLI::App& app);
void RegisterFacts(CLI::App& app);
// The process that fetches the policy (src/git/child.h); not in the help.
void RegisterGitChild(CLI::App& app);

}  // namespace retainer::cli
