// Names, addresses and remarks for made-up rows: what must never leave a municipality, so that
// tests can look for it.
#ifndef POLDER_STATS_POPULATION_WORDS_H_
#define POLDER_STATS_POPULATION_WORDS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "stats/population/random.h"

namespace polder::stats::population {

std::string_view FamilyName(Random& random);  // UTF-8, with accents and apostrophes
std::string_view GivenName(Random& random);
std::string_view School(Random& random);
std::string_view Officer(Random& random);
// Free text as officers write it: commas, semicolons, quotation marks, line breaks, accents; often
// empty.
std::string_view Remark(Random& random);

// Windows-1252 of a UTF-8 text; a character that it lacks becomes "?".
std::string ToWindows1252(std::string_view utf8);

}  // namespace polder::stats::population

#endif  // POLDER_STATS_POPULATION_WORDS_H_
