// How far a long step is, on stderr: a bar that redraws itself for a person, a line now and then
// for a log.
#ifndef POLDER_SERVER_MEMBER_PROGRESS_H_
#define POLDER_SERVER_MEMBER_PROGRESS_H_

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>

namespace polder::server::member {

// Called with what is done and what there is to do, in steps that follow from public counts.
using Progress = std::function<void(size_t done, size_t all)>;

// Draws on `out`, `label` before it. `redraws`: on a terminal. Otherwise a line at the end, and at
// each quarter of a step that has more than eight parts.
Progress DrawProgress(std::ostream& out, std::string label, bool redraws);

// Whether stderr is a terminal.
bool ErrorsAreOnTerminal();

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_PROGRESS_H_
