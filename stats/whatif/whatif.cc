#include "stats/whatif/whatif.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/problem.h"
#include "stats/noise/weigh.h"
#include "stats/table/interval.h"
#include "stats/whatif/change.h"

namespace polder::stats::whatif {
namespace {

using policies::codebook::Codebook;
using policies::disclosure::Mechanism;
using policies::disclosure::Policy;
using policies::disclosure::ReleaseKind;

void CheckQuestion(const Question& question) {
  base::Problems problems;
  if (question.policies.empty()) {
    problems.Add("no-policy", "/policies", "Give at least one policy to calculate with.");
  }
  const bool vsv = question.kind == ReleaseKind::kVsv;
  const bool right_calendar = (question.period.calendar() == base::Calendar::kVsv) == vsv;
  const bool right_length = question.kind == ReleaseKind::kSlice ||
                            question.period.IsYear() == (question.kind != ReleaseKind::kMonitor);
  if (!right_calendar || !right_length) {
    problems.Add("wrong-period", "/period",
                 "A " + std::string(policies::disclosure::ToText(question.kind)) +
                     " release is not made over " + question.period.Text() +
                     ": a monitor is of a quarter (2022SJ-Q1), vsv of a vsv year (2022VSV), the "
                     "others of a school year (2022SJ).");
  }
  problems.ThrowIfAny();
}

std::vector<noise::Plan> PlansOf(const Policy& policy, const Codebook& codebook,
                                 const base::Period& period, ReleaseKind kind) {
  std::vector<noise::Plan> plans;
  const auto* line = policy.FindBudget(kind);
  if (line == nullptr) return plans;
  const std::vector<std::string> members = codebook.MembersIn(period);
  for (const auto& content : line->content) {
    if (policy.FindMeasure(content.measure)->mechanism != Mechanism::kNoise) continue;
    const base::Rational rho = line->per_release.rho() * content.share;
    for (const noise::PlanRequest& request :
         noise::MakePlanRequests(policy, codebook, period, content, rho, members)) {
      plans.push_back(noise::Plan::Make(request));
    }
  }
  return plans;
}

// The measure of the policy document that a plan belongs to.
std::string OfDocument(std::string measure) {
  constexpr std::string_view kSuffix = policies::disclosure::kPupilsSuffix;
  if (measure.ends_with(kSuffix)) measure.resize(measure.size() - kSuffix.size());
  return measure;
}

// The release that a correction meets: what was said before it, or after it.
std::optional<ReleaseKind> Counterpart(ReleaseKind kind) {
  switch (kind) {
    case ReleaseKind::kProvisional:
      return ReleaseKind::kDefinitive;
    case ReleaseKind::kDefinitive:
      return ReleaseKind::kProvisional;
    case ReleaseKind::kSlice:
      return ReleaseKind::kDefinitive;
    default:
      return std::nullopt;
  }
}

// Variance of a cell of the same table in other plans; of its least precise cell when that has
// other cells.
std::optional<base::Rational> VarianceIn(const std::vector<noise::Plan>& plans,
                                         const std::string& measure, const std::string& table,
                                         size_t cell) {
  for (const noise::Plan& plan : plans) {
    if (plan.request().measure != measure) continue;
    for (const noise::PlannedTable& planned : plan.request().tables) {
      if (planned.shape.id == table) {
        const auto variance =
            table::CellVariances(plan.request().schema, plan.residuals(), planned.shape.attributes);
        return cell < variance.cells.size() ? variance.cells[cell] : variance.largest;
      }
    }
  }
  return std::nullopt;
}

// The public count by which a comparison would divide the cell; nothing under the policy's limit.
std::optional<int64_t> DenominatorOf(const Policy& policy, const Codebook& codebook,
                                     const base::Period& period, const table::Schema& schema,
                                     const std::vector<std::string>& names,
                                     const std::vector<std::string>& codes) {
  const char* measure =
      period.calendar() == base::Calendar::kVsv ? "participants12to22" : "inhabitants5to17";
  std::vector<std::string> towns = codebook.MembersIn(period);
  const auto at = std::find(names.begin(), names.end(), "municipality");
  if (at != names.end()) towns = {codes[static_cast<size_t>(at - names.begin())]};
  const auto by_class = std::find(names.begin(), names.end(), "sizeClass");
  if (by_class != names.end()) {
    const table::Dimension& all = schema.dimensions()[*schema.IndexOf("municipality")];
    const auto& classes = schema.dimensions()[*schema.IndexOf("sizeClass")].codes;
    towns.clear();
    for (size_t i = 0; i < all.codes.size(); ++i) {
      if (classes[all.groups[i]] == codes[static_cast<size_t>(by_class - names.begin())]) {
        towns.push_back(all.codes[i]);
      }
    }
  }
  int64_t sum = 0;
  for (const std::string& town : towns) {
    const auto count = codebook.FindPublicCount(measure, town, period.year().start());
    if (!count) return std::nullopt;
    sum += count->count;
  }
  if (sum < policy.precision().min_rate_denominator) return std::nullopt;
  return sum;
}

// The cell with the middle expected count, of those that are expected at all.
size_t TypicalCell(const std::vector<double>& counts) {
  std::vector<size_t> order;
  for (size_t cell = 0; cell < counts.size(); ++cell) {
    if (counts[cell] > 0) order.push_back(cell);
  }
  if (order.empty()) return 0;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return counts[a] < counts[b]; });
  return order[order.size() / 2];
}

class Simulation {
 public:
  Simulation(const Question& question, const Codebook& codebook, const Progress& progress)
      : question_(question), codebook_(codebook), progress_(progress) {}

  void Expect(size_t steps) { of_ += steps; }

  ScenarioReport Run(const Scenario& scenario) {
    ScenarioReport report;
    report.label = scenario.label;
    report.policy = scenario.policy;
    report.refused = scenario.refused;
    const size_t before = done_;
    limit_ = before + Steps(scenario);
    if (scenario.read) {
      try {
        Fill(*scenario.read, report);
      } catch (const base::ProblemError& error) {
        report = {report.label, report.policy, error.problems(), "", 0, {}, {}, {}, {}};
      }
    }
    done_ = before + Steps(scenario);
    Tell();
    return report;
  }

  size_t Steps(const Scenario& scenario) const {
    if (!scenario.read) return 1;
    const auto* line = scenario.read->FindBudget(question_.kind);
    if (line == nullptr) return 1;
    return 1 + line->content.size() * static_cast<size_t>(std::max(0, question_.draws));
  }

 private:
  void Tell() {
    if (progress_) progress_(done_, of_);
  }

  void Fill(const Policy& policy, ScenarioReport& report) {
    const auto plans = PlansOf(policy, codebook_, question_.period, question_.kind);
    if (plans.empty()) {
      throw base::ProblemError(
          "no-budget-line", "/budget",
          "the policy grants nothing to a " +
              std::string(policies::disclosure::ToText(question_.kind)) +
              " release; add a budget line with its content, or choose another kind");
    }
    std::vector<noise::Plan> others;
    if (const auto other = Counterpart(question_.kind)) {
      others = PlansOf(policy, codebook_, question_.period, *other);
    }
    base::Rational cost = 0;
    for (const noise::Plan& plan : plans) {
      cost += plan.cost();
      const auto& weighing = plan.request().weighing;
      const std::string measure = OfDocument(plan.request().measure);
      if (weighing && (report.measured.empty() || report.measured.back().measure != measure)) {
        report.measured.push_back({measure, *weighing});
      }
      AddTables(policy, plan, others, report);
    }
    report.yearly_cap = policy.yearly_cap().Text();
    report.kinds_per_pupil = policy.max_kinds();
    report.costs = CostsOf(policy, cost);
    report.bounding = BoundingOf(policy, question_.period, question_.releases);
  }

  void AddTables(const Policy& policy, const noise::Plan& plan,
                 const std::vector<noise::Plan>& others, ScenarioReport& report) {
    const noise::PlanRequest& request = plan.request();
    const auto expected =
        whatif::Expect(request, policy, codebook_, question_.period, question_.releases);
    const auto shares =
        ExpectedShares(plan, expected, policy, codebook_, question_.period, question_.draws, [&] {
          // Tables that are measured apart are rehearsed apart, which is more than was expected.
          if (done_ < limit_) ++done_;
          Tell();
        });
    const table::PublishedRelease* last =
        LastWith(question_.releases, question_.period, request.measure);
    const base::Rational rounding = last == nullptr
                                        ? base::Rational(1)
                                        : last->FindMeasure(request.measure)->rounding_deviation;
    const auto* spec = policy.FindMeasure(request.measure);
    for (size_t t = 0; t < request.tables.size(); ++t) {
      const table::AttributeSet set = request.tables[t].shape.attributes;
      const auto variances = table::CellVariances(request.schema, plan.residuals(), set);
      const size_t typical =
          expected[t].counts.empty() ? size_t{0} : TypicalCell(expected[t].counts);
      const base::Rational& variance = variances.Of(typical);
      TableFigures figures;
      figures.measure = request.measure;
      figures.unit = policies::disclosure::ToText(spec->unit);
      figures.table = request.tables[t].shape.id;
      figures.attributes = request.schema.Names(set);
      figures.cells = request.schema.CellCount(set);
      figures.sd = table::DeviationText(variances.largest);
      figures.half_width = table::HalfWidth(variances.largest, rounding);
      figures.origin = expected[t].origin;
      figures.release_id = expected[t].release_id;
      if (shares) figures.shares = (*shares)[t];
      if (!expected[t].counts.empty()) {
        CellBefore before{0, variance, variance, rounding, {}};
        before.share = policy.precision().half_width_share;
        AddChanges(policy, request, t, expected[t], before, figures);
        const auto other = VarianceIn(others, figures.measure, figures.table, typical);
        if (other) {
          figures.correction =
              SmallestCorrection({*figures.expected, *other, variance, rounding,
                                  DenominatorOf(policy, codebook_, question_.period, request.schema,
                                                figures.attributes, figures.typical)});
        }
      }
      report.tables.push_back(std::move(figures));
    }
  }

  void AddChanges(const Policy& policy, const noise::PlanRequest& request, size_t t,
                  const ExpectedTable& expected, CellBefore before, TableFigures& figures) const {
    const table::AttributeSet set = request.tables[t].shape.attributes;
    const size_t cell = TypicalCell(expected.counts);
    const std::vector<size_t> dimensions = request.schema.Members(set);
    const std::vector<size_t> place = request.schema.Place(set, cell);
    std::string kind;
    for (size_t i = 0; i < dimensions.size(); ++i) {
      const table::Dimension& dimension = request.schema.dimensions()[dimensions[i]];
      figures.typical.push_back(dimension.codes[place[i]]);
      if (dimension.name == "kind") kind = figures.typical.back();
    }
    before.threshold = policy.RuleOf(kind).threshold;
    before.count = std::max<int64_t>(0, std::llround(expected.counts[cell]));
    before.denominator = DenominatorOf(policy, codebook_, question_.period, request.schema,
                                       figures.attributes, figures.typical);
    figures.expected = before.count;
    figures.named_by_noise = SmallestNamedRise(before, false);
    figures.named = SmallestNamedRise(before, true);
    figures.found = RiseFoundFourOfFive(before);
  }

  const Question& question_;
  const Codebook& codebook_;
  const Progress& progress_;
  size_t done_ = 0;
  size_t limit_ = 0;  // of the scenario that runs
  size_t of_ = 0;
};

// Nothing changed, when no change is asked for.
template <class Value>
std::vector<std::optional<Value>> OrAsItIs(const std::vector<Value>& values) {
  std::vector<std::optional<Value>> list(values.begin(), values.end());
  if (list.empty()) list.push_back(std::nullopt);
  return list;
}

}  // namespace

Report Simulate(const Question& question, const Codebook& codebook, const Progress& progress) {
  CheckQuestion(question);
  std::vector<Scenario> scenarios;
  for (const base::Json& policy : question.policies) {
    for (const auto& budget : OrAsItIs(question.budgets)) {
      for (const auto& kinds : OrAsItIs(question.kinds_per_pupil)) {
        scenarios.push_back(MakeScenario(policy, codebook, {budget, kinds}));
      }
    }
  }
  Simulation simulation(question, codebook, progress);
  for (const Scenario& scenario : scenarios) simulation.Expect(simulation.Steps(scenario));
  Report report;
  report.period = question.period.Text();
  report.kind = policies::disclosure::ToText(question.kind);
  report.codebook = codebook.id() + " " + codebook.version();
  report.draws = question.draws;
  for (const auto& release : question.releases) {
    report.releases.push_back(release.header().release_id);
  }
  for (const Scenario& scenario : scenarios) report.scenarios.push_back(simulation.Run(scenario));
  return report;
}

}  // namespace polder::stats::whatif
