// A codebook for populations other than the shipped region: the whole country, or the region
// scaled.
#ifndef POLDER_STATS_POPULATION_COUNTRY_H_
#define POLDER_STATS_POPULATION_COUNTRY_H_

#include "policies/base/json.h"

namespace polder::stats::population {

// The codebook `regional` with 342 made-up municipalities (GM9001 to GM9342, codes that Statistics
// Netherlands has not issued) as one region "NL" of 2.4 million inhabitants aged 5 to 17; codes,
// kinds and ages are unchanged.
base::Json CountryCodebook(const base::Json& regional);

// The codebook with every public count times `factor`, rounded down, so that rates stay as they
// are.
base::Json ScaledCodebook(const base::Json& regional, double factor);

}  // namespace polder::stats::population

#endif  // POLDER_STATS_POPULATION_COUNTRY_H_
