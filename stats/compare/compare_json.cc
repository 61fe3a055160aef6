#include <nlohmann/json.hpp>

#include "stats/compare/compare.h"
#include "stats/table/csv.h"

namespace polder::stats::compare {
namespace {

using base::Json;

template <typename T>
void Put(Json& json, const char* name, const std::optional<T>& value) {
  if (value) json[name] = *value;
}

void Put(Json& json, const char* name, const std::optional<ChangeInterval>& interval) {
  if (interval) json[name] = {{"low", interval->low}, {"high", interval->high}};
}

Json PointJson(const YearPoint& point) {
  Json json = {{"year", point.year.Text()},
               {"releaseId", point.release_id},
               {"releaseKind", point.release_kind},
               {"status", table::ToText(point.status)},
               {"sd", point.sd}};
  Put(json, "value", point.value);
  if (point.interval) {
    json["low"] = point.interval->low;
    json["high"] = point.interval->high;
  }
  if (point.combined) {
    json["combined"] = {{"releases", point.combined->releases},
                        {"sd", point.combined->sd},
                        {"low", point.combined->interval.low},
                        {"high", point.combined->interval.high}};
  }
  Put(json, "denominator", point.denominator);
  Put(json, "perThousand", point.per_thousand);
  return json;
}

Json ChangeJson(const Change& change) {
  Json json = {{"from", change.from.Text()},         {"to", change.to.Text()},
               {"perThousand", change.per_thousand}, {"narrowed", change.narrowed},
               {"word", ToText(change.word)},        {"leftOut", change.left_out}};
  Put(json, "fromValue", change.from_value);
  Put(json, "toValue", change.to_value);
  Put(json, "difference", change.difference);
  Put(json, "rateDifference", change.rate_difference);
  Put(json, "noise", change.noise);
  Put(json, "chance", change.chance);
  Put(json, "combined", change.combined);
  if (!change.reason.empty()) json["reason"] = change.reason;
  return json;
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

std::string Text(const std::optional<int64_t>& number) {
  return number ? std::to_string(*number) : "";
}

}  // namespace

Json ComparisonJson(const Comparison& comparison) {
  Json years = Json::array();
  for (const YearPoint& point : comparison.years) years.push_back(PointJson(point));
  Json changes = Json::array();
  for (const Change& change : comparison.changes) changes.push_back(ChangeJson(change));
  return {{"measure", comparison.measure}, {"unit", comparison.unit},
          {"table", comparison.table},     {"attributes", comparison.attributes},
          {"codes", comparison.codes},     {"years", std::move(years)},
          {"changes", std::move(changes)}};
}

std::string ComparisonsCsv(const std::vector<Comparison>& comparisons) {
  std::string csv = table::CsvLine(
      {"measure",     "table",       "attributes",   "codes",      "year",           "releaseId",
       "releaseKind", "status",      "value",        "low",        "high",           "sd",
       "denominator", "perThousand", "comparedFrom", "comparedTo", "rateDifference", "changeLow",
       "changeHigh",  "word",        "reason",       "leftOut"});
  for (const Comparison& comparison : comparisons) {
    for (size_t i = 0; i < comparison.years.size(); ++i) {
      const YearPoint& point = comparison.years[i];
      // The first year has nothing to be compared with.
      const Change change = i == 0 ? Change{} : comparison.changes.at(i - 1);
      csv += table::CsvLine({comparison.measure,
                             comparison.table,
                             Joined(comparison.attributes),
                             Joined(comparison.codes),
                             point.year.Text(),
                             point.release_id,
                             point.release_kind,
                             std::string(table::ToText(point.status)),
                             Text(point.value),
                             point.interval ? std::to_string(point.interval->low) : "",
                             point.interval ? std::to_string(point.interval->high) : "",
                             point.sd,
                             Text(point.denominator),
                             point.per_thousand.value_or(""),
                             Text(change.from_value),
                             Text(change.to_value),
                             change.rate_difference.value_or(""),
                             change.combined ? change.combined->low : "",
                             change.combined ? change.combined->high : "",
                             i == 0 ? "" : std::string(ToText(change.word)),
                             change.reason,
                             Joined(change.left_out)});
    }
  }
  return csv;
}

}  // namespace polder::stats::compare
