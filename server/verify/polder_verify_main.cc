// `polder-verify`: is this release whole, consistent, and in the log? And is the log itself whole,
// and does it tell of releases that were made in order? Offline, trusting nothing but the log
// policy that the reader brings. Prints "yes …" or one line per reason. Exit 0 yes, 1 no, 2 wrong
// usage, 3 a file is unreadable.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "crypto/log/log_policy.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/verify/verify_log.h"
#include "server/verify/verify_release.h"
#include "stats/table/published_release.h"

namespace {

namespace base = polder::base;
namespace verify = polder::server::verify;
using polder::crypto::log::LogPolicy;
using polder::stats::table::PublishedRelease;

class Unreadable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string ReadFile(const std::filesystem::path& path) {
  std::error_code error;
  std::ifstream file;
  if (!std::filesystem::is_directory(path, error)) file.open(path, std::ios::binary);
  std::string text;
  if (file.is_open()) text.assign(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) throw Unreadable(path.string() + ": cannot be read");
  return text;
}

std::vector<std::filesystem::path> FilesIn(const std::string& directory) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    paths.push_back(entry.path());
  }
  if (error) throw Unreadable(directory + ": cannot be read");
  std::sort(paths.begin(), paths.end());
  return paths;
}

PublishedRelease ReadRelease(const std::filesystem::path& path) {
  const std::string text = ReadFile(path);
  try {
    return PublishedRelease::Parse(text);
  } catch (const base::ProblemError& error) {
    std::vector<base::Problem> problems = error.problems();
    for (base::Problem& problem : problems) {
      problem.detail = path.filename().string() + ": " + problem.detail;
    }
    throw base::ProblemError(std::move(problems));
  }
}

struct Arguments {
  std::string release, proof, note, log_policy, earlier, audit;
  std::string directory, kept;  // of `log`
};

int VerifyRelease(const Arguments& arguments) {
  base::Problems problems;
  const PublishedRelease release = ReadRelease(arguments.release);
  const auto policy = LogPolicy::Parse(ReadFile(arguments.log_policy));
  verify::CheckProof(release, ReadFile(arguments.proof), policy, problems);
  if (!arguments.note.empty()) {
    verify::CheckNote(release, ReadFile(arguments.note), policy, problems);
  }
  verify::CheckHidden(release, problems);
  std::vector<PublishedRelease> earlier;
  if (!arguments.earlier.empty()) {
    for (const auto& path : FilesIn(arguments.earlier)) {
      if (path.extension() != ".json") continue;
      earlier.push_back(ReadRelease(path));
      verify::CheckEarlier(release, earlier.back(), path.filename().string(), problems);
    }
  }
  if (!arguments.audit.empty()) {
    verify::CheckAudit(release, ReadFile(arguments.audit), earlier, problems);
  }
  problems.ThrowIfAny();
  const auto& header = release.header();
  std::cout << "yes: " << header.release_id << ", " << header.kind << " release of "
            << header.period.Text() << " of " << header.region
            << (header.demo ? " (demonstration)" : "") << ", rho " << header.rho << "\n";
  return 0;
}

int VerifyLog(const Arguments& arguments) {
  const auto policy = LogPolicy::Parse(ReadFile(arguments.log_policy));
  std::vector<std::string> kept;
  if (!arguments.kept.empty()) {
    for (const auto& path : FilesIn(arguments.kept)) kept.push_back(ReadFile(path));
  }
  if (!std::filesystem::is_directory(arguments.directory)) {
    throw Unreadable(arguments.directory + ": cannot be read");
  }
  verify::LogVerdict verdict = verify::VerifyLog(arguments.directory, kept, policy);
  if (!verdict.problems.empty()) throw base::ProblemError(std::move(verdict.problems));
  std::cout << "yes: " << verdict.size << " entries under " << verdict.checkpoints
            << " checkpoints, " << verdict.releases << " releases, each made in order\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Verifies a Polder release, or a whole log, offline.", "polder-verify"};
  Arguments arguments;
  app.add_option("release", arguments.release, "release file (canonical JSON)");
  app.add_option("--proof", arguments.proof, "tlog-proof of the release");
  app.add_option("--note", arguments.note, "signed note of the release");
  app.add_option("--log-policy", arguments.log_policy, "logs and witnesses that you trust");
  app.add_option("--earlier", arguments.earlier, "directory of releases made before");
  app.add_option("--audit", arguments.audit, "public part of the audit's certificate");
  std::string format = "text";
  app.add_option("--format", format, "text or json")->check(CLI::IsMember({"text", "json"}));
  CLI::App* log = app.add_subcommand("log", "Verify a whole log, as `polder log export` writes it");
  log->fallthrough();
  log->add_option("directory", arguments.directory, "folder of the log")->required();
  log->add_option("--kept", arguments.kept, "directory of checkpoints that you kept yourself");
  try {
    app.parse(argc, argv);
    if (arguments.log_policy.empty()) throw CLI::RequiredError("--log-policy");
    if (!log->parsed() && (arguments.release.empty() || arguments.proof.empty())) {
      throw CLI::RequiredError("release and --proof");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const bool json = format == "json";
  try {
    return log->parsed() ? VerifyLog(arguments) : VerifyRelease(arguments);
  } catch (const base::ProblemError& error) {
    base::Json errors = base::Json::array();
    for (const base::Problem& problem : error.problems()) {
      if (json) {
        errors.push_back(base::ToJson(problem));
      } else {
        std::cerr << "no: " << base::ToLine(problem) << "\n";
      }
    }
    if (json) std::cerr << base::Json{{"errors", errors}}.dump() << "\n";
    return error.code() == "crypto-failure" ? 3 : 1;
  } catch (const std::exception& error) {
    std::cerr << "polder-verify: " << error.what() << "\n";
    return 3;
  }
}
