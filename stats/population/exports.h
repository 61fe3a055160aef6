// Which rows each case system exports for each quarter, and what went wrong with them on the way.
//
// The case system of a municipality exports, per calendar and quarter, every case opened or closed
// in the quarter as it stands at the quarter's end; the Thursday of the ISO week decides which
// quarter a day belongs to.
#ifndef POLDER_STATS_POPULATION_EXPORTS_H_
#define POLDER_STATS_POPULATION_EXPORTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "policies/base/period.h"
#include "stats/population/world.h"

namespace polder::stats::population {

// The shapes in which case systems export (policies/data/mappings).
enum class Dialect { kJvs, kRegister };
std::string_view MappingId(Dialect dialect);  // "jvs-csv", "register-csv"

struct ExportRow {
  uint32_t episode = 0;    // into World::episodes
  bool duplicate = false;  // made by a conversion: the same case under a second number
  bool closed = false;     // as far as this export knows
  Kind kind = Kind::kR16;
  Outcome outcome = Outcome::kStillOpen;
};

struct ExportFile {
  uint16_t municipality = 0;
  base::Period period;
  Dialect dialect = Dialect::kJvs;
  bool conversion = false;  // the first file of this calendar after the conversion: a series break
  bool converted = false;   // its rows passed through the conversion
  std::vector<ExportRow> rows;
};

struct Mishaps {
  int conversion = -1;  // municipality that converts, on 1 November of the second year; -1: none
  int correction = -1;  // municipality that exports the third quarter of the second year twice
};

struct Exports {
  std::vector<ExportFile> files;        // by municipality, calendar, period
  std::vector<ExportFile> corrections;  // whole files that replace one of `files`
  std::vector<ExportFile> undistorted;  // what would have been exported without mishaps; only the
                                        // files that differ from `files`
  double duplicate_share = 0;           // drawn for the conversion
};

// Deterministic in (world, mishaps, seed).
Exports PlanExports(const World& world, const Mishaps& mishaps, uint64_t seed);

// How the pupil of a row is known in an export of `period`.
struct Identity {
  Numbering type = Numbering::kServiceNumber;
  uint32_t number = 0;        // of that type; for kLocalOnly the municipality's own person number
  uint16_t municipality = 0;  // only for kLocalOnly, which means nothing elsewhere

  friend auto operator<=>(const Identity&, const Identity&) = default;
};
Identity IdentityOf(const World& world, const Episode& episode, const base::Period& period);

// Nine digits that pass the 11-test and start with 9, a range that is not issued; different for
// every person. Never a real number.
std::string ServiceNumber(uint32_t person);
// Nine digits that start with 1 and leave 5 in the 11-test.
std::string EducationNumber(uint32_t person);

// The file's bytes in its dialect: names, addresses and free text included, as in reality.
std::string WriteExport(const World& world, const ExportFile& file, uint64_t seed);

}  // namespace polder::stats::population

#endif  // POLDER_STATS_POPULATION_EXPORTS_H_
