// The whole way of the data up to the counts, on a made-up region: every export is prepared as its
// municipality would, read as the region would, linked and tabulated; the counts must be the
// generator's truth, cell by cell.
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "policies/disclosure/policy.h"
#include "server/member/prepare.h"
#include "stats/cases/delivery.h"
#include "stats/population/truth.h"
#include "stats/tabulate/cube.h"
#include "stats/tabulate/tabulate.h"
#include "tests/stats/population/support.h"
#include "tests/support/quick_tokens.h"

namespace polder {
namespace {

using policies::disclosure::Attribute;
using stats::population::ExportFile;
using stats::population::ReadJson;
using stats::population::TheCodebook;

constexpr uint64_t kSeed = 31;

const server::member::Mapping& MappingOf(const ExportFile& file) {
  static const auto jvs = server::member::Mapping::FromJson(
      ReadJson("policies/data/mappings/jvs-csv-1.json"), TheCodebook());
  static const auto other = server::member::Mapping::FromJson(
      ReadJson("policies/data/mappings/register-csv-1.json"), TheCodebook());
  return file.dialect == stats::population::Dialect::kJvs ? jvs : other;
}

server::member::PreparedDelivery Prepare(const stats::population::World& world,
                                         const ExportFile& file) {
  testing_support::QuickTokens tokens;
  const std::string& place = world.profile.municipalities[file.municipality].code;
  const std::string case_key = "the own secret of municipality " + place;
  std::istringstream csv(stats::population::WriteExport(world, file, kSeed));
  return server::member::Prepare({.mapping = MappingOf(file),
                                  .codebook = TheCodebook(),
                                  .csv = csv,
                                  .municipality = place,
                                  .period = file.period,
                                  .tokens = tokens,
                                  .case_key = base::AsBytes(case_key),
                                  .recipient = "00000001999900000010",
                                  .policy_digest = std::string(64, '0'),
                                  .conversion = file.conversion});
}

std::vector<std::string> CodesOf(const policies::codebook::CodeList& list) {
  std::vector<std::string> codes;
  for (const auto& code : list.codes()) codes.push_back(code.code);
  return codes;
}

std::vector<std::string> CodesOf(Attribute attribute, const base::Period& year) {
  switch (attribute) {
    case Attribute::kKind:
      return TheCodebook().KindGroupsIn(year);
    case Attribute::kMunicipality:
      return TheCodebook().MembersIn(year);
    case Attribute::kLevel:
      return CodesOf(TheCodebook().levels());
    case Attribute::kAgeBand:
      return CodesOf(TheCodebook().age_band_codes());
    case Attribute::kGroup:
      return CodesOf(TheCodebook().groups());
    case Attribute::kAdministrative:
    case Attribute::kSizeClass:  // in no table of truth
      break;
  }
  return CodesOf(TheCodebook().administrative());
}

// The table of a measure as tabulated: "code|code" to count, zeros left out.
std::map<std::string, int64_t> Tabulated(const stats::tabulate::LinkedCases& linked,
                                         const policies::disclosure::Policy& policy,
                                         const policies::disclosure::Measure& measure,
                                         const policies::disclosure::TableSpec& table,
                                         const base::Period& year) {
  std::vector<stats::tabulate::CubeDimension> dimensions;
  std::vector<size_t> keep;
  for (const Attribute attribute : table.attributes) {
    keep.push_back(dimensions.size());
    dimensions.push_back({attribute, CodesOf(attribute, year)});
  }
  if (dimensions.empty()) dimensions.push_back({Attribute::kKind, CodesOf(Attribute::kKind, year)});
  if (measure.counts_dropped) dimensions.clear();
  const auto cube = stats::tabulate::Tabulate(linked, measure, stats::tabulate::BoundsOf(policy),
                                              dimensions, TheCodebook());
  const auto counts = stats::tabulate::CubeReader(cube).Marginal(keep);
  std::map<std::string, int64_t> cells;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    std::string key;
    size_t rest = i;
    for (size_t d = keep.size(); d-- > 0;) {
      const auto& codes = dimensions[d].codes;
      key = codes[rest % codes.size()] + (key.empty() ? "" : "|" + key);
      rest /= codes.size();
    }
    cells[key] = counts[i];
  }
  return cells;
}

TEST(DeliveredTruth, IsWhatTheRegionCountsForEveryCellOfEveryYear) {
  const auto world =
      stats::population::Populate(stats::population::ProfileOf(TheCodebook(), 0.3), 2021, 3, kSeed);
  const auto exports =
      stats::population::PlanExports(world, stats::population::UsualMishaps(), kSeed);
  const auto files = stats::population::Replace(exports.files, exports.corrections);
  const auto policy = policies::disclosure::Policy::FromJson(
      ReadJson("policies/data/policies/default.json"), TheCodebook());
  const auto rules = stats::population::RulesOf(policy);

  std::map<base::Year, std::vector<stats::cases::Delivery>> deliveries;
  for (const ExportFile* file : files) {
    const auto prepared = Prepare(world, *file);
    EXPECT_EQ(prepared.rows, file->rows.size());
    deliveries[file->period.year()].push_back(
        stats::cases::ReadDelivery(prepared.ndjson.view(), TheCodebook()));
  }
  ASSERT_EQ(deliveries.size(), 6U);
  int64_t counted = 0;
  for (auto& [year, delivered] : deliveries) {
    const base::Period period(year);
    const auto truth = stats::population::CountTruth(world, files, TheCodebook(), period, rules);
    const auto linked = stats::tabulate::Link(std::move(delivered), TheCodebook(), period);
    for (const auto& measure : policy.measures()) {
      for (const auto& table : measure.tables) {
        std::map<std::string, int64_t> expected;
        for (const auto& [key, count] : truth.at(measure.id).at(table.id).items()) {
          expected[key] = count.get<int64_t>();
          counted += count.get<int64_t>();
        }
        EXPECT_EQ(Tabulated(linked, policy, measure, table, period), expected)
            << year.Text() << " " << measure.id << " " << table.id;
      }
    }
  }
  EXPECT_GT(counted, 10'000);
}

}  // namespace
}  // namespace polder
