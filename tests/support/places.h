// Where the sources and the build lie. Asked of the one object file that knows,
// tests/support/test_main.cc, so that every other test compiles to the same bytes in every
// checkout.
#ifndef POLDER_TESTS_SUPPORT_PLACES_H_
#define POLDER_TESTS_SUPPORT_PLACES_H_

#include <string>

namespace polder::tests {

const std::string& SourceDir();
const std::string& BinaryDir();

}  // namespace polder::tests

#endif  // POLDER_TESTS_SUPPORT_PLACES_H_
