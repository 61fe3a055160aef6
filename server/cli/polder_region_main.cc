#include <string_view>

#include "server/cli/cli.h"
#include "server/config/huge_pages.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "serve") {
    polder::server::config::RestartWithHugePages(argv);
  }
  return polder::server::cli::Main(argc, argv);
}
