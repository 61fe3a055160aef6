// Reading a delivery never crashes, and what it accepts is written and read back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "stats/cases/delivery.h"

namespace {

using polder::policies::codebook::Codebook;

const Codebook& Book() {
  static const Codebook book = [] {
    std::ifstream file(std::string(POLDER_SOURCE_DIR) +
                       "/policies/data/codebooks/nl-leerplicht-2026.1.json");
    std::stringstream text;
    text << file.rdbuf();
    return Codebook::FromJson(polder::base::ParseJson(text.str()));
  }();
  return book;
}

std::string Write(const polder::stats::cases::Delivery& delivery) {
  std::string text = WriteManifest(delivery.manifest) + "\n";
  for (const auto& item : delivery.cases) text += WriteCaseLine(item, Book()) + "\n";
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  try {
    const auto delivery = polder::stats::cases::ReadDelivery(input, Book());
    const std::string text = Write(delivery);
    if (Write(polder::stats::cases::ReadDelivery(text, Book())) != text) std::abort();
  } catch (const polder::base::ProblemError& error) {
    for (const auto& problem : error.problems()) {
      if (problem.code.empty() || problem.detail.empty()) std::abort();
    }
  }
  return 0;
}
