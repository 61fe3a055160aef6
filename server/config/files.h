// Whole files, for commands: read at once, written whole or not at all.
#ifndef POLDER_SERVER_CONFIG_FILES_H_
#define POLDER_SERVER_CONFIG_FILES_H_

#include <string>
#include <string_view>

namespace polder::server::config {

// Throws ProblemError "cannot-read" with the path.
std::string ReadFile(const std::string& path);
// Atomic: a reader sees the old file or the new one. `secret` makes it readable by its owner only.
// Makes the folders above it. Throws ProblemError "cannot-write" with the path.
void WriteFile(const std::string& path, std::string_view text, bool secret = false);

}  // namespace polder::server::config

#endif  // POLDER_SERVER_CONFIG_FILES_H_
