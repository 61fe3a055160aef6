#include "stats/noise/answers.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/json_reader.h"
#include "policies/base/problem.h"
#include "stats/noise/psi.h"
#include "stats/noise/sampler.h"

namespace polder::stats::noise {
namespace {

using base::Json;

constexpr std::string_view kFormat = "polder-answers-1";

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += '+';
    text += name;
  }
  return text;
}

// True when Psi stays within 64 bits, whatever the signs.
bool HasRoom(const std::vector<int64_t>& marginal, const std::vector<Axis>& axes) {
  int64_t bound = 1;
  for (const int64_t count : marginal) bound = std::max(bound, count < 0 ? -count : count);
  for (const Axis& axis : axes) {
    if (__builtin_mul_overflow(bound, 2 * axis.scale, &bound)) return false;
  }
  return bound <= int64_t{1} << 62;
}

void Wipe(std::vector<int64_t>& values) {
  if (!values.empty()) explicit_bzero(values.data(), values.size() * sizeof(int64_t));
}

// The true marginal over a closed set. The cube knows the finest codes only; classes are summed
// here.
std::vector<int64_t> MarginalOf(const tabulate::CubeReader& reader, const table::Schema& schema,
                                const std::vector<size_t>& base, table::AttributeSet set) {
  std::vector<size_t> keep;
  table::AttributeSet finest = 0;
  for (size_t place = 0; place < base.size(); ++place) {
    const table::AttributeSet chain = schema.Closed(table::AttributeSet{1} << base[place]);
    if ((chain & set) == 0) continue;
    keep.push_back(place);
    finest |= chain;
  }
  std::vector<int64_t> counts = reader.Marginal(keep);
  if (finest == set) return counts;
  std::vector<int64_t> sums(schema.CellCount(set), 0);
  bool fits = true;
  for (size_t cell = 0; cell < counts.size(); ++cell) {
    int64_t& sum = sums[schema.Project(finest, cell, set)];
    fits = fits && !__builtin_add_overflow(sum, counts[cell], &sum);
  }
  Wipe(counts);
  if (!fits) {
    Wipe(sums);
    throw std::overflow_error("a count beyond 64 bits");
  }
  return sums;
}

}  // namespace

Noise Noise::Draw(const Plan& plan, const base::RandomSource& source) {
  Noise noise;
  noise.plan_ = plan.Canonical();
  const table::Schema& schema = plan.request().schema;
  for (const table::MeasuredResidual& residual : plan.residuals()) {
    const auto lane = source.Open(std::string(kMechanism) + "/" + plan.request().measure + "/" +
                                  Joined(schema.Names(residual.attributes)));
    const DiscreteGaussian gaussian(residual.gamma_squared);
    const size_t cells = schema.CellCount(residual.attributes);
    std::vector<int64_t>& draws = noise.draws_.emplace_back();
    draws.reserve(cells);
    for (size_t cell = 0; cell < cells; ++cell) {
      base::BitStream bits(*lane, cell);
      draws.push_back(gaussian.Sample(bits));
    }
  }
  return noise;
}

Noise::~Noise() {
  for (auto& draws : draws_) Wipe(draws);
}

NoisyAnswers NoisyAnswers::Measure(const tabulate::Cube& cube, const Plan& plan, Noise noise) {
  if (noise.plan_ != plan.Canonical()) {
    throw base::ProblemError("noise-of-another-plan", "",
                             "The noise was drawn for another plan; draw it for this one.");
  }
  const table::Schema& schema = plan.request().schema;
  std::vector<size_t> sizes;
  const std::vector<size_t> base = schema.Base();
  for (const size_t i : base) sizes.push_back(schema.dimensions()[i].codes.size());
  if (cube.sizes() != sizes) {
    throw base::ProblemError("cube-of-another-schema", "",
                             "The cube does not have the dimensions of the plan's schema.");
  }
  NoisyAnswers answers;
  const tabulate::CubeReader reader(cube);
  for (size_t a = 0; a < plan.residuals().size(); ++a) {
    const table::AttributeSet set = plan.residuals()[a].attributes;
    std::vector<int64_t> values = MarginalOf(reader, schema, base, set);
    const std::vector<Axis> axes = AxesOf(schema, set);
    bool fits = HasRoom(values, axes);
    if (fits) ApplyPsi(values, axes);
    for (size_t cell = 0; fits && cell < values.size(); ++cell) {
      fits = !__builtin_add_overflow(values[cell], noise.draws_[a][cell], &values[cell]);
    }
    if (!fits) {
      Wipe(values);
      throw base::ProblemError("answers-out-of-range", "",
                               "The measure is too large for exact 64-bit answers; make fewer or "
                               "smaller tables.");
    }
    answers.values_.push_back(std::move(values));
  }
  return answers;
}

Json NoisyAnswers::ToJson() const {
  Json residuals = Json::array();
  for (const auto& values : values_) residuals.push_back(values);
  return {{"format", kFormat}, {"residuals", residuals}};
}

NoisyAnswers NoisyAnswers::FromJson(const Json& json, const Plan& plan) {
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  if (const std::string format = object.Text("format"); !format.empty() && format != kFormat) {
    object.Fault("unknown-format", "format", "Expected \"polder-answers-1\".");
  }
  NoisyAnswers answers;
  object.Array("residuals", [&](const Json& element, const std::string& pointer) {
    const size_t number = answers.values_.size();
    std::vector<int64_t>& values = answers.values_.emplace_back();
    if (number >= plan.residuals().size()) return;
    const size_t cells = plan.request().schema.CellCount(plan.residuals()[number].attributes);
    if (!element.is_array() || element.size() != cells) {
      problems.Add("wrong-size", pointer, "The residual must be an array of one answer per cell.");
      return;
    }
    for (const Json& value : element) {
      if (!value.is_number_integer() ||
          (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{INT64_MAX})) {
        problems.Add("not-an-integer", pointer, "Every answer must be a whole number of 64 bits.");
        return;
      }
      values.push_back(value.get<int64_t>());
    }
  });
  object.Finish();
  if (problems.empty() && answers.values_.size() != plan.residuals().size()) {
    problems.Add("wrong-size", "/residuals",
                 "The answers must have one array per residual of the "
                 "plan, in its order.");
  }
  problems.ThrowIfAny();
  return answers;
}

}  // namespace polder::stats::noise
