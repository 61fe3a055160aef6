// What `polder suppress` and `polder attack` read alike: cases, and several files of which all
// faults are told at once.
#ifndef POLDER_SERVER_CLI_COUNT_FILES_H_
#define POLDER_SERVER_CLI_COUNT_FILES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policies/base/problem.h"
#include "stats/table/grid.h"

namespace polder::server::cli {

// Of an option: a finite number of seconds, 0 or more.
std::optional<double> SecondsOf(const std::string& text);

// Reads one of several files: what is wrong with it is noted with its name, so that all files can
// be mended in one pass.
void ReadNoting(const std::string& path, base::Problems& problems,
                const std::function<void()>& read);

// The counts of a file of cases, which is never held as a whole. Throws what CountCases throws.
std::vector<int64_t> CountCasesIn(const stats::table::Grid& grid, const std::string& path);

}  // namespace polder::server::cli

#endif  // POLDER_SERVER_CLI_COUNT_FILES_H_
