#include "server/cli/yearly.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "policies/disclosure/size_classes.h"

namespace polder::server::cli {
namespace {

using stats::compare::Comparison;
using stats::compare::Language;
using stats::compare::YearPoint;
using stats::table::CellStatus;
using stats::table::PublishedRelease;

constexpr size_t kLabelWidth = 42;
constexpr size_t kYearWidth = 21;

size_t Width(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string Padded(std::string text, size_t width) {
  const size_t now = Width(text);
  if (now < width) text.append(width - now, ' ');
  return text;
}

std::string Pick(Language language, const char* dutch, const char* english) {
  return language == Language::kDutch ? dutch : english;
}

std::string Figure(const YearPoint& point, Language language) {
  switch (point.status) {
    case CellStatus::kHidden:
      return Pick(language, "verborgen", "hidden");
    case CellStatus::kMissingDelivery:
      return Pick(language, "niet geleverd", "not delivered");
    case CellStatus::kNotApplicable:
      return Pick(language, "n.v.t.", "n/a");
    case CellStatus::kValue:
    case CellStatus::kImprecise:
    case CellStatus::kBreak:
      break;
  }
  std::string text = std::to_string(point.value.value_or(0));
  if (point.interval) {
    text += " [" + std::to_string(point.interval->low) + ", " +
            std::to_string(point.interval->high) + "]";
  }
  if (point.status == CellStatus::kImprecise) text += " ~";
  if (point.status == CellStatus::kBreak) text += " #";
  if (point.release_kind == "provisional") text += " *";
  return text;
}

// The code that a comparison has for an attribute; empty when its table does not cross it.
std::string CodeOf(const Comparison& comparison, std::string_view attribute) {
  for (size_t i = 0; i < comparison.attributes.size(); ++i) {
    if (comparison.attributes[i] == attribute) return comparison.codes[i];
  }
  return {};
}

// The series of persons by (municipality, size class or "" for the region, kind).
using Series = std::map<std::pair<std::string, std::string>, const Comparison*>;

Series PersonsByPlaceAndKind(const std::vector<Comparison>& comparisons) {
  Series series;
  for (const Comparison& comparison : comparisons) {
    if (comparison.measure != "persons") continue;
    const std::string kind = CodeOf(comparison, "kind");
    const std::string town = CodeOf(comparison, "municipality");
    const std::string place = town.empty() ? CodeOf(comparison, "sizeClass") : town;
    const size_t expected = place.empty() ? 1 : 2;
    if (kind.empty() || comparison.attributes.size() != expected) continue;
    series[{place, kind}] = &comparison;
  }
  return series;
}

std::string Row(const std::string& label, const Comparison* comparison,
                const std::vector<int>& years, Language language) {
  std::string line = Padded("  " + label, kLabelWidth);
  for (int year : years) {
    const YearPoint* found = nullptr;
    if (comparison != nullptr) {
      for (const YearPoint& point : comparison->years) {
        if (point.year.start() == year) found = &point;
      }
    }
    line +=
        Padded(found ? Figure(*found, language) : Pick(language, "geen publicatie", "no release"),
               kYearWidth);
  }
  if (comparison != nullptr && !comparison->changes.empty()) {
    const auto word = comparison->changes.back().word;
    line += language == Language::kDutch ? stats::compare::DutchWord(word)
                                         : stats::compare::ToText(word);
  }
  return line + "\n";
}

std::vector<const PublishedRelease*> UpTo(const std::vector<PublishedRelease>& releases, int year) {
  std::vector<const PublishedRelease*> result;
  for (const PublishedRelease& release : releases) {
    if (release.header().period.year().start() <= year) result.push_back(&release);
  }
  return result;
}

}  // namespace

std::string YearlyPage(const std::vector<PublishedRelease>& releases,
                       const policies::codebook::Codebook& codebook, const YearlyOptions& options) {
  std::set<int> starts;
  for (const PublishedRelease& release : releases) {
    if (release.header().period.IsYear()) starts.insert(release.header().period.year().start());
  }
  if (starts.empty()) {
    return Pick(options.language, "Er zijn nog geen jaarpublicaties.\n",
                "No yearly releases yet.\n");
  }
  const std::vector<int> years(starts.begin(), starts.end());
  const auto comparisons = stats::compare::CompareYears(UpTo(releases, years.back()), codebook);
  const Series series = PersonsByPlaceAndKind(comparisons);
  const Language language = options.language;

  std::string page = Padded(Pick(language, "personen", "persons"), kLabelWidth);
  for (int year : years) {
    page += Padded(base::Year(base::Calendar::kAbsence, year).Label(), kYearWidth);
  }
  page += Pick(language, "laatste jaar", "last year") + "\n";
  const auto block = [&](const std::string& place, const std::string& name) {
    page += name + "\n";
    for (const std::string& kind : options.kinds) {
      const auto* group = codebook.FindKindGroup(kind);
      const auto found = series.find({place, kind});
      page += Row(group == nullptr               ? kind
                  : language == Language::kDutch ? group->code.label.nl
                                                 : group->code.label.en,
                  found == series.end() ? nullptr : found->second, years, language);
    }
  };
  for (const auto& municipality : codebook.municipalities()) {
    block(municipality.code.code, municipality.code.label.nl);
  }
  std::vector<std::string> classes;
  for (const Comparison& comparison : comparisons) {
    const std::string code = CodeOf(comparison, "sizeClass");
    if (comparison.measure == "persons" &&
        std::find(classes.begin(), classes.end(), code) == classes.end()) {
      classes.push_back(code);
    }
  }
  for (const std::string& code : classes) {
    const auto label = policies::disclosure::SizeClassLabel(code);
    if (label) block(code, language == Language::kDutch ? label->nl : label->en);
  }
  block("", language == Language::kDutch ? codebook.region_label().nl : codebook.region_label().en);
  page += Pick(
      language,
      "[a, b] 95%-interval van de ruis; verborgen: te klein om te tonen; ~ onnauwkeurig; # "
      "trendbreuk; "
      "* voorlopig\n",
      "[a, b] 95% interval of the noise; hidden: too small to show; ~ imprecise; # series break; "
      "* provisional\n");

  const int about = options.about == 0 ? years.back() : options.about;
  const auto until = stats::compare::CompareYears(UpTo(releases, about), codebook);
  const Series then = PersonsByPlaceAndKind(until);
  page += "\n";
  for (const std::string& kind : options.kinds) {
    const auto found = then.find({"", kind});
    if (found != then.end()) {
      page += stats::compare::Sentence(*found->second, codebook, language) + "\n";
    }
  }
  return page;
}

}  // namespace polder::server::cli
