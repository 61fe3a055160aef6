// Reading a delivery never crashes, and what it accepts is written and read back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "stats/cases/delivery.h"

namespace {

using polder::policies::codebook::Codebook;

// Small enough to live here, so that the target needs no file.
constexpr const char* kCodebook = R"({
  "format": "polder-codebook-1", "id": "nl-leerplicht", "version": "2026.1",
  "title": {"nl": "x", "en": "x"}, "region": {"code": "RMC10", "label": {"nl": "x", "en": "x"}},
  "municipalities": [{"code": "GM0148", "label": {"nl": "x", "en": "x"}, "oin": "00000001999000000148"}],
  "memberships": [{"municipality": "GM0148"}],
  "sizeClasses": {"measure": "m", "classes": [{"code": "a", "label": {"nl": "x", "en": "x"}, "from": 0}]},
  "hierarchies": [{"attribute": "kind", "levels": ["kind", "kindGroup", "any"]}],
  "ageLimits": [{"duty": "any", "from": 5, "to": 17, "source": "x"}],
  "kindGroups": [{"code": "absolute", "label": {"nl": "x", "en": "x"}, "calendar": "absence"},
                 {"code": "new", "label": {"nl": "x", "en": "x"}, "calendar": "vsv"}],
  "kinds": [{"code": "AV", "label": {"nl": "x", "en": "x"}, "group": "absolute", "duties": ["any"]},
            {"code": "VSVN", "label": {"nl": "x", "en": "x"}, "group": "new", "duties": ["any"]}],
  "ageBands": [{"code": "12-15", "label": {"nl": "x", "en": "x"}, "from": 12, "to": 15},
               {"code": "16-17", "label": {"nl": "x", "en": "x"}, "from": 16, "to": 17},
               {"code": "18-22", "label": {"nl": "x", "en": "x"}, "from": 18, "to": 22}],
  "levels": [{"code": "none", "label": {"nl": "x", "en": "x"}}, {"code": "unknown", "label": {"nl": "x", "en": "x"}}],
  "groups": [{"code": "displacedUkraine", "label": {"nl": "x", "en": "x"}, "validFrom": "2022-02-24"},
             {"code": "unknown", "label": {"nl": "x", "en": "x"}}],
  "openedBy": [{"code": "auto4w", "label": {"nl": "x", "en": "x"}}],
  "outcomes": [{"code": "adminOnly", "label": {"nl": "x", "en": "x"}}],
  "durations": [{"code": "4w-3m", "label": {"nl": "x", "en": "x"}}, {"code": "unknown", "label": {"nl": "x", "en": "x"}}],
  "units": [{"code": "persons", "label": {"nl": "x", "en": "x"}}, {"code": "reports", "label": {"nl": "x", "en": "x"}},
            {"code": "processes", "label": {"nl": "x", "en": "x"}}],
  "reports": {"openedBy": []},
  "administrative": {"openedBy": "auto4w", "outcome": "adminOnly",
                     "codes": [{"code": "no", "label": {"nl": "x", "en": "x"}}, {"code": "yes", "label": {"nl": "x", "en": "x"}}]},
  "publicCounts": [{"measure": "m", "label": {"nl": "x", "en": "x"}, "referenceDay": "01-01", "source": "x", "counts": {}}]
})";

const Codebook& Book() {
  static const Codebook book = Codebook::FromJson(polder::base::ParseJson(kCodebook));
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
