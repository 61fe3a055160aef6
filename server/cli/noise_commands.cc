// `polder plan`, `polder account` and `polder sample`: the arithmetic of noise, for whoever wants
// to check it.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "crypto/random/keystream.h"
#include "policies/base/json_reader.h"
#include "policies/base/problem.h"
#include "policies/base/random_bits.h"
#include "server/cli/cli.h"
#include "server/config/files.h"
#include "stats/noise/accounting.h"
#include "stats/noise/optimum.h"
#include "stats/noise/plan.h"
#include "stats/noise/sampler.h"
#include "stats/noise/variance.h"

namespace polder::server::cli {
namespace {

using base::Json;
using base::ProblemError;
using base::Rational;
using stats::table::AttributeSet;

// "0.25", "1/4" and, as people write a delta, "1e-6": all exact.
std::optional<Rational> ReadNumber(const std::string& text) {
  const size_t at = text.find_first_of("eE");
  if (at == std::string::npos) return base::ParseRational(text);
  const std::optional<Rational> digits = base::ParseRational(text.substr(0, at));
  int exponent = 0;
  const char* const begin = text.data() + at + 1 + (text.compare(at + 1, 1, "+") == 0 ? 1 : 0);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, exponent);
  if (!digits || error != std::errc() || stop != end || text.find('/') != std::string::npos ||
      exponent < -999 || exponent > 999) {
    return std::nullopt;
  }
  base::Integer power;
  mpz_ui_pow_ui(power.get_mpz_t(), 10, static_cast<unsigned long>(std::abs(exponent)));
  return exponent < 0 ? Rational(*digits / power) : Rational(*digits * power);
}

Rational Number(const std::string& text, const char* option) {
  const std::optional<Rational> value = ReadNumber(text);
  if (!value) {
    throw ProblemError("not-a-number", option,
                       "\"" + text + "\" is not a number. Write it as 0.25, 1/4 or 1e-6.");
  }
  return *value;
}

struct Workload {
  stats::noise::PlanRequest request;
  stats::noise::Objective objective = stats::noise::Objective::kTotal;
};

constexpr int64_t kMostCodes = int64_t{1} << 22;
constexpr size_t kMostMarginals = 200'000;
constexpr long kMostRho = 1'000'000;

// Every set of at most `up_to` of `count` attributes. Throws ProblemError "too-large".
std::vector<AttributeSet> SetsUpTo(size_t count, int64_t up_to) {
  std::vector<AttributeSet> sets{0};
  size_t first = 0;  // of the sets of the size before
  for (int64_t size = 1; size <= std::min<int64_t>(up_to, static_cast<int64_t>(count)); ++size) {
    const size_t last = sets.size();
    for (; first < last; ++first) {
      const AttributeSet set = sets[first];
      for (size_t next = static_cast<size_t>(std::bit_width(set)); next < count; ++next) {
        sets.push_back(set | AttributeSet{1} << next);
        if (sets.size() > kMostMarginals) return sets;
      }
    }
  }
  return sets;
}

// Cells of a table; more than any table that is ever made, so as a number of any size.
base::Integer CellsOf(const stats::table::Schema& schema, AttributeSet set) {
  base::Integer cells = 1;
  for (const size_t i : schema.Members(set)) {
    cells *= static_cast<unsigned long>(schema.dimensions()[i].codes.size());
  }
  return cells;
}

Json CountJson(const base::Integer& count) {
  const std::optional<int64_t> small = base::ToInt64(count);
  return small ? Json(*small) : Json(count.get_d());
}

// "hierarchies": {"M": {"classes": "S", "of": [0, 0, 1, …]}} gives the codes of attribute M
// classes, which are the codes of attribute S.
void ReadHierarchies(base::ObjectReader& object, std::vector<stats::table::Dimension>& dimensions,
                     base::Problems& problems) {
  const auto read = [&](const std::string& name, const Json& item, const std::string& at) {
    const auto found = std::find_if(dimensions.begin(), dimensions.end(),
                                    [&](const auto& dimension) { return dimension.name == name; });
    if (found == dimensions.end()) {
      problems.Add("unknown-code", at, "It names an attribute that is not listed.");
      return;
    }
    base::ObjectReader reader(item, at, problems);
    found->grouped_by = reader.Text("classes");
    reader.Array("of", [&](const Json& place, const std::string& where) {
      if (!place.is_number_unsigned()) {
        problems.Add("wrong-type", where, "A class is the position of its code, from 0.");
        return;
      }
      found->groups.push_back(place.get<size_t>());
    });
    reader.Finish();
  };
  object.Map("hierarchies", read, false);
}

// The names of a marginal's attributes; what is wrong with them is noted.
std::vector<std::string> ReadMarginal(const Json& item, const std::set<std::string>& attributes,
                                      const std::string& at, base::Problems& problems) {
  std::vector<std::string> names;
  if (!item.is_array()) {
    problems.Add("wrong-type", at, "A marginal is a list of attribute names.");
    return names;
  }
  for (size_t i = 0; i < item.size(); ++i) {
    const std::string pointer = base::Pointer(at, i);
    if (!item[i].is_string()) {
      problems.Add("wrong-type", pointer, "An attribute is named by text.");
      continue;
    }
    const auto& name = item[i].get_ref<const std::string&>();
    if (!attributes.contains(name)) {
      problems.Add("unknown-code", pointer, "\"" + name + "\" is no attribute that is listed.");
    } else if (std::find(names.begin(), names.end(), name) != names.end()) {
      problems.Add("duplicate-attribute", pointer, "This attribute is in the marginal already.");
    }
    names.push_back(name);
  }
  return names;
}

Workload ReadWorkload(const std::string& path) {
  const std::string text = config::ReadFile(path);
  const Json json = base::ParseJson(text);
  base::Problems problems;
  base::ObjectReader object(json, "", problems);
  Workload workload;
  std::vector<stats::table::Dimension> dimensions;
  std::set<std::string> attributes;  // also those whose size is wrong
  object.Map("attributes", [&](const std::string& name, const Json& size, const std::string& at) {
    attributes.insert(name);
    if (!size.is_number_integer() || size.get<int64_t>() < 1 || size.get<int64_t>() > kMostCodes) {
      problems.Add("out-of-range", at, "The number of codes is a whole number from 1 to 4194304.");
      return;
    }
    std::vector<std::string> codes;
    for (int64_t code = 0; code < size.get<int64_t>(); ++code)
      codes.push_back(std::to_string(code));
    dimensions.push_back({name, std::move(codes)});
  });
  const std::optional<int64_t> up_to = object.OptionalInteger("upTo", 0, 64);
  std::vector<std::vector<std::string>> named;
  const bool listed = object.Array(
      "marginals",
      [&](const Json& item, const std::string& at) {
        named.push_back(ReadMarginal(item, attributes, at, problems));
      },
      false);
  std::set<std::set<std::string>> before;
  for (size_t i = 0; i < named.size(); ++i) {
    if (!before.insert({named[i].begin(), named[i].end()}).second) {
      problems.Add("duplicate", base::Pointer("/marginals", i), "This marginal is listed before.");
    }
  }
  ReadHierarchies(object, dimensions, problems);
  const std::string weights = object.OptionalText("weights").value_or("cell");
  const std::string objective = object.OptionalText("objective").value_or("total");
  const size_t found = problems.size();
  workload.request.rho = object.Fraction("rho");
  if (problems.size() == found && (workload.request.rho <= 0 || workload.request.rho > kMostRho)) {
    object.Fault("rho-out-of-range", "rho", "The budget must be above 0 and at most 1000000.");
  }
  object.Finish();
  if (listed && named.empty()) {
    problems.Add("no-tables", "/marginals", "Name at least one marginal; [] is the grand total.");
  }
  if (listed == up_to.has_value()) {
    problems.Add("wrong-workload", "/marginals", "Give either \"marginals\" or \"upTo\".");
  }
  if (weights != "cell" && weights != "marginal") {
    problems.Add("unknown-code", "/weights", "Choose \"cell\" or \"marginal\".");
  }
  if (objective != "total" && objective != "max") {
    problems.Add("unknown-code", "/objective", "Choose \"total\" or \"max\".");
  }
  problems.ThrowIfAny();

  workload.objective =
      objective == "max" ? stats::noise::Objective::kMax : stats::noise::Objective::kTotal;
  workload.request.to_be_drawn = false;
  workload.request.measure = "workload";
  workload.request.schema = stats::table::Schema(std::move(dimensions));
  const stats::table::Schema& schema = workload.request.schema;
  std::vector<AttributeSet> sets;
  if (up_to) {
    for (const AttributeSet set : SetsUpTo(schema.size(), *up_to)) {
      if (schema.IsClosed(set)) sets.push_back(set);
    }
  }
  for (size_t i = 0; i < named.size(); ++i) {
    const std::optional<AttributeSet> set = schema.SetOf(named[i]);
    if (!set) {
      problems.Add(
          "class-of-another", base::Pointer("/marginals", i),
          "It names an attribute and also its classes, which the attribute tells already.");
    } else {
      sets.push_back(*set);
    }
  }
  if (sets.size() > kMostMarginals) {
    problems.Add("too-large", "/marginals", "At most 200000 marginals can be planned at once.");
  }
  problems.ThrowIfAny();
  for (AttributeSet set : sets) {
    std::string id;
    for (const std::string& name : schema.Names(set)) id += (id.empty() ? "" : "+") + name;
    const Rational cells(CellsOf(schema, set));
    workload.request.tables.push_back(
        {{id.empty() ? "total" : id, set}, weights == "cell" ? Rational(1) : Rational(1) / cells});
  }
  return workload;
}

Json Figures(const stats::noise::Optimum& optimum) {
  return {{"rmse", optimum.rmse},
          {"totalVariance", optimum.total_variance},
          {"maxVariance", optimum.max_variance}};
}

int RunPlan(const std::string& path, bool json) {
  Workload workload = ReadWorkload(path);
  workload.request.objective = workload.objective;
  const stats::noise::Plan plan = stats::noise::Plan::Make(workload.request);
  const stats::table::Schema& schema = plan.request().schema;
  std::vector<stats::noise::WorkloadTable> tables;
  for (const auto& table : plan.request().tables) {
    tables.push_back({table.shape.attributes, table.weight.get_d()});
  }
  std::vector<AttributeSet> residuals;
  std::vector<double> variances;
  for (const auto& residual : plan.residuals()) {
    Rational length = 1;
    for (const size_t i : schema.Members(residual.attributes)) {
      length *= Rational(base::ToInteger(schema.Scale(i)));
    }
    residuals.push_back(residual.attributes);
    variances.push_back(stats::noise::DiscreteVariance(residual.gamma_squared.get_d()) /
                        Rational(length * length).get_d());
  }
  const stats::noise::Optimum& ideal = plan.optimum();
  const stats::noise::Optimum actual = stats::noise::Evaluate(schema, tables, residuals, variances);

  Json marginals = Json::array();
  for (size_t i = 0; i < tables.size(); ++i) {
    marginals.push_back({{"attributes", schema.Names(tables[i].attributes)},
                         {"cells", CountJson(CellsOf(schema, tables[i].attributes))},
                         {"cellVariance", actual.table_variance[i]}});
  }
  Json measurements = Json::array();
  for (const auto& residual : plan.residuals()) {
    measurements.push_back({{"attributes", schema.Names(residual.attributes)},
                            {"gammaSquared", base::ToText(residual.gamma_squared)}});
  }
  Json ideal_json = Figures(ideal);
  ideal_json["loss"] = ideal.loss;
  ideal_json["leastLoss"] = ideal.least_loss;
  ideal_json["relativeGap"] = ideal.relative_gap;
  Json actual_json = Figures(actual);
  actual_json["rho"] = base::ToText(plan.cost());
  if (json) {
    std::cout << Json{{"ideal", ideal_json},
                      {"actual", actual_json},
                      {"marginals", marginals},
                      {"measurements", measurements}}
                     .dump(2)
              << "\n";
    return kDone;
  }
  std::cout << "rho " << base::ToDecimal(plan.cost(), 9, base::Rounding::kUp) << " of "
            << base::ToDecimal(plan.request().rho, 9) << ", rmse " << actual.rmse << " (ideal "
            << ideal.rmse << ", at most " << ideal.relative_gap << " from the best by duality)\n";
  for (const Json& marginal : marginals) {
    std::string names;
    for (const Json& name : marginal["attributes"]) names += " " + name.get<std::string>();
    std::cout << (names.empty() ? " total" : names) << ": " << marginal["cells"] << " cells, sd "
              << std::sqrt(marginal["cellVariance"].get<double>()) << "\n";
  }
  return kDone;
}

int RunAccount(const std::string& rho, const std::string& epsilon, const std::string& delta) {
  const Rational at_delta = Number(delta, "--delta");
  std::cout << (rho.empty() ? stats::noise::RhoOf(Number(epsilon, "--epsilon"), at_delta)
                            : stats::noise::EpsilonOf(Number(rho, "--rho"), at_delta))
            << "\n";
  return kDone;
}

int RunSample(const std::string& sigma2, uint64_t count, const std::string& seed) {
  const std::optional<base::Bytes> bytes = base::FromHex(seed);
  if (!bytes || bytes->size() != 32) {
    throw ProblemError("wrong-seed", "--seed", "The seed is 64 hexadecimal digits (32 bytes).");
  }
  const stats::noise::DiscreteGaussian gaussian(Number(sigma2, "--sigma2"));
  std::vector<crypto::digest::SecretBytes> seeds;
  seeds.push_back(crypto::digest::SecretBytes::CopyOf(*bytes));
  const crypto::random::Keystream source(seeds, base::AsBytes("polder-sample-2"));
  const auto lane = source.Open("polder-sample-2/" + base::ToText(gaussian.sigma_squared()));
  std::string out;
  for (uint64_t position = 0; position < count; ++position) {
    base::BitStream bits(*lane, position);
    out += std::to_string(gaussian.Sample(bits)) + "\n";
    if (out.size() > 65536) {
      std::cout << out;
      out.clear();
    }
  }
  std::cout << out << std::flush;
  return std::cout ? kDone : kFailed;
}

}  // namespace

void AddNoiseCommands(CLI::App& app, Chosen& chosen) {
  CLI::App* plan = app.add_subcommand("plan", "How precise a set of tables can be under a budget");
  auto path = std::make_shared<std::string>();
  plan->add_option("--workload", *path,
                   "JSON: attributes, marginals or upTo, weights, objective, rho")
      ->required();
  auto format = std::make_shared<std::string>("text");
  plan->add_option("--format", *format, "text or json")->check(CLI::IsMember({"text", "json"}));
  plan->callback([&chosen, path, format] {
    chosen.json = *format == "json";
    chosen.run = [path, json = chosen.json] { return RunPlan(*path, json); };
  });

  CLI::App* account = app.add_subcommand("account", "rho as epsilon at a delta, or epsilon as rho");
  auto rho = std::make_shared<std::string>();
  auto epsilon = std::make_shared<std::string>();
  auto delta = std::make_shared<std::string>();
  auto* rho_option =
      account->add_option("--rho", *rho, "zCDP, as 0.5 or 1/2; prints epsilon, rounded up");
  auto* epsilon_option =
      account->add_option("--epsilon", *epsilon, "prints rho, rounded down")->excludes(rho_option);
  rho_option->excludes(epsilon_option);
  account->add_option("--delta", *delta, "as 0.000001, 1e-6 or 1/1000000")->required();
  account->callback([&chosen, rho, epsilon, delta] {
    if (rho->empty() == epsilon->empty()) {
      throw CLI::ValidationError("account", "give either --rho or --epsilon");
    }
    chosen.run = [=] { return RunAccount(*rho, *epsilon, *delta); };
  });

  CLI::App* sample = app.add_subcommand("sample", "Draws from the exact discrete Gaussian");
  auto sigma2 = std::make_shared<std::string>();
  auto count = std::make_shared<uint64_t>(1);
  auto seed = std::make_shared<std::string>();
  sample->add_option("--sigma2", *sigma2, "variance parameter, decimal or p/q")->required();
  sample->add_option("--count", *count, "how many")
      ->check(CLI::Range(uint64_t{0}, uint64_t{1} << 40));
  sample->add_option("--seed", *seed, "64 hexadecimal digits; the same seed, the same draws")
      ->required();
  sample->callback([&chosen, sigma2, count, seed] {
    chosen.run = [=] { return RunSample(*sigma2, *count, *seed); };
  });
}

}  // namespace polder::server::cli
