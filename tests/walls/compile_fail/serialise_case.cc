// must not compile: could not find to_json|no matching function|static assertion|deleted
#include <nlohmann/json.hpp>

#include "stats/cases/case.h"

nlohmann::json Leak(const polder::stats::cases::Case& item) {
#ifdef ALLOWED
  return nlohmann::json(item.repeat);
#else
  return nlohmann::json(item);
#endif
}
