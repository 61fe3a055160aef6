// Reads the line-per-case vectors of tests/vectors.
#ifndef POLDER_TESTS_CRYPTO_DIGEST_VECTORS_H_
#define POLDER_TESTS_CRYPTO_DIGEST_VECTORS_H_

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "policies/base/bytes.h"
#include "tests/support/places.h"

namespace polder::tests {

using Fields = std::vector<std::string>;

// Every case of tests/vectors/<name>.txt as its fields; throws when there is none, so that no test
// passes on a missing file.
inline std::vector<Fields> ReadVectors(const std::string& name) {
  std::ifstream file(polder::tests::SourceDir() + "/tests/vectors/" + name + ".txt");
  std::vector<Fields> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    Fields fields;
    for (std::string word; words >> word;) fields.push_back(word);
    cases.push_back(fields);
  }
  if (cases.empty()) throw std::runtime_error("no vectors: " + name);
  return cases;
}

// "-" is nothing.
inline base::Bytes Hex(const std::string& text) {
  return text == "-" ? base::Bytes{} : base::FromHex(text).value();
}

}  // namespace polder::tests

#endif  // POLDER_TESTS_CRYPTO_DIGEST_VECTORS_H_
