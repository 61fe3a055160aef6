// Expected counts from public pupil counts and national rates.
#include <algorithm>
#include <array>

#include "policies/base/problem.h"
#include "stats/whatif/expected.h"

namespace polder::stats::whatif {
namespace {

using policies::codebook::Codebook;
using policies::disclosure::Unit;

// Persons a year per 1,000 of the calendar's population.
struct Rate {
  std::string_view kind_group;
  double per_thousand;
};

// Published for the country, 2022/'23: absolute, relative, exemptions on health (3.1), early
// leavers (2.4 % of 12 to 22). Assumed: holiday, other and 18 plus as 15 : 30 : 7 beside 48 reports
// of relative absence; single figures per region for the rest.
constexpr std::array<Rate, 10> kRates = {{
    {"absolute", 6.3},
    {"relative", 27},
    {"holiday", 27 * 15.0 / 48},
    {"other", 27 * 30.0 / 48},
    {"age18plus", 27 * 7.0 / 48},
    {"exemptionHealth", 3.1},
    {"exemptionOther", 0.2},
    {"substitute", 0.2},
    {"earlyLeaverNew", 24},
    {"earlyLeaverOld", 12},
}};

// Of the pupils: registered displaced pupils in the country 2022/'23; the others assumed.
constexpr std::array<std::pair<std::string_view, double>, 3> kGroupShares = {{
    {"displacedUkraine", 20'600.0 / 2'400'000},
    {"otherNewcomer", 0.03},
    {"unknown", 0.01},
}};

// Of the absolute absence of Zuid-Holland Zuid in 2022/'23: 399 of 510 needed no follow-up.
constexpr std::string_view kAdministrativeKind = "absolute";
constexpr double kAdministrativeShare = 399.0 / 510;
// Processes and reports per person (assumed, as in the made-up region).
constexpr double kPerPerson = 1.4;

double RateOf(std::string_view kind_group) {
  const auto found = std::find_if(kRates.begin(), kRates.end(),
                                  [&](const Rate& rate) { return rate.kind_group == kind_group; });
  return found == kRates.end() ? 0 : found->per_thousand / 1000;
}

// Years of age in the band at which the law knows the kind group.
int PossibleAges(const Codebook& codebook, const base::Period& period, std::string_view kind_group,
                 const policies::codebook::AgeBand& band) {
  int ages = 0;
  for (int age = band.from; age <= band.to; ++age) {
    policies::codebook::AgeBand one = band;
    one.from = one.to = age;
    ages += std::any_of(codebook.kinds().begin(), codebook.kinds().end(), [&](const auto& kind) {
      return kind.group == kind_group && codebook.AgePossible(kind, one, period);
    });
  }
  return ages;
}

double AgeShare(const Codebook& codebook, const base::Period& period, std::string_view kind_group,
                std::string_view band) {
  double in_band = 0;
  double all = 0;
  for (const auto& candidate : codebook.age_bands()) {
    const int ages = PossibleAges(codebook, period, kind_group, candidate);
    all += ages;
    if (candidate.code.code == band) in_band = ages;
  }
  return all == 0 ? 0 : in_band / all;
}

double GroupShare(const Codebook& codebook, std::string_view group) {
  double named = 0;
  for (const auto& [code, share] : kGroupShares) {
    if (code == group) return share;
    if (codebook.groups().Has(code)) named += share;
  }
  return 1 - named;
}

double AdministrativeShare(std::string_view kind_group, std::string_view code) {
  const double yes = kind_group == kAdministrativeKind ? kAdministrativeShare : 0;
  return code == "yes" ? yes : 1 - yes;
}

double Population(const Codebook& codebook, const base::Period& period,
                  const std::vector<std::string>& municipalities) {
  const std::string measure =
      period.calendar() == base::Calendar::kVsv ? "participants12to22" : "inhabitants5to17";
  double sum = 0;
  base::Problems problems;
  for (const std::string& code : municipalities) {
    const auto count = codebook.FindPublicCount(measure, code, period.year().start());
    if (count) {
      sum += static_cast<double>(count->count);
    } else {
      problems.Add("no-public-count", "/publicCounts",
                   "The codebook has no " + measure + " of " + code + " for " +
                       std::to_string(period.year().start()) +
                       "; give a release to calculate from, or choose another period.");
    }
  }
  problems.ThrowIfAny();
  return sum;
}

}  // namespace

double ExpectedCount(const Codebook& codebook, const base::Period& period, Unit unit,
                     const std::vector<std::string>& members,
                     const std::map<std::string, std::string, std::less<>>& codes) {
  const auto code = [&](std::string_view attribute) -> const std::string* {
    const auto found = codes.find(attribute);
    return found == codes.end() ? nullptr : &found->second;
  };
  const std::string* town = code("municipality");
  double count =
      Population(codebook, period, town == nullptr ? members : std::vector<std::string>{*town});
  if (!period.IsYear()) count /= 4;
  if (unit != Unit::kPersons) count *= kPerPerson;
  if (const std::string* group = code("group")) count *= GroupShare(codebook, *group);
  if (code("level") != nullptr) count /= static_cast<double>(codebook.levels().size());
  double persons = 0;
  for (const std::string& kind : codebook.KindGroupsIn(base::Period(period.year()))) {
    if (code("kind") != nullptr && *code("kind") != kind) continue;
    double share = RateOf(kind);
    if (const std::string* band = code("ageBand")) share *= AgeShare(codebook, period, kind, *band);
    if (const std::string* yes = code("administrative")) share *= AdministrativeShare(kind, *yes);
    persons += share;
  }
  return count * persons;
}

}  // namespace polder::stats::whatif
