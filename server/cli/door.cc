#include "server/cli/door.h"

#include <exception>
#include <iostream>
#include <new>
#include <set>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "policies/base/problem.h"

namespace polder::server::cli {
namespace {

// Problems of these codes mean that the machine, not the input, was in the way.
bool IsFailure(const std::string& code) {
  static const std::set<std::string> kCodes = {
      "bad-tls-files",    "cannot-listen",        "cannot-read",     "cannot-write",
      "connect-failed",   "connection-lost",      "crypto-failure",  "io",
      "malformed-answer", "random-source-failed", "simulated-clock", "store-unavailable",
      "timed-out",        "tls-refused"};
  return kCodes.contains(code);
}

int StatusOf(const base::ProblemError& error) {
  if (error.code() == "usage") return kWrongUsage;
  return IsFailure(error.code()) ? kFailed : kRefused;
}

void Report(const base::ProblemError& error, bool json) {
  if (json) {
    nlohmann::json list = nlohmann::json::array();
    for (const base::Problem& problem : error.problems()) list.push_back(base::ToJson(problem));
    std::cerr << nlohmann::json{{"errors", list}}.dump() << "\n";
    return;
  }
  for (const base::Problem& problem : error.problems()) {
    std::cerr << base::ToLine(problem) << "\n";
  }
}

}  // namespace

int RunCommands(int argc, char** argv, const std::vector<AddCommand>& commands) {
  CLI::App app{"Polder: compares school attendance in a region without giving a pupil away.",
               "polder"};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every command");
  Chosen chosen;
  for (const AddCommand add : commands) add(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongUsage;
  }
  try {
    return chosen.run();
  } catch (const base::ProblemError& error) {
    Report(error, chosen.json);
    return StatusOf(error);
  } catch (const std::bad_alloc&) {
    std::cerr << "polder: out of memory\n";
  } catch (const std::exception& error) {
    std::cerr << "polder: " << error.what() << "\n";
  }
  return kFailed;
}

}  // namespace polder::server::cli
