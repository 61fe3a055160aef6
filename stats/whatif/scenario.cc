#include "stats/whatif/scenario.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "policies/base/json_reader.h"
#include "policies/base/nano_rho.h"

namespace polder::stats::whatif {
namespace {

using base::Json;
using base::Rational;

// The member, when the object has it as text that is a number.
std::optional<Rational> NumberIn(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name) || !object[name].is_string()) {
    return std::nullopt;
  }
  return base::ParseRational(object[name].get_ref<const std::string&>());
}

// A code of the document, or "?": what is no code is not repeated anywhere.
std::string CodeIn(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name) || !object[name].is_string()) return "?";
  const std::string& text = object[name].get_ref<const std::string&>();
  return base::IsCode(text) ? text : "?";
}

void SetBudget(Json& budget, const Rational& yearly) {
  const std::optional<Rational> cap = NumberIn(budget, "yearlyCap");
  if (!cap || *cap <= 0) return;
  const Rational factor = yearly / *cap;
  budget["yearlyCap"] = base::ToText(yearly);
  if (!budget.contains("lines") || !budget["lines"].is_array()) return;
  for (Json& line : budget["lines"]) {
    const std::optional<Rational> amount = NumberIn(line, "perRelease");
    if (!amount) continue;
    const Rational moved = *amount * factor;
    // What is no amount is left for the reader of policies to refuse.
    line["perRelease"] =
        moved > 0 && moved <= 1000 ? base::NanoRho::AllowanceOf(moved).Text() : base::ToText(moved);
  }
}

}  // namespace

Json Vary(const Json& policy, const Variation& variation) {
  Json varied = policy;
  if (!varied.is_object()) return varied;
  if (variation.kinds_per_pupil) varied["maxKinds"] = *variation.kinds_per_pupil;
  if (variation.yearly_budget && varied.contains("budget") && varied["budget"].is_object()) {
    SetBudget(varied["budget"], *variation.yearly_budget);
  }
  return varied;
}

Scenario MakeScenario(const Json& policy, const policies::codebook::Codebook& codebook,
                      const Variation& variation) {
  Scenario scenario;
  scenario.label = CodeIn(policy, "id");
  scenario.policy = scenario.label + " " + CodeIn(policy, "version");
  if (variation.yearly_budget) {
    const Rational& budget = *variation.yearly_budget;
    std::string text = base::ToDecimal(budget, 9);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    scenario.label += " rho " + (base::ParseRational(text) == budget ? text : base::ToText(budget));
  }
  if (variation.kinds_per_pupil) {
    scenario.label += " k " + std::to_string(*variation.kinds_per_pupil);
  }
  try {
    scenario.read = policies::disclosure::Policy::FromJson(Vary(policy, variation), codebook);
  } catch (const base::ProblemError& error) {
    scenario.refused = error.problems();
    return scenario;
  }
  const auto& measures = scenario.read->measures();
  const bool noisy = std::any_of(measures.begin(), measures.end(), [](const auto& measure) {
    return measure.mechanism == policies::disclosure::Mechanism::kNoise;
  });
  if (!noisy) {
    scenario.read.reset();
    scenario.refused = {{"mechanism", "/mechanism",
                         "this policy publishes exact counts under suppression; there is no noise "
                         "to calculate with"}};
  }
  return scenario;
}

}  // namespace polder::stats::whatif
