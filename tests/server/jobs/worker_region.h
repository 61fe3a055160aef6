// A region's store in a temporary directory, brought to the point where a release can be made:
// codebook, approved policy, sealed deliveries, committed seeds, freeze, reveals, and a queued job.
#ifndef POLDER_TESTS_SERVER_JOBS_WORKER_REGION_H_
#define POLDER_TESTS_SERVER_JOBS_WORKER_REGION_H_

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "crypto/keys/key.h"
#include "crypto/log/note.h"
#include "crypto/random/seed.h"
#include "crypto/seal/seal.h"
#include "crypto/seal/wrap.h"
#include "server/govern/checkpoints.h"
#include "server/govern/documents.h"
#include "server/govern/leaf.h"
#include "server/jobs/sealed_seeds.h"
#include "server/jobs/worker.h"
#include "server/store/key_store.h"
#include "server/store/store.h"
#include "tests/server/jobs/small_region.h"

namespace polder::server::jobs {

using crypto::digest::SecretBytes;

inline SecretBytes Filled(uint8_t byte) {
  SecretBytes secret(32);
  for (uint8_t& b : secret.writable()) b = byte;
  return secret;
}

struct RegionOptions {
  std::string release_id = "2022SJ-Q1-monitor-1";
  std::string kind = "monitor";
  base::Period period = base::Period(base::Year(base::Calendar::kAbsence, 2022), 1);
  bool approved = true;
  bool revealed = true;
  bool wrong_reveal = false;
  bool commit_late = false;
  bool pin_another = false;  // a row less than the document of the freeze says
  size_t cases = 40;
  std::string other_seed_of = "";  // a role that brings another seed than usual
};

// Names a case of a parameterised test: without it the framework prints bytes, pointers included.
inline void PrintTo(const RegionOptions& options, std::ostream* out) {
  *out << options.release_id << " " << options.other_seed_of;
}

// Everything but the worker; the same directory can be opened again by another process.
class WorkerRegion {
 public:
  explicit WorkerRegion(const std::string& directory)
      : clock("2022-11-20T10:00:00Z"),
        directory_(directory),
        store(store::Store::Open(directory + "/region.db")),
        keys(store::KeyStore::Open(directory + "/keys.db")),
        root(Filled(0x52)),
        signer("region.test/log", crypto::keys::PrivateKey::FromEd25519Seed(Filled(0x07))),
        checkpoints("region.test/log", signer, directory + "/witness") {}

  static std::string FreshDirectory(const std::string& name) {
    const std::string path = testing::TempDir() + "/polder-jobs-" + name;
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
    return path;
  }

  WorkerContext Context() {
    return {.store = *store,
            .keys = *keys,
            .clock = clock,
            .checkpoints = checkpoints,
            .signer = signer,
            .root = root,
            .open_delivery_key =
                [this](const std::string&, const base::Year&, const std::string&) {
                  const std::string id = store::DeliveryKeyId("all", "key");
                  return root.Unwrap(keys->Find(id).value(), base::AsBytes(id));
                },
            .open_seed =
                [this](base::ByteView sealed, std::string_view context) {
                  return OpenSeed(*keys, root, sealed, context);
                },
            .begins = {}};
  }

  void Prepare(const RegionOptions& options = {}) {
    codebook_digest = govern::InstallCodebook(*store, TestCodebook(), "operator", clock);
    AddPolicy(options.approved);
    store->Write([&](store::Transaction& transaction) {
      for (const std::string& member : TestCodebook().MembersIn(options.period)) {
        AddDelivery(transaction, MakeDelivery(member, options.period, options.cases, 5));
      }
    });
    if (!options.commit_late) Commit(options);
    Freeze(options);
    if (options.commit_late) Commit(options);
    if (options.revealed) Reveal(options);
    Enqueue(options.release_id);
  }

  void AddPolicy(bool approved) {
    store::DocumentRecord document{.digest = govern::DocumentDigest(TestPolicy().canonical()),
                                   .kind = "policy",
                                   .id = TestPolicy().id(),
                                   .version = TestPolicy().version(),
                                   .canonical = TestPolicy().canonical(),
                                   .author = "anna",
                                   .at = clock.now};
    policy_digest = document.digest;
    store->Write([&](store::Transaction& transaction) {
      document.log_index =
          govern::AppendLeaf(transaction, "policy", clock, base::Json{{"digest", document.digest}});
      transaction.AddDocument(document);
      const std::vector<std::string> officers =
          approved ? std::vector<std::string>{"bert", "carla"} : std::vector<std::string>{"bert"};
      for (const std::string& officer : officers) {
        const uint64_t index =
            govern::AppendLeaf(transaction, "approval", clock,
                               base::Json{{"digest", document.digest}, {"officer", officer}});
        transaction.AddApproval({document.digest, officer, clock.now, index});
      }
    });
  }

  // All under one key: every key is a write to disk of its own.
  void AddDelivery(store::Transaction& transaction, const stats::cases::Delivery& delivery) {
    const auto& manifest = delivery.manifest;
    const std::string text = NdjsonOf(delivery);
    const std::string key_id = store::DeliveryKeyId("all", "key");
    if (!keys->Find(key_id)) {
      const auto fresh = crypto::seal::NewWrappedKey(root, base::AsBytes(key_id));
      keys->PutIfAbsent(key_id, fresh.wrapped, clock.now);
    }
    const auto key = root.Unwrap(keys->Find(key_id).value(), base::AsBytes(key_id));
    const auto sealed = crypto::seal::Seal(
        base::AsBytes(text), key,
        base::AsBytes(store::DeliveryContext(manifest.municipality, manifest.period.Text(),
                                             manifest.delivery_id)));
    store::DeliveryRecord record{.municipality = manifest.municipality,
                                 .id = manifest.delivery_id,
                                 .period = manifest.period,
                                 .replaces = manifest.replaces,
                                 .envelope_digest = crypto::digest::Sha256Hex(base::AsBytes(text)),
                                 .manifest = stats::cases::WriteManifest(manifest),
                                 .codebook_digest = codebook_digest,
                                 .key_id = store::DeliveryKeyId(manifest.municipality, "key"),
                                 .received_at = clock.now,
                                 .receipt = "{}",
                                 .signed_note = "note"};
    record.log_index = govern::AppendLeaf(transaction, "delivery", clock,
                                          base::Json{{"municipality", manifest.municipality}});
    transaction.AddDelivery(record, sealed);
  }

  void Commit(const RegionOptions& options) {
    for (const std::string role : {"operator", "auditor"}) {
      const auto commitment = crypto::random::SeedCommitment(
          SeedOf(role, options), base::AsBytes(store::SeedContext(options.release_id, role)));
      store->Write([&](store::Transaction& transaction) {
        const uint64_t index =
            govern::AppendLeaf(transaction, "seed-commitment", clock, base::Json{{"role", role}});
        transaction.AddSeedCommitment(
            {options.release_id, role, "officer-" + role, commitment, clock.now, index});
      });
    }
  }

  void Freeze(const RegionOptions& options) {
    store->Write([&](store::Transaction& transaction) {
      store::FreezeRecord freeze;
      freeze.release_id = options.release_id;
      freeze.period = options.period;
      freeze.kind = options.kind;
      freeze.policy_digest = policy_digest;
      freeze.codebook_digest = codebook_digest;
      for (const auto& record : transaction.CurrentDeliveries(options.period)) {
        freeze.deliveries.push_back(
            {record.sequence, record.municipality, record.id, record.envelope_digest});
      }
      freeze.officer = "coordinator";
      freeze.frozen_at = clock.now;
      freeze.canonical =
          govern::FreezeText(freeze, transaction.SeedCommitments(options.release_id));
      freeze.digest = crypto::digest::Sha256Hex(base::AsBytes(freeze.canonical));
      if (options.pin_another) freeze.deliveries.pop_back();
      freeze.log_index =
          govern::AppendLeaf(transaction, "freeze", clock, base::Json{{"digest", freeze.digest}});
      transaction.AddFreeze(freeze);
    });
  }

  void Reveal(const RegionOptions& options) {
    for (const std::string role : {"operator", "auditor"}) {
      const std::string context = store::SeedContext(options.release_id, role);
      const SecretBytes seed =
          options.wrong_reveal && role == "operator" ? Filled(0x99) : SeedOf(role, options);
      store->Write([&](store::Transaction& transaction) {
        const uint64_t index =
            govern::AppendLeaf(transaction, "seed-reveal", clock, base::Json{{"role", role}});
        transaction.AddSeedReveal({options.release_id, role, "officer-" + role,
                                   SealSeed(*keys, root, seed, context, clock.now), clock.now,
                                   index});
      });
    }
  }

  void Enqueue(const std::string& release_id) {
    store->Write([&](store::Transaction& transaction) {
      store::JobRecord job;
      job.id = "J" + std::to_string(++jobs_);
      job.kind = "release";
      job.subject = release_id;
      job.parameters = "{}";
      job.officer = "coordinator";
      job.created_at = job.changed_at = clock.now;
      transaction.EnqueueJob(job);
    });
  }

  store::JobRecord Job(const std::string& release_id) {
    std::optional<store::JobRecord> job;
    store->Read([&](const store::Reader& reader) { job = reader.FindJob("release", release_id); });
    return job.value();
  }
  std::optional<store::ReleaseRecord> Release(const std::string& release_id) {
    std::optional<store::ReleaseRecord> release;
    store->Read([&](const store::Reader& reader) { release = reader.FindRelease(release_id); });
    return release;
  }

  static SecretBytes SeedOf(const std::string& role, const RegionOptions& options) {
    if (role == options.other_seed_of) return Filled(0x77);
    return Filled(role == "operator" ? 0x11 : 0x22);
  }

  TestClock clock;

 private:
  std::string directory_;
  int jobs_ = 0;

 public:
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::KeyStore> keys;
  crypto::seal::FileRootKey root;
  crypto::log::NoteSigner signer;
  govern::Checkpoints checkpoints;
  std::string codebook_digest, policy_digest;
};

}  // namespace polder::server::jobs

#endif  // POLDER_TESTS_SERVER_JOBS_WORKER_REGION_H_
