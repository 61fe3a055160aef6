// Runs the programs themselves: what an auditor has in hand. Every verdict is asked twice, of
// polder-verify and of the checker in Python that a privacy officer can read
// (docs/for-privacy-officers/controleer_publicatie.py), and the two must agree.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "crypto/keys/key.h"
#include "crypto/log/checkpoint.h"
#include "crypto/log/merkle.h"
#include "crypto/log/note.h"
#include "crypto/log/proof.h"
#include "tests/server/readers/sample_release.h"
#include "tests/support/places.h"

namespace polder::server::verify {
namespace {

namespace log = crypto::log;
using readers::SampleCell;
using readers::SampleOptions;
using readers::SampleRelease;

struct Outcome {
  int status = -1;
  std::string output;
};

class PolderVerifyTest : public testing::Test {
 protected:
  PolderVerifyTest()
      : signer_("region.test/log",
                crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kEd25519)) {
    for (const char* name : {"a.test/w", "b.test/w", "c.test/w"}) {
      witnesses_.emplace_back(name,
                              crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kEd25519),
                              log::SignatureKind::kCosignature);
    }
    directory_ = testing::TempDir() + "/polder-verify-" +
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_ + "/earlier");
    Write("release.json", SampleRelease());
    Write("proof", Proof(Leaf(SampleRelease())));
    Write("log-policy", "log " + signer_.verifier().Text() + "\nquorum none\n");
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ + "/" + name, std::ios::binary) << text;
  }

  static std::string Leaf(const std::string& release, const std::string& kind = "release") {
    return base::CanonicalJson(
        base::Json{{"format", "polder-leaf-1"},
                   {"kind", kind},
                   {"releaseId", SampleOptions().id},
                   {"digest", crypto::digest::Sha256Hex(base::AsBytes(release))}});
  }

  // A log of five leaves, the third of which is ours.
  static std::vector<log::Digest> Leaves(const std::string& leaf) {
    std::vector<log::Digest> leaves;
    for (const std::string& text :
         {std::string("a"), std::string("b"), leaf, std::string("c"), std::string("d")}) {
      leaves.push_back(log::LeafHash(base::AsBytes(text)));
    }
    return leaves;
  }
  std::string CheckpointText(const std::string& leaf,
                             const std::string& origin = "region.test/log") const {
    const auto leaves = Leaves(leaf);
    return log::Checkpoint{origin, leaves.size(), log::RootHash(leaves), {}}.Text();
  }
  // `witnesses`: how many of the three put their line under it.
  std::string Proof(const std::string& leaf, size_t witnesses = 0) const {
    std::string note = log::MakeNote(CheckpointText(leaf), signer_);
    for (size_t i = 0; i < witnesses; ++i) {
      note += witnesses_[i].CosignLine(CheckpointText(leaf), {1'700'000'000});
    }
    return log::WriteProof({.extra = base::ToBytes(leaf),
                            .index = 2,
                            .path = log::InclusionProof(Leaves(leaf), 2),
                            .checkpoint = note});
  }
  std::string Policy(const std::string& quorum = "group all 2 wa wb wc\nquorum all\n") const {
    std::string text = "log " + signer_.verifier().Text() + "\n";
    const char* names[] = {"wa", "wb", "wc"};
    for (size_t i = 0; i < 3; ++i) {
      text += std::string("witness ") + names[i] + " " + witnesses_[i].verifier().Text() + "\n";
    }
    return text + quorum;
  }

  Outcome Run(const std::string& more = "") const {
    const std::string program = polder::tests::BinaryDir() + "/bin/polder-verify";
    if (!std::filesystem::exists(program)) {
      ADD_FAILURE() << "build the program polder-verify before its tests";
      return {};
    }
    const Outcome outcome = Ask("'" + program + "'", more);
    if (more.find("--format") == std::string::npos) {
      const Outcome second = Ask(std::string(POLDER_PYTHON) + " '" + polder::tests::SourceDir() +
                                     "/docs/for-privacy-officers/controleer_publicatie.py'",
                                 more);
      EXPECT_EQ(second.status, outcome.status) << outcome.output << second.output;
    }
    return outcome;
  }
  Outcome Ask(const std::string& program, const std::string& more) const {
    const std::string command = "cd '" + directory_ + "' && " + program +
                                " release.json --proof proof --log-policy log-policy " + more +
                                " 2>&1";
    Outcome outcome;
    FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 4096> buffer{};
    while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) {
      outcome.output.append(buffer.data(), count);
    }
    outcome.status = WEXITSTATUS(pclose(pipe));
    return outcome;
  }
  void ExpectNoFor(const std::string& what) { EXPECT_EQ(Run().status, 1) << what; }

  void ExpectNo(const std::string& reason, const std::string& more = "") {
    const Outcome outcome = Run(more);
    EXPECT_EQ(outcome.status, 1) << outcome.output;
    EXPECT_THAT(outcome.output, testing::HasSubstr(reason));
  }

  std::string directory_;
  log::NoteSigner signer_;
  std::vector<log::NoteSigner> witnesses_;
};

TEST_F(PolderVerifyTest, SaysYesToAReleaseThatIsWholeAndLogged) {
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, testing::StartsWith("yes: " + SampleOptions().id));
}

TEST_F(PolderVerifyTest, EveryChangedCharacterIsFound) {
  const std::string release = SampleRelease();
  for (size_t at = 1; at < release.size(); at += release.size() / 40) {
    std::string changed = release;
    changed[at] = changed[at] == '1' ? '2' : '1';
    Write("release.json", changed);
    EXPECT_EQ(Run().status, 1) << "at " << at;
  }
}

TEST_F(PolderVerifyTest, AnotherTrueReleaseDoesNotPassForThisOne) {
  Write("release.json", SampleRelease({.more = 1}));
  ExpectNo("does not speak of this file");
}

TEST_F(PolderVerifyTest, ALeafOfAnotherKindIsNoRelease) {
  Write("proof", Proof(Leaf(SampleRelease(), "freeze")));
  ExpectNo("does not speak of this file");
}

TEST_F(PolderVerifyTest, ALeafThatIsNotUnderTheCheckpointIsNoProof) {
  auto proof = log::ParseProof(Proof("another leaf"));
  proof->extra = base::ToBytes(Leaf(SampleRelease()));
  Write("proof", log::WriteProof(*proof));
  ExpectNo("not");
  Write("proof", "nonsense");
  ExpectNo("tlog-proof");
}

TEST_F(PolderVerifyTest, ACheckpointOfAnUnknownLogIsNotTrusted) {
  const log::NoteSigner other("region.test/log",
                              crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kEd25519));
  Write("log-policy", "log " + other.verifier().Text() + "\nquorum none\n");
  ExpectNo("no: ");
}

TEST_F(PolderVerifyTest, AHiddenCellThatSumsGiveBackIsFound) {
  auto json = base::ParseJson(SampleRelease());
  auto& cells = json["measures"][0]["tables"][3]["cells"];
  cells[0] = SampleCell({"absolute", "GM0518"}, 25);  // now every other cell follows
  const std::string text = base::CanonicalJson(json);
  Write("release.json", text);
  Write("proof", Proof(Leaf(text)));
  ExpectNo("hidden cell");
}

// Whoever holds the log's key can put a wrong document in it: the document itself must be in order.
TEST_F(PolderVerifyTest, ADocumentThatIsNotInOrderIsFoundThoughItIsLogged) {
  const auto logged = [&](const base::Json& json) {
    const std::string text = base::CanonicalJson(json);
    Write("release.json", text);
    Write("proof", Proof(Leaf(text)));
  };
  const auto whole = base::ParseJson(SampleRelease());
  logged(whole);
  EXPECT_EQ(Run().status, 0);
  const auto changed = [&](const std::string& pointer, const base::Json& value) {
    auto json = whole;
    json[base::Json::json_pointer(pointer)] = value;
    logged(json);
    ExpectNoFor(pointer);
  };
  changed("/measures/0/tables/0/cells/0/value", 132);
  changed("/measures/0/tables/1/cells/0/status", "hidden");
  changed("/measures/0/tables/3/cells/0/status", "value");
  changed("/measures/0/tables/1/cells/0/codes", {"relative"});
  changed("/format", "polder-release-2");
  auto json = whole;
  json["measures"][0]["tables"][1]["cells"].erase(1);
  logged(json);
  ExpectNoFor("a cell is missing");
  json = whole;
  json.erase("measures");
  logged(json);
  ExpectNoFor("no measures");
  const std::string loose = whole.dump(1);
  Write("release.json", loose);
  Write("proof", Proof(Leaf(loose)));
  ExpectNoFor("not canonical");
}

TEST_F(PolderVerifyTest, AQuorumOfWitnessesIsNeededWhenThePolicySaysSo) {
  const std::string leaf = Leaf(SampleRelease());
  const struct {
    const char* quorum;
    std::array<int, 4> status;  // by the number of witnesses
  } kPolicies[] = {{"quorum none\n", {0, 0, 0, 0}},
                   {"quorum wb\n", {1, 1, 0, 0}},
                   {"group g any wa wb wc\nquorum g\n", {1, 0, 0, 0}},
                   {"group g 2 wa wb wc\nquorum g\n", {1, 1, 0, 0}},
                   {"group g all wa wb wc\nquorum g\n", {1, 1, 1, 0}},
                   {"group g all wa wb\ngroup h any g wc\nquorum h\n", {1, 1, 0, 0}}};
  for (const auto& policy : kPolicies) {
    Write("log-policy", Policy(policy.quorum));
    for (size_t n = 0; n <= 3; ++n) {
      Write("proof", Proof(leaf, n));
      EXPECT_EQ(Run().status, policy.status[n]) << policy.quorum << n;
    }
  }
}

// One change to every part of what is shown, with the file it is in and what it is.
TEST_F(PolderVerifyTest, EveryPartOfProofCheckpointCosignatureAndPolicyCounts) {
  const std::string leaf = Leaf(SampleRelease());
  const std::string proof = Proof(leaf, 2);
  const std::string policy = Policy();
  Write("log-policy", policy);
  Write("proof", proof);
  ASSERT_EQ(Run().status, 0);
  const auto replaced = [](std::string text, const std::string& from, const std::string& to,
                           bool last = false) {
    const size_t at = last ? text.rfind(from) : text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  const auto parsed = *log::ParseProof(proof);
  const auto with = [&](auto change) {
    auto other = parsed;
    change(other);
    return log::WriteProof(other);
  };
  const std::string text = CheckpointText(leaf);
  const auto note_of = [&](const std::string& checkpoint, std::vector<std::string> lines) {
    return with([&](log::LogProof& p) {
      p.checkpoint = checkpoint + "\n";
      for (const auto& line : lines) p.checkpoint += line;
    });
  };
  const auto line = [&](size_t i, int64_t at = 1'700'000'000) {
    return witnesses_[i].CosignLine(text, {at});
  };
  const std::string own = signer_.SignLine(text);
  const log::NoteSigner stranger(
      "stranger.test/w", crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kEd25519),
      log::SignatureKind::kCosignature);
  auto cosigned_as_note = line(0);
  const log::NoteSigner same_name(
      "a.test/w", crypto::keys::PrivateKey::Generate(crypto::keys::KeyType::kEd25519),
      log::SignatureKind::kCosignature);
  const struct {
    const char* what;
    std::string text;
    int status;
  } kProofs[] = {
      {"truncated before the end", proof.substr(0, proof.size() - 1), 1},
      {"truncated in the middle", proof.substr(0, proof.size() / 2), 1},
      {"empty", "", 1},
      {"another header", replaced(proof, "@v1", "@v2"), 1},
      {"no leaf", with([](auto& p) { p.extra.reset(); }), 1},
      {"another leaf", with([](auto& p) { p.extra = base::ToBytes("{}"); }), 1},
      {"wrong index", with([](auto& p) { p.index = 3; }), 1},
      {"index beyond the log", with([](auto& p) { p.index = 5; }), 1},
      {"index with a leading zero", replaced(proof, "index 2", "index 02"), 1},
      {"a hash too few", with([](auto& p) { p.path.pop_back(); }), 1},
      {"a hash too many", with([](auto& p) { p.path.push_back(p.path[0]); }), 1},
      {"hashes in another order", with([](auto& p) { std::swap(p.path[0], p.path[1]); }), 1},
      {"another size", replaced(proof, "\n5\n", "\n6\n"), 1},
      {"another origin", replaced(proof, "\nregion.test/log\n", "\nregion.test/other\n"), 1},
      {"the log signed under another origin",
       note_of(CheckpointText(leaf, "other.test/log"),
               {signer_.SignLine(CheckpointText(leaf, "other.test/log")),
                witnesses_[0].CosignLine(CheckpointText(leaf, "other.test/log"), {1}),
                witnesses_[1].CosignLine(CheckpointText(leaf, "other.test/log"), {1})}),
       1},
      {"without the log's signature", note_of(text, {line(0), line(1)}), 1},
      {"with another order of signatures", note_of(text, {line(1), own, line(0)}), 0},
      {"with a stranger's signature besides",
       note_of(text, {own, stranger.CosignLine(text, {1}), line(0), line(1)}), 0},
      {"a stranger for a witness", note_of(text, {own, line(0), stranger.CosignLine(text, {1})}),
       1},
      {"another key under a witness's name",
       note_of(text, {own, line(1), same_name.CosignLine(text, {1})}), 1},
      {"one witness twice", note_of(text, {own, line(0), line(0, 1'700'000'001)}), 1},
      {"one witness twice beside a quorum", note_of(text, {own, line(0), line(1), line(1)}), 1},
      {"one witness", note_of(text, {own, line(0)}), 1},
      {"a cosignature of another checkpoint",
       note_of(text, {own, line(0), witnesses_[1].CosignLine(CheckpointText("x"), {1})}), 1},
      {"a signature that is cut",
       note_of(text, {own, line(0), line(1).substr(0, line(1).size() - 5) + "\n"}), 1},
      {"no empty line before the signatures", replaced(proof, "\n\n\u2014", "\n\u2014"), 1},
      {"windows line ends", replaced(proof, "\n5\n", "\r\n5\r\n"), 1},
  };
  for (const auto& one : kProofs) {
    Write("proof", one.text);
    EXPECT_EQ(Run().status, one.status) << one.what;
  }
  // The time is signed: any other bit of it is another statement.
  for (size_t bit : {0u, 7u, 33u, 63u}) {
    const std::string good = line(1);
    const size_t at = good.rfind(' ') + 1;
    auto blob = *base::FromBase64(std::string_view(good).substr(at, good.size() - at - 1));
    blob[4 + bit / 8] = static_cast<uint8_t>(blob[4 + bit / 8] ^ 1U << bit % 8);
    Write("proof", note_of(text, {own, line(0), good.substr(0, at) + base::ToBase64(blob) + "\n"}));
    ExpectNoFor("bit " + std::to_string(bit) + " of a cosignature's time");
  }
  Write("proof", proof);
  const std::string vkey = signer_.verifier().Text();
  const struct {
    const char* what;
    std::string text;
    int status;
  } kPolicies[] = {
      {"comments and tabs", "# who we trust\n\n" + replaced(policy, "log ", "log\t"), 0},
      {"without a log", replaced(policy, "log " + vkey + "\n", ""), 1},
      {"the log's key as a witness's", replaced(policy, "log ", "witness wd "), 1},
      {"without a quorum", replaced(policy, "quorum all\n", ""), 1},
      {"with two quorums", policy + "quorum none\n", 1},
      {"with an unknown member", replaced(policy, "wa wb wc\n", "wa wb wx\n"), 1},
      {"a member twice", replaced(policy, "wa wb wc\n", "wa wb wb\n"), 1},
      {"a number that cannot be reached", replaced(policy, "all 2", "all 4"), 1},
      {"nobody needed", replaced(policy, "all 2", "all 0"), 1},
      {"an unknown word", policy + "trust everyone\n", 1},
      {"another key id", replaced(policy, vkey.substr(0, 17), vkey.substr(0, 16) + "x"), 1},
      {"a key twice", policy + "witness wd " + witnesses_[0].verifier().Text() + "\n", 1},
      {"a witness with the other two", replaced(policy, "all 2 wa wb wc", "all 2 wb wc"), 1},
      {"a control character", policy + "#\x01\n", 1},
      {"an empty file", "", 1},
  };
  for (const auto& one : kPolicies) {
    Write("log-policy", one.text);
    EXPECT_EQ(Run().status, one.status) << one.what;
  }
}

TEST_F(PolderVerifyTest, TheSignedNoteIsOfThisDocumentOrItIsNo) {
  const auto note = [&](const std::string& release, const std::string& id = SampleOptions().id) {
    return log::MakeNote(
        "polder-release-1\n" + id + "\n" + crypto::digest::Sha256Hex(base::AsBytes(release)) + "\n",
        signer_);
  };
  Write("note", note(SampleRelease()));
  EXPECT_EQ(Run("--note note").status, 0);
  Write("note", note(SampleRelease({.more = 1})));
  ExpectNo("signed note", "--note note");
  Write("note", note(SampleRelease(), "another"));
  ExpectNo("signed note", "--note note");
  Write("note", CheckpointText("x"));
  ExpectNo("signed note", "--note note");
}

TEST_F(PolderVerifyTest, EarlierReleasesMayNotShareSeedsOrReservations) {
  auto json = base::ParseJson(SampleRelease({.id = "earlier", .kind = "provisional"}));
  Write("earlier/a.json", base::CanonicalJson(json));
  ExpectNo("same seed", "--earlier earlier");
  json["header"]["seedCommitments"] = {std::string(64, 'd'), std::string(64, 'e')};
  Write("earlier/a.json", base::CanonicalJson(json));
  EXPECT_EQ(Run("--earlier earlier").status, 0);
  json["header"]["reservationId"] = "R-" + SampleOptions().id;
  Write("earlier/a.json", base::CanonicalJson(json));
  ExpectNo("same reservation", "--earlier earlier");
}

TEST_F(PolderVerifyTest, TwoVersionsOfOneReleaseAreFound) {
  Write("earlier/a.json", SampleRelease({.more = 2}));
  ExpectNo("same id", "--earlier earlier");
}

TEST_F(PolderVerifyTest, ExitStatusesTellNoFromWrongUseFromUnreadable) {
  EXPECT_EQ(Run("--earlier nowhere").status, 3);
  EXPECT_EQ(Run("--unknown").status, 2);
  EXPECT_EQ(Run("--help").status, 0);
  std::filesystem::remove(directory_ + "/release.json");
  EXPECT_EQ(Run().status, 3);
}

TEST_F(PolderVerifyTest, ReasonsComeAsJsonWhenAsked) {
  Write("release.json", SampleRelease({.more = 1}));
  const auto json = base::ParseJson(Run("--format json").output);
  EXPECT_EQ(json["errors"][0]["code"], "other-release");
}

// Size classes: two classes of two, kinds by municipality, by class and in all.
std::string ReleaseOfClasses(const std::vector<std::string>& hidden, int64_t more = 0) {
  using stats::table::AttributeSet;
  const std::vector<std::string> towns = {"GM0001", "GM0002", "GM0003", "GM0004"};
  const stats::table::Schema schema({{"municipality", towns, "sizeClass", {0, 1, 0, 1}},
                                     {"sizeClass", {"under-5000", "5000-up"}},
                                     {"kind", {"absolute", "relative"}}});
  std::vector<stats::table::MeasuredResidual> residuals;
  base::Json json = base::ParseJson(SampleRelease());
  base::Json& measure = json["measures"][0];
  json["header"]["members"] = base::Json::array();
  for (const auto& town : towns) {
    json["header"]["members"].push_back({{"municipality", town},
                                         {"delivered", true},
                                         {"conversion", false},
                                         {"deliveriesDigest", std::string(64, 'd')}});
  }
  measure["dimensions"] = {{{"name", "municipality"},
                            {"codes", towns},
                            {"groupedBy", "sizeClass"},
                            {"groups", {0, 1, 0, 1}}},
                           {{"name", "sizeClass"}, {"codes", schema.dimensions()[1].codes}},
                           {{"name", "kind"}, {"codes", schema.dimensions()[2].codes}}};
  measure["residuals"] = base::Json::array();
  for (const AttributeSet set : schema.Residuals({7})) {
    residuals.push_back({set, base::Rational(3)});
    measure["residuals"].push_back({{"attributes", schema.Names(set)}, {"gammaSquared", "3"}});
  }
  measure["tables"] = base::Json::array();
  for (const AttributeSet set : {AttributeSet{4}, AttributeSet{6}, AttributeSet{7}}) {
    const auto variance = stats::table::CellVariances(schema, residuals, set);
    base::Json cells = base::Json::array();
    for (size_t cell = 0; cell < schema.CellCount(set); ++cell) {
      int64_t value = 0;
      for (size_t fine = 0; fine < 8; ++fine) {
        if (schema.Project(7, fine, set) == cell) value += 20 + static_cast<int64_t>(fine);
      }
      if (set == 6 && cell == 0) value += more;
      std::vector<std::string> codes;
      const auto place = schema.Place(set, cell);
      for (size_t j = 0; j < place.size(); ++j) {
        codes.push_back(schema.dimensions()[schema.Members(set)[j]].codes[place[j]]);
      }
      std::string name;
      for (const auto& code : codes) name += code + " ";
      const bool is_hidden = std::find(hidden.begin(), hidden.end(), name) != hidden.end();
      cells.push_back(is_hidden ? readers::HiddenCell(codes) : SampleCell(codes, value));
    }
    measure["tables"].push_back({{"id", "t" + std::to_string(set)},
                                 {"attributes", schema.Names(set)},
                                 {"sd", stats::table::DeviationText(variance.largest)},
                                 {"variance", base::ToText(variance.largest)},
                                 {"cells", cells}});
  }
  return base::CanonicalJson(json);
}

TEST_F(PolderVerifyTest, KnowsThatAClassIsTheSumOfItsMunicipalities) {
  const auto put = [&](const std::string& release) {
    Write("release.json", release);
    Write("proof", Proof(Leaf(release)));
  };
  // A rectangle within a class is safe; across two classes it is not, though the region's sums
  // would keep it.
  put(ReleaseOfClasses(
      {"GM0001 absolute ", "GM0003 absolute ", "GM0001 relative ", "GM0003 relative "}));
  EXPECT_EQ(Run().status, 0) << Run().output;
  put(ReleaseOfClasses(
      {"GM0001 absolute ", "GM0002 absolute ", "GM0001 relative ", "GM0002 relative "}));
  ExpectNo("a hidden cell");
  put(ReleaseOfClasses({}, 1));
  ExpectNo("is not the sum of its parts");
}

// As a dimension by itself, class totals would be no sums of municipalities to whoever checks.
TEST_F(PolderVerifyTest, ASizeClassThatGroupsNothingIsNoClass) {
  base::Json json = base::ParseJson(ReleaseOfClasses(
      {"GM0001 absolute ", "GM0002 absolute ", "GM0001 relative ", "GM0002 relative "}));
  for (const char* field : {"groupedBy", "groups"}) {
    json["measures"][0]["dimensions"][0].erase(field);
  }
  const std::string release = base::CanonicalJson(json);
  Write("release.json", release);
  Write("proof", Proof(Leaf(release)));
  ExpectNo("must group the municipalities");
}

}  // namespace
}  // namespace polder::server::verify
