// `polder generate`: a made-up region (or country) as its case systems would export it, with the
// figures that a correct reading must find. For demonstrations, tests and load; no real pupil is in
// it.
#ifndef POLDER_SERVER_CLI_GENERATE_COMMAND_H_
#define POLDER_SERVER_CLI_GENERATE_COMMAND_H_

#include <cstdint>
#include <string>

namespace polder::server::cli {

struct GenerateOptions {
  std::string out;               // a directory; made when missing, files in it are overwritten
  std::string codebook;          // path of the region's codebook (policies/data/codebooks/*.json)
  std::string policy;            // path of the policy whose tables the truth counts; empty: shipped
  int first_year = 2021;         // school year 2021/'22
  int years = 3;                 // 1 to 10
  uint64_t seed = 1;             // same seed and options, same bytes
  std::string scale = "region";  // "region", "country", or a factor on the region such as "0.1"
  std::string correction = "GM0166";  // exports one quarter again after the provisional release
  std::string conversion = "GM0160";  // converts its case system during the second year
  bool quiet = false;                 // no progress on stderr
};

// Writes <out>/codebook.json, exports/<GM>/<period>.csv, corrections/<GM>/<period>.csv,
// truth/<year>.json and population.json (docs/formats/population.md). Returns 0, or throws
// base::ProblemError for options that make no sense (exit 2: code "usage") and for files that
// cannot be read or written (exit 3: code "io").
int RunGenerate(const GenerateOptions& options);

}  // namespace polder::server::cli

#endif  // POLDER_SERVER_CLI_GENERATE_COMMAND_H_
