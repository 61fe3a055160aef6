// What is hidden, and what it costs: per table, per municipality, and cell by cell for the table
// that people ask about most.
//
// Made from public data alone. Privacy: nothing here knows why a cell is hidden.
#ifndef POLDER_SERVER_REPORT_HIDDEN_REPORT_H_
#define POLDER_SERVER_REPORT_HIDDEN_REPORT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/codebook/codebook.h"
#include "stats/table/published_release.h"
#include "stats/table/spec.h"

namespace polder::server::report {

enum class Language { kDutch, kEnglish };

enum class Mark { kShown, kHidden, kMissing, kImpossible };

// Cells, and how many of them are hidden.
struct Tally {
  std::string label;
  size_t cells = 0;
  size_t hidden = 0;
  // Of the shown total, what lies behind hidden cells, in per cent rounded half up; nothing when no
  // shown numbers tell.
  std::optional<int> share = {};
};

struct HiddenReport {
  std::string title;
  std::string subtitle;
  std::string row_name;  // "municipality"
  std::string column_name;
  std::vector<Tally> rows;
  std::vector<std::string> columns;
  std::vector<Mark> marks;  // row-major
  std::string tables_name;  // what `tables` lists
  std::vector<Tally> tables;

  Mark At(size_t row, size_t column) const { return marks.at(row * columns.size() + column); }
};

// Of the measure's table of municipality and kind; otherwise of its first table of two attributes.
// Throws ProblemError "unknown-measure" when the release has no such measure, "no-picture" when the
// measure has no table of two attributes.
HiddenReport ReportOf(const stats::table::PublishedRelease& release, std::string_view measure,
                      const policies::codebook::Codebook& codebook, Language language);

// Of the cells of exact counts as they are published: the leaves of the members' dimension (the
// first when there are no members) by the nodes of the next, all others at their totals. Throws
// ProblemError "no-picture" with fewer than two dimensions, or without a total in another.
HiddenReport ReportOf(const stats::table::CountSpec& spec,
                      const std::vector<stats::table::CountCell>& cells, Language language);

// The heat map: fit for a phone and for print, with the same told in words for those who cannot see
// it.
std::string PictureOf(const HiddenReport& report, Language language);

// A page with the picture, and tables that say the same.
std::string PageOf(const HiddenReport& report, Language language);

}  // namespace polder::server::report

#endif  // POLDER_SERVER_REPORT_HIDDEN_REPORT_H_
