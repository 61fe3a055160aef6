// Whole files, written so that a reader sees the old one or the new one and a power cut keeps one
// of the two.
#ifndef POLDER_SERVER_JOBS_FILES_H_
#define POLDER_SERVER_JOBS_FILES_H_

#include <string>
#include <string_view>

namespace polder::server::jobs {

// Throws ProblemError "cannot-read" with the path.
std::string ReadWholeFile(const std::string& path);
// Beside the file, synchronised, then renamed over it. Throws ProblemError "cannot-write".
void WriteWholeFile(const std::string& path, std::string_view text);
// The same, readable by its owner only from the first byte on.
void WriteSecretFile(const std::string& path, std::string_view text);
// Makes the directory and its parents. Throws ProblemError "cannot-write".
void MakeDirectories(const std::string& path);

}  // namespace polder::server::jobs

#endif  // POLDER_SERVER_JOBS_FILES_H_
