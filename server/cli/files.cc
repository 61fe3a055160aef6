#include "server/config/files.h"

#include "server/cli/cli.h"

namespace polder::server::cli {

std::string ReadFile(const std::string& path) { return config::ReadFile(path); }

void WriteFile(const std::string& path, std::string_view text, bool secret) {
  config::WriteFile(path, text, secret);
}

}  // namespace polder::server::cli
