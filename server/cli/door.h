// Where a program of the office begins and ends: options are read, one command runs, errors are
// told.
#ifndef POLDER_SERVER_CLI_DOOR_H_
#define POLDER_SERVER_CLI_DOOR_H_

#include <vector>

#include "server/cli/cli.h"

namespace polder::server::cli {

using AddCommand = void (*)(CLI::App& app, Chosen& chosen);

// Parses, runs and reports. Never throws.
int RunCommands(int argc, char** argv, const std::vector<AddCommand>& commands);

}  // namespace polder::server::cli

#endif  // POLDER_SERVER_CLI_DOOR_H_
