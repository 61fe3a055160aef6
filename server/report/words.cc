#include "server/report/words.h"

#include <array>
#include <utility>

namespace polder::server::report {

const Words& WordsIn(Language language) {
  static const Words dutch{
      .code = "nl",
      .title = "Wat is verborgen",
      .shown = "getoond",
      .hidden = "verborgen",
      .missing = "niet geleverd",
      .impossible = "kan niet voorkomen",
      .cells = "cellen",
      .hidden_cells = "verborgen",
      .share = "deel van het totaal",
      .not_known = "niet te zeggen",
      .total = "Totaal",
      .table = "tabel",
      .of = "van",
      .share_note =
          "Het deel van het totaal is wat achter verborgen cellen zit. Iedereen kan het "
          "uitrekenen: "
          "het getoonde totaal min de getoonde cellen.",
      .why =
          "Een cel is verborgen omdat het getal klein is, of omdat een ander klein getal anders "
          "uit "
          "te rekenen zou zijn. Welke van de twee zeggen we nooit: dat zou zelf iets verklappen.",
      .by_table = "Per tabel"};
  static const Words english{
      .code = "en",
      .title = "What is hidden",
      .shown = "shown",
      .hidden = "hidden",
      .missing = "not delivered",
      .impossible = "cannot occur",
      .cells = "cells",
      .hidden_cells = "hidden",
      .share = "share of the total",
      .not_known = "cannot be said",
      .total = "Total",
      .table = "table",
      .of = "of",
      .share_note =
          "The share of the total is what lies behind hidden cells. Anyone can work it out: the "
          "shown total minus the shown cells.",
      .why =
          "A cell is hidden because its figure is small, or because another small figure could be "
          "worked out otherwise. We never say which: that would itself tell something.",
      .by_table = "By table"};
  return language == Language::kDutch ? dutch : english;
}

std::string NameOf(std::string_view attribute, Language language) {
  static constexpr std::array<std::array<std::string_view, 3>, 13> kNames = {{
      {"municipality", "gemeente", "municipality"},
      {"sizeClass", "grootte", "size"},
      {"kind", "soort", "kind"},
      {"ageBand", "leeftijd", "age"},
      {"group", "groep", "group"},
      {"level", "onderwijs", "school level"},
      {"administrative", "administratief", "administrative"},
      {"quarter", "kwartaal", "quarter"},
      {"monitor", "kwartaalmonitor", "quarterly monitor"},
      {"provisional", "voorlopig", "provisional"},
      {"definitive", "definitief", "definitive"},
      {"slice", "herziening", "revision"},
      {"vsv", "voortijdig schoolverlaten", "early leavers"},
  }};
  for (const auto& name : kNames) {
    if (name[0] == attribute) return std::string(name[language == Language::kDutch ? 1 : 2]);
  }
  return std::string(attribute);
}

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace polder::server::report
