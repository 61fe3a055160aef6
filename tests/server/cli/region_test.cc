// A region in a folder: what init makes, what the processes open, and that the described API is the
// one that answers.
#include "server/cli/region.h"

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/cli/cli.h"
#include "server/cli/init_command.h"
#include "server/collect/receive.h"
#include "server/govern/routes.h"
#include "server/readers/routes.h"
#include "server/readers/store_shelf.h"
#include "tests/support/places.h"

namespace polder::server::cli {
namespace {

class Demo : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "polder-init-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    options_.out = folder_;
    options_.codebook =
        polder::tests::SourceDir() + "/policies/data/codebooks/nl-leerplicht-2026.1.json";
    options_.start = *base::Instant::Parse("2021-08-01T09:00:00Z");
    testing::internal::CaptureStdout();
    ASSERT_EQ(RunInit(options_), kDone);
    testing::internal::GetCapturedStdout();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  InitOptions options_;
};

TEST_F(Demo, OpensAndItsClockIsMadeUp) {
  Region region = OpenRegion(folder_ + "/polder.json");
  const auto secrets = OpenSecrets(region);
  EXPECT_TRUE(region.clock->simulated());
  EXPECT_EQ(region.clock->Now().Text(), "2021-08-01T09:00:00Z");
  EXPECT_EQ(region.codebook.municipalities().size(), 11U);
}

TEST_F(Demo, EveryPrivateFileIsItsOwnersOnly) {
  size_t secrets = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    const std::string name = entry.path().filename();
    if (!entry.is_regular_file() ||
        (entry.path().extension() != ".key" && name != "root" && name != "rekey"))
      continue;
    struct stat status {};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 077U, 0U) << name;
    ++secrets;
  }
  EXPECT_GT(secrets, 30U);
}

TEST_F(Demo, IsNeverWrittenOver) { EXPECT_THROW(RunInit(options_), base::ProblemError); }

TEST_F(Demo, AStoreThatForgotLeavesThatWereGivenOutIsRefused) {
  {
    Region region = OpenRegion(folder_ + "/polder.json");
    const auto secrets = OpenSecrets(region);
    secrets->checkpoints.Latest(*region.store, region.clock->Now());
  }
  for (const char* name : {"polder.db", "polder.db-wal", "polder.db-shm"}) {
    std::filesystem::remove(folder_ + "/data/" + name);
  }
  Region emptied = OpenRegion(folder_ + "/polder.json");
  EXPECT_THROW(OpenSecrets(emptied), base::ProblemError);
}

// 1 is kept for a mismatch: what gives no verdict ends in 3, prints none and opens nothing.
TEST_F(Demo, AReplayWithoutAVerdictIsNeitherMatchNorMismatch) {
  const auto replay = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"polder", "replay", "--config", folder_ + "/polder.json"});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = Main(static_cast<int>(argv.size()), argv.data());
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(status, kFailed);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_NE(replay({"--release", "2022SJ-Q1-monitor-1"}).find("keys.db does not exist"),
            std::string::npos);
  EXPECT_NE(replay({"--release", "x", "--officer", "operator"}).find("replayAuditor"),
            std::string::npos);
  Region region = OpenRegion(folder_ + "/polder.json");
  OpenSecrets(region);
  uint64_t leaves = 0;
  region.store->Read([&](const store::Reader& reader) { leaves = reader.LogSize(); });
  EXPECT_NE(replay({"--release", "2022SJ-Q1-monitor-1"}).find("no release of this name"),
            std::string::npos);
  region.store->Read([&](const store::Reader& reader) { EXPECT_EQ(reader.LogSize(), leaves); });
}

TEST_F(Demo, TheDescribedApiIsTheOneThatAnswers) {
  Region region = OpenRegion(folder_ + "/polder.json");
  const auto secrets = OpenSecrets(region);
  http::Router router;
  readers::StoreShelf shelf(*region.store, *region.clock);
  readers::ReaderContext reading{&shelf, &region.codebook, {}};
  readers::AddReaderRoutes(router, reading);
  govern::AddGovernRoutes(
      router,
      {*region.store, *region.clock, region.codebook, region.people, secrets->checkpoints, {}, {}});
  collect::AddCollectRoutes(router, {*region.store,
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
  std::set<std::pair<std::string, std::string>> answered;
  for (const auto& route : router.Patterns()) answered.insert(route);
  std::set<std::pair<std::string, std::string>> described;
  const base::Json document = base::ParseJson(readers::OpenApiText());
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, unused] : methods.items()) {
      if (method == "parameters") continue;
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      described.emplace(upper, path);
    }
  }
  EXPECT_EQ(answered, described);
}

}  // namespace
}  // namespace polder::server::cli
