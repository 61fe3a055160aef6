// Whole releases for tests: tables with their statuses set through audit and the maker.
#ifndef POLDER_TESTS_SUPPORT_EXAMPLE_RELEASE_H_
#define POLDER_TESTS_SUPPORT_EXAMPLE_RELEASE_H_

#include <string>
#include <utility>
#include <vector>

#include "stats/audit/audit.h"
#include "stats/release/release.h"
#include "tests/support/example_tables.h"

namespace polder::tests {

struct ExampleRelease {
  std::string text;
  stats::audit::Candidate candidate;  // as audited, hidden values included
  std::string certificate;
};

inline stats::table::ReleaseHeader ExampleHeader(const base::Period& period,
                                                 std::vector<stats::table::Member> members,
                                                 const policies::disclosure::Policy& policy) {
  stats::table::ReleaseHeader header;
  const std::string digest(64, 'a');
  header.release_id = "release-" + period.Text();
  header.region = ShippedCodebook().region();
  header.period = period;
  header.kind = period.calendar() == base::Calendar::kVsv ? "vsv" : "definitive";
  header.origin = "region";
  header.policy = {policy.id(), policy.version(), digest};
  header.codebook = {ShippedCodebook().id(), ShippedCodebook().version(), digest};
  header.freeze_digest = digest;
  header.plan_digest = digest;
  header.reservation_id = "reservation-1";
  header.seed_commitments = {digest, digest};
  header.rho = "0.25";
  header.epsilon = "3.5";
  header.delta = "1/1000000";
  header.half_width_share = policy.precision().half_width_share;
  header.rho_two_identifiers = "1";
  header.epsilon_two_identifiers = "7.8";
  header.made_at = base::Instant{1'700'000'000};
  header.public_at = base::Instant{1'700'600'000};
  header.members = std::move(members);
  header.audit_digest = digest;
  return header;
}

inline ExampleRelease MakeExampleRelease(
    std::vector<stats::table::LinkedTables> measures, const base::Period& period,
    const std::vector<stats::table::Member>& members,
    const std::vector<stats::table::PublishedRelease>& earlier = {},
    const std::string& kind = "definitive",
    const policies::disclosure::Policy& policy = ShippedPolicy()) {
  const auto audited = stats::audit::Audit({period, std::move(measures)}, policy, earlier);
  auto header = ExampleHeader(period, members, policy);
  header.kind = kind;
  header.release_id += "-" + kind;
  header.min_hidden_sd = audited.certificate().smallest_standard_error;
  return {stats::release::MakeRelease(audited, header, ShippedCodebook(), policy),
          audited.candidate(), audited.certificate().document};
}

}  // namespace polder::tests

#endif  // POLDER_TESTS_SUPPORT_EXAMPLE_RELEASE_H_
