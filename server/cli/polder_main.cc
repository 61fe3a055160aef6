// `polder`. Hiding the counts of a table takes less time than loading the libraries of a service
// and of a solver, so `polder suppress` runs here without them; every other command is handed to
// `polder-region`, which lies beside this program.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>

#include <unistd.h>

#include "server/cli/door.h"

int main(int argc, char** argv) {
  using namespace polder::server::cli;
  if (argc > 1 && std::string_view(argv[1]) == "suppress") {
    return RunCommands(argc, argv, {AddSuppressCommand});
  }
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string region = (self.parent_path() / "polder-region").string();
  if (!error) ::execv(region.c_str(), argv);
  std::cerr << "polder: cannot start " << region << " (" << std::strerror(errno)
            << "). It is installed in the folder of polder.\n";
  return kFailed;
}
