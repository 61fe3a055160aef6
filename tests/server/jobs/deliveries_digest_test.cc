// What a release says about the deliveries behind it: whether they were the same, and nothing else.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/digest/digest.h"
#include "server/jobs/pipeline.h"
#include "tests/server/jobs/small_region.h"

namespace polder::server::jobs {
namespace {

using policies::disclosure::ReleaseKind;

const base::Year kYear(base::Calendar::kAbsence, 2022);

std::vector<stats::cases::Manifest> Manifests() {
  std::vector<stats::cases::Manifest> manifests;
  for (const auto& delivery : MakeYear(kYear, 3)) manifests.push_back(delivery.manifest);
  return manifests;
}

std::map<std::string, std::string> DigestsOf(const std::vector<stats::cases::Manifest>& manifests) {
  const Question question{&TestCodebook(), &TestPolicy(), base::Period(kYear),
                          ReleaseKind::kDefinitive};
  std::map<std::string, std::string> digests;
  for (const auto& member : MembersOf(question, manifests)) {
    digests[member.municipality] = member.deliveries_digest;
  }
  return digests;
}

TEST(DeliveriesDigest, IsTheOneThatTheFormatDefines) {
  // Written out by hand from docs/formats/release.md.
  std::string text = R"({"deliveries":[)";
  for (int quarter = 1; quarter <= 4; ++quarter) {
    const std::string period = "2022SJ-Q" + std::to_string(quarter);
    text += std::string(quarter == 1 ? "" : ",") + R"({"deliveryId":"GM0148-)" + period +
            R"(","period":")" + period + R"("})";
  }
  text += R"(],"municipality":"GM0148"})";
  EXPECT_EQ(DigestsOf(Manifests()).at("GM0148"), crypto::digest::Sha256Hex(base::AsBytes(text)));
}

TEST(DeliveriesDigest, OnlyAReplacedDeliveryOfTheMemberItselfChangesIt) {
  auto manifests = Manifests();
  const auto before = DigestsOf(manifests);
  auto corrected = manifests.front();
  corrected.delivery_id += "-corrected";
  corrected.replaces = manifests.front().delivery_id;
  manifests.push_back(corrected);
  const auto after = DigestsOf(manifests);
  for (const auto& [municipality, digest] : before) {
    EXPECT_EQ(after.at(municipality) != digest, municipality == corrected.municipality)
        << municipality;
  }
}

TEST(DeliveriesDigest, TheOrderOfArrivalIsNotInIt) {
  auto manifests = Manifests();
  const auto before = DigestsOf(manifests);
  std::reverse(manifests.begin(), manifests.end());
  EXPECT_EQ(DigestsOf(manifests), before);
}

TEST(DeliveriesDigest, NoTwoMembersShareOneAndWhoIsIncompleteHasNone) {
  auto manifests = Manifests();
  const std::string incomplete = manifests.front().municipality;
  manifests.erase(manifests.begin());
  std::set<std::string> seen;
  for (const auto& [municipality, digest] : DigestsOf(manifests)) {
    EXPECT_EQ(digest.empty(), municipality == incomplete);
    EXPECT_TRUE(seen.insert(digest).second);
  }
}

}  // namespace
}  // namespace polder::server::jobs
