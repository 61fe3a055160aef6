// Where the sources and the build lie. Asked of the one object file that knows,
// tests/support/test_main.cc, so that every other test compiles to the same bytes in every
// checkout.
#pragma once

#include <string>

namespace polder::tests {

const std::string& SourceDir();
const std::string& BinaryDir();

}  // namespace polder::tests
