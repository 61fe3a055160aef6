// The random details of one case: how old, which school, how long, how it ended.
#ifndef POLDER_STATS_POPULATION_LIVES_H_
#define POLDER_STATS_POPULATION_LIVES_H_

#include "policies/base/period.h"
#include "stats/population/random.h"
#include "stats/population/world.h"

namespace polder::stats::population {

// A school day in the year by the month weights of the process (Saturday and Sunday give Monday,
// unless that leaves the year).
base::Date DrawDay(Process process, const base::Year& year, Random& random);

// A birth date that gives exactly this age on this day.
base::Date DrawBirth(int age, base::Date on, Random& random);

Kind DrawKind(Process process, Random& random);
Level DrawLevel(Process process, int age, Random& random);
Opener DrawOpener(Process process, Random& random);

// Sets outcome, end and closing day of an episode of this process whose other fields are set.
void DrawEnd(Process process, Random& random, Episode& episode);

// Days from a displaced child's arrival to its enrolment; median five weeks, long tail.
int64_t DrawEnrolmentLag(Random& random);

}  // namespace polder::stats::population

#endif  // POLDER_STATS_POPULATION_LIVES_H_
