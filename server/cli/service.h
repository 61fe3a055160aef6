// `polder serve` and `polder work`: the region's processes, put together from its configuration.
#ifndef POLDER_SERVER_CLI_SERVICE_H_
#define POLDER_SERVER_CLI_SERVICE_H_

#include <string>

namespace polder::server::cli {

struct ServeOptions {
  std::string config;        // path of polder.json
  std::string role = "all";  // "collect" (deliveries and acts), "readers" (public), "all"
  std::string url_file;      // when given: gets the address once the service answers
};

// Answers until SIGTERM or SIGINT, then drains. Returns 0 when nothing was cut off, 1 otherwise.
int RunServe(const ServeOptions& options);

struct WorkOptions {
  std::string config;
  bool once = false;  // until nothing is left to do
};

// Makes releases and publishes what is due until SIGTERM or SIGINT; finishes its step first.
int RunWork(const WorkOptions& options);

struct RotateOptions {
  std::string config;
  std::string to;  // as `keys.root` in the configuration
};

// All or nothing, and again changes nothing more (jobs::RotateRoot).
int RunRotateRoot(const RotateOptions& options);

}  // namespace polder::server::cli

#endif  // POLDER_SERVER_CLI_SERVICE_H_
