#include "stats/population/words.h"

#include <array>
#include <iterator>

namespace polder::stats::population {
namespace {

constexpr std::string_view kFamilyNames[] = {
    "de Vries",   "Jansen",    "van den Berg", "Bakker",  "Kuipers",   "Schuurman",  "van 't Hof",
    "Böhmer",     "Kovács",    "Özdemir",      "Nijland", "Dijkstra",  "Meijer",     "Hoekstra",
    "Shevchenko", "Melnyk",    "Bondarenko",   "Postma",  "Ramdin",    "El Amrani",  "Prins",
    "Visscher",   "Korterink", "Mulder-Smit",  "Çelik",   "Groothuis", "ten Brinke", "IJsselstein"};
constexpr std::string_view kGivenNames[] = {
    "Zoë",   "Daan",      "Noël",   "Sem",   "Julia", "Mees",  "Renée", "Fenna", "Thijs", "Anaïs",
    "Yusuf", "Oleksandr", "Daryna", "Lotte", "Björn", "Chloé", "Sofie", "Milan", "Aïsha", "Jop"};
constexpr std::string_view kSchools[] = {"De Bron",
                                         "Het Stormvogelnest",
                                         "Vechtstroom College",
                                         "OBS De Linde",
                                         "Praktijkschool Oost",
                                         "CBS 't Kompas",
                                         "Hanze Beroepscollege",
                                         "Daltonschool Zuid"};
constexpr std::string_view kOfficers[] = {"A. Wolters", "P. Haan", "M. van Dam", "C. Renès"};
constexpr std::string_view kRemarks[] = {
    "Gesprek gevoerd met ouders, afspraken gemaakt; terugbellen op maandag.",
    "Leerling zegt: \"ik ga niet meer\".\nSchool zoekt een andere plek.",
    "Moeder, vader en mentor aanwezig",
    "Wacht op plaatsing in de taalklas; zie dossier, blad 2",
    "Vader meldt ziekte (niet erkend), arts geraadpleegd",
    "Verhuisd naar tante, adres volgt.\r\nBellen vóór 10 uur; niet e-mailen",
    "\"Snipperdag\" buiten de vakantie, geen verlof aangevraagd",
    "Coördinator vraagt om een gesprek – kosten € 0,00"};

template <size_t kSize>
std::string_view From(const std::string_view (&list)[kSize], Random& random) {
  return list[random.Below(kSize)];
}

}  // namespace

std::string_view FamilyName(Random& random) { return From(kFamilyNames, random); }
std::string_view GivenName(Random& random) { return From(kGivenNames, random); }
std::string_view School(Random& random) { return From(kSchools, random); }
std::string_view Officer(Random& random) { return From(kOfficers, random); }

std::string_view Remark(Random& random) {
  return random.Chance(0.6) ? From(kRemarks, random) : std::string_view();
}

std::string ToWindows1252(std::string_view utf8) {
  std::string text;
  for (size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<uint8_t>(utf8[i]);
    if (lead < 0x80) {
      text += utf8[i++];
    } else if (lead < 0xE0 && i + 1 < utf8.size()) {
      const unsigned point = (lead & 0x1FU) << 6 | (static_cast<uint8_t>(utf8[i + 1]) & 0x3FU);
      text += point >= 0xA0 && point <= 0xFF ? static_cast<char>(point) : '?';
      i += 2;
    } else {
      const std::string_view three = utf8.substr(i, 3);
      text += three == "€" ? '\x80' : three == "–" ? '\x96' : '?';
      i += lead < 0xF0 ? 3 : 4;
    }
  }
  return text;
}

}  // namespace polder::stats::population
