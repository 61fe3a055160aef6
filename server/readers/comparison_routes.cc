#include "server/readers/comparison_routes.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "policies/base/period.h"
#include "policies/base/problem.h"
#include "server/readers/answer.h"

namespace polder::server::readers {
namespace {

constexpr size_t kMostRemembered = 32;

// The years asked for; all of the absence calendar when none are.
struct Selection {
  base::Calendar calendar = base::Calendar::kAbsence;
  std::set<base::Year> years;

  bool Wants(const base::Period& period) const {
    return period.IsYear() && period.calendar() == calendar &&
           (years.empty() || years.contains(period.year()));
  }
};

Selection ReadYears(const http::Request& request) {
  Selection selection;
  base::Problems problems;
  for (const std::string& text : QueryCodes(request, "years")) {
    const auto year = base::Year::Parse(text);
    if (!year) {
      problems.Add("malformed-parameter", "years", "write years as 2022SJ or 2022VSV, with commas");
    } else if (!selection.years.empty() && year->calendar() != selection.calendar) {
      problems.Add("mixed-calendars", "years",
                   "school years and vsv years are different series; ask for one of them");
    } else {
      selection.calendar = year->calendar();
      selection.years.insert(*year);
    }
  }
  problems.ThrowIfAny();
  return selection;
}

bool CarriesAll(const stats::compare::Comparison& comparison,
                const std::vector<std::string>& codes) {
  return std::all_of(codes.begin(), codes.end(), [&](const std::string& code) {
    return std::find(comparison.codes.begin(), comparison.codes.end(), code) !=
           comparison.codes.end();
  });
}

base::Json Document(const std::vector<stats::compare::Comparison>& selected,
                    const std::string& measure, const std::string& table,
                    const std::vector<ItemPtr>& items,
                    const policies::codebook::Codebook& codebook) {
  base::Json years = base::Json::array();
  base::Json releases = base::Json::array();
  for (const ItemPtr& item : items) {
    const std::string year = item->release.header().period.Text();
    if (years.empty() || years.back() != year) years.push_back(year);
    releases.push_back(item->release.header().release_id);
  }
  base::Json comparisons = base::Json::array();
  for (const auto& comparison : selected) {
    base::Json json = stats::compare::ComparisonJson(comparison);
    json["sentence"] = {
        {"nl", stats::compare::Sentence(comparison, codebook, stats::compare::Language::kDutch)},
        {"en", stats::compare::Sentence(comparison, codebook, stats::compare::Language::kEnglish)}};
    comparisons.push_back(std::move(json));
  }
  return {{"measure", measure},
          {"table", table},
          {"years", std::move(years)},
          {"releases", std::move(releases)},
          {"comparisons", std::move(comparisons)}};
}

}  // namespace

ComparisonShelf::Comparisons ComparisonShelf::Of(const std::vector<ItemPtr>& items) {
  std::string key;
  for (const ItemPtr& item : items) key += item->digest;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
  }
  std::vector<const stats::table::PublishedRelease*> releases;
  for (const ItemPtr& item : items) releases.push_back(&item->release);
  auto made = std::make_shared<const std::vector<stats::compare::Comparison>>(
      stats::compare::CompareYears(releases, codebook_, options_));
  const std::scoped_lock lock(mutex_);
  if (known_.size() >= kMostRemembered) known_.clear();
  return known_.emplace(std::move(key), std::move(made)).first->second;
}

http::Response GetComparisons(const http::Request& request, Shelf& shelf,
                              const policies::codebook::Codebook& codebook,
                              ComparisonShelf& comparisons) {
  CheckQuery(request, {"measure", "table", "years", "codes"});
  const std::string measure = request.Query("measure", "persons");
  const std::string table = request.Query("table", "kind");
  const Selection selection = ReadYears(request);
  const std::vector<std::string> codes = QueryCodes(request, "codes");
  const Media media = Negotiate(request);

  std::vector<ItemPtr> items;
  bool known_table = false;
  for (const ItemPtr& item : shelf.All()) {
    if (!selection.Wants(item->release.header().period)) continue;
    const auto* found = item->release.FindMeasure(measure);
    known_table |= found != nullptr && found->FindTable(table) != nullptr;
    items.push_back(item);
  }
  if (!items.empty() && !known_table) {
    throw base::ProblemError("unknown-table", "table",
                             "no release of these years has this table of this measure; "
                             "/v1/releases lists what there is");
  }
  std::vector<stats::compare::Comparison> selected;
  for (const auto& comparison : *comparisons.Of(items)) {
    if (comparison.measure == measure && comparison.table == table &&
        CarriesAll(comparison, codes)) {
      selected.push_back(comparison);
    }
  }
  if (media == Media::kCsv) return AnswerCsv(stats::compare::ComparisonsCsv(selected));
  return AnswerJson(Document(selected, measure, table, items, codebook));
}

}  // namespace polder::server::readers
