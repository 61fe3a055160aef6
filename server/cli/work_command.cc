#include <atomic>
#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <unistd.h>

#include "policies/base/bytes.h"
#include "server/cli/cli.h"
#include "server/cli/region.h"
#include "server/cli/service.h"
#include "server/collect/sealed_keys.h"
#include "server/http/stop_signal.h"
#include "server/jobs/sealed_seeds.h"
#include "server/jobs/worker.h"

namespace polder::server::cli {

int RunWork(const WorkOptions& options) {
  const http::StopSignal stop_signal;
  Region region = OpenRegion(options.config);
  const std::unique_ptr<RegionSecrets> secrets = OpenSecrets(region);
  const collect::SealedKeys sealed_keys(*secrets->keys, *secrets->root);
  std::atomic<bool> stop = false;

  const auto open_delivery_key = [&](const std::string& municipality, const base::Year& year,
                                     const std::string& key_id) {
    return sealed_keys.OpenDeliveryKey(municipality, year, key_id);
  };
  const auto open_seed = [&](base::ByteView sealed, std::string_view seed_context) {
    return jobs::OpenSeed(*secrets->keys, *secrets->root, sealed, seed_context);
  };
  const auto begins = [](std::string_view release_id, std::string_view step) {
    std::cerr << "polder work: " << release_id << ": " << step << "\n";
  };
  jobs::Worker worker({.store = *region.store,
                       .keys = *secrets->keys,
                       .clock = *region.clock,
                       .checkpoints = secrets->checkpoints,
                       .signer = secrets->signer,
                       .root = *secrets->root,
                       .open_delivery_key = open_delivery_key,
                       .open_seed = open_seed,
                       .name = "worker-" + std::to_string(::getpid()),
                       .begins = begins});

  if (options.once) {
    while (!stop_signal.Came(std::chrono::milliseconds(0)) && worker.RunOnce()) {
    }
    jobs::PublishDue(*region.store, *region.clock, secrets->checkpoints);
    return kDone;
  }
  std::exception_ptr failure;
  std::atomic<bool> ended = false;
  std::thread thread([&] {
    try {
      worker.Run(stop);
    } catch (...) {
      failure = std::current_exception();
    }
    ended = true;
  });
  while (!ended && !stop_signal.Came(std::chrono::milliseconds(200))) {
  }
  stop = true;
  thread.join();
  if (failure) std::rethrow_exception(failure);
  return kDone;
}

}  // namespace polder::server::cli
