// `polder-member witness …`: a witness of the region's log, run by a member.
#ifndef POLDER_SERVER_MEMBER_WITNESS_COMMAND_H_
#define POLDER_SERVER_MEMBER_WITNESS_COMMAND_H_

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace polder::server::member {

struct WitnessOptions {
  std::string directory, name;
  std::vector<std::string> logs;  // verifier keys
  std::string address = "0.0.0.0";
  uint16_t port = 8444;
  std::string certificate, private_key, client_ca, url_file, clock_file;
  CLI::App* command = nullptr;
};

// Adds the subcommands init, key, show and serve.
void AddWitness(CLI::App& app, WitnessOptions& options);
// Runs the subcommand that was parsed; serve returns after SIGTERM or SIGINT. Throws ProblemError.
int RunWitness(const WitnessOptions& options);

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_WITNESS_COMMAND_H_
