#include "stats/cases/forbidden_fields.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace polder::stats::cases {
namespace {

constexpr std::string_view kIdentifies = "it identifies the pupil directly";
constexpr std::string_view kBirth =
    "with a birth date or an exact age a pupil can be found again; only the age band is delivered";
constexpr std::string_view kPlace =
    "it tells where the pupil lives or goes to school, which no table needs";
constexpr std::string_view kSpecial =
    "it is, or stands close to, a special category of personal data (GDPR art. 9), which no table "
    "needs";
constexpr std::string_view kFreeText = "free text can name anybody and tell anything";
constexpr std::string_view kOther = "it is about another person than the pupil";
constexpr std::string_view kDevice = "it identifies a person by a device or an account";
constexpr std::string_view kCriminal =
    "it is criminal data (GDPR art. 10), which no table needs; deliver the outcome as \"other\"";
constexpr std::string_view kDay =
    "days are too precise: opened and closed are delivered as ISO weeks";
constexpr std::string_view kUnneeded = "no table needs it";

constexpr auto kForbidden = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"achternaam", kIdentifies},
    {"address", kPlace},
    {"adres", kPlace},
    {"age", kBirth},
    {"attendanceofficer", kOther},
    {"behandelaar", kOther},
    {"birthcountry", kSpecial},
    {"birthdate", kBirth},
    {"brin", kPlace},
    {"bsn", kIdentifies},
    {"burgerservicenummer", kIdentifies},
    {"buurt", kPlace},
    {"caseid", kIdentifies},
    {"class", kPlace},
    {"closedon", kDay},
    {"comment", kFreeText},
    {"countryofbirth", kSpecial},
    {"dateofbirth", kBirth},
    {"diagnose", kSpecial},
    {"diagnosis", kSpecial},
    {"doctor", kOther},
    {"doctorsstatement", kSpecial},
    {"email", kDevice},
    {"ethnicity", kSpecial},
    {"faith", kSpecial},
    {"firstname", kIdentifies},
    {"freetext", kFreeText},
    {"geboortedatum", kBirth},
    {"geboorteland", kSpecial},
    {"geloof", kSpecial},
    {"gender", kUnneeded},
    {"geslacht", kUnneeded},
    {"geslachtsnaam", kIdentifies},
    {"halt", kCriminal},
    {"housenumber", kPlace},
    {"huisnummer", kPlace},
    {"initials", kIdentifies},
    {"ip", kDevice},
    {"ipaddress", kDevice},
    {"klas", kPlace},
    {"lastname", kIdentifies},
    {"leeftijd", kBirth},
    {"leerlingnummer", kIdentifies},
    {"localcaseid", kIdentifies},
    {"medical", kSpecial},
    {"naam", kIdentifies},
    {"name", kIdentifies},
    {"nationaliteit", kSpecial},
    {"nationality", kSpecial},
    {"neighbourhood", kPlace},
    {"note", kFreeText},
    {"notes", kFreeText},
    {"notitie", kFreeText},
    {"officer", kOther},
    {"officername", kOther},
    {"onderwijsnummer", kIdentifies},
    {"openedon", kDay},
    {"opmerking", kFreeText},
    {"opmerkingen", kFreeText},
    {"ouder", kOther},
    {"ouders", kOther},
    {"parent", kOther},
    {"parents", kOther},
    {"personid", kIdentifies},
    {"personnumber", kIdentifies},
    {"phone", kDevice},
    {"postalcode", kPlace},
    {"postcode", kPlace},
    {"procesverbaal", kCriminal},
    {"pupilname", kIdentifies},
    {"religion", kSpecial},
    {"remark", kFreeText},
    {"remarks", kFreeText},
    {"roepnaam", kIdentifies},
    {"school", kPlace},
    {"schoolnaam", kPlace},
    {"schoolname", kPlace},
    {"sex", kUnneeded},
    {"straat", kPlace},
    {"street", kPlace},
    {"surname", kIdentifies},
    {"telefoon", kDevice},
    {"telefoonnummer", kDevice},
    {"telephone", kDevice},
    {"toelichting", kFreeText},
    {"verzorger", kOther},
    {"vestiging", kPlace},
    {"voorletters", kIdentifies},
    {"voornaam", kIdentifies},
    {"wijk", kPlace},
    {"woonplaats", kPlace},
    {"zaaknummer", kIdentifies},
    {"zipcode", kPlace},
});

constexpr bool Less(const std::pair<std::string_view, std::string_view>& a,
                    const std::pair<std::string_view, std::string_view>& b) {
  return a.first < b.first;
}
static_assert(std::is_sorted(kForbidden.begin(), kForbidden.end(), Less));

}  // namespace

std::optional<std::string_view> WhyForbidden(std::string_view field) {
  std::string plain;
  for (const char c : field) {
    if (c == '_' || c == '-' || c == ' ') continue;
    plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const std::pair<std::string_view, std::string_view> wanted = {plain, {}};
  const auto* found = std::lower_bound(kForbidden.begin(), kForbidden.end(), wanted, Less);
  if (found == kForbidden.end() || found->first != plain) return std::nullopt;
  return found->second;
}

}  // namespace polder::stats::cases
