// Several processes sign one log, and any of them may be stopped anywhere for as long as you like:
// there is one history all the same. What a lease with a fencing number gives where locks expire,
// the store's write lock gives here: it does not expire while its holder lives, and what a signing
// is over is read under it (checkpoints.h).
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>

#include <sys/wait.h>
#include <unistd.h>

#include "crypto/log/merkle.h"
#include "server/govern/leaf.h"
#include "tests/server/govern/region.h"

namespace polder::server::govern::testing {
namespace {

class Sequencer : public ::testing::Test {
 protected:
  Sequencer() : path_(store::testing::FreshPath("store.db")), given_out_(path_ + ".given-out") {
    Add("before");
  }
  // A leaf of this process; its store gives up on a lock after 300 ms.
  bool Add(const std::string& name) {
    try {
      auto store = Open();
      store->Write([&](store::Transaction& transaction) { AddLeaf(transaction, name); });
      checkpoints_.Latest(*store, clock_.now);
      return true;
    } catch (const base::ProblemError& error) {
      EXPECT_EQ(error.code(), "store-unavailable");
      return false;
    }
  }
  void AddLeaf(store::Transaction& transaction, const std::string& name) {
    AppendLeaf(transaction, "codebook", clock_, base::Json{{"id", name}});
  }
  std::unique_ptr<store::Store> Open() {
    return store::Store::Open(path_, {.busy_timeout_ms = 300});
  }
  // Another process, which runs until it stops itself; returns then.
  pid_t Stopped(const std::function<void()>& work) {
    const pid_t child = fork();
    if (child == 0) {
      int status = 1;
      try {
        work();
        status = 0;
      } catch (...) {
      }
      _exit(status);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
    EXPECT_TRUE(WIFSTOPPED(status));
    return child;
  }
  static int End(pid_t child, int signal) {
    kill(child, signal);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  // Every checkpoint that stands is one of the leaves that stand: nothing was forked.
  void OneHistory(size_t leaves) {
    Open()->Read([&](const store::Reader& reader) {
      EXPECT_EQ(reader.LogSize(), leaves);
      const auto hashes = reader.LeafHashes(reader.LogSize());
      for (const auto& checkpoint : reader.Checkpoints()) {
        ASSERT_LE(checkpoint.size, hashes.size());
        EXPECT_EQ(checkpoint.root, crypto::log::RootHash(std::span(hashes).first(checkpoint.size)));
      }
      checkpoints_.Check(reader);
    });
  }

  std::string path_, given_out_;
  StandingClock clock_;
  crypto::log::NoteSigner signer_ = TestSigner();
  Checkpoints checkpoints_{"polder.example/rmc10", signer_, given_out_};
};

TEST_F(Sequencer, WhileTheHolderOfTheLockStandsStillNobodyElseSigns) {
  const pid_t child = Stopped([&] {
    Open()->Write([&](store::Transaction& transaction) {
      AddLeaf(transaction, "theirs");
      checkpoints_.Sign(transaction, clock_.now);
      raise(SIGSTOP);  // signed, and not stored
    });
  });
  EXPECT_FALSE(Add("ours")) << "the lock does not pass on while its holder lives";
  EXPECT_EQ(End(child, SIGCONT), 0);
  EXPECT_TRUE(Add("ours"));
  OneHistory(3);
}

TEST_F(Sequencer, WhoWasStoppedBeforeTheLockSignsWhatStandsWhenItGoesOn) {
  const pid_t child = Stopped([&] {
    const auto store = Open();
    uint64_t size = 0;
    store->Read([&](const store::Reader& reader) { size = reader.LogSize(); });
    raise(SIGSTOP);  // what it read is old when it goes on
    store->Write([&](store::Transaction& transaction) {
      AddLeaf(transaction, "theirs");
      if (checkpoints_.Sign(transaction, clock_.now).size != size + 3) throw std::exception();
    });
  });
  EXPECT_TRUE(Add("ours"));
  EXPECT_TRUE(Add("ours too"));
  EXPECT_EQ(End(child, SIGCONT), 0) << "it signed over ours";
  OneHistory(4);
}

TEST_F(Sequencer, WhoWasStoppedBeforeGivingOutTakesNothingBack) {
  const pid_t child = Stopped([&] {
    const auto store = Open();
    store::CheckpointRecord signed_before;
    store->Write([&](store::Transaction& transaction) {
      signed_before = checkpoints_.Sign(transaction, clock_.now);
    });
    raise(SIGSTOP);
    checkpoints_.GiveOut(signed_before);
  });
  EXPECT_TRUE(Add("ours"));
  EXPECT_EQ(End(child, SIGCONT), 0);
  const auto store = Open();
  EXPECT_EQ(checkpoints_.Latest(*store, clock_.now).size, 2u);
  OneHistory(2);
}

TEST_F(Sequencer, WhoIsKilledWithTheLockLeavesNothingAndTheNextGoesOn) {
  const pid_t child = Stopped([&] {
    Open()->Write([&](store::Transaction& transaction) {
      AddLeaf(transaction, "theirs");
      checkpoints_.Sign(transaction, clock_.now);
      raise(SIGSTOP);
    });
  });
  EXPECT_EQ(End(child, SIGKILL), -1);
  EXPECT_TRUE(Add("ours"));
  OneHistory(2);
}

// The broken variant that these tests are about: a signer that trusts what it read before it had
// the lock. It must be refused, not only unlikely.
TEST_F(Sequencer, ASignerThatTrustsAnOldViewIsRefused) {
  const auto store = Open();
  std::vector<crypto::digest::Digest> old;
  store->Read([&](const store::Reader& reader) { old = reader.LeafHashes(reader.LogSize()); });
  EXPECT_TRUE(Add("ours"));
  old.push_back(crypto::log::LeafHash(base::AsBytes("theirs")));
  store::CheckpointRecord forked;
  forked.size = old.size();
  forked.root = crypto::log::RootHash(old);
  forked.note = "signed over an old view";
  try {
    store->Write([&](store::Transaction& transaction) { transaction.AddCheckpoint(forked); });
    FAIL() << "a fork was stored";
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.code(), "store-conflict");
  }
  EXPECT_THROW(checkpoints_.GiveOut(forked), base::ProblemError);
  OneHistory(2);
}

}  // namespace
}  // namespace polder::server::govern::testing
