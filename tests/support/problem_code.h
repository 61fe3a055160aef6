// Which problem a call ends in, for tests of refusals.
#ifndef POLDER_TESTS_SUPPORT_PROBLEM_CODE_H_
#define POLDER_TESTS_SUPPORT_PROBLEM_CODE_H_

#include <string>
#include <utility>

#include "policies/base/problem.h"

namespace polder::testing_support {

// The code of the ProblemError that `act` throws; empty when it throws none.
template <typename Act>
std::string CodeOf(Act&& act) {
  try {
    std::forward<Act>(act)();
  } catch (const base::ProblemError& error) {
    return error.code();
  }
  return "";
}

}  // namespace polder::testing_support

#endif  // POLDER_TESTS_SUPPORT_PROBLEM_CODE_H_
