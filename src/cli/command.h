// The command line: what every command shares.
//
// A command is one file with a `Register…` function, which adds its options to the application and
// a callback that throws ExitWith. Output goes to standard output, everything else to standard
// error. Exit codes are a promise to scripts.
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
  kUnreachable = 3,  // what the command needs did not answer
};

// Thrown by a command's callback, caught in main.
struct ExitWith {
  int code = kDone;
};

// Says on standard error what is wrong and stops the command.
[[noreturn]] void Fail(int code, std::string_view message);
// kUnreachable for Unavailable and ResourceExhausted, kAnswerIsNo for NotFound, else kWrongUsage.
[[noreturn]] void Fail(const absl::Status& status);

// `text`, in which strangers' words may stand, as a terminal may be given it: a question mark for
// what would steer it or turn its direction. Ends of lines and tabs stay.
std::string Printable(std::string_view text);
// The same on one line.
std::string PrintableLine(std::string_view text);

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
void RegisterDoctor(CLI::App& app);
void RegisterInbox(CLI::App& app);
void RegisterResync(CLI::App& app);
void RegisterBacktest(CLI::App& app);
void RegisterGate(CLI::App& app);

}  // namespace retainer::cli
