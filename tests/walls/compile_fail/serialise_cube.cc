// must not compile: could not find to_json|no matching function|static assertion|deleted
#include <nlohmann/json.hpp>

#include "stats/tabulate/cube.h"

nlohmann::json Leak(const polder::stats::tabulate::Cube& cube) {
#ifdef ALLOWED
  return nlohmann::json(cube.cell_count());
#else
  return nlohmann::json(cube);
#endif
}
