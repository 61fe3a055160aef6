#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "crypto/random/random.h"
#include "crypto/random/seed.h"
#include "policies/base/bytes.h"
#include "server/cli/cli.h"
#include "server/cli/region.h"
#include "server/cli/service.h"
#include "server/collect/receive.h"
#include "server/config/files.h"
#include "server/govern/routes.h"
#include "server/govern/sign_in.h"
#include "server/http/server.h"
#include "server/http/stop_signal.h"
#include "server/jobs/planned_reservation.h"
#include "server/jobs/sealed_seeds.h"
#include "server/readers/routes.h"
#include "server/readers/store_shelf.h"

namespace polder::server::cli {

namespace {

std::vector<govern::KeyHolder> KeyHoldersOf(const config::Config& config) {
  std::vector<govern::KeyHolder> holders;
  for (const config::KeyHolderPlace& place : config.key_holders) {
    holders.push_back({place.name, place.url, config::ReadFile(place.authority)});
  }
  return holders;
}

std::unique_ptr<govern::SignIn> SignInOf(const Region& region) {
  const auto& place = region.config.sign_in;
  if (!place) return nullptr;
  govern::SignInRules rules{place->issuer, place->audience, place->role_claim, {}};
  for (const auto& [value, role] : place->roles) rules.roles[value] = *govern::ParseRole(role);
  return std::make_unique<govern::SignIn>(
      std::move(rules), govern::FetchKeysFrom(place->keys, place->authority, *region.clock),
      *region.clock);
}

}  // namespace

int RunServe(const ServeOptions& options) {
  const bool collects = options.role != "readers";
  const bool reads = options.role != "collect";
  const http::StopSignal stop;
  Region region = OpenRegion(options.config);
  http::Router router;

  // What the routes work on lives as long as the server below.
  readers::StoreShelf shelf(*region.store, *region.clock);
  readers::ReaderContext reading{&shelf, &region.codebook, {}};
  if (reads) readers::AddReaderRoutes(router, reading);

  std::unique_ptr<RegionSecrets> secrets;
  const std::unique_ptr<govern::SignIn> sign_in = SignInOf(region);
  if (collects) {
    secrets = OpenSecrets(region);
    govern::AddGovernRoutes(
        router, govern::GovernContext{
                    *region.store,
                    *region.clock,
                    region.codebook,
                    region.people,
                    secrets->checkpoints,
                    [](const auto& seed, base::ByteView context) {
                      return crypto::random::SeedCommitment(seed, context);
                    },
                    [&secrets, &region](const auto& seed, std::string_view context) {
                      return jobs::SealSeed(*secrets->keys, *secrets->root, seed, context,
                                            region.clock->Now());
                    },
                    [&region](const std::string& release_id) {
                      return jobs::PlanReservation(*region.store, release_id);
                    },
                    {[&secrets, &region](base::ByteView escrow, std::string_view about) {
                       return jobs::SealEscrow(*secrets->keys, *secrets->root, escrow, about,
                                               region.clock->Now());
                     },
                     [&secrets](base::ByteView sealed, std::string_view about) {
                       return jobs::OpenEscrow(*secrets->keys, *secrets->root, sealed, about);
                     }},
                    KeyHoldersOf(region.config),
                    [] { return crypto::random::RandomBytes(32); },
                    sign_in.get()});
    collect::AddCollectRoutes(
        router, collect::CollectContext{*region.store,
                                        *secrets->keys,
                                        *region.clock,
                                        region.codebook,
                                        secrets->recipient_key,
                                        secrets->recipient_certificate,
                                        [&secrets] { return secrets->signer_trust.Current(); },
                                        secrets->checkpoints.signer(),
                                        *secrets->root,
                                        secrets->rekey,
                                        {}});
  }

  const config::Config& config = region.config;
  http::Server server(config.address, config.port,
                      http::TlsFiles{config.tls.certificate, config.tls.private_key,
                                     config.tls.client_ca, config.tls.revocation_lists},
                      std::move(router), {}, *region.clock, {config.access_log, {}});
  server.Start();
  std::cerr << "polder serve: " << server.base_url() << "\n";
  if (!options.url_file.empty()) config::WriteFile(options.url_file, server.base_url() + "\n");
  stop.Wait();
  return server.Drain() ? kDone : kRefused;
}

}  // namespace polder::server::cli
