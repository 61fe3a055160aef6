#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "stats/population/exports.h"
#include "stats/population/random.h"
#include "stats/population/words.h"

namespace polder::stats::population {
namespace {

constexpr uint64_t kPersonPurpose = 4;  // a person is called the same in every export
constexpr uint64_t kRemarkPurpose = 5;

// Texts per code, in the order of the enumerations: first jeugdvolgsysteem, then register.
struct Words {
  std::array<std::string_view, 15> kinds;
  std::array<std::string_view, 11> levels;
  std::array<std::string_view, 4> groups;
  std::array<std::string_view, 5> openers;
  std::array<std::string_view, 13> outcomes;
  std::string_view yes, no;
};

constexpr Words kJvsWords = {
    {"Absoluut verzuim", "Relatief verzuim 16 uur", "Langdurig relatief verzuim", "Luxe verzuim",
     "Overig verzuim", "Verzuim 18+", "Vrijstelling 5 onder a", "Vrijstelling 5 onder b",
     "Vrijstelling 5 onder c", "Vrijstelling artikel 5a", "Vrijstelling artikel 15",
     "Vervangende leerplicht 3a", "Vervangende leerplicht 3b", "Nieuwe vsv", "Oude vsv"},
    {"Basisonderwijs", "Speciaal onderwijs", "Voortgezet onderwijs",
     "Voortgezet speciaal onderwijs", "Praktijkonderwijs", "Mbo niveau 1", "Mbo niveau 2",
     "Mbo niveau 3", "Mbo niveau 4", "Geen school", ""},
    {"Oekraïense ontheemde", "Nieuwkomer", "Geen", ""},
    {"Automatisch (4 weken)", "DUO-signaal", "School", "Leerplichtambtenaar", "Ouder/verzorger"},
    {"Administratief afgehandeld", "Ingeschreven", "Vrijgesteld", "Verhuisd", "Terug naar school",
     "Verwezen naar zorg", "Proces-verbaal", "Halt", "Last onder dwangsom", "Aan het werk",
     "Gestart op mbo", "Overig", "Loopt nog"},
    "J",
    "N"};

constexpr Words kRegisterWords = {
    {"10", "20", "21", "22", "23", "24", "31", "32", "33", "34", "35", "41", "42", "51", "52"},
    {"PO", "SO", "VO", "VSO", "PRO", "MBO1", "MBO2", "MBO3", "MBO4", "NONE", ""},
    {"UKR", "NEW", "-", ""},
    {"AUTO", "DUO", "SCHOOL", "OFFICER", "PARENT"},
    {"ADMIN", "ENROLLED", "EXEMPT", "MOVED", "RETURNED", "CARE", "PV", "HALT", "LOD", "WORK", "MBO",
     "OTHER", ""},
    "true",
    "false"};

constexpr std::string_view kJvsHeader =
    "Zaaknummer;Persoonsnummer;BSN;Onderwijsnummer;Achternaam;Roepnaam;Geboortedatum;Geslacht;"
    "Nationaliteit;Postcode;School;BRIN;Soort zaak;Datum melding;Datum afgesloten;Schoolsoort;"
    "Doelgroep;Aangemaakt door;Afloop;Herhaling;Behandelaar;Toelichting\r\n";
constexpr std::string_view kRegisterHeader =
    "case_id,person_id,bsn,education_number,family_name,given_name,date_of_birth,street,phone,"
    "case_type,date_opened,date_closed,education,target_group,origin,result,recurrence,officer,"
    "notes\n";

template <size_t kSize, typename Code>
std::string_view At(const std::array<std::string_view, kSize>& words, Code code) {
  return words.at(static_cast<size_t>(code));
}

// Everything of a row that both dialects write.
struct RowText {
  std::string case_number, person_number, service_number, education_number;
  base::Date born, opened;
  std::string_view family_name, given_name, school, officer, remark;
  std::string sex, postcode, street, phone;
};

std::string Padded(std::string_view prefix, uint64_t number, size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return std::string(prefix) + digits;
}

RowText Describe(const World& world, const ExportFile& file, const ExportRow& row, uint64_t seed) {
  const Episode& episode = world.episodes[row.episode];
  const Person& person = world.persons[episode.person];
  const Identity identity = IdentityOf(world, episode, file.period);
  RowText text;
  text.case_number =
      row.duplicate ? Padded("K", episode.number, 6) : Padded("Z", episode.number, 6);
  text.person_number = Padded("P", uint64_t{episode.person} + 100000, 7);
  if (identity.type == Numbering::kServiceNumber) {
    text.service_number = ServiceNumber(identity.number);
  } else if (identity.type == Numbering::kEducationNumber) {
    text.education_number = EducationNumber(identity.number);
  }
  text.born = person.born;
  text.opened = episode.opened;
  Random who(seed, kPersonPurpose, episode.person);
  text.family_name = FamilyName(who);
  text.given_name = GivenName(who);
  text.sex = who.Chance(0.5) ? "M" : "V";
  text.postcode = Padded("", 7700 + who.Below(300), 4) + " AB";
  text.street = "Dorpsstraat " + std::to_string(1 + who.Below(180));
  text.phone = Padded("06", who.Below(100'000'000), 8);
  Random what(seed, kRemarkPurpose, row.episode);
  text.school = School(what);
  text.officer = Officer(what);
  text.remark = Remark(what);
  return text;
}

void AppendField(std::string& out, std::string_view text, char delimiter) {
  const bool quote = text.find_first_of("\"\r\n") != std::string_view::npos ||
                     text.find(delimiter) != std::string_view::npos;
  if (!quote) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string DayFirst(base::Date day) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%02d-%02d-%04d", day.day(), day.month(), day.year());
  return text.data();
}

template <size_t kSize>
void AppendRow(std::string& out, const std::array<std::string_view, kSize>& fields, char delimiter,
               std::string_view end) {
  for (size_t i = 0; i < kSize; ++i) {
    if (i > 0) out += delimiter;
    AppendField(out, fields[i], delimiter);
  }
  out += end;
}

void AppendJvs(std::string& out, const Episode& episode, const ExportRow& row, const Person& person,
               const RowText& text) {
  const std::string born = DayFirst(text.born);
  const std::string opened = DayFirst(text.opened);
  const std::string closed = row.closed ? DayFirst(episode.closed) : "";
  const std::array<std::string_view, 22> fields = {
      text.case_number,
      text.person_number,
      text.service_number,
      text.education_number,
      text.family_name,
      text.given_name,
      born,
      text.sex,
      person.group == Group::kDisplacedUkraine ? "Oekraïense" : "Nederlandse",
      text.postcode,
      text.school,
      "00XX",
      At(kJvsWords.kinds, row.kind),
      opened,
      closed,
      At(kJvsWords.levels, episode.level),
      At(kJvsWords.groups, person.group),
      At(kJvsWords.openers, episode.opener),
      At(kJvsWords.outcomes, row.outcome),
      episode.repeat ? kJvsWords.yes : kJvsWords.no,
      text.officer,
      text.remark};
  AppendRow(out, fields, ';', "\r\n");
}

void AppendRegister(std::string& out, const Episode& episode, const ExportRow& row,
                    const Person& person, const RowText& text) {
  const std::string born = text.born.Text();
  const std::string opened = text.opened.Text();
  const std::string closed = row.closed ? episode.closed.Text() : "";
  const std::array<std::string_view, 19> fields = {
      text.case_number,
      text.person_number,
      text.service_number,
      text.education_number,
      text.family_name,
      text.given_name,
      born,
      text.street,
      text.phone,
      At(kRegisterWords.kinds, row.kind),
      opened,
      closed,
      At(kRegisterWords.levels, episode.level),
      At(kRegisterWords.groups, person.group),
      At(kRegisterWords.openers, episode.opener),
      At(kRegisterWords.outcomes, row.outcome),
      episode.repeat ? kRegisterWords.yes : kRegisterWords.no,
      text.officer,
      text.remark};
  AppendRow(out, fields, ',', "\n");
}

}  // namespace

std::string WriteExport(const World& world, const ExportFile& file, uint64_t seed) {
  std::string out;
  out.reserve(file.rows.size() * 260 + 512);
  const bool jvs = file.dialect == Dialect::kJvs;
  out += jvs ? kJvsHeader : std::string_view("\xEF\xBB\xBF");
  if (!jvs) out += kRegisterHeader;
  for (const ExportRow& row : file.rows) {
    const Episode& episode = world.episodes[row.episode];
    const Person& person = world.persons[episode.person];
    const RowText text = Describe(world, file, row, seed);
    if (jvs) {
      AppendJvs(out, episode, row, person, text);
    } else {
      AppendRegister(out, episode, row, person, text);
    }
  }
  return jvs ? ToWindows1252(out) : out;
}

}  // namespace polder::stats::population
