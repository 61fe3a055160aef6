// must not compile: no match for .operator<<.
#include <sstream>

#include "stats/tabulate/cube.h"

void Leak(std::ostream& out, const polder::stats::tabulate::Cube& cube) {
#ifdef ALLOWED
  out << cube.cell_count();
#else
  out << cube;
#endif
}
