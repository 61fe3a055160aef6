// The files of a made-up region as deliveries: every export prepared as its municipality would.
#ifndef POLDER_TESTS_SUPPORT_PREPARED_DELIVERIES_H_
#define POLDER_TESTS_SUPPORT_PREPARED_DELIVERIES_H_

#include <sstream>
#include <string>

#include "server/member/mapping.h"
#include "server/member/prepare.h"
#include "stats/population/exports.h"
#include "tests/stats/population/support.h"
#include "tests/support/quick_tokens.h"

namespace polder::tests {

inline const server::member::Mapping& MappingOf(const stats::population::ExportFile& file) {
  static const auto jvs = server::member::Mapping::FromJson(
      stats::population::ReadJson("policies/data/mappings/jvs-csv-1.json"),
      stats::population::TheCodebook());
  static const auto other = server::member::Mapping::FromJson(
      stats::population::ReadJson("policies/data/mappings/register-csv-1.json"),
      stats::population::TheCodebook());
  return file.dialect == stats::population::Dialect::kJvs ? jvs : other;
}

inline server::member::PreparedDelivery Prepared(const stats::population::World& world,
                                                 const stats::population::ExportFile& file,
                                                 uint64_t seed) {
  const auto& codebook = stats::population::TheCodebook();
  testing_support::QuickTokens tokens;
  const std::string& place = world.profile.municipalities[file.municipality].code;
  const std::string case_key = "the own secret of municipality " + place;
  std::istringstream csv(stats::population::WriteExport(world, file, seed));
  return server::member::Prepare({.mapping = MappingOf(file),
                                  .codebook = codebook,
                                  .csv = csv,
                                  .municipality = place,
                                  .period = file.period,
                                  .tokens = tokens,
                                  .case_key = base::AsBytes(case_key),
                                  .recipient = "00000001999900000010",
                                  .policy_digest = std::string(64, '0'),
                                  .conversion = file.conversion});
}

}  // namespace polder::tests

#endif  // POLDER_TESTS_SUPPORT_PREPARED_DELIVERIES_H_
