#include <algorithm>
#include <map>

#include "policies/disclosure/size_classes.h"
#include "stats/compare/compare.h"

namespace polder::stats::compare {
namespace {

using policies::codebook::Codebook;
using policies::codebook::Label;

const std::string& In(const Label& label, Language language) {
  return language == Language::kDutch ? label.nl : label.en;
}

const Label* LabelOf(const Codebook& codebook, std::string_view attribute,
                     const std::string& code) {
  const auto in = [&](const policies::codebook::CodeList& list) -> const Label* {
    const auto at = list.IndexOf(code);
    return at ? &list.at(*at).label : nullptr;
  };
  if (attribute == "municipality") {
    const auto* found = codebook.FindMunicipality(code);
    return found == nullptr ? nullptr : &found->code.label;
  }
  if (attribute == "kind") {
    const auto* found = codebook.FindKindGroup(code);
    return found == nullptr ? nullptr : &found->code.label;
  }
  if (attribute == "ageBand") return in(codebook.age_band_codes());
  if (attribute == "group") return in(codebook.groups());
  if (attribute == "level") return in(codebook.levels());
  if (attribute == "administrative") return in(codebook.administrative());
  return nullptr;
}

// "absoluut verzuim in Dalfsen", "alle soorten samen in de regio …, ontheemden uit Oekraïne".
std::string Subject(const Comparison& comparison, const Codebook& codebook, Language language) {
  const bool dutch = language == Language::kDutch;
  std::string kind = dutch ? "alle soorten samen" : "all kinds together";
  std::string place = In(codebook.region_label(), language);
  std::string rest;
  for (size_t i = 0; i < comparison.attributes.size(); ++i) {
    const Label* label = LabelOf(codebook, comparison.attributes[i], comparison.codes.at(i));
    const std::string& text = label == nullptr ? comparison.codes[i] : In(*label, language);
    if (comparison.attributes[i] == "kind") {
      kind = text;
    } else if (comparison.attributes[i] == "municipality") {
      place = text;
    } else if (comparison.attributes[i] == "sizeClass") {
      const auto members = policies::disclosure::SizeClassLabel(comparison.codes[i]);
      place = members ? In(*members, language) : text;
    } else {
      rest += ", " + text;
    }
  }
  return kind + " in " + place + rest;
}

std::string Reason(const std::string& reason, Language language) {
  static const std::map<std::string, Label, std::less<>> kReasons = {
      {"hidden", {"een aantal is te klein om te tonen", "a number is too small to show"}},
      {"missing-delivery",
       {"een gemeente leverde niet op tijd", "a municipality did not deliver in time"}},
      {"not-applicable", {"dit kan niet voorkomen", "this cannot occur"}},
      {"year-between",
       {"er is een jaar zonder cijfers tussen", "there is a year without figures in between"}},
      {"break",
       {"de registratie is veranderd, dus de jaren meten niet hetzelfde",
        "the registration changed, so the years do not measure the same"}},
      {"other-members",
       {"de groep bestaat niet uit dezelfde gemeenten",
        "the group does not consist of the same municipalities"}},
      {"imprecise",
       {"een aantal is te onzeker om te vergelijken", "a number is too uncertain to compare"}},
      {"no-denominator",
       {"het aantal kinderen in dit gebied is niet bekend",
        "the number of children in this area is not known"}},
  };
  const auto found = kReasons.find(reason);
  return found == kReasons.end() ? reason : In(found->second, language);
}

std::string UnitName(const Comparison& comparison, const Codebook& codebook, Language language) {
  const auto at = codebook.units().IndexOf(comparison.unit);
  return at ? In(codebook.units().at(*at).label, language) : comparison.unit;
}

std::string LeftOut(const Change& change, const Codebook& codebook, Language language) {
  if (change.left_out.empty()) return "";
  std::string names;
  for (const std::string& code : change.left_out) {
    const Label* label = LabelOf(codebook, "municipality", code);
    names += (names.empty() ? "" : ", ") + (label == nullptr ? code : In(*label, language));
  }
  return language == Language::kDutch
             ? " Niet meegeteld: " + names + " (andere registratie of geen levering)."
             : " Not counted: " + names + " (other registration or no delivery).";
}

std::string Capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  }
  return text;
}

// What happened to the number of `unit`. A number is the subject, so that the verb fits every kind.
std::string Happened(const std::string& unit, const Change& change, bool dutch) {
  const std::string from = change.from.Label();
  const std::string to = change.to.Label();
  const std::string before = std::to_string(*change.from_value);
  const std::string after = std::to_string(*change.to_value);
  const std::string number = (dutch ? "het aantal " : "the number of ") + unit;
  if (change.word == Word::kComparable) {
    return number + (dutch ? " is in " : " in ") + to + " (" + after + ") " +
           (dutch ? "vergelijkbaar met " : "is comparable with ") + from + " (" + before + "). " +
           (dutch ? "Het verschil kan toeval zijn." : "The difference may be chance.");
  }
  return number + " " + std::string(dutch ? DutchWord(change.word) : ToText(change.word)) +
         (dutch ? " van " : " from ") + before + " in " + from + (dutch ? " naar " : " to ") +
         after + " in " + to + ".";
}

}  // namespace

std::string Sentence(const Comparison& comparison, const Codebook& codebook, Language language) {
  const bool dutch = language == Language::kDutch;
  const std::string subject = Subject(comparison, codebook, language);
  if (comparison.changes.empty()) {
    return dutch ? "Over " + subject + " is nog geen vergelijking van jaren te maken."
                 : "No years can be compared yet for " + subject + ".";
  }
  const Change& change = comparison.changes.back();
  const std::string unit = UnitName(comparison, codebook, language);
  const std::string tail = LeftOut(change, codebook, language);
  if (change.word == Word::kUndetermined) {
    const std::string reason = Reason(change.reason, language);
    return Capital(subject) + ": " +
           (dutch ? "of het aantal " + unit + " in " + change.to.Label() +
                        " steeg of daalde, is niet vast te stellen, want " + reason + "."
                  : "whether the number of " + unit + " rose or fell in " + change.to.Label() +
                        " cannot be determined, because " + reason + ".") +
           tail;
  }
  return Capital(subject) + ": " + Happened(unit, change, dutch) + tail;
}

}  // namespace polder::stats::compare
