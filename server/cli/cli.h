// The one door of the `polder` program: options are read here, errors end here.
#ifndef POLDER_SERVER_CLI_CLI_H_
#define POLDER_SERVER_CLI_CLI_H_

#include <functional>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace polder::server::cli {

// How a program ends (the contract of every Polder command).
enum ExitStatus : int {
  kDone = 0,
  kRefused = 1,
  kWrongUsage = 2,
  kFailed = 3,
};

// What a sub-command leaves behind to run once the options have been read.
struct Chosen {
  std::function<int()> run;
  bool json = false;
};

// Adds a sub-command's options to the application and sets `chosen.run` when it is called.
void AddNoiseCommands(CLI::App& app, Chosen& chosen);    // plan, account, sample
void AddOfficeCommands(CLI::App& app, Chosen& chosen);   // generate, protect, yearly
void AddRegionCommands(CLI::App& app, Chosen& chosen);   // init, serve, work
void AddSimulateCommand(CLI::App& app, Chosen& chosen);  // simulate
void AddReplayCommand(CLI::App& app, Chosen& chosen);    // replay
void AddSuppressCommand(CLI::App& app, Chosen& chosen);  // suppress
void AddAttackCommand(CLI::App& app, Chosen& chosen);    // attack
void AddLogCommands(CLI::App& app, Chosen& chosen);      // log export
void AddActCommands(CLI::App& app, Chosen& chosen);      // act …: what people do, over HTTPS

// Parses, runs and reports. Never throws.
int Main(int argc, char** argv);

}  // namespace polder::server::cli

#endif  // POLDER_SERVER_CLI_CLI_H_
