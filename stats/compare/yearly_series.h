// Which release speaks for a year, and what it says about one cell.
#ifndef POLDER_STATS_COMPARE_YEARLY_SERIES_H_
#define POLDER_STATS_COMPARE_YEARLY_SERIES_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stats/table/published_release.h"

namespace polder::stats::compare {

// One release per year of one calendar, ascending: the definitive one, otherwise the later made.
std::vector<const table::PublishedRelease*> OnePerYear(
    const std::vector<const table::PublishedRelease*>& releases, base::Calendar calendar);

// A cell as its release shows it, with everything around it that a comparison needs.
struct Sighting {
  const table::PublishedRelease* release = nullptr;
  const table::PublishedMeasure* measure = nullptr;
  const table::PublishedTable* table = nullptr;
  const table::PublishedCell* cell = nullptr;
};

// Cells of one release by their codes, for quick search.
class CellIndex {
 public:
  explicit CellIndex(const table::PublishedRelease& release);
  // nullopt when the release has no such table or cell.
  std::optional<Sighting> Find(const std::string& measure, const std::string& table,
                               const std::vector<std::string>& codes) const;
  // The table of the measure over exactly these attributes, in any order of naming.
  const table::PublishedTable* FindOver(const table::PublishedMeasure& measure,
                                        table::AttributeSet attributes) const;
  const table::PublishedRelease& release() const { return release_; }

 private:
  const table::PublishedRelease& release_;
  std::map<std::string, Sighting> cells_;
};

// Exact variance of the sum of `count` cells of the table over `attributes` that differ in the
// dimension `along` only (which `attributes` holds).
// Without classes only.
base::Rational VarianceOfSum(const table::PublishedMeasure& measure, table::AttributeSet attributes,
                             size_t along, size_t count);

// Exact variance of a total less some of its parts, of any tables of the measure.
base::Rational VarianceOfRest(const Sighting& total, const std::vector<Sighting>& parts);

}  // namespace polder::stats::compare

#endif  // POLDER_STATS_COMPARE_YEARLY_SERIES_H_
