#include "policies/disclosure/policy.h"

#include <algorithm>

namespace polder::policies::disclosure {

base::NanoRho BudgetLine::PerSchoolYear() const {
  const int releases = releases_per_year * (kind == ReleaseKind::kVsv ? 2 : 1);
  base::NanoRho total;
  for (int i = 0; i < releases; ++i) total = total + per_release;
  return total;
}

const Measure* Policy::FindMeasure(std::string_view id) const {
  for (const std::vector<Measure>* list : {&measures_, &pupils_}) {
    const auto found = std::find_if(list->begin(), list->end(),
                                    [&](const Measure& measure) { return measure.id == id; });
    if (found != list->end()) return &*found;
  }
  return nullptr;
}

const Measure* Policy::PupilsOf(const Measure& measure) const {
  const auto found = std::find_if(pupils_.begin(), pupils_.end(), [&](const Measure& pupils) {
    return pupils.id == measure.id + std::string(kPupilsSuffix);
  });
  return found == pupils_.end() ? nullptr : &*found;
}

bool Policy::Suppresses() const {
  return std::any_of(measures_.begin(), measures_.end(), [](const Measure& measure) {
    return measure.mechanism == Mechanism::kSuppression;
  });
}

const BudgetLine* Policy::FindBudget(ReleaseKind kind) const {
  const auto found = std::find_if(budget_.begin(), budget_.end(),
                                  [&](const BudgetLine& line) { return line.kind == kind; });
  return found == budget_.end() ? nullptr : &*found;
}

const KindRule& Policy::RuleOf(std::string_view kind_group) const {
  const auto found = std::find_if(kind_rules_.begin(), kind_rules_.end(),
                                  [&](const KindRule& rule) { return rule.group == kind_group; });
  return found == kind_rules_.end() ? default_rule_ : *found;
}

}  // namespace polder::policies::disclosure
