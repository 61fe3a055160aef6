#include "policies/disclosure/lint.h"

#include <algorithm>
#include <set>
#include <string>

#include "policies/base/json.h"
#include "policies/disclosure/size_classes.h"

namespace polder::policies::disclosure {
namespace {

bool Makes(const BudgetLine::Content& content, const Measure& measure, const TableSpec& table) {
  return content.measure == measure.id &&
         (content.tables.empty() || std::find(content.tables.begin(), content.tables.end(),
                                              table.id) != content.tables.end());
}

void LintUse(const Policy& policy, base::Problems& remarks) {
  for (size_t i = 0; i < policy.measures().size(); ++i) {
    const Measure& measure = policy.measures()[i];
    for (size_t j = 0; j < measure.tables.size(); ++j) {
      const bool made =
          std::any_of(policy.budget().begin(), policy.budget().end(), [&](const BudgetLine& line) {
            return std::any_of(line.content.begin(), line.content.end(), [&](const auto& content) {
              return Makes(content, measure, measure.tables[j]);
            });
          });
      if (made) continue;
      remarks.Add("unused-table",
                  base::Pointer(base::Pointer(base::Pointer("/measures", i), "tables"), j),
                  "no release makes this table; name it in a budget line or remove it");
    }
  }
}

void LintBudget(const Policy& policy, const codebook::Codebook& codebook, base::Problems& remarks) {
  base::NanoRho year;
  for (size_t i = 0; i < policy.budget().size(); ++i) {
    const BudgetLine& line = policy.budget()[i];
    year = year + line.PerSchoolYear();
    base::Rational spent = 0;
    for (const auto& content : line.content) spent += content.share;
    if (spent < 1) {
      remarks.Add("unspent-share", base::Pointer(base::Pointer("/budget/lines", i), "content"),
                  "the shares sum to " + base::ToText(spent) +
                      "; the rest is charged to pupils and buys no precision");
    }
  }
  if (year < policy.yearly_cap()) {
    remarks.Add("unspent-budget", "/budget/yearlyCap",
                "a school year costs " + year.Text() + " of the cap of " +
                    policy.yearly_cap().Text() + "; lower the cap to what is used");
  }
  int64_t pupils = 0;
  for (const auto& count : codebook.public_counts()) {
    if (count.municipality == codebook.region()) pupils = std::max(pupils, count.count);
  }
  if (pupils > 0 && policy.delta() * base::ToInteger(pupils) >= 1) {
    remarks.Add("large-delta", "/budget/delta",
                "with this delta the stated epsilon may fail for a whole pupil; keep it well below "
                "one in the number of pupils (" +
                    std::to_string(pupils) + ")");
  }
}

void LintRules(const Policy& policy, const codebook::Codebook& codebook, base::Problems& remarks) {
  for (const auto& group : codebook.kind_groups()) {
    const KindRule& rule = policy.RuleOf(group.code.code);
    if (rule.threshold < 5) {
      remarks.Add("low-threshold", "/kindRules",
                  "kind group \"" + group.code.code + "\" is shown from " +
                      std::to_string(rule.threshold) +
                      "; statistics offices hide counts below 5 of persons");
    }
    if (group.code.code.starts_with("exemption") && rule.threshold <= policy.RuleOf("").threshold &&
        !rule.region_only) {
      remarks.Add("sensitive-as-ordinary", "/kindRules/groups",
                  "kind group \"" + group.code.code +
                      "\" tells of health or belief (GDPR art. 9) "
                      "and has no higher threshold than the rest");
    }
  }
  if (policy.embargo_seconds() == 0) {
    remarks.Add("no-embargo", "/embargoDays",
                "without an embargo there is no time to withhold a release that is wrong");
  }
  if (policy.retention_months() > 13) {
    remarks.Add("long-retention", "/retentionMonths",
                "deliveries are needed until the definitive release, at most 13 months");
  }
}

// What a policy gives up by publishing exact counts, per measure.
void LintMechanism(const Policy& policy, base::Problems& remarks) {
  for (size_t i = 0; i < policy.measures().size(); ++i) {
    const Measure& measure = policy.measures()[i];
    if (measure.mechanism != Mechanism::kSuppression) continue;
    const std::string pointer = base::Pointer("/measures", i) + "/mechanism";
    remarks.Add("promise-given-up", pointer,
                "measure \"" + measure.id +
                    "\" publishes exact counts: the bound on what anyone learns about one pupil, "
                    "whatever they know, does not hold for it, and no epsilon can be stated; only "
                    "the interval of every hidden count does");
    remarks.Add("late-corrections-show", pointer,
                "a correction of one case changes an exact count by one, for everyone to see; "
                "under noise it does not show");
  }
  if (policy.Suppresses() && !policy.suppression().insiders) {
    remarks.Add("members-can-subtract", "/suppression/insiders",
                "a member that subtracts its own counts from a regional total may find a small "
                "count of another member");
  }
  if (policy.Suppresses() && policy.suppression().zeros_published) {
    remarks.Add("zeros-show", "/suppression/zerosPublished",
                "a published nought says of everyone in the group that it does not concern them, "
                "and that every hidden count is at least 1");
  }
  if (policy.Suppresses() && policy.suppression().width < policy.RuleOf("").threshold) {
    remarks.Add("narrow-interval", "/suppression/width",
                "hidden counts keep an interval narrower than the threshold");
  }
}

// Years for which the codebook has the counts, but which this policy could not release.
void LintClasses(const Policy& policy, const codebook::Codebook& codebook,
                 base::Problems& remarks) {
  if (!HasSizeClasses(policy)) return;
  std::set<int> years;
  for (const auto& count : codebook.public_counts()) {
    if (count.measure == codebook.size_measure()) years.insert(count.reference_year);
  }
  for (const int year : years) {
    const base::Period period(base::Year(base::Calendar::kAbsence, year));
    try {
      SizeClassesOf(policy, codebook, period, codebook.MembersIn(period));
    } catch (const base::ProblemError& error) {
      for (const base::Problem& problem : error.problems()) {
        remarks.Add(problem.code, problem.pointer,
                    "no release of " + period.Text() + ": " + problem.detail);
      }
    }
  }
}

}  // namespace

std::vector<base::Problem> Lint(const Policy& policy, const codebook::Codebook& codebook) {
  base::Problems remarks;
  LintUse(policy, remarks);
  LintBudget(policy, codebook, remarks);
  LintRules(policy, codebook, remarks);
  LintMechanism(policy, remarks);
  LintClasses(policy, codebook, remarks);
  return remarks.found();
}

}  // namespace polder::policies::disclosure
