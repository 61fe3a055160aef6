// What the tests of this room share: the shipped codebook, and a small region made from it.
#ifndef POLDER_TESTS_STATS_POPULATION_SUPPORT_H_
#define POLDER_TESTS_STATS_POPULATION_SUPPORT_H_

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/codebook/codebook.h"
#include "stats/population/exports.h"
#include "stats/population/world.h"
#include "tests/support/places.h"

namespace polder::stats::population {

inline base::Json ReadJson(const std::string& path) {
  std::ifstream in(polder::tests::SourceDir() + "/" + path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw std::runtime_error("cannot read " + path);
  return base::ParseJson(text.str());
}

inline base::Json CodebookJson() {
  return ReadJson("policies/data/codebooks/nl-leerplicht-2026.1.json");
}

inline const policies::codebook::Codebook& TheCodebook() {
  static const auto codebook = policies::codebook::Codebook::FromJson(CodebookJson());
  return codebook;
}

inline World MakeWorld(double factor, uint64_t seed, int years = 3) {
  return Populate(ProfileOf(TheCodebook(), factor), 2021, years, seed);
}

// Hardenberg converts, Kampen corrects.
inline Mishaps UsualMishaps() {
  Mishaps mishaps;
  const auto& municipalities = TheCodebook().municipalities();
  for (size_t i = 0; i < municipalities.size(); ++i) {
    if (municipalities[i].code.code == "GM0160") mishaps.conversion = static_cast<int>(i);
    if (municipalities[i].code.code == "GM0166") mishaps.correction = static_cast<int>(i);
  }
  return mishaps;
}

}  // namespace polder::stats::population

#endif  // POLDER_TESTS_STATS_POPULATION_SUPPORT_H_
