#include "stats/population/country.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace polder::stats::population {
namespace {

constexpr int kMunicipalities = 342;
constexpr double kPupils = 2'400'000;
constexpr std::string_view kMeasure = "inhabitants5to17";

// Sizes by rank, as 1 / (rank + 6): the largest holds 3.6 % of the country, the median 3,400.
std::vector<double> Shares() {
  std::vector<double> shares;
  double sum = 0;
  for (int rank = 1; rank <= kMunicipalities; ++rank) {
    shares.push_back(1.0 / (rank + 6));
    sum += shares.back();
  }
  for (double& share : shares) share /= sum;
  return shares;
}

std::string CodeOf(int number) { return "GM" + std::to_string(9000 + number); }

}  // namespace

base::Json CountryCodebook(const base::Json& regional) {
  base::Json country = regional;
  const std::string region = regional.at("region").at("code").get<std::string>();
  country["version"] = regional.at("version").get<std::string>() + "-country";
  country["region"] = {{"code", "NL"}, {"label", {{"nl", "Nederland"}, {"en", "Netherlands"}}}};
  base::Json municipalities = base::Json::array();
  base::Json memberships = base::Json::array();
  const base::Json& membership = regional.at("memberships").at(0);
  for (int number = 1; number <= kMunicipalities; ++number) {
    const std::string name = "Gemeente " + std::to_string(number);
    municipalities.push_back({{"code", CodeOf(number)},
                              {"label", {{"nl", name}, {"en", name}}},
                              {"oin", "0000000199900000" + CodeOf(number).substr(2)}});
    base::Json edge = membership;
    edge["municipality"] = CodeOf(number);
    memberships.push_back(std::move(edge));
  }
  country["municipalities"] = std::move(municipalities);
  country["memberships"] = std::move(memberships);

  double reference = 0;  // of the measure of pupils, in the region, in 2022
  for (const base::Json& counts : regional.at("publicCounts")) {
    if (counts.at("measure") == kMeasure) {
      reference = counts.at("counts").at(region).at("2022").get<double>();
    }
  }
  const std::vector<double> shares = Shares();
  for (base::Json& counts : country["publicCounts"]) {
    const base::Json region_years = counts.at("counts").at(region);
    base::Json by_municipality = base::Json::object();
    base::Json total = base::Json::object();
    for (int number = 1; number <= kMunicipalities; ++number) {
      base::Json years = base::Json::object();
      for (const auto& [year, count] : region_years.items()) {
        const double people =
            count.get<double>() / reference * kPupils * shares[static_cast<size_t>(number - 1)];
        const auto whole = static_cast<int64_t>(people);
        years[year] = whole;
        total[year] = total.value(year, int64_t{0}) + whole;
      }
      by_municipality[CodeOf(number)] = std::move(years);
    }
    by_municipality["NL"] = std::move(total);
    counts["counts"] = std::move(by_municipality);
  }
  return country;
}

base::Json ScaledCodebook(const base::Json& regional, double factor) {
  base::Json scaled = regional;
  for (base::Json& counts : scaled["publicCounts"]) {
    for (auto& [place, years] : counts["counts"].items()) {
      for (auto& [year, count] : years.items()) {
        count = static_cast<int64_t>(count.get<double>() * factor);
      }
    }
  }
  return scaled;
}

}  // namespace polder::stats::population
