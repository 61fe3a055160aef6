// The story of a release as its leaves tell it, and every way in which it can be out of order.
#include "server/verify/acts.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crypto/log/checkpoint.h"
#include "crypto/log/note.h"

namespace polder::server::verify {
namespace {

namespace log = crypto::log;
using base::Json;

log::NoteSigner Key(uint8_t seed, const char* name, log::SignatureKind kind) {
  return {name,
          crypto::keys::PrivateKey::FromEd25519Seed(
              crypto::digest::SecretBytes::CopyOf(base::ByteView(base::Bytes(32, seed)))),
          kind};
}

std::string Hex(char digit) { return std::string(64, digit); }

std::string Hour(const std::string& time) { return "2023-05-01T" + time + ":00Z"; }

class ActsTest : public testing::Test {
 protected:
  ActsTest() {
    const auto add = [&](const char* kind, const std::string& time, Json fields) {
      fields["format"] = "polder-leaf-1";
      fields["kind"] = kind;
      fields["at"] = Hour(time);
      leaves_.push_back(std::move(fields));
    };
    const auto entry = [&](const char* stage) {
      return Json{{"entry",
                   {{"format", "polder-ledger-entry-1"},
                    {"reservationId", "R000001"},
                    {"stage", stage},
                    {"binding",
                     {{"releaseId", "r-1"},
                      {"freezeDigest", Hex('f')},
                      {"planDigest", Hex('1')},
                      {"seedCommitments", {Hex('a'), Hex('b')}}}}}}};
    };
    add("codebook", "08:00", {{"digest", Hex('c')}, {"officer", "service"}});
    add("policy", "08:00", {{"digest", Hex('9')}, {"officer", "petra"}});
    add("approval", "08:10", {{"digest", Hex('9')}, {"officer", "paul"}});
    add("deadline", "08:20",
        {{"releaseId", "r-1"}, {"officer", "carla"}, {"deliverBy", Hour("12:00")}});
    add("seed-commitment", "09:00",
        {{"releaseId", "r-1"}, {"role", "operator"}, {"officer", "otto"}, {"digest", Hex('a')}});
    add("seed-commitment", "09:00",
        {{"releaseId", "r-1"}, {"role", "auditor"}, {"officer", "ada"}, {"digest", Hex('b')}});
    Given("09:01");
    add("delivery", "10:00", {{"municipality", "GM0001"}, {"digest", Hex('d')}});
    add("freeze", "12:30",
        {{"releaseId", "r-1"},
         {"policy", Hex('9')},
         {"codebook", Hex('c')},
         {"officer", "carla"},
         {"digest", Hex('f')}});
    Given("12:31");
    add("seed-reveal", "12:32",
        {{"releaseId", "r-1"}, {"role", "operator"}, {"officer", "otto"}, {"digest", Hex('a')}});
    add("seed-reveal", "12:33",
        {{"releaseId", "r-1"}, {"role", "auditor"}, {"officer", "ada"}, {"digest", Hex('b')}});
    add("reservation", "12:33", entry("reserved"));
    Given("12:34");
    add("commit", "12:35", entry("committed"));
    add("release", "12:36",
        {{"releaseId", "r-1"},
         {"digest", Hex('e')},
         {"policy", Hex('9')},
         {"codebook", Hex('c')},
         {"freeze", Hex('f')},
         {"reservation", "R000001"},
         {"publicAt", Hour("13:00")}});
    Given("12:37");
    add("public", "13:00", {{"releaseId", "r-1"}, {"digest", Hex('e')}});
    Given("13:01");
  }

  // What two witnesses cosigned of the leaves so far.
  void Given(const std::string& time) {
    seen_.push_back({leaves_.size(), *base::Instant::Parse(Hour(time))});
  }
  // The codes of what is wrong, each once.
  std::vector<std::string> Judge() const {
    Acts acts;
    for (size_t i = 0; i < leaves_.size(); ++i) {
      acts.Add(i, base::AsBytes(base::CanonicalJson(leaves_[i])));
    }
    std::vector<GivenOut> given_out;
    for (const auto& [size, at] : seen_) {
      const std::string text = log::Checkpoint{"region.test/log", size, {}, {}}.Text();
      given_out.push_back({size, log::MakeNote(text, log_) + one_.CosignLine(text, at) +
                                     two_.CosignLine(text, at)});
    }
    std::vector<std::string> codes;
    for (const auto& problem : acts.Problems(given_out, Policy())) {
      if (std::find(codes.begin(), codes.end(), problem.code) == codes.end()) {
        codes.push_back(problem.code);
      }
    }
    return codes;
  }
  log::LogPolicy Policy() const {
    return log::LogPolicy::Parse("log " + log_.verifier().Text() + "\nwitness one " +
                                 one_.verifier().Text() + "\nwitness two " +
                                 two_.verifier().Text() + "\n" + quorum_);
  }
  size_t Find(const std::string& kind, size_t nth = 0) const {
    for (size_t i = 0; i < leaves_.size(); ++i) {
      if (leaves_[i]["kind"] == kind && nth-- == 0) return i;
    }
    ADD_FAILURE() << kind;
    return 0;
  }
  Json& The(const std::string& kind, size_t nth = 0) { return leaves_[Find(kind, nth)]; }
  // The leaf stands after all others; what witnesses saw stays as many leaves.
  void MoveLast(const std::string& kind, size_t nth = 0) {
    const auto at = leaves_.begin() + static_cast<long>(Find(kind, nth));
    std::rotate(at, at + 1, leaves_.end());
  }
  void Remove(const std::string& kind, size_t nth = 0) {
    // In its place stands something that says nothing, so that all others keep theirs.
    The(kind, nth) = {{"format", "polder-leaf-1"}, {"kind", "erasure"}, {"at", Hour("08:00")}};
  }

  std::vector<Json> leaves_;
  std::vector<std::pair<uint64_t, base::Instant>> seen_;
  std::string quorum_ = "group all 2 one two\nquorum all\n";
  log::NoteSigner log_ = Key(1, "region.test/log", log::SignatureKind::kNote);
  log::NoteSigner one_ = Key(2, "one.test/w", log::SignatureKind::kCosignature);
  log::NoteSigner two_ = Key(3, "two.test/w", log::SignatureKind::kCosignature);
};

TEST_F(ActsTest, AReleaseMadeInOrderHasNothingAgainstIt) {
  EXPECT_THAT(Judge(), testing::IsEmpty());
}

TEST_F(ActsTest, AnErasureThatWasProposedTakesTwoPeople) {
  const auto judge = [&](const std::vector<std::pair<std::string, std::string>>& story) {
    const auto kept = leaves_;
    for (const auto& [kind, officer] : story) {
      Json leaf{
          {"format", "polder-leaf-1"}, {"at", Hour("14:00")}, {"kind", kind}, {"digest", Hex('7')}};
      if (!officer.empty()) leaf["officer"] = officer;
      leaves_.push_back(leaf);
    }
    auto codes = Judge();
    leaves_ = kept;
    return codes;
  };
  const std::pair<std::string, std::string> proposed{"erasure-proposal", "petra"},
      approved{"erasure-approval", "paul"}, own{"erasure-approval", "petra"},
      withdrawn{"erasure-withdrawal", "petra"}, done{"erasure", ""};
  EXPECT_THAT(judge({done}), testing::IsEmpty()) << "a municipality's own, or a clock's";
  EXPECT_THAT(judge({proposed, approved, done}), testing::IsEmpty());
  EXPECT_THAT(judge({proposed, withdrawn}), testing::IsEmpty());
  EXPECT_THAT(judge({proposed, own, done}), testing::ElementsAre("act-differs"));
  EXPECT_THAT(judge({proposed, done}), testing::ElementsAre("act-missing"));
  EXPECT_THAT(judge({proposed, done, approved}), testing::ElementsAre("act-missing"));
  EXPECT_THAT(judge({proposed, withdrawn, done}), testing::ElementsAre("act-missing"));
  EXPECT_THAT(judge({proposed, withdrawn, approved, done}), testing::Contains("act-out-of-order"));
  EXPECT_THAT(judge({approved, proposed, done}), testing::Contains("act-missing"));
}

// A story to break: a copy for every way.
class BrokenStory : public ActsTest {
 public:
  void TestBody() override {}
  void Expect(const char* what, const char* code,
              const std::function<void(BrokenStory&)>& change) const {
    BrokenStory other(*this);
    change(other);
    EXPECT_THAT(other.Judge(), testing::Contains(code)) << what;
  }
  BrokenStory() = default;
  BrokenStory(const BrokenStory& other) : ActsTest() {
    leaves_ = other.leaves_;
    seen_ = other.seen_;
    quorum_ = other.quorum_;
  }
  using ActsTest::Find;
  using ActsTest::Judge;
  using ActsTest::leaves_;
  using ActsTest::MoveLast;
  using ActsTest::quorum_;
  using ActsTest::Remove;
  using ActsTest::seen_;
  using ActsTest::The;
};

TEST(Acts, EveryWayToBeOutOfOrderIsFound) {
  using Story = BrokenStory&;
  const BrokenStory good;
  ASSERT_THAT(good.Judge(), testing::IsEmpty());
  good.Expect("no deadline", "act-missing", [](Story s) { s.Remove("deadline"); });
  good.Expect("the deadline after the freeze", "act-missing",
              [](Story s) { s.MoveLast("deadline"); });
  good.Expect("frozen before the deadline", "act-out-of-order",
              [](Story s) { s.The("freeze")["at"] = Hour("11:59"); });
  for (size_t n : {0u, 1u}) {
    good.Expect("no commitment", "act-missing", [n](Story s) { s.Remove("seed-commitment", n); });
    good.Expect("committed after the freeze", "act-missing",
                [n](Story s) { s.MoveLast("seed-commitment", n); });
    good.Expect("committed after the deadline", "act-out-of-order",
                [n](Story s) { s.The("seed-commitment", n)["at"] = Hour("12:01"); });
    good.Expect("revealed what was not committed to", "act-differs",
                [n](Story s) { s.The("seed-reveal", n)["digest"] = Hex('7'); });
    good.Expect("revealed by somebody else", "act-differs",
                [n](Story s) { s.The("seed-reveal", n)["officer"] = "eve"; });
    good.Expect("released without a reveal", "act-missing",
                [n](Story s) { s.Remove("seed-reveal", n); });
  }
  good.Expect("witnesses saw the commitments too late", "not-witnessed-in-time",
              [](Story s) { s.seen_[0].second = *base::Instant::Parse(Hour("12:01")); });
  for (size_t i = 0; i < 4; ++i) {
    good.Expect("witnesses saw too little", "not-witnessed-in-time",
                [i](Story s) { s.seen_.erase(s.seen_.begin() + static_cast<long>(i)); });
  }
  good.Expect("witnesses saw one commitment only", "not-witnessed-in-time",
              [](Story s) { s.seen_[0].first -= 1; });
  good.Expect("revealed before the freeze", "act-out-of-order",
              [](Story s) { s.MoveLast("freeze"); });
  good.Expect("two freezes", "act-out-of-order",
              [](Story s) { s.leaves_.push_back(s.The("freeze")); });
  good.Expect("two releases", "act-out-of-order",
              [](Story s) { s.leaves_.push_back(s.The("release")); });
  good.Expect("no approval", "act-missing", [](Story s) { s.Remove("approval"); });
  good.Expect("approved by its author", "act-missing",
              [](Story s) { s.The("approval")["officer"] = "petra"; });
  good.Expect("approved after the freeze", "act-missing", [](Story s) { s.MoveLast("approval"); });
  good.Expect("no freeze", "act-missing", [](Story s) { s.Remove("freeze"); });
  good.Expect("another policy", "act-differs",
              [](Story s) { s.The("release")["policy"] = Hex('8'); });
  good.Expect("another codebook", "act-differs",
              [](Story s) { s.The("release")["codebook"] = Hex('8'); });
  good.Expect("another freeze", "act-differs",
              [](Story s) { s.The("release")["freeze"] = Hex('8'); });
  good.Expect("no charge", "act-missing", [](Story s) { s.Remove("reservation"); });
  good.Expect("the charge after the release", "act-missing",
              [](Story s) { s.MoveLast("reservation"); });
  good.Expect("another charge", "act-missing",
              [](Story s) { s.The("release")["reservation"] = "R000002"; });
  good.Expect("a charge bound to another freeze", "act-differs",
              [](Story s) { s.The("reservation")["entry"]["binding"]["freezeDigest"] = Hex('8'); });
  good.Expect("a charge bound to other seeds", "act-differs", [](Story s) {
    s.The("reservation")["entry"]["binding"]["seedCommitments"] = {Hex('a'), Hex('7')};
  });
  good.Expect("a draw that was not settled", "act-missing", [](Story s) { s.Remove("commit"); });
  good.Expect("public too early", "act-out-of-order",
              [](Story s) { s.The("public")["at"] = Hour("12:59"); });
  good.Expect("another document made public", "act-differs",
              [](Story s) { s.The("public")["digest"] = Hex('8'); });
  good.Expect("public without being made", "act-missing", [](Story s) { s.Remove("release"); });
  good.Expect("public after a veto", "public-after-veto", [](Story s) {
    s.leaves_[s.Find("delivery")] = {{"format", "polder-leaf-1"},
                                     {"kind", "veto"},
                                     {"at", Hour("12:50")},
                                     {"releaseId", "r-1"},
                                     {"digest", Hex('e')},
                                     {"officer", "paul"},
                                     {"reason", "no"}};
  });
  good.Expect("a seed that served before", "seed-reused", [](Story s) {
    Json again = s.The("seed-commitment");
    again["releaseId"] = "r-2";
    s.leaves_.push_back(again);
  });
  good.Expect("something else than a leaf", "act-malformed", [](Story s) {
    s.leaves_.push_back(Json{{"kind", "freeze"}});
  });
  good.Expect("a leaf without a moment", "act-malformed",
              [](Story s) { s.The("freeze").erase("at"); });
}

TEST(Acts, WithoutAQuorumInThePolicyOnlyTheOrderCounts) {
  BrokenStory story;
  story.quorum_ = "quorum none\n";
  story.seen_.clear();
  EXPECT_THAT(story.Judge(), testing::IsEmpty());
  story.MoveLast("freeze");
  EXPECT_THAT(story.Judge(), testing::Contains("act-out-of-order"));
}

}  // namespace
}  // namespace polder::server::verify
