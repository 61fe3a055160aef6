#include "stats/whatif/rehearsal.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/random_bits.h"
#include "stats/noise/answers.h"
#include "stats/noise/psi.h"
#include "stats/noise/sampler.h"
#include "stats/reconcile/reconcile.h"
#include "stats/suppress/suppress.h"

namespace polder::stats::whatif {
namespace {

using table::CellStatus;

// Bits that anyone can make again: a rehearsal needs spread, not secrecy. Source: Steele, Lea,
// Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
class PlainLane : public base::RandomLane {
 public:
  explicit PlainLane(uint64_t key) : key_(key) {}
  void Block(uint64_t position, uint64_t block, base::RandomBlock& out) override {
    uint64_t state = Mix(key_ ^ Mix(position + 1)) ^ Mix(~block);
    for (size_t i = 0; i < out.size(); i += 8) {
      state += kStep;
      const uint64_t word = Mix(state);
      for (size_t byte = 0; byte < 8; ++byte) {
        out[i + byte] = static_cast<uint8_t>(word >> (8 * byte));
      }
    }
  }

 private:
  static constexpr uint64_t kStep = 0x9e3779b97f4a7c15U;
  static uint64_t Mix(uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
  }

  uint64_t key_;
};

// The expected marginal over `set`, in whole numbers: of the table over exactly these attributes,
// or summed from the smallest table that has them.
std::vector<int64_t> Marginal(const noise::PlanRequest& request,
                              const std::vector<ExpectedTable>& expected, table::AttributeSet set) {
  const table::Schema& schema = request.schema;
  size_t source = request.tables.size();
  for (size_t t = 0; t < request.tables.size(); ++t) {
    const table::AttributeSet over = request.tables[t].shape.attributes;
    if ((set & ~over) != 0) continue;
    if (source == request.tables.size() ||
        schema.CellCount(over) < schema.CellCount(request.tables[source].shape.attributes)) {
      source = t;
    }
  }
  const table::AttributeSet over = request.tables.at(source).shape.attributes;
  std::vector<double> sums(schema.CellCount(set));
  for (size_t cell = 0; cell < expected[source].counts.size(); ++cell) {
    sums[schema.Project(over, cell, set)] += expected[source].counts[cell];
  }
  std::vector<int64_t> counts;
  for (const double sum : sums) counts.push_back(std::llround(sum));
  return counts;
}

noise::NoisyAnswers Answer(const noise::Plan& plan, const std::vector<ExpectedTable>& expected,
                           uint64_t draw) {
  const table::Schema& schema = plan.request().schema;
  base::Json residuals = base::Json::array();
  for (const table::MeasuredResidual& residual : plan.residuals()) {
    std::vector<int64_t> values = Marginal(plan.request(), expected, residual.attributes);
    noise::ApplyPsi(values, noise::AxesOf(schema, residual.attributes));
    const noise::DiscreteGaussian gaussian(residual.gamma_squared);
    PlainLane lane(draw * 65'537 + residual.attributes);
    for (size_t cell = 0; cell < values.size(); ++cell) {
      base::BitStream bits(lane, cell);
      values[cell] += gaussian.Sample(bits);
    }
    residuals.push_back(values);
  }
  return noise::NoisyAnswers::FromJson({{"format", "polder-answers-1"}, {"residuals", residuals}},
                                       plan);
}

std::vector<table::Member> AllDelivered(const policies::codebook::Codebook& codebook,
                                        const base::Period& period) {
  std::vector<table::Member> members;
  for (const std::string& code : codebook.MembersIn(period)) members.push_back({code, true, false});
  return members;
}

// Hidden by a rule for the cell itself, whatever the other cells are.
bool HiddenByRule(const table::LinkedTables& tables, size_t table, size_t cell,
                  const policies::disclosure::Policy& policy) {
  const table::Schema& schema = tables.schema();
  const table::AttributeSet set = tables.tables()[table].attributes;
  const std::vector<size_t> dimensions = schema.Members(set);
  const std::vector<size_t> place = schema.Place(set, cell);
  std::string kind;
  bool municipal = false;
  for (size_t i = 0; i < dimensions.size(); ++i) {
    const table::Dimension& dimension = schema.dimensions()[dimensions[i]];
    if (dimension.name == "kind") kind = dimension.codes[place[i]];
    municipal = municipal || dimension.name == "municipality" || dimension.name == "sizeClass";
  }
  const auto& rule = policy.RuleOf(kind);
  return tables.values()[tables.Number(table, cell)] < rule.threshold ||
         (rule.region_only && municipal);
}

}  // namespace

table::LinkedTables Rehearse(const noise::Plan& plan, const std::vector<ExpectedTable>& expected,
                             const policies::disclosure::Policy& policy,
                             const policies::codebook::Codebook& codebook,
                             const base::Period& period, uint64_t draw) {
  std::vector<table::LinkedTables> measures;
  measures.push_back(reconcile::Reconcile(Answer(plan, expected, draw), plan));
  suppress::Suppress(measures, policy, codebook, period, AllDelivered(codebook, period), {});
  return std::move(measures.front());
}

std::optional<std::vector<Shares>> ExpectedShares(const noise::Plan& plan,
                                                  const std::vector<ExpectedTable>& expected,
                                                  const policies::disclosure::Policy& policy,
                                                  const policies::codebook::Codebook& codebook,
                                                  const base::Period& period, int draws,
                                                  const std::function<void()>& step) {
  if (draws < 1 || std::any_of(expected.begin(), expected.end(),
                               [](const auto& table) { return table.counts.empty(); })) {
    return std::nullopt;
  }
  const size_t count = plan.request().tables.size();
  std::vector<Shares> shares(count);
  for (int draw = 0; draw < draws; ++draw) {
    const table::LinkedTables tables =
        Rehearse(plan, expected, policy, codebook, period, static_cast<uint64_t>(draw));
    for (size_t t = 0; t < count; ++t) {
      const size_t cells = tables.schema().CellCount(tables.tables()[t].attributes);
      size_t possible = 0;
      for (size_t cell = 0; cell < cells; ++cell) {
        const CellStatus status = tables.statuses()[tables.Number(t, cell)];
        if (status == CellStatus::kNotApplicable) continue;
        ++possible;
        if (status == CellStatus::kImprecise) ++shares[t].imprecise;
        if (status != CellStatus::kHidden) continue;
        ++shares[t].hidden;
        if (HiddenByRule(tables, t, cell, policy)) ++shares[t].by_rule;
      }
      shares[t].cells = possible;
    }
    step();
  }
  for (Shares& share : shares) {
    const double all = static_cast<double>(std::max<size_t>(1, share.cells)) * draws;
    share.hidden /= all;
    share.by_rule /= all;
    share.imprecise /= all;
  }
  return shares;
}

}  // namespace polder::stats::whatif
