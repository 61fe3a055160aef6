// `polder rotate-root`: what the root key wraps is wrapped anew; what lies under that stays.
#include <filesystem>
#include <iostream>

#include "policies/base/problem.h"
#include "server/cli/cli.h"
#include "server/cli/region.h"
#include "server/cli/service.h"
#include "server/jobs/root_rotation.h"

namespace polder::server::cli {

int RunRotateRoot(const RotateOptions& options) {
  const Region region = OpenRegion(options.config);
  if (!std::filesystem::exists(region.config.KeyStorePath())) {
    throw base::ProblemError("cannot-read", "",
                             region.config.KeyStorePath() + " does not exist; nothing is wrapped");
  }
  const auto from = OpenRootKey(region.config.keys.root);
  const auto to = OpenRootKey(options.to);
  const auto keys = OpenRegionKeys(region);
  const jobs::Rotated rotated = jobs::RotateRoot(*keys, *from, *to);
  std::cout << "wrapped anew: " << rotated.rewrapped << "; before: " << rotated.already << "\n";
  std::cerr << "polder rotate-root: now write the new root into " << options.config
            << " as keys.root, start the service, and destroy the old root and every copy of the "
               "key store from before\n";
  return kDone;
}

}  // namespace polder::server::cli
