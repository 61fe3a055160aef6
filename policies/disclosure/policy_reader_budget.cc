#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/disclosure/policy_reader.h"

namespace polder::policies::disclosure {
namespace {

int MostPerYear(ReleaseKind kind) {
  switch (kind) {
    case ReleaseKind::kMonitor:
      return 4;  // one a quarter
    case ReleaseKind::kSlice:
      return 12;
    default:
      return 1;
  }
}

}  // namespace

using base::ObjectReader;
using base::Rational;

void PolicyReader::ReadBudget(ObjectReader& document) {
  document.Object("budget", [&](ObjectReader& budget) {
    policy_.yearly_cap_ = Amount(budget, "yearlyCap");
    policy_.delta_ = Number(budget, "delta", 0, Rational(1, 1000));
    std::set<ReleaseKind> seen;
    budget.Objects("lines", [&](ObjectReader& item) {
      BudgetLine line = ReadLine(item);
      if (item.Has("kind") && !seen.insert(line.kind).second) {
        item.Fault("duplicate-line", "kind",
                   "this kind of release already has its line; join the two");
      }
      policy_.budget_.push_back(std::move(line));
    });
    CheckYear(budget);
  });
}

BudgetLine PolicyReader::ReadLine(ObjectReader& item) {
  BudgetLine line{};
  const std::string kind = item.Text("kind");
  const auto parsed = ParseReleaseKind(kind);
  if (!parsed && !kind.empty()) {
    item.Fault("unknown-release-kind", "kind",
               "must be monitor, provisional, definitive, vsv or slice");
  }
  line.kind = parsed.value_or(ReleaseKind::kMonitor);
  const bool free = item.Raw("perRelease") == "0";
  if (!free) line.per_release = Amount(item, "perRelease");
  line.releases_per_year = static_cast<int>(item.Integer("releasesPerYear", 1, 12));
  if (parsed && line.releases_per_year > MostPerYear(line.kind)) {
    item.Fault("too-many-releases", "releasesPerYear",
               "at most " + std::to_string(MostPerYear(line.kind)) + " a year of kind " + kind);
  }
  ReadContent(item, line);
  const bool noisy = std::any_of(
      line.content.begin(), line.content.end(), [&](const BudgetLine::Content& content) {
        const Measure* measure = policy_.FindMeasure(content.measure);
        return measure == nullptr || measure->mechanism == Mechanism::kNoise;
      });
  if (free == noisy && !line.content.empty()) {
    item.Fault("out-of-range", "perRelease",
               noisy ? "must be more than 0: noise is paid from the budget"
                     : "must be 0: every measure of this line is published as exact counts, which "
                       "no budget bounds");
  }
  return line;
}

void PolicyReader::ReadContent(ObjectReader& line_object, BudgetLine& line) {
  Rational sum = 0;
  std::set<std::string, std::less<>> seen;
  line_object.Objects("content", [&](ObjectReader& item) {
    BudgetLine::Content content;
    content.measure = item.Code("measure");
    const Measure* measure = policy_.FindMeasure(content.measure);
    if (!content.measure.empty() && measure == nullptr) {
      item.Fault("unknown-measure", "measure",
                 "\"" + content.measure + "\" is not a measure of this policy");
    } else if (!content.measure.empty() && !seen.insert(content.measure).second) {
      item.Fault("duplicate-content", "measure", "this line already has this measure; join them");
    }
    content.tables = item.OptionalTexts("tables").value_or(std::vector<std::string>{});
    for (size_t i = 0; i < content.tables.size() && measure != nullptr; ++i) {
      const std::string& id = content.tables[i];
      const std::string pointer = base::Pointer(item.At("tables"), i);
      if (std::none_of(measure->tables.begin(), measure->tables.end(),
                       [&](const TableSpec& table) { return table.id == id; })) {
        problems_.Add("unknown-table", pointer,
                      "\"" + id + "\" is not a table of measure \"" + measure->id + "\"");
      }
      if (std::find(content.tables.begin(), content.tables.begin() + static_cast<ptrdiff_t>(i),
                    id) != content.tables.begin() + static_cast<ptrdiff_t>(i)) {
        problems_.Add("duplicate-table", pointer, "this table is already named");
      }
    }
    ReadShare(item, measure, content);
    sum += content.share;
    line.content.push_back(std::move(content));
  });
  if (sum > 1) {
    line_object.Fault("shares-above-one", "content",
                      "the shares sum to " + base::ToText(sum) +
                          "; a release cannot spend more "
                          "than its own budget, so let them sum to at most 1");
  }
}

void PolicyReader::ReadShare(ObjectReader& item, const Measure* measure,
                             BudgetLine::Content& content) {
  if (measure == nullptr || measure->mechanism == Mechanism::kNoise) {
    content.share = Number(item, "share", 0, 1);
  } else if (item.Has("share")) {
    item.Ignore("share");
    item.Fault("share-of-exact-counts", "share",
               "this measure is published as exact counts, which no budget bounds; leave the share "
               "out");
  }
}

void PolicyReader::CheckYear(ObjectReader& budget) {
  base::NanoRho total;
  std::string sum;
  for (const BudgetLine& line : policy_.budget_) {
    total = total + line.PerSchoolYear();
    if (!sum.empty()) sum += " + ";
    sum += std::string(ToText(line.kind)) + " " + line.PerSchoolYear().Text();
  }
  if (total > policy_.yearly_cap_) {
    budget.Fault("over-cap", "yearlyCap",
                 "a school year would cost " + total.Text() + " (" + sum +
                     "; vsv counts in full "
                     "in both school years it touches), more than the cap of " +
                     policy_.yearly_cap_.Text() + "; lower a line or raise the cap");
  }
}

}  // namespace polder::policies::disclosure
