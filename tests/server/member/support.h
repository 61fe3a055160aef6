// What the tests of this room share: codebook, mappings, keys, and small exports in both dialects.
#ifndef POLDER_TESTS_SERVER_MEMBER_SUPPORT_H_
#define POLDER_TESTS_SERVER_MEMBER_SUPPORT_H_

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "server/member/mapping.h"
#include "server/member/prepare.h"
#include "tests/support/places.h"
#include "tests/support/quick_tokens.h"

namespace polder::server::member {

inline std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw std::runtime_error("cannot read " + path);
  return text.str();
}

inline base::Json ReadJson(const std::string& path) {
  return base::ParseJson(ReadText(polder::tests::SourceDir() + "/" + path));
}

inline const policies::codebook::Codebook& TheCodebook() {
  static const auto codebook = policies::codebook::Codebook::FromJson(
      ReadJson("policies/data/codebooks/nl-leerplicht-2026.1.json"));
  return codebook;
}

inline const Mapping& JvsMapping() {
  static const auto mapping =
      Mapping::FromJson(ReadJson("policies/data/mappings/jvs-csv-1.json"), TheCodebook());
  return mapping;
}

inline const Mapping& RegisterMapping() {
  static const auto mapping =
      Mapping::FromJson(ReadJson("policies/data/mappings/register-csv-1.json"), TheCodebook());
  return mapping;
}

inline const std::string kCaseKey = "a municipality's own secret, 32+ bytes";
inline const std::string kRegisterHeader =
    "case_id,person_id,bsn,education_number,family_name,given_name,date_of_birth,street,phone,"
    "case_type,date_opened,date_closed,education,target_group,origin,result,recurrence,officer,"
    "notes\n";
inline const std::string kJvsHeader =
    "Zaaknummer;Persoonsnummer;BSN;Onderwijsnummer;Achternaam;Roepnaam;Geboortedatum;Geslacht;"
    "Nationaliteit;Postcode;School;BRIN;Soort zaak;Datum melding;Datum afgesloten;Schoolsoort;"
    "Doelgroep;Aangemaakt door;Afloop;Herhaling;Behandelaar;Toelichting\r\n";

// Prepares for Dalfsen, 2022SJ-Q3 unless told otherwise.
struct Job {
  const Mapping* mapping = &RegisterMapping();
  std::string municipality = "GM0148";
  std::string period = "2022SJ-Q3";
  std::string case_key = kCaseKey;
  std::string replaces = {};
  bool conversion = false;
  Language language = Language::kDutch;

  PreparedDelivery Run(const std::string& csv) const {
    const auto parsed = base::Period::Parse(period).value();
    testing_support::QuickTokens tokens;
    std::istringstream in(csv);
    return Prepare({.mapping = *mapping,
                    .codebook = TheCodebook(),
                    .csv = in,
                    .municipality = municipality,
                    .period = parsed,
                    .tokens = tokens,
                    .case_key = base::AsBytes(case_key),
                    .recipient = "00000001999900000010",
                    .policy_digest = std::string(64, '0'),
                    .replaces = replaces,
                    .conversion = conversion,
                    .language = language});
  }

  // The problems of a refused export; empty when it was accepted.
  std::vector<base::Problem> Faults(const std::string& csv) const {
    try {
      Run(csv);
    } catch (const base::ProblemError& error) {
      return error.problems();
    }
    return {};
  }
};

}  // namespace polder::server::member

#endif  // POLDER_TESTS_SERVER_MEMBER_SUPPORT_H_
