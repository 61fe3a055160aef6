// The store is tested by breaking it: killed writers, full disks, damaged files, two processes.
#include <atomic>
#include <csignal>
#include <fstream>
#include <set>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/store/connection.h"
#include "server/store/integrity.h"
#include "server/store/schema.h"
#include "tests/server/store/samples.h"

namespace polder::server::store::testing {
namespace {

using ::testing::IsEmpty;

// Runs `work` in a child process and returns its wait status. The child never returns into gtest.
template <typename Work>
pid_t InChild(Work&& work) {
  pid_t child = fork();
  if (child == 0) {
    try {
      work();
    } catch (...) {
      _exit(3);
    }
    _exit(0);
  }
  return child;
}

int WaitFor(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

uint64_t LogSize(const Store& store) {
  uint64_t size = 0;
  store.Read([&](const Reader& reader) { size = reader.LogSize(); });
  return size;
}

TEST(Durability, AWriterKilledInsideATransactionLeavesNothing) {
  std::string path = FreshPath("store.db");
  {
    auto store = Store::Open(path);
    AddBasics(*store);
  }
  pid_t child = InChild([&] {
    auto store = Store::Open(path);
    store->Write([&](Transaction& transaction) {
      DeliveryRecord delivery = Delivery("GM0518", "d-1", "2022SJ-Q3");
      delivery.log_index = AddLeaf(transaction, "{\"killed\":1}");
      // Large enough that pages spill into the write-ahead log before the end.
      transaction.AddDelivery(delivery, base::Bytes(size_t{16} << 20, 0x5a));
      kill(getpid(), SIGKILL);
    });
  });
  int status = WaitFor(child);
  ASSERT_TRUE(WIFSIGNALED(status));
  auto store = Store::Open(path);
  EXPECT_EQ(LogSize(*store), 2u);
  store->Read(
      [](const Reader& reader) { EXPECT_FALSE(reader.FindDelivery("GM0518", "d-1").has_value()); });
  EXPECT_THAT(store->Check(), IsEmpty());
  Deliver(*store, Delivery("GM0518", "d-1", "2022SJ-Q3"));
}

TEST(Durability, WhatWriteReturnedForSurvivesAKill) {
  std::string path = FreshPath("store.db");
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  pid_t child = InChild([&] {
    auto store = Store::Open(path);
    for (int i = 0;; ++i) {
      store->Write([&](Transaction& t) { AddLeaf(t, std::to_string(i)); });
      char done = 'x';
      if (write(pipe_ends[1], &done, 1) != 1) _exit(4);
    }
  });
  close(pipe_ends[1]);
  uint64_t answered = 0;
  char done = 0;
  while (answered < 25 && read(pipe_ends[0], &done, 1) == 1) ++answered;
  kill(child, SIGKILL);
  while (read(pipe_ends[0], &done, 1) == 1) ++answered;
  close(pipe_ends[0]);
  WaitFor(child);
  auto store = Store::Open(path);
  EXPECT_GE(LogSize(*store), answered);
  EXPECT_LE(LogSize(*store), answered + 1);
  EXPECT_THAT(store->Check(), IsEmpty());
}

TEST(Durability, AnExceptionRollsBack) {
  auto store = Store::Open(FreshPath("store.db"));
  EXPECT_THROW(store->Write([](Transaction& transaction) {
    AddLeaf(transaction, "{}");
    throw std::runtime_error("stop");
  }),
               std::runtime_error);
  EXPECT_EQ(LogSize(*store), 0u);
}

TEST(Durability, AFullDiskStoresNothingAndTheStoreGoesOn) {
  std::string path = FreshPath("store.db");
  StoreOptions options;
  options.max_pages = 120;
  auto store = Store::Open(path, options);
  AddBasics(*store);
  std::string code = CodeOf([&] {
    store->Write([&](Transaction& transaction) {
      DeliveryRecord delivery = Delivery("GM0518", "d-1", "2022SJ-Q3");
      delivery.log_index = AddLeaf(transaction, "{\"full\":1}");
      try {
        transaction.AddDelivery(delivery, base::Bytes(size_t{4} << 20, 1));
      } catch (const base::ProblemError&) {
        // Whoever ignores the error must still not get half of it stored.
        AddLeaf(transaction, "{\"after\":1}");
        throw;
      }
    });
  });
  EXPECT_EQ(code, "store-unavailable");
  EXPECT_EQ(LogSize(*store), 2u);
  Deliver(*store, Delivery("GM0518", "d-1", "2022SJ-Q3"));
  EXPECT_THAT(store->Check(), IsEmpty());
}

TEST(Durability, AFolderThatIsNotThereIsSaid) {
  EXPECT_EQ(CodeOf([] { Store::Open("/nonexistent/folder/store.db"); }), "store-unavailable");
}

TEST(Durability, AFileThatIsNoStoreIsRefused) {
  std::string path = FreshPath("store.db");
  std::ofstream(path) << std::string(8'192, 'x');
  StoreOptions options;
  options.busy_timeout_ms = 50;
  EXPECT_EQ(CodeOf([&] { Store::Open(path, options); }), "store-unavailable");
}

TEST(Durability, ABusyStoreIsSaidAfterTheTimeout) {
  std::string path = FreshPath("store.db");
  StoreOptions options;
  options.busy_timeout_ms = 50;
  auto store = Store::Open(path, options);
  auto other = Store::Open(path, options);
  store->Write([&](Transaction&) {
    EXPECT_EQ(CodeOf([&] { other->Write([](Transaction&) {}); }), "store-unavailable");
  });
}

TEST(Transactions, NestingIsAMistakeOfTheProgram) {
  auto store = Store::Open(FreshPath("store.db"));
  store->Write([&](Transaction&) {
    EXPECT_THROW(store->Write([](Transaction&) {}), std::logic_error);
    EXPECT_THROW(store->Read([](const Reader&) {}), std::logic_error);
  });
  store->Write([](Transaction& transaction) { AddLeaf(transaction, "{}"); });
}

TEST(Transactions, AReaderSeesOneMoment) {
  auto store = Store::Open(FreshPath("store.db"));
  store->Read([&](const Reader& reader) {
    EXPECT_EQ(reader.LogSize(), 0u);
    std::thread([&] { store->Write([](Transaction& t) { AddLeaf(t, "{}"); }); }).join();
    EXPECT_EQ(reader.LogSize(), 0u);
  });
  EXPECT_EQ(LogSize(*store), 1u);
}

TEST(Transactions, TwoProcessesAndManyThreadsShareOneLog) {
  std::string path = FreshPath("store.db");
  auto work = [&] {
    auto store = Store::Open(path);
    std::vector<std::thread> threads;
    std::atomic<int> failures = 0;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        try {
          for (int i = 0; i < 25; ++i) {
            store->Write([&](Transaction& transaction) {
              // Read, then write what depends on it: lost updates would show as gaps or repeats.
              AddLeaf(transaction, std::to_string(transaction.LogSize()));
            });
          }
        } catch (...) {
          ++failures;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    if (failures > 0) throw std::runtime_error("failed");
  };
  // Both start on a file that is not there: they also race to make it.
  pid_t first = InChild(work);
  pid_t second = InChild(work);
  EXPECT_EQ(WaitFor(first), 0);
  EXPECT_EQ(WaitFor(second), 0);
  auto store = Store::Open(path);
  EXPECT_EQ(LogSize(*store), 200u);
  store->Read([](const Reader& reader) {
    for (const LeafRecord& leaf : reader.Leaves(0, 200)) {
      EXPECT_EQ(leaf.canonical, std::to_string(leaf.index));
    }
  });
  EXPECT_THAT(store->Check(), IsEmpty());
}

TEST(Migration, AppliesTheStepsAFileHasNotSeenAndKeepsItsRows) {
  std::string path = FreshPath("steps.db");
  Connection connection(path, false, 1'000);
  std::vector<std::string> steps = {"CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7);"};
  Migrate(connection, steps);
  steps.push_back("ALTER TABLE a ADD COLUMN y INTEGER NOT NULL DEFAULT 1;");
  Migrate(connection, steps);
  Migrate(connection, steps);
  Statement statement = connection.Prepare("SELECT x, y, count(*) OVER () FROM a");
  ASSERT_TRUE(statement.Step());
  EXPECT_EQ(statement.Int(), 7);
  EXPECT_EQ(statement.Int(), 1);
  EXPECT_EQ(statement.Int(), 1);
}

TEST(Migration, AStepThatFailsIsUndoneWholly) {
  Connection connection(FreshPath("steps.db"), false, 1'000);
  EXPECT_NE(CodeOf([&] { Migrate(connection, {"CREATE TABLE a (x); CREATE TABLE a (x);"}); }), "");
  Migrate(connection, {"CREATE TABLE a (x INTEGER) STRICT;"});
}

TEST(Migration, AStoreOfANewerProgramIsRefused) {
  std::string path = FreshPath("store.db");
  Store::Open(path);
  Connection(path, false, 1'000).Execute("PRAGMA user_version = 999");
  EXPECT_EQ(CodeOf([&] { Store::Open(path); }), "store-version");
}

TEST(Integrity, ASoundStoreHasNoProblems) {
  auto store = Store::Open(FreshPath("store.db"));
  AddBasics(*store);
  Deliver(*store, Delivery("GM0518", "d-1", "2022SJ-Q3"));
  EXPECT_THAT(store->Check(), IsEmpty());
}

// Someone with the file and an SQL shell can drop the triggers; the digests still tell.
TEST(Integrity, ChangedRowsAreFoundByTheirDigests) {
  std::string path = FreshPath("store.db");
  auto store = Store::Open(path);
  AddBasics(*store);
  Deliver(*store, Delivery("GM0518", "d-1", "2022SJ-Q3"));
  {
    Connection raw(path, false, 1'000);
    raw.Execute(
        "DROP TRIGGER leaves_keep_update; DROP TRIGGER leaves_keep_delete;"
        "DROP TRIGGER documents_keep_update;"
        "UPDATE leaves SET canonical = 'other' WHERE idx = 0;"
        "DELETE FROM leaves WHERE idx = 1;"
        "UPDATE documents SET canonical = 'other' WHERE kind = 'policy';");
  }
  std::set<std::string> codes;
  for (const auto& problem : store->Check()) codes.insert(problem.code);
  EXPECT_EQ(codes, (std::set<std::string>{"dangling-reference", "log-gap", "wrong-digest",
                                          "wrong-leaf-hash"}));
}

TEST(Integrity, ADamagedPageIsFound) {
  std::string path = FreshPath("store.db");
  {
    auto store = Store::Open(path);
    AddBasics(*store);
    store->Write([](Transaction& t) {
      for (int i = 0; i < 500; ++i) AddLeaf(t, std::string(500, 'a'));
    });
  }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    // The last page written holds leaves of the log.
    file.seekp(-4'096, std::ios::end);
    { file.write("\xff\xff\xff\xff\xff\xff\xff\xff", 8); }
  }
  auto store = Store::Open(path);
  EXPECT_FALSE(store->Check().empty());
}

TEST(Backup, IsAWholeStoreMadeWhileOthersWrite) {
  std::string path = FreshPath("store.db");
  std::string copy = FreshPath("copy.db");
  auto store = Store::Open(path);
  AddBasics(*store);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) store->Write([](Transaction& t) { AddLeaf(t, "{\"busy\":1}"); });
  });
  store->BackupTo(copy);
  stop = true;
  writer.join();
  auto restored = Store::Open(copy);
  EXPECT_THAT(restored->Check(), IsEmpty());
  EXPECT_GE(LogSize(*restored), 2u);
  Deliver(*restored, Delivery("GM0518", "d-1", "2022SJ-Q3"));
  EXPECT_EQ(CodeOf([&] { store->BackupTo(copy); }), "file-exists");
}

}  // namespace
}  // namespace polder::server::store::testing
