// A delivery of the shipped region, as lines that a test may spoil one by one.
#ifndef POLDER_TESTS_STATS_CASES_DELIVERY_FIXTURE_H_
#define POLDER_TESTS_STATS_CASES_DELIVERY_FIXTURE_H_

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <nlohmann/json.hpp>

#include "policies/base/bytes.h"
#include "policies/base/json.h"
#include "stats/cases/delivery.h"
#include "tests/support/places.h"

namespace polder::stats::cases {

inline const policies::codebook::Codebook& Book() {
  static const auto book = [] {
    std::ifstream file(polder::tests::SourceDir() +
                       "/policies/data/codebooks/nl-leerplicht-2026.1.json");
    std::stringstream text;
    text << file.rdbuf();
    return policies::codebook::Codebook::FromJson(base::ParseJson(text.str()));
  }();
  return book;
}

inline base::Json ManifestJson(uint64_t cases) {
  return {{"format", "polder-delivery-1"},
          {"deliveryId", "dalfsen-2022SJ-Q3-1"},
          {"municipality", "GM0148"},
          {"period", "2022SJ-Q3"},
          {"recipient", "00000001999900000010"},
          {"codebookDigest", std::string(64, 'c')},
          {"policyDigest", std::string(64, 'b')},
          {"codebookId", "nl-leerplicht"},
          {"codebookVersion", "2026.1"},
          {"tokenDomain", "RMC10/absence/2022SJ"},
          {"sourceSystem", "jeugdvolgsysteem"},
          {"mappingId", "jvs-csv"},
          {"replaces", ""},
          {"conversion", false},
          {"cases", cases}};
}

inline std::string Key(unsigned number, size_t size) {
  base::Bytes bytes(size, 0x5A);
  for (size_t i = 0; i < 4; ++i) bytes[i] = static_cast<uint8_t>(number >> (8 * i));
  return base::ToBase64Url(bytes);
}

inline base::Json CaseJson(unsigned number) {
  return {{"caseKey", Key(number, 16)},
          {"pupil", Key(number / 2, 32)},
          {"kind", "AV"},
          {"opened", "2023-W10"},
          {"closed", "2023-W15"},
          {"ageBand", "12-15"},
          {"level", "none"},
          {"group", "displacedUkraine"},
          {"openedBy", "auto4w"},
          {"outcome", "adminOnly"},
          {"duration", "4w-3m"},
          {"repeat", false}};
}

// Lines of a delivery: [0] is the manifest, [i] the case on line i + 1.
inline std::vector<std::string> Lines(unsigned cases) {
  std::vector<std::string> lines = {ManifestJson(cases).dump()};
  for (unsigned i = 0; i < cases; ++i) lines.push_back(CaseJson(i).dump());
  return lines;
}

inline std::string Join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

using Fault = std::tuple<uint64_t, std::string, std::string>;  // line, pointer, code

inline std::vector<base::Problem> ProblemsOf(const std::string& ndjson,
                                             const DeliveryLimits& limits = {}) {
  try {
    ReadDelivery(ndjson, Book(), limits);
  } catch (const base::ProblemError& error) {
    return error.problems();
  }
  return {};
}

inline std::set<Fault> FaultsOf(const std::string& ndjson, const DeliveryLimits& limits = {}) {
  std::set<Fault> faults;
  for (const auto& problem : ProblemsOf(ndjson, limits)) {
    faults.emplace(problem.line, problem.pointer, problem.code);
  }
  return faults;
}

}  // namespace polder::stats::cases

#endif  // POLDER_TESTS_STATS_CASES_DELIVERY_FIXTURE_H_
