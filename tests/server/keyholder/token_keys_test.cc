#include "server/keyholder/token_keys.h"

#include "tests/server/keyholder/holder.h"
#include "tests/support/problem_code.h"

namespace polder::server::keyholder {
namespace {

using testing_support::CodeOf;

TEST(Domain, IsExactlyItsText) {
  EXPECT_EQ(Domain::Parse("RMC10/vsv/2022VSV")->Text(), "RMC10/vsv/2022VSV");
  for (const char* text :
       {"", "RMC10", "RMC10/absence", "RMC10/absence/2022VSV", "/absence/2022SJ",
        "RMC10/absence/2022SJ/", "RMC10/absence/2022SJ-Q1", "a/b/absence/2022SJ"}) {
    EXPECT_FALSE(Domain::Parse(text)) << text;
  }
}

TEST(TokenKeys, ThePublicLineNamesDomainIdAndKey) {
  Holder holder("line");
  const auto key = holder.Create();
  const base::Json line = PublicLine(key);
  EXPECT_EQ(line.size(), 3U);
  EXPECT_EQ(line.at("domain"), "RMC10/absence/2022SJ");
  EXPECT_EQ(line.at("keyId"), key.id);
  EXPECT_EQ(base::FromBase64Url(line.at("publicKey").get<std::string>()), key.public_key);
  EXPECT_TRUE(key.id.starts_with("RMC10.absence.2022SJ."));
}

TEST(TokenKeys, ADomainHasOneKeyEver) {
  Holder holder("one");
  const auto key = holder.Create();
  EXPECT_EQ(CodeOf([&] { holder.Create(); }), "domain-used");
  holder.keys->Destroy(key.id, key.destroyable_from);
  EXPECT_EQ(CodeOf([&] { holder.Create(); }), "domain-used");
}

TEST(TokenKeys, IsNotDestroyedBeforeTheCorrectionWindowEnds) {
  Holder holder("window");
  const auto key = holder.Create();
  // The year ends on 31 July 2023; 400 days later is 3 September 2024.
  EXPECT_EQ(key.destroyable_from.Text(), "2024-09-04T00:00:00Z");
  EXPECT_EQ(CodeOf([&] { holder.keys->Destroy(key.id, key.destroyable_from.Plus(-1)); }),
            "too-early");
  EXPECT_EQ(holder.Ask(key.id, Elements(1)).status, 200);
  EXPECT_EQ(CodeOf([&] { holder.keys->Destroy("none", key.destroyable_from); }), "not-found");
}

TEST(TokenKeys, DestroyingIsForGoodAndRecordedAndLeavesNoBytes) {
  Holder holder("gone");
  const auto key = holder.Create();
  const auto wrapped = holder.wrapped->Find(key.id).value();
  const auto bytes = std::string(base::AsText(base::ByteView(wrapped).subspan(8, 40)));
  ASSERT_NE(ReadText(holder.folder() + "/keys.db-wal").find(bytes), std::string::npos);
  const base::Instant at = key.destroyable_from.Plus(5);
  EXPECT_EQ(holder.keys->Destroy(key.id, at).destroyed_at, at);
  EXPECT_EQ(holder.keys->Destroy(key.id, at.Plus(9)).destroyed_at, at) << "again changes nothing";
  EXPECT_EQ(CodeOf([&] { holder.keys->Open(*holder.store->FindKey(key.id)); }), "key-destroyed");
  for (const char* name : {"/keys.db", "/keys.db-wal", "/holder.db", "/holder.db-wal"}) {
    EXPECT_EQ(ReadText(holder.folder() + name).find(bytes), std::string::npos) << name;
  }
  Holder restarted("gone", true);
  EXPECT_EQ(restarted.store->FindKey(key.id)->destroyed_at, at);
  EXPECT_EQ(restarted.Ask(key.id, Elements(1)).status, 410);
}

TEST(TokenKeys, AtRestTheKeyIsNotInTheClear) {
  Holder holder("sealed");
  const auto key = holder.Create();
  const auto secret = holder.keys->Open(key);
  const std::string clear(base::AsText(secret.bytes().view()));
  for (const auto& entry : std::filesystem::directory_iterator(holder.folder())) {
    EXPECT_EQ(ReadText(entry.path()).find(clear), std::string::npos) << entry.path();
  }
}

}  // namespace
}  // namespace polder::server::keyholder
