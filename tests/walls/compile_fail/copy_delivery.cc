// must not compile: use of deleted function
#include <utility>

#include "stats/cases/case.h"

using polder::stats::cases::Delivery;

Delivery Keep(Delivery& delivery) {
#ifdef ALLOWED
  return std::move(delivery);
#else
  return delivery;
#endif
}
