// What is wrong with an input, said once and completely.
//
// A reader of untrusted input adds every fault it finds to a `Problems` and throws them together,
// so that a person fixes a file in one pass. A problem names its place (JSON pointer, or line and
// column), a stable code, and what to do next.
#ifndef POLDER_POLICIES_BASE_PROBLEM_H_
#define POLDER_POLICIES_BASE_PROBLEM_H_

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace polder::base {

// One fault.
// Privacy: `detail` never carries a token, an identifier, a true count or a key; it may quote a
// code or a field name.
struct Problem {
  std::string code;     // stable, kebab-case, for programs: "unknown-code"
  std::string pointer;  // JSON pointer (RFC 6901) or field name; empty for the whole input
  std::string detail;   // for people: what is wrong and what to do next
  uint64_t line = 0;    // 1-based, 0 when the input has no lines
  uint64_t column = 0;  // 1-based, 0 when unknown

  friend bool operator==(const Problem&, const Problem&) = default;
};

// Thrown at the end of a reading that found something wrong. Holds at least one problem.
class ProblemError : public std::runtime_error {
 public:
  explicit ProblemError(std::vector<Problem> problems);
  ProblemError(std::string code, std::string pointer, std::string detail);

  const std::vector<Problem>& problems() const { return problems_; }
  // The code of the first problem: what the operation as a whole failed for.
  const std::string& code() const { return problems_.front().code; }

 private:
  std::vector<Problem> problems_;
};

// Collects problems in the order found. Keeps at most `limit` of them and counts the rest, so that
// a hostile input cannot fill the memory with its faults.
class Problems {
 public:
  explicit Problems(size_t limit = 1000) : limit_(limit) {}

  void Add(Problem problem);
  void Add(std::string code, std::string pointer, std::string detail);

  bool empty() const { return found_.empty(); }
  size_t size() const { return found_.size() + dropped_; }
  const std::vector<Problem>& found() const { return found_; }

  // Throws ProblemError with everything found; returns when nothing was.
  void ThrowIfAny() const;

 private:
  size_t limit_;
  size_t dropped_ = 0;
  std::vector<Problem> found_;
};

// {"code","pointer","detail"[,"line"][,"column"]}: the shape used in problem+json and in `--format
// json`.
nlohmann::json ToJson(const Problem& problem);

// "line 12, column 3 (opened): …" or "/budget/rho: …": one line for a terminal.
std::string ToLine(const Problem& problem);

}  // namespace polder::base

#endif  // POLDER_POLICIES_BASE_PROBLEM_H_
