#include "stats/cases/case.h"

#include <string.h>

namespace polder::stats::cases {

// explicit_bzero: a plain fill of memory that is about to die may be left out by the compiler.
PupilToken::~PupilToken() { explicit_bzero(bytes_.data(), bytes_.size()); }

Case::~Case() { explicit_bzero(case_key.data(), case_key.size()); }

}  // namespace polder::stats::cases
