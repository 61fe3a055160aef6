// The claim of the published intervals, tried on a whole made-up region: over many seeds the truth
// lies in the 95 % intervals as often as it should. The truth is the generator's, counted by code
// that shares nothing with the tabulation; everything between is the real thing: exports, prepare,
// delivery, bounding, plan, noise, reconciliation, hiding, audit, release.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "crypto/digest/secret.h"
#include "crypto/random/keystream.h"
#include "policies/base/json.h"
#include "server/cli/generate_command.h"
#include "server/jobs/pipeline.h"
#include "server/member/mapping.h"
#include "server/member/prepare.h"
#include "stats/cases/delivery.h"
#include "tests/support/places.h"
#include "tests/support/quick_tokens.h"

namespace polder {
namespace {

using base::Json;
using policies::codebook::Codebook;
using policies::disclosure::Policy;
using policies::disclosure::ReleaseKind;
using stats::table::PublishedRelease;

constexpr int kSeeds = 200;

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

Json ReadJson(const std::filesystem::path& path) { return base::ParseJson(ReadText(path)); }

const std::filesystem::path kSource = polder::tests::SourceDir();

// One school year of the region as delivered: NDJSON texts in order of arrival, and the truth.
class Region {
 public:
  explicit Region(const std::filesystem::path& folder)
      : codebook_(Codebook::FromJson(
            ReadJson(kSource / "policies/data/codebooks/nl-leerplicht-2026.1.json"))),
        policy_(Policy::FromJson(ReadJson(kSource / "policies/data/policies/default.json"),
                                 codebook_)) {
    server::cli::GenerateOptions options;
    options.out = folder.string();
    options.codebook = (kSource / "policies/data/codebooks/nl-leerplicht-2026.1.json").string();
    options.years = 1;
    options.seed = 20261;
    options.correction = "";
    options.conversion = "";
    options.quiet = true;
    server::cli::RunGenerate(options);
    const Json population = ReadJson(folder / "population.json");
    for (const Json& file : population["files"]) {
      const auto period = *base::Period::Parse(file["period"].get<std::string>());
      if (period.calendar() != base::Calendar::kAbsence) continue;
      Prepare(folder / file["path"].get<std::string>(), file["municipality"], period,
              file["mapping"]);
    }
    truth_ = ReadJson(folder / "truth/2021SJ.json")["definitive"];
  }

  PublishedRelease Release(int seed) const {
    std::vector<stats::cases::Delivery> deliveries;
    for (const std::string& text : deliveries_)
      deliveries.push_back(stats::cases::ReadDelivery(text, codebook_));
    std::vector<crypto::digest::SecretBytes> seeds;
    for (const char* holder : {"operator", "auditor"}) {
      const auto digest = crypto::digest::Sha256(base::AsBytes(holder + std::to_string(seed)));
      seeds.push_back(crypto::digest::SecretBytes::CopyOf(digest));
    }
    const crypto::random::Keystream source(seeds, base::AsBytes("coverage"));
    server::jobs::PipelineInput input;
    input.question = {&codebook_, &policy_,
                      base::Period(base::Year(base::Calendar::kAbsence, 2021)),
                      ReleaseKind::kDefinitive};
    input.deliveries = std::move(deliveries);
    input.facts.release_id = "2021SJ-definitive-1";
    input.facts.origin = "office";
    input.facts.freeze_digest = std::string(64, 'a');
    input.facts.reservation_id = "R000001";
    input.facts.seed_commitments = {std::string(64, 'b'), std::string(64, 'c')};
    input.source = &source;
    return PublishedRelease::Parse(server::jobs::RunPipeline(std::move(input)).published.release);
  }

  // Codes of a cell, sorted, as the generator's truth has them; cells that count nothing are not in
  // it.
  int64_t Truth(const std::string& measure, const std::string& table,
                std::vector<std::string> codes) const {
    std::sort(codes.begin(), codes.end());
    auto& known = sorted_[{measure, table}];
    if (known.empty()) {
      known["?"] = 0;
      if (truth_.at(measure).contains(table)) {
        for (const auto& [key, count] : truth_.at(measure).at(table).items())
          known[Sorted(key)] = count.get<int64_t>();
      }
    }
    std::string joined;
    for (const std::string& code : codes) joined += code + "|";
    const auto found = known.find(joined);
    return found == known.end() ? 0 : found->second;
  }

 private:
  static std::string Sorted(const std::string& key) {
    std::set<std::string> codes;
    std::istringstream in(key);
    for (std::string code; std::getline(in, code, '|');) codes.insert(code);
    std::string joined;
    for (const std::string& code : codes) joined += code + "|";
    return joined;
  }

  void Prepare(const std::filesystem::path& path, const std::string& municipality,
               const base::Period& period, const std::string& mapping_id) {
    const auto mapping = server::member::Mapping::FromJson(
        ReadJson(kSource / "policies/data/mappings" / (mapping_id + ".json")), codebook_);
    std::ifstream csv(path, std::ios::binary);
    testing_support::QuickTokens tokens;
    const auto prepared = server::member::Prepare(
        {.mapping = mapping,
         .codebook = codebook_,
         .csv = csv,
         .municipality = municipality,
         .period = period,
         .tokens = tokens,
         .case_key = base::AsBytes("a municipality's own case key, for tests"),
         .recipient = "00000001999900000010",
         .policy_digest = std::string(64, '0')});
    deliveries_.emplace_back(prepared.ndjson.view());
  }

  Codebook codebook_;
  Policy policy_;
  std::vector<std::string> deliveries_;
  Json truth_;
  mutable std::map<std::pair<std::string, std::string>, std::map<std::string, int64_t>> sorted_;
};

// Per table: over seeds, how many shown intervals hold the truth beyond what the level promises.
struct Tally {
  double cells = 0, inside = 0;
  std::vector<double> excess;  // per seed: inside - level * cells

  double Share() const { return inside / cells; }
  // Standard errors by which the mean excess differs from zero. Seeds are independent; cells of one
  // seed are not.
  double Z() const {
    double mean = 0, square = 0;
    for (double x : excess) mean += x / static_cast<double>(excess.size());
    for (double x : excess) square += (x - mean) * (x - mean);
    const double error =
        std::sqrt(square / static_cast<double>(excess.size() * (excess.size() - 1)));
    return error == 0 ? (mean < 0 ? -1e9 : 1e9) : mean / error;
  }
};

// 4.75 standard errors: alpha 1e-6 for one look, below 1e-4 for all tables together.
constexpr double kLimit = 4.75;

using Tallies = std::map<std::string, Tally>;

void Count(const Region& region, const std::string& measure,
           const stats::table::PublishedTable& table, bool narrowed, Tallies& tallies) {
  Tally& tally = tallies[measure + "/" + table.id];
  double cells = 0, inside = 0;
  for (const auto& cell : table.cells) {
    if (!cell.interval) continue;
    const int64_t truth = region.Truth(measure, table.id, cell.codes);
    int64_t low = cell.interval->low, high = cell.interval->high;
    if (narrowed) {  // a tenth off at either end
      const auto cut = static_cast<int64_t>(std::ceil(static_cast<double>(high - low) * 0.1));
      low += cut;
      high -= cut;
    }
    cells += 1;
    inside += low <= truth && truth <= high ? 1 : 0;
  }
  tally.cells += cells;
  tally.inside += inside;
  tally.excess.push_back(inside - 0.95 * cells);
}

TEST(Coverage, TheTruthLiesInTheIntervalsAsOftenAsTheySayAndNarrowerOnesWouldBeCaught) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "polder-coverage";
  std::filesystem::remove_all(folder);
  const Region region(folder);
  Tallies published, narrowed;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const PublishedRelease release = region.Release(seed);
    for (const auto& measure : release.measures()) {
      for (const auto& table : measure.tables) {
        Count(region, measure.id, table, false, published);
        Count(region, measure.id, table, true, narrowed);
      }
    }
  }
  std::filesystem::remove_all(folder);

  Tally all;
  for (const auto& [name, tally] : published) {
    std::printf("%-32s %8.0f cells  %.4f\n", name.c_str(), tally.cells, tally.Share());
    if (tally.cells == 0) continue;
    EXPECT_GT(tally.Z(), -kLimit) << name << ": " << tally.Share();
    // Whole numbers cannot hit 95 % exactly, but intervals far wider than need be would say little.
    if (tally.cells >= 1000) {
      EXPECT_LT(tally.Share(), 0.995) << name;
    }
    all.cells += tally.cells;
    all.inside += tally.inside;
  }
  EXPECT_GT(all.cells, 60 * kSeeds);
  EXPECT_GT(all.Share(), 0.95);
  EXPECT_TRUE(std::any_of(narrowed.begin(), narrowed.end(), [](const auto& named) {
    return named.second.cells > 0 && named.second.Z() < -kLimit;
  }));
}

}  // namespace
}  // namespace polder
