// must not compile: could not find to_json|no matching function|static assertion|deleted
#include <nlohmann/json.hpp>

#include "stats/noise/answers.h"

nlohmann::json Leak(const polder::stats::noise::Noise& noise) {
#ifdef ALLOWED
  return nlohmann::json(sizeof(noise));
#else
  return nlohmann::json(noise);
#endif
}
