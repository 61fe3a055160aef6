// A replay says match for what was really made, and mismatch for everything else.
#include "server/jobs/replay.h"

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "server/jobs/release_inputs.h"
#include "server/store/connection.h"
#include "tests/server/jobs/worker_region.h"
#include "tests/support/problem_code.h"

namespace polder::server::jobs {
namespace {

using testing_support::CodeOf;

constexpr char kRelease[] = "2022SJ-Q1-monitor-1";

std::string NameOfTest() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

// Where the standard region stands with its release made; copied, never opened again.
const std::string& MadeDirectory() {
  static const std::string directory = [] {
    std::string path = WorkerRegion::FreshDirectory("replay-made");
    WorkerRegion region(path);
    region.Prepare();
    Worker(region.Context()).RunOnce();
    return path;
  }();
  return directory;
}

std::string CopyOfMade(const std::string& name) {
  const std::string path = WorkerRegion::FreshDirectory(name);
  std::filesystem::copy(
      MadeDirectory(), path,
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  return path;
}

TEST(Replay, AReleaseIsMadeAgainBitForBit) {
  WorkerRegion region(CopyOfMade(NameOfTest()));
  const auto result = Replay(region.Context().Access(), kRelease);
  EXPECT_EQ(ToText(result.verdict), "match");
  EXPECT_THAT(result.problems, testing::IsEmpty());
}

TEST(Replay, GoesThroughEveryStageOfThePipelineInItsOrder) {
  WorkerRegion region(CopyOfMade(NameOfTest()));
  std::vector<std::string> stages;
  Replay(region.Context().Access(), kRelease,
         [&](std::string_view stage) { stages.emplace_back(stage); });
  EXPECT_EQ(stages, PipelineStages());
}

TEST(Replay, WritesNothing) {
  WorkerRegion region(CopyOfMade(NameOfTest()));
  uint64_t leaves = 0;
  region.store->Read([&](const store::Reader& reader) { leaves = reader.LogSize(); });
  const auto keys = region.keys->Ids("");
  Replay(region.Context().Access(), kRelease);
  region.store->Read([&](const store::Reader& reader) { EXPECT_EQ(reader.LogSize(), leaves); });
  EXPECT_EQ(region.keys->Ids(""), keys);
}

TEST(Replay, AReleaseMadeAgainByAnotherHourIsTheSame) {
  WorkerRegion region(CopyOfMade(NameOfTest()));
  region.clock.now = region.clock.now.Plus(40 * 365 * 24 * 3600);
  EXPECT_EQ(Replay(region.Context().Access(), kRelease).verdict, Verdict::kMatch);
}

TEST(Replay, WhatWasReleasedOrWithheldLaterChangesNoVerdict) {
  WorkerRegion region(CopyOfMade(NameOfTest()));
  const auto again = RegionOptions{.release_id = "2022SJ-Q1-monitor-2"};
  region.policy_digest = region.Release(kRelease)->policy_digest;
  region.codebook_digest = region.Release(kRelease)->codebook_digest;
  region.Commit(again);
  region.Freeze(again);
  region.Reveal(again);
  region.store->Write([&](store::Transaction& transaction) {
    store::JobRecord job;
    job.id = "J-again";
    job.kind = "release";
    job.subject = again.release_id;
    job.parameters = "{}";
    job.created_at = job.changed_at = region.clock.now;
    transaction.EnqueueJob(job);
  });
  Worker(region.Context()).RunOnce();
  ASSERT_TRUE(region.Release(again.release_id)) << region.Job(again.release_id).message;
  EXPECT_EQ(Replay(region.Context().Access(), kRelease).verdict, Verdict::kMatch);
  EXPECT_EQ(Replay(region.Context().Access(), again.release_id).verdict, Verdict::kMatch);
  // the second was audited against the first, which is withheld only now
  region.store->Write([&](store::Transaction& transaction) {
    const uint64_t index =
        govern::AppendLeaf(transaction, "veto", region.clock, base::Json{{"releaseId", kRelease}});
    transaction.AddVeto({kRelease, "bert", "late", region.clock.now, index});
    const auto record = transaction.FindRelease(again.release_id).value();
    std::vector<std::string> before;
    for (const auto& one : ReleasesBefore(transaction, record.period, record.log_index)) {
      before.push_back(one.id);
    }
    EXPECT_THAT(before, testing::ElementsAre(kRelease));
    EXPECT_THAT(ReleasesBefore(transaction, record.period, record.log_index + 1000),
                testing::SizeIs(1));
  });
  EXPECT_EQ(Replay(region.Context().Access(), again.release_id).verdict, Verdict::kMatch);
}

TEST(Replay, AnUnknownReleaseHasNoVerdict) {
  WorkerRegion region(CopyOfMade(NameOfTest()));
  EXPECT_EQ(CodeOf([&] { Replay(region.Context().Access(), "2022SJ-Q2-monitor-1"); }),
            "no-such-release");
}

TEST(Replay, WhatWasErasedHasNoVerdictEither) {
  for (const std::string kind : {"delivery/", "answers/"}) {
    WorkerRegion region(CopyOfMade(NameOfTest()));
    const auto ids = region.keys->Ids(kind);
    ASSERT_FALSE(ids.empty()) << kind;
    region.keys->Shred(ids.front(), region.clock.now);
    EXPECT_EQ(CodeOf([&] {
                auto access = region.Context().Access();
                access.open_delivery_key = [&](const std::string&, const base::Year&,
                                               const std::string&) {
                  const std::string id = store::DeliveryKeyId("all", "key");
                  return region.root.Unwrap(region.keys->Find(id).value(), base::AsBytes(id));
                };
                Replay(access, kRelease);
              }),
              "key-destroyed");
  }
}

// One thing changed in the store by someone who has its file and an SQL shell.
struct Tampering {
  std::string name;
  std::string table;
  std::string change;  // after "UPDATE table SET", or a whole statement
  bool told = false;   // an input is not what was pinned or sealed: that is said, no more
};

void PrintTo(const Tampering& tampering, std::ostream* out) { *out << tampering.name; }

class TamperedTest : public testing::TestWithParam<Tampering> {};

TEST_P(TamperedTest, IsAMismatch) {
  const auto& [name, table, change, told] = GetParam();
  const std::string path = CopyOfMade("tampered-" + name);
  {
    store::Connection raw(path + "/region.db", false, 1'000);
    raw.Execute("DROP TRIGGER " + table + "_keep_update; DROP TRIGGER " + table + "_keep_delete;");
    raw.Execute(change.starts_with("DELETE") || change.starts_with("INSERT")
                    ? change
                    : "UPDATE " + table + " SET " + change);
    EXPECT_GT(raw.Changes(), 0);
  }
  WorkerRegion region(path);
  const auto result = Replay(region.Context().Access(), kRelease);
  EXPECT_EQ(ToText(result.verdict), "mismatch");
  EXPECT_EQ(!result.problems.empty(), told);
  for (const auto& problem : result.problems) {
    EXPECT_EQ(problem.detail.find("plaintext"), std::string::npos);
    EXPECT_LT(problem.detail.size(), 300u);
  }
}

// Cuts a byte out of a blob and puts another in its place.
std::string OtherByte(const std::string& column, const std::string& at) {
  const std::string byte = "substr(" + column + ", " + at + ", 1)";
  return column + " = CAST(substr(" + column + ", 1, " + at + " - 1) || CASE WHEN " + byte +
         " = x'55' THEN x'aa' ELSE x'55' END || substr(" + column + ", " + at + " + 1) AS BLOB)";
}

INSTANTIATE_TEST_SUITE_P(
    OfOneThing, TamperedTest,
    testing::Values(
        Tampering{"AnswersByte", "answers", OtherByte("sealed", "40"), true},
        Tampering{"AnswersLastByte", "answers", OtherByte("sealed", "length(sealed)"), true},
        Tampering{"AnswersDigest", "answers", "digest = replace(digest, 'a', 'b')", true},
        Tampering{"AnswersGone", "answers", "DELETE FROM answers"},
        Tampering{"ReleaseFigure", "releases",
                  "canonical = replace(canonical, '\"value\":1', '\"value\":2')"},
        Tampering{"ReleaseByte", "releases",
                  "canonical = substr(canonical, 1, length(canonical) - 1) || ' '"},
        Tampering{"Digest", "releases", "digest = replace(digest, substr(digest, 1, 1), 'x')"},
        Tampering{"Certificate", "releases", "certificate = certificate || ' '"},
        Tampering{"MomentOfMaking", "releases", "made_at = made_at + 1"},
        Tampering{"MomentOfOpening", "releases", "public_at = public_at - 1"},
        Tampering{"Demonstration", "releases", "simulated = 1 - simulated"},
        Tampering{"Leaf", "leaves",
                  "canonical = replace(canonical, '\"kind\":\"release\"', '\"kind\":\"relaese\"')"},
        Tampering{"NeverCharged", "ledger", "DELETE FROM ledger WHERE sequence > 3"},
        Tampering{"ChargedLess", "ledger", "json = replace(json, '0', '1')", true},
        Tampering{"SeedByte", "seed_reveals", OtherByte("sealed", "30"), true},
        Tampering{"SeedNotCommitted", "seed_commitments",
                  "DELETE FROM seed_commitments WHERE role = 'auditor'", true},
        Tampering{"DeliveryByte", "delivery_blobs", OtherByte("sealed", "100"), true},
        Tampering{"DeliverySwapped", "deliveries",
                  "envelope_digest = replace(envelope_digest, substr(envelope_digest, 1, 1), "
                  "'x') WHERE sequence = 2",
                  true},
        Tampering{"PinRemoved", "pins", "DELETE FROM pins WHERE sequence = 1", true},
        Tampering{"ApprovalRemoved", "approvals", "DELETE FROM approvals WHERE officer = 'bert'",
                  true},
        Tampering{"Freeze", "freezes", "canonical = canonical || ' '", true},
        Tampering{"Policy", "documents", "canonical = canonical || ' ' WHERE kind = 'policy'",
                  true}),
    [](const auto& tampering) { return tampering.param.name; });

TEST(Replay, OtherNoiseUnderTheSameSealIsAMismatch) {
  // whoever has the root key can seal answers that never came from the seeds
  WorkerRegion region(CopyOfMade(NameOfTest()));
  const auto access = region.Context().Access();
  const std::string id = region.Release(kRelease)->reservation_id;
  auto text = std::string(OpenAnswers(access, kRelease, id)->text.text());
  auto json = base::ParseJson(text);
  bool changed = false;
  std::function<void(base::Json&)> bump = [&](base::Json& node) {
    if (changed) return;
    if (node.is_number_integer() ||
        (node.is_string() && !node.get<std::string>().empty() &&
         node.get<std::string>().find_first_not_of("0123456789") == std::string::npos)) {
      node = node.is_string() ? base::Json("7" + node.get<std::string>())
                              : base::Json(node.get<int64_t>() + 1);
      changed = true;
      return;
    }
    if (node.is_structured()) {
      for (auto& child : node) bump(child);
    }
  };
  bump(json["answers"]);
  ASSERT_TRUE(changed);
  const auto sealed =
      SealAnswers(access, kRelease, id, base::CanonicalJson(json), region.clock.now);
  {
    store::Connection raw(region.store->path(), false, 1'000);
    raw.Execute("DROP TRIGGER answers_keep_update;");
    auto update = raw.Prepare("UPDATE answers SET sealed = ?, digest = ?");
    update.Bind(base::ByteView(sealed.sealed)).Bind(sealed.digest).Run();
  }
  ASSERT_TRUE(OpenAnswers(access, kRelease, id));
  const auto result = Replay(access, kRelease);
  EXPECT_EQ(result.verdict, Verdict::kMismatch);
  EXPECT_THAT(result.problems, testing::IsEmpty());
}

TEST(LogReplay, IsALeafWithNameAndState) {
  WorkerRegion region(CopyOfMade(NameOfTest()));
  LogReplay(*region.store, region.clock, kRelease, "rosa", "begun");
  region.store->Read([&](const store::Reader& reader) {
    const auto leaf =
        base::ParseJson(reader.Leaves(reader.LogSize() - 1, reader.LogSize()).at(0).canonical);
    EXPECT_EQ(leaf, (base::Json{{"format", "polder-leaf-1"},
                                {"kind", "replay"},
                                {"at", region.clock.now.Text()},
                                {"releaseId", kRelease},
                                {"officer", "rosa"},
                                {"state", "begun"}}));
  });
}

}  // namespace
}  // namespace polder::server::jobs
