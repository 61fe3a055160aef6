#include "server/member/progress.h"

#include <ostream>
#include <utility>

#include <unistd.h>

namespace polder::server::member {
namespace {

constexpr size_t kWidth = 32;
constexpr size_t kFewParts = 8;

}  // namespace

Progress DrawProgress(std::ostream& out, std::string label, bool redraws) {
  return [&out, label = std::move(label), redraws](size_t done, size_t all) {
    const std::string count = std::to_string(done) + "/" + std::to_string(all);
    if (redraws) {
      const size_t filled = all == 0 ? kWidth : done * kWidth / all;
      out << '\r' << label << " [" << std::string(filled, '#') << std::string(kWidth - filled, ' ')
          << "] " << count << (done == all ? "\n" : "") << std::flush;
      return;
    }
    const bool quarter = all > kFewParts && done * 4 / all != (done - 1) * 4 / all;
    if (done == all || (done > 0 && quarter)) out << label << ' ' << count << '\n' << std::flush;
  };
}

bool ErrorsAreOnTerminal() { return ::isatty(STDERR_FILENO) == 1; }

}  // namespace polder::server::member
