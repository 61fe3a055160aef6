// Running `polder` inside a test: what it printed, and how it ended.
#ifndef POLDER_TESTS_SERVER_CLI_COMMAND_H_
#define POLDER_TESTS_SERVER_CLI_COMMAND_H_

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server/cli/cli.h"
#include "server/config/files.h"

namespace polder::server::cli {

using config::ReadFile;
using config::WriteFile;

struct Ended {
  int status;
  std::string out;
  std::string err;
};

inline Ended Command(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"polder"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int status = Main(static_cast<int>(argv.size()), argv.data());
  std::string out = testing::internal::GetCapturedStdout();
  return {status, std::move(out), testing::internal::GetCapturedStderr()};
}

}  // namespace polder::server::cli

#endif  // POLDER_TESTS_SERVER_CLI_COMMAND_H_
