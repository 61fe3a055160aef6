// must not compile: use of deleted function
#include <utility>

#include "stats/tabulate/cube.h"

using polder::stats::tabulate::Cube;

Cube Keep(Cube& cube) {
#ifdef ALLOWED
  return std::move(cube);
#else
  return cube;
#endif
}
