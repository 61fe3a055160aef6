// What makes a release no release, whatever it is signed with.
#include "tests/server/verify/two_programs.h"

namespace polder::server::verify {
namespace {

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

}  // namespace
}  // namespace polder::server::verify
