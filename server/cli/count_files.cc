#include "server/cli/count_files.h"

#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "server/config/files.h"
#include "stats/table/spec.h"

namespace polder::server::cli {

std::optional<double> SecondsOf(const std::string& text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool sound = error == std::errc() && end == text.data() + text.size() &&
                     std::isfinite(seconds) && seconds >= 0;
  return sound ? std::optional<double>(seconds) : std::nullopt;
}

void ReadNoting(const std::string& path, base::Problems& problems,
                const std::function<void()>& read) {
  try {
    read();
  } catch (const base::ProblemError& error) {
    for (base::Problem problem : error.problems()) {
      if (problem.code != "cannot-read") problem.detail = path + ": " + problem.detail;
      problems.Add(std::move(problem));
    }
  }
}

std::vector<int64_t> CountCasesIn(const stats::table::Grid& grid, const std::string& path) {
  stats::table::CaseCounter counter(grid);
  config::ReadParts(path, [&](std::string_view part) { counter.Take(part); });
  return counter.Finish();
}

}  // namespace polder::server::cli
