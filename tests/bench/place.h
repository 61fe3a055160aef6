// An invented region or the whole invented country, as deliveries of one school year.
#ifndef POLDER_TESTS_BENCH_PLACE_H_
#define POLDER_TESTS_BENCH_PLACE_H_

#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/period.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "server/member/prepare.h"
#include "stats/cases/delivery.h"
#include "stats/population/country.h"
#include "stats/population/exports.h"
#include "stats/population/world.h"
#include "tests/support/quick_tokens.h"

namespace polder::bench {

inline base::Json ReadJson(const std::string& path) {
  std::ifstream in(std::string(POLDER_SOURCE_DIR) + "/" + path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw std::runtime_error("cannot read " + path);
  return base::ParseJson(text.str());
}

struct Place {
  policies::codebook::Codebook codebook;
  policies::disclosure::Policy policy;
  base::Period year;
  std::vector<std::string> exports;     // as the case systems write them
  std::vector<std::string> deliveries;  // NDJSON
  size_t cases = 0;                     // in all deliveries
  size_t bytes = 0;

  std::vector<stats::cases::Delivery> Read() const {
    std::vector<stats::cases::Delivery> read;
    for (const std::string& text : deliveries) {
      read.push_back(stats::cases::ReadDelivery(text, codebook));
    }
    return read;
  }
};

inline Place MakePlace(bool country) {
  base::Json json = ReadJson("policies/data/codebooks/nl-leerplicht-2026.1.json");
  if (country) json = stats::population::CountryCodebook(json);
  auto codebook = policies::codebook::Codebook::FromJson(json);
  auto policy = policies::disclosure::Policy::FromJson(
      ReadJson("policies/data/policies/default.json"), codebook);
  const base::Year year(base::Calendar::kAbsence, 2021);
  Place place{.codebook = std::move(codebook),
              .policy = std::move(policy),
              .year = base::Period(year),
              .exports = {},
              .deliveries = {}};
  constexpr uint64_t kSeed = 1;
  const auto world = stats::population::Populate(stats::population::ProfileOf(place.codebook, 1),
                                                 year.start(), 1, kSeed);
  const auto exports = stats::population::PlanExports(world, {}, kSeed);
  std::map<stats::population::Dialect, server::member::Mapping> mappings;
  for (const auto dialect :
       {stats::population::Dialect::kJvs, stats::population::Dialect::kRegister}) {
    const std::string id(stats::population::MappingId(dialect));
    mappings.emplace(dialect,
                     server::member::Mapping::FromJson(
                         ReadJson("policies/data/mappings/" + id + "-1.json"), place.codebook));
  }
  testing_support::QuickTokens tokens;
  for (const auto& file : exports.files) {
    if (file.period.year() != year) continue;
    const std::string& code = world.profile.municipalities[file.municipality].code;
    const std::string case_key = "the own secret of municipality " + code;
    place.exports.push_back(stats::population::WriteExport(world, file, kSeed));
    std::istringstream csv(place.exports.back());
    const auto prepared = server::member::Prepare({.mapping = mappings.at(file.dialect),
                                                   .codebook = place.codebook,
                                                   .csv = csv,
                                                   .municipality = code,
                                                   .period = file.period,
                                                   .tokens = tokens,
                                                   .case_key = base::AsBytes(case_key),
                                                   .recipient = "00000001999900000010",
                                                   .policy_digest = std::string(64, '0')});
    place.deliveries.emplace_back(prepared.ndjson.view());
    place.cases += prepared.manifest.cases;
    place.bytes += place.deliveries.back().size();
  }
  return place;
}

inline const Place& Region() {
  static const Place place = MakePlace(false);
  return place;
}
inline const Place& Country() {
  static const Place place = MakePlace(true);
  return place;
}
// Argument 0 of a benchmark: 11 or 342 municipalities.
inline const Place& PlaceOf(int64_t municipalities) {
  return municipalities > 11 ? Country() : Region();
}

}  // namespace polder::bench

#endif  // POLDER_TESTS_BENCH_PLACE_H_
