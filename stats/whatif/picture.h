// The report as a picture: one row per table, one mark per scenario at its 95 % half-width.
//
// It can be read without colour (every scenario has its own shape), by a screen reader (title and
// description), and its numbers stand in the CSV beside it. Source of the colours: Okabe and Ito,
// "Color Universal Design", 2008: told apart with every kind of colour blindness.
#ifndef POLDER_STATS_WHATIF_PICTURE_H_
#define POLDER_STATS_WHATIF_PICTURE_H_

#include <string>

#include "stats/whatif/whatif.h"

namespace polder::stats::whatif {

// SVG 1.1, UTF-8, without scripts, fonts or anything from elsewhere. A logarithmic scale from 1 on;
// a half-width of 0 stands at its left end. Refused scenarios stand in the legend with their
// reason.
std::string Picture(const Report& report);

}  // namespace polder::stats::whatif

#endif  // POLDER_STATS_WHATIF_PICTURE_H_
