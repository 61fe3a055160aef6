// One person is one entry, whether they come with a certificate, a token or both.
#include <gmock/gmock.h>

#include "tests/server/govern/region.h"

namespace polder::server::govern::testing {
namespace {

std::vector<std::string> CodesOf(std::vector<Person> people) {
  std::vector<std::string> found;
  try {
    People checked(std::move(people));
  } catch (const base::ProblemError& error) {
    for (const auto& problem : error.problems()) found.push_back(problem.code);
  }
  return found;
}

http::Peer Token(const std::string& subject, const std::set<std::string>& granted,
                 const std::string& certificate = "") {
  http::Peer peer;
  if (!certificate.empty()) peer = PeerOf(certificate);
  peer.subject = subject;
  peer.granted = granted;
  return peer;
}

const People& Everyone() {
  static const People people(
      {{"petra", {Role::kPrivacyOfficer, Role::kSteward}, FingerprintOf("petra"), "sub-petra"},
       {"paul", {Role::kPrivacyOfficer}, "", "sub-paul"},
       {"carla", {Role::kCoordinator}, FingerprintOf("carla")}});
  return people;
}

TEST(PeopleWhoSignIn, AreKnownByTheirSubjectOrNotAtAll) {
  EXPECT_EQ(Everyone().Find(Token("sub-paul", {}))->name, "paul");
  EXPECT_EQ(Everyone().Find(Token("sub-petra", {}, "petra"))->name, "petra");
  EXPECT_EQ(Everyone().Find(PeerOf("petra"))->name, "petra");
  EXPECT_EQ(Everyone().Find(Token("paul", {})), nullptr) << "a name is no subject";
  EXPECT_EQ(Everyone().Find(Token("", {"privacyOfficer"})), nullptr);
  EXPECT_EQ(Everyone().Find(PeerOf("paul")), nullptr);
}

TEST(PeopleWhoSignIn, AreNobodyOnAnothersConnection) {
  EXPECT_EQ(Everyone().Find(Token("sub-paul", {"privacyOfficer"}, "petra")), nullptr);
  EXPECT_EQ(Everyone().Find(Token("sub-nobody", {"privacyOfficer"}, "petra")), nullptr);
}

TEST(PeopleWhoSignIn, HaveARoleOnlyWhenBothSidesGiveIt) {
  EXPECT_TRUE(Everyone().May(Token("sub-paul", {"privacyOfficer"}), Role::kPrivacyOfficer));
  EXPECT_FALSE(Everyone().May(Token("sub-paul", {}), Role::kPrivacyOfficer));
  EXPECT_FALSE(Everyone().May(Token("sub-paul", {"steward"}), Role::kPrivacyOfficer));
  EXPECT_FALSE(Everyone().May(Token("sub-paul", {"operator"}), Role::kOperator));
  EXPECT_TRUE(Everyone().May(PeerOf("petra"), Role::kPrivacyOfficer)) << "a certificate is enough";
  EXPECT_FALSE(Everyone().May(Token("sub-petra", {"steward"}, "petra"), Role::kPrivacyOfficer))
      << "who sends a token is judged by it";
}

TEST(People, NeedACertificateOrASubjectOfTheirOwn) {
  const std::string a(64, 'a');
  EXPECT_THAT(CodesOf({{"x", {}, "", "s"}, {"y", {}, a}}), ::testing::IsEmpty());
  EXPECT_THAT(CodesOf({{"x", {}, "", "s"}, {"y", {}, a, "s"}}),
              ::testing::ElementsAre("duplicate"));
  EXPECT_THAT(CodesOf({{"x", {}, ""}}), ::testing::ElementsAre("wrong-fingerprint"));
  EXPECT_THAT(CodesOf({{"x", {Role::kKeyHolder}, a, "s"}}),
              ::testing::ElementsAre("role-conflict"));
  EXPECT_THAT(CodesOf({{"GM0148", {Role::kPrivacyOfficer}, a}}),
              ::testing::ElementsAre("wrong-name"))
      << "as a municipality it would erase alone";
}

TEST(People, OneCertificateAndOneNameEachAndNobodyHoldsBothSeeds) {
  const std::string a(64, 'a');
  const std::string b(64, 'b');
  EXPECT_THAT(CodesOf({{"x", {}, a}, {"y", {}, b}}), ::testing::IsEmpty());
  EXPECT_THAT(CodesOf({{"x", {}, a}, {"x", {}, a}, {"", {Role::kOperator, Role::kAuditor}, "A"}}),
              ::testing::ElementsAre("duplicate", "duplicate", "duplicate", "wrong-fingerprint",
                                     "role-conflict"));
  EXPECT_THAT(CodesOf({{"x", {Role::kOperator, Role::kReplayAuditor}, a},
                       {"y", {Role::kAuditor, Role::kReplayAuditor}, b}}),
              ::testing::ElementsAre("role-conflict"));
}

}  // namespace
}  // namespace polder::server::govern::testing
