#include <algorithm>

#include "policies/disclosure/policy_reader.h"

namespace polder::policies::disclosure {

using base::ObjectReader;

Mechanism PolicyReader::ReadMechanism(ObjectReader& object, Mechanism otherwise) {
  const auto text = object.OptionalText("mechanism");
  if (!text) return otherwise;
  if (*text == "suppression") return Mechanism::kSuppression;
  if (*text != "noise") {
    object.Fault("unknown-mechanism", "mechanism", "must be \"noise\" or \"suppression\"");
  }
  return Mechanism::kNoise;
}

void PolicyReader::ReadSuppression(ObjectReader& document) {
  const bool given = document.Object(
      "suppression",
      [&](ObjectReader& rule) {
        policy_.suppression_ = {rule.Integer("width", 2, 1000), rule.Boolean("zerosPublished"),
                                rule.Boolean("insiders")};
      },
      false);
  if (policy_.Suppresses() != given) {
    document.Fault("suppression-rule", "suppression",
                   given ? "no measure is published as exact counts; leave this out, or give a "
                           "measure the mechanism \"suppression\""
                         : "a measure is published as exact counts: say how they are protected, "
                           "with \"width\", \"zerosPublished\" and \"insiders\"");
  }
  CheckMechanisms(document);
}

// Noisy and exact figures of the same cells would give the noise away, and with it every other
// figure that it protects.
void PolicyReader::CheckMechanisms(ObjectReader& document) {
  for (size_t i = 0; i < policy_.measures_.size(); ++i) {
    const Measure& measure = policy_.measures_[i];
    const std::string pointer = base::Pointer(document.At("measures"), i);
    if (measure.mechanism == Mechanism::kSuppression && measure.counts_dropped) {
      problems_.Add("dropped-needs-noise", pointer,
                    "what bounding left out is published under noise only");
    }
    const bool mixed = std::any_of(
        policy_.measures_.begin(), policy_.measures_.begin() + static_cast<ptrdiff_t>(i),
        [&](const Measure& other) {
          return other.unit == measure.unit && other.mechanism != measure.mechanism &&
                 !other.counts_dropped && !measure.counts_dropped;
        });
    if (mixed) {
      problems_.Add("mixed-mechanisms", pointer,
                    "another measure of the same unit has the other mechanism; noisy and exact "
                    "figures of the same cells would give the noise away");
    }
  }
}

}  // namespace polder::policies::disclosure
