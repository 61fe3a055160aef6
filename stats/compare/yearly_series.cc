#include "stats/compare/yearly_series.h"

#include <tuple>

#include "policies/base/problem.h"
#include "stats/table/covariance.h"

namespace polder::stats::compare {
namespace {

std::string Key(const std::string& measure, const std::string& table,
                const std::vector<std::string>& codes) {
  std::string key = measure + "/" + table;
  for (const std::string& code : codes) key += "/" + code;
  return key;
}

}  // namespace

std::vector<const table::PublishedRelease*> OnePerYear(
    const std::vector<const table::PublishedRelease*>& releases, base::Calendar calendar) {
  std::map<base::Year, const table::PublishedRelease*> best;
  const auto rank = [](const table::PublishedRelease& release) {
    const auto& header = release.header();
    return std::tuple(header.kind == "definitive", header.made_at, header.release_id);
  };
  for (const table::PublishedRelease* release : releases) {
    const auto& header = release->header();
    if (!header.period.IsYear() || header.period.calendar() != calendar) continue;
    if (header.kind == "monitor" || header.kind == "slice") continue;
    auto [at, inserted] = best.try_emplace(header.period.year(), release);
    if (!inserted && rank(*at->second) < rank(*release)) at->second = release;
  }
  std::vector<const table::PublishedRelease*> chosen;
  for (const auto& [year, release] : best) chosen.push_back(release);
  return chosen;
}

CellIndex::CellIndex(const table::PublishedRelease& release) : release_(release) {
  for (const table::PublishedMeasure& measure : release.measures()) {
    for (const table::PublishedTable& table : measure.tables) {
      for (const table::PublishedCell& cell : table.cells) {
        cells_.emplace(Key(measure.id, table.id, cell.codes),
                       Sighting{&release, &measure, &table, &cell});
      }
    }
  }
}

std::optional<Sighting> CellIndex::Find(const std::string& measure, const std::string& table,
                                        const std::vector<std::string>& codes) const {
  const auto found = cells_.find(Key(measure, table, codes));
  return found == cells_.end() ? std::nullopt : std::optional(found->second);
}

const table::PublishedTable* CellIndex::FindOver(const table::PublishedMeasure& measure,
                                                 table::AttributeSet attributes) const {
  for (const table::PublishedTable& table : measure.tables) {
    if (table.attributes == attributes) return &table;
  }
  return nullptr;
}

base::Rational VarianceOfSum(const table::PublishedMeasure& measure, table::AttributeSet attributes,
                             size_t along, size_t count) {
  const auto number = [](size_t value) {
    return base::Rational(base::ToInteger(static_cast<int64_t>(value)));
  };
  base::Rational variance = 0;
  for (const table::MeasuredResidual& residual : measure.residuals) {
    if ((residual.attributes & ~attributes) != 0) continue;
    base::Rational term = residual.gamma_squared;
    for (const size_t i : measure.schema.Members(attributes)) {
      const base::Rational codes = number(measure.schema.dimensions()[i].codes.size());
      const bool measured = (residual.attributes >> i & 1U) != 0;
      // The sum's weights on dimension i, seen through I - J/n (over n^2) or through the mean.
      const base::Rational cells = i == along ? number(count) : base::Rational(1);
      const base::Rational squared = cells * cells / codes;
      term *= measured ? base::Rational((cells - squared) / (codes * codes))
                       : base::Rational(squared / codes);
    }
    variance += term;
  }
  return variance;
}

base::Rational VarianceOfRest(const Sighting& total, const std::vector<Sighting>& parts) {
  table::LinearQuery query;
  const auto add = [&](const Sighting& seen, int sign) {
    const auto cell = static_cast<size_t>(seen.cell - seen.table->cells.data());
    query.push_back({seen.table->attributes, cell, sign});
  };
  add(total, 1);
  for (const Sighting& part : parts) add(part, -1);
  return table::Covariance(total.measure->schema, total.measure->residuals, query, query);
}

}  // namespace polder::stats::compare
