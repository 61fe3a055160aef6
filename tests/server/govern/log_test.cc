#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/log/checkpoint.h"
#include "crypto/log/merkle.h"
#include "crypto/log/proof.h"
#include "server/govern/leaf.h"
#include "server/govern/ledger.h"
#include "tests/server/govern/region.h"

namespace polder::server::govern::testing {
namespace {

using store::testing::CodeOf;

crypto::log::Checkpoint Opened(Region& region, const std::string& note) {
  const auto verified = crypto::log::VerifyNote(note, region.checkpoints.verifier());
  EXPECT_TRUE(verified.has_value());
  return *crypto::log::Checkpoint::Parse(verified->text);
}

uint64_t AddLeaf(Region& region, int number) {
  uint64_t index = 0;
  region.store->Write([&](store::Transaction& transaction) {
    index = AppendLeaf(transaction, "erasure", region.clock, base::Json{{"number", number}});
  });
  return index;
}

TEST(Log, CheckpointsAndProofsVerifyAgainstTheLeavesAsServed) {
  Region region;
  for (int i = 0; i < 6; ++i) AddLeaf(region, i);
  const auto answer = region.Send("", "GET", "/v1/log/checkpoint");
  ASSERT_EQ(answer.status, 200);
  const auto checkpoint = Opened(region, std::string(base::AsText(answer.body)));
  EXPECT_EQ(checkpoint.size, 7u);
  EXPECT_EQ(checkpoint.origin, "polder.example/rmc10");
  const base::Json served = BodyOf(region.Send("", "GET", "/v1/log/leaves?from=0&to=7"));
  EXPECT_EQ(served["size"], 7);
  std::vector<crypto::digest::Digest> hashes;
  for (const auto& leaf : served["leaves"]) {
    hashes.push_back(crypto::log::LeafHash(base::AsBytes(leaf["entry"].get<std::string>())));
    EXPECT_EQ(base::ToHex(hashes.back()), leaf["hash"]);
  }
  EXPECT_EQ(crypto::log::RootHash(hashes), checkpoint.root);
  for (uint64_t index = 0; index < 7; ++index) {
    const auto proved = region.Send("", "GET", "/v1/log/proofs/" + std::to_string(index));
    ASSERT_EQ(proved.status, 200);
    const auto proof = crypto::log::ParseProof(base::AsText(proved.body));
    ASSERT_TRUE(proof.has_value());
    EXPECT_EQ(proof->index, index);
    EXPECT_TRUE(
        crypto::log::VerifyInclusion(hashes[index], index, 7, proof->path, checkpoint.root));
  }
  EXPECT_EQ(region.Send("", "GET", "/v1/log/proofs/7").status, 404);
  EXPECT_EQ(region.Send("", "GET", "/v1/log/proofs/x").status, 404);
  EXPECT_EQ(region.Send("", "GET", "/v1/log/leaves?from=x&to=y").status, 400);
  EXPECT_EQ(region.Send("", "GET", "/v1/log/leaves?from=5&to=1").status, 400);
}

TEST(Log, ARestoredStoreBehindItsWitnessRefusesToSign) {
  Region region;
  AddLeaf(region, 1);
  const std::string backup = store::testing::FreshPath("backup.db");
  region.store->BackupTo(backup);
  AddLeaf(region, 2);
  EXPECT_EQ(region.Send("", "GET", "/v1/log/checkpoint").status, 200);
  auto restored = store::Store::Open(backup);
  EXPECT_EQ(CodeOf([&] { region.checkpoints.Latest(*restored, region.clock.now); }), "log-behind");
  EXPECT_EQ(
      CodeOf([&] { restored->Read([&](const store::Reader& r) { region.checkpoints.Check(r); }); }),
      "log-behind");
  // Growing past the witnessed size with other leaves is a fork, not a cure.
  restored->Write([&](store::Transaction& transaction) {
    AppendLeaf(transaction, "erasure", region.clock, base::Json{{"number", 77}});
    AppendLeaf(transaction, "erasure", region.clock, base::Json{{"number", 78}});
  });
  EXPECT_EQ(CodeOf([&] { region.checkpoints.Latest(*restored, region.clock.now); }), "log-behind");
}

TEST(Log, ARestoredStoreWithItsOwnOldCheckpointIsNoticedToo) {
  Region region;
  AddLeaf(region, 1);
  region.checkpoints.Latest(*region.store, region.clock.now);
  const std::string backup = store::testing::FreshPath("backup.db");
  region.store->BackupTo(backup);
  AddLeaf(region, 2);
  region.checkpoints.Latest(*region.store, region.clock.now);
  auto restored = store::Store::Open(backup);
  EXPECT_EQ(CodeOf([&] { region.checkpoints.Latest(*restored, region.clock.now); }), "log-behind");
}

TEST(Log, AnUnhealthyLogIsSaid) {
  Region region;
  region.checkpoints.Latest(*region.store, region.clock.now);
  std::ofstream(region.witness_path) << "polder-witness-1\n9\n" << std::string(64, '0') << "\n";
  EXPECT_EQ(region.Send("", "GET", "/v1/health").status, 503);
  EXPECT_EQ(region.Send("", "GET", "/v1/log/checkpoint").status, 503);
  std::ofstream(region.witness_path) << "garbage";
  EXPECT_EQ(region.Send("", "GET", "/v1/health").status, 503);
  std::filesystem::remove(region.witness_path);
  EXPECT_EQ(region.Send("", "GET", "/v1/health").status, 200);
}

TEST(Log, ATransactionThatFailsAfterSigningLeavesNoTrace) {
  Region region;
  EXPECT_THROW(region.store->Write([&](store::Transaction& transaction) {
    AppendLeaf(transaction, "erasure", region.clock, base::Json::object());
    region.checkpoints.Sign(transaction, region.clock.now);
    throw std::runtime_error("stop");
  }),
               std::runtime_error);
  EXPECT_EQ(Opened(region, region.checkpoints.Latest(*region.store, region.clock.now).note).size,
            1u);
}

TEST(Log, ManySignersGiveOneHistory) {
  Region region;
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        try {
          AddLeaf(region, t * 100 + i);
          region.checkpoints.Latest(*region.store, region.clock.now);
        } catch (...) {
          ++failures;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(Opened(region, region.checkpoints.Latest(*region.store, region.clock.now).note).size,
            41u);
}

// A process that signs, as `polder serve` and `polder work` do: a leaf, then the checkpoint that is
// given out, noted down when it was. Ends only by a signal.
pid_t Signer(const std::string& store_path, const std::string& witness_path,
             const std::string& notes, int number) {
  const pid_t child = fork();
  if (child != 0) return child;
  try {
    const auto store = store::Store::Open(store_path);
    const auto signer = TestSigner();
    const Checkpoints checkpoints("polder.example/rmc10", signer, witness_path);
    StandingClock clock;
    std::ofstream out(notes, std::ios::binary | std::ios::app);
    for (int i = 0;; ++i) {
      store->Write([&](store::Transaction& transaction) {
        AppendLeaf(transaction, "erasure", clock, base::Json{{"number", number * 100'000 + i}});
      });
      out << checkpoints.Latest(*store, clock.now).note << std::string(1, '\0') << std::flush;
    }
  } catch (...) {
    _exit(1);
  }
}

// Killed at any moment, or put to sleep while others go on: no two notes contradict each other.
TEST(Log, ProcessesThatSignSleepAndDieGiveOneHistory) {
  Region region;
  region.checkpoints.Latest(*region.store, region.clock.now);
  std::vector<std::string> files;
  std::vector<pid_t> running;
  const auto start = [&] {
    files.push_back(store::testing::FreshPath("notes" + std::to_string(files.size())));
    running.push_back(Signer(region.store->path(), region.witness_path, files.back(),
                             static_cast<int>(files.size())));
  };
  const auto wait = [](int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  };
  const auto written = [&] {
    uintmax_t bytes = 0;
    for (const std::string& file : files) {
      if (std::filesystem::exists(file)) bytes += std::filesystem::file_size(file);
    }
    return bytes;
  };
  // Until some twenty notes more were given out, however slow the machine is.
  const auto progress = [&] {
    const uintmax_t enough = written() + 20 * 200;
    for (int i = 0; i < 2'000 && written() < enough; ++i) wait(5);
  };
  for (int i = 0; i < 3; ++i) start();
  for (int round = 0; round < 8; ++round) {
    progress();
    wait(7 * (round % 3));
    kill(running.front(), SIGSTOP);  // sleeps, perhaps after signing and before giving out
    wait(40);
    kill(running.front(), SIGCONT);
    wait(10);
    kill(running.front(), SIGKILL);
    waitpid(running.front(), nullptr, 0);
    running.erase(running.begin());
    start();
  }
  for (const pid_t child : running) {
    EXPECT_EQ(waitpid(child, nullptr, WNOHANG), 0) << "a signer gave up";
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  const auto last = region.checkpoints.Latest(*region.store, region.clock.now);
  std::vector<crypto::digest::Digest> leaves;
  region.store->Read([&](const store::Reader& reader) { leaves = reader.LeafHashes(last.size); });
  size_t notes = 0;
  for (const std::string& file : files) {
    if (!std::filesystem::exists(file)) continue;  // killed before its first
    std::string text = ReadFile(file);
    for (size_t end = text.find('\0'); end != std::string::npos; end = text.find('\0')) {
      const auto checkpoint = Opened(region, text.substr(0, end));
      text.erase(0, end + 1);
      ASSERT_LE(checkpoint.size, leaves.size());
      EXPECT_EQ(checkpoint.root, crypto::log::RootHash(std::span(leaves).first(checkpoint.size)));
      ++notes;
    }
  }
  EXPECT_GT(notes, 30u);
}

TEST(Leaves, AreBoundedAndCanonical) {
  Region region;
  region.store->Write([&](store::Transaction& transaction) {
    EXPECT_EQ(CodeOf([&] {
                AppendLeaf(transaction, "erasure", region.clock,
                           base::Json{{"text", std::string(70'000, 'x')}});
              }),
              "leaf-size");
    EXPECT_EQ(CodeOf([&] {
                AppendLeaf(transaction, "erasure", region.clock, base::Json{{"number", 0.5}});
              }),
              "not-canonical");
  });
}

stats::budget::Reservation Asking(int number, int64_t nano) {
  stats::budget::Reservation reservation;
  reservation.population = "RMC10";
  reservation.period = *base::Period::Parse("2022SJ-Q1");
  reservation.kind = policies::disclosure::ReleaseKind::kMonitor;
  reservation.binding = {"release-" + std::to_string(number),
                         std::string(64, 'a'),
                         std::string(64, 'b'),
                         {std::string(64, 'c'), std::string(64, 'd')}};
  reservation.cost = base::NanoRho(nano);
  return reservation;
}

TEST(Ledger, TheLastOfABudgetIsTakenOnce) {
  Region region;
  stats::budget::Limits limits;
  limits.yearly_cap = base::NanoRho(50);
  std::atomic<int> granted = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      try {
        region.store->Write([&](store::Transaction& transaction) {
          Reserve(transaction, Asking(t, 10), limits, region.clock);
        });
        ++granted;
      } catch (const base::ProblemError&) {
        ++refused;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(granted, 5);
  EXPECT_EQ(refused, 3);
  region.store->Read([&](const store::Reader& reader) {
    EXPECT_EQ(LoadLedger(reader).Spent("RMC10", *base::Year::Parse("2022SJ")), base::NanoRho(50));
    EXPECT_EQ(reader.Ledger("RMC10").size(), 5u);
  });
}

TEST(Ledger, ARetryIsChargedOnceAndLoggedOnce) {
  Region region;
  stats::budget::Limits limits;
  limits.yearly_cap = base::NanoRho(50);
  const auto reserve = [&] {
    std::string id;
    region.store->Write([&](store::Transaction& transaction) {
      id = Reserve(transaction, Asking(1, 30), limits, region.clock).entry.reservation_id;
    });
    return id;
  };
  const uint64_t before = region.LogSize();
  const std::string id = reserve();
  EXPECT_EQ(reserve(), id);
  EXPECT_EQ(region.LogSize(), before + 1);
  EXPECT_EQ(region.Leaf(before)["kind"], "reservation");
  region.store->Write([&](store::Transaction& transaction) {
    using stats::budget::Stage;
    for (Stage stage : {Stage::kDrawn, Stage::kSealed, Stage::kCommitted, Stage::kCommitted}) {
      Advance(transaction, id, Asking(1, 30).binding, stage, region.clock);
    }
  });
  EXPECT_EQ(region.LogSize(), before + 2);
  EXPECT_EQ(region.Leaf(before + 1)["kind"], "commit");
}

TEST(Codebooks, AreServedByIdAsTheBytesThatWereHashed) {
  Region region;
  const auto answer = region.Send("", "GET", "/v1/codebooks/" + Book().id());
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(base::AsText(answer.body), Book().canonical());
  EXPECT_EQ(store::testing::DigestOf(std::string(base::AsText(answer.body))),
            region.codebook_digest);
  EXPECT_EQ(region.Send("", "GET", "/v1/codebooks/none").status, 404);
  EXPECT_EQ(region.Send("", "GET", "/v1/codebooks/" + Book().id() + "?version=0").status, 404);
  EXPECT_EQ(InstallCodebook(*region.store, Book(), "otto", region.clock), region.codebook_digest);
}

// The budget stands under the region's code: another code would be a fresh budget for the same
// pupils.
TEST(Codebooks, OfAnotherRegionAreRefusedInTheSameStore) {
  Region region;
  base::Json json = base::ParseJson(Book().canonical());
  json["version"] = "2027.1";
  const auto newer = policies::codebook::Codebook::FromJson(json);
  EXPECT_NE(InstallCodebook(*region.store, newer, "otto", region.clock), region.codebook_digest);
  json["version"] = "2027.2";
  std::string text = json.dump();
  for (size_t at = 0; (at = text.find("RMC10", at)) != std::string::npos;) text[at + 4] = '1';
  const auto other = policies::codebook::Codebook::FromJson(base::ParseJson(text));
  const uint64_t size = region.LogSize();
  EXPECT_EQ(CodeOf([&] { InstallCodebook(*region.store, other, "otto", region.clock); }),
            "other-region");
  EXPECT_EQ(region.LogSize(), size);
}

TEST(Documents, WhatIsNotWhatItsDigestNamesIsNotRead) {
  Region region;
  store::DocumentRecord document{.digest = std::string(64, 'a'),
                                 .kind = "codebook",
                                 .id = "nl-leerplicht",
                                 .version = "9",
                                 .canonical = Book().canonical(),
                                 .author = "otto",
                                 .at = region.clock.Now()};
  region.store->Write([&](store::Transaction& transaction) {
    document.log_index = AppendLeaf(transaction, "codebook", region.clock, base::Json::object());
    transaction.AddDocument(document);
  });
  region.store->Read([&](const store::Reader& reader) {
    EXPECT_EQ(CodeOf([&] { ReadCodebook(reader, document.digest); }), "store-damaged");
  });
}

}  // namespace
}  // namespace polder::server::govern::testing
