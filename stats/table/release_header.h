// The header of a release document, read field by field. Used by PublishedRelease::Parse only.
#ifndef POLDER_STATS_TABLE_RELEASE_HEADER_H_
#define POLDER_STATS_TABLE_RELEASE_HEADER_H_

#include "policies/base/json_reader.h"
#include "stats/table/published_release.h"

namespace polder::stats::table {

// Notes every fault in `problems`, which is the reader's; what it returns is used only when there
// was none.
ReleaseHeader ReadReleaseHeader(base::ObjectReader& object, base::Problems& problems);

}  // namespace polder::stats::table

#endif  // POLDER_STATS_TABLE_RELEASE_HEADER_H_
