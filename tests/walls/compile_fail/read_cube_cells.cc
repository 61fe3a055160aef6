// must not compile: is private within this context
#include "stats/tabulate/cube.h"

long Peek(const polder::stats::tabulate::Cube& cube) {
#ifdef ALLOWED
  return static_cast<long>(cube.cell_count());
#else
  return cube.cells_.front();
#endif
}
