// Attacks on what is published, by someone who has nothing but the bytes; and mutants of the
// suppressor, which the audit has to catch every time.
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/problem.h"
#include "stats/suppress/determined.h"
#include "stats/suppress/rules.h"
#include "stats/suppress/suppress.h"
#include "tests/support/example_release.h"
#include "tests/support/region_tables.h"

namespace polder::tests {
namespace {

using policies::disclosure::ReleaseKind;
using stats::table::CellStatus;
using stats::table::LinkedTables;
using stats::table::PublishedRelease;

// --- An attacker's own program: reads releases as text, writes down every sum it can think of, and
// eliminates modulo a large prime. Shares no code with what it attacks.
class Attacker {
 public:
  // Cells of one release are unknowns of their own: noise differs from release to release.
  void Read(const std::string& text) {
    const auto release = nlohmann::json::parse(text);
    const std::string id = release["header"]["releaseId"];
    for (const auto& measure : release["measures"]) {
      std::map<std::string, std::vector<std::string>> codes;
      for (const auto& dimension : measure["dimensions"]) {
        codes[dimension["name"]] = dimension["codes"].get<std::vector<std::string>>();
      }
      // A municipality's class, where the release states classes.
      std::map<std::string, std::string> class_of;
      for (const auto& dimension : measure["dimensions"]) {
        for (size_t i = 0; dimension.contains("groups") && i < dimension["codes"].size(); ++i) {
          class_of[dimension["codes"][i]] =
              codes.at(dimension["groupedBy"])[dimension["groups"][i].get<size_t>()];
        }
      }
      const std::string prefix = id + "|" + measure["id"].get<std::string>();
      for (const auto& table : measure["tables"]) {
        const auto names = table["attributes"].get<std::vector<std::string>>();
        for (const auto& cell : table["cells"]) {
          std::map<std::string, std::string> place;
          for (size_t i = 0; i < names.size(); ++i) place[names[i]] = cell["codes"][i];
          const std::string name = Name(prefix, place);
          if (cell.contains("value")) {
            shown_.insert(name);
          } else if (cell["status"] == "hidden") {
            hidden_.insert(name);
          } else {
            shown_.insert(name);  // nobody there, or cannot be: taken as known
          }
          // Every way to drop one attribute gives a sum, whether or not its total is published.
          for (const auto& [attribute, code] : place) {
            auto total = place;
            total.erase(attribute);
            sums_[Name(prefix, total) + " by " + attribute + " in " + Join(names)].emplace_back(
                name);
            totals_[Name(prefix, total) + " by " + attribute + " in " + Join(names)] =
                Name(prefix, total);
            if (attribute != "municipality" || !class_of.contains(code)) continue;
            total["sizeClass"] = class_of.at(code);
            const std::string sum = Name(prefix, total) + " in " + Join(names);
            sums_[sum].push_back(name);
            totals_[sum] = Name(prefix, total);
          }
        }
      }
    }
  }

  size_t hidden() const { return hidden_.size(); }

  // Hidden cells whose number follows.
  std::vector<std::string> Recovered() {
    std::map<std::string, size_t> index;
    const auto number = [&](const std::string& name) {
      return index.emplace(name, index.size()).first->second;
    };
    std::map<size_t, Row> pivots;
    for (const auto& [sum, parts] : sums_) {
      Row row;
      const auto put = [&](const std::string& name, uint64_t factor) {
        if (!shown_.contains(name)) Add(row, number(name), factor);
      };
      put(totals_.at(sum), kPrime - 1);
      for (const auto& part : parts) put(part, 1);
      while (!row.empty()) {
        const auto [column, factor] = *row.begin();
        const auto pivot = pivots.find(column);
        if (pivot == pivots.end()) {
          const uint64_t inverse = Power(factor, kPrime - 2);
          for (auto& entry : row) entry.second = Times(entry.second, inverse);
          pivots.emplace(column, row);
          break;
        }
        const uint64_t negative = kPrime - factor;
        for (const auto& [c, f] : pivot->second) Add(row, c, Times(f, negative));
      }
    }
    // Back substitution from the last pivot.
    for (auto at = pivots.rbegin(); at != pivots.rend(); ++at) {
      const Row copy = at->second;
      for (const auto& [column, factor] : copy) {
        if (column == at->first || !pivots.contains(column)) continue;
        const uint64_t negative = kPrime - factor;
        for (const auto& [c, f] : pivots.at(column)) Add(at->second, c, Times(f, negative));
      }
    }
    std::vector<std::string> recovered;
    for (const std::string& name : hidden_) {
      const auto at = index.find(name);
      if (at == index.end()) continue;
      const auto pivot = pivots.find(at->second);
      if (pivot != pivots.end() && pivot->second.size() == 1) recovered.push_back(name);
    }
    return recovered;
  }

 private:
  using Row = std::map<size_t, uint64_t>;
  static constexpr uint64_t kPrime = (uint64_t{1} << 61) - 1;

  static uint64_t Times(uint64_t a, uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>(static_cast<Wide>(a) * b % kPrime);
  }
  static uint64_t Power(uint64_t base, uint64_t exponent) {
    uint64_t result = 1;
    for (; exponent > 0; exponent >>= 1, base = Times(base, base)) {
      if ((exponent & 1) != 0) result = Times(result, base);
    }
    return result;
  }
  static void Add(Row& row, size_t column, uint64_t factor) {
    uint64_t& entry = row[column];
    entry = (entry + factor) % kPrime;
    if (entry == 0) row.erase(column);
  }
  static std::string Join(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += name + ",";
    return text;
  }
  static std::string Name(const std::string& prefix,
                          const std::map<std::string, std::string>& place) {
    std::string name = prefix;
    for (const auto& [attribute, code] : place) name += "|" + attribute + "=" + code;
    return name;
  }

  std::set<std::string> shown_, hidden_;
  std::map<std::string, std::vector<std::string>> sums_;
  std::map<std::string, std::string> totals_;
};

ExampleRelease Publish(const policies::disclosure::Policy& policy, ReleaseKind kind,
                       uint64_t data_seed, uint64_t noise_seed,
                       const std::vector<PublishedRelease>& earlier = {}) {
  auto measures = RegionTables(policy, kind, SchoolYear(), data_seed, noise_seed);
  const auto members = Delivered(Towns(11));
  stats::suppress::Suppress(measures, policy, ShippedCodebook(), SchoolYear(), members, earlier);
  return MakeExampleRelease(std::move(measures), SchoolYear(), members, earlier,
                            std::string(policies::disclosure::ToText(kind)), policy);
}

TEST(AttackOnTables, SubtractingTablesAndReleasesRecoversNothing) {
  const auto policy = ShippedPolicy();
  size_t hidden = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const auto provisional = Publish(policy, ReleaseKind::kProvisional, seed, 100 + seed);
    std::vector<PublishedRelease> earlier;
    earlier.push_back(PublishedRelease::Parse(provisional.text));
    const auto definitive = Publish(policy, ReleaseKind::kDefinitive, seed, 200 + seed, earlier);
    Attacker attacker;
    attacker.Read(provisional.text);
    attacker.Read(definitive.text);
    EXPECT_THAT(attacker.Recovered(), ::testing::IsEmpty()) << seed;
    hidden += attacker.hidden();
  }
  EXPECT_GT(hidden, 100U);
}

// Releases with size classes: municipalities, classes and the region are one system of sums.
TEST(AttackOnTables, SubtractingClassesOfMunicipalitiesRecoversNothing) {
  const auto policy = ShippedPolicy("peer-classes");
  size_t hidden = 0, of_classes = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const auto provisional = Publish(policy, ReleaseKind::kProvisional, seed, 100 + seed);
    std::vector<PublishedRelease> earlier;
    earlier.push_back(PublishedRelease::Parse(provisional.text));
    const auto definitive = Publish(policy, ReleaseKind::kDefinitive, seed, 200 + seed, earlier);
    Attacker attacker;
    attacker.Read(provisional.text);
    attacker.Read(definitive.text);
    EXPECT_THAT(attacker.Recovered(), ::testing::IsEmpty()) << seed;
    hidden += attacker.hidden();
    const auto release = PublishedRelease::Parse(definitive.text);
    for (const auto& cell : release.FindMeasure("persons")->FindTable("sizeClass-kind")->cells) {
      of_classes += cell.value.has_value();
    }
  }
  EXPECT_GT(hidden, 100U);
  EXPECT_GT(of_classes, 20U) << "classes are shown";
}

// What decision 13 warned of: hiding that knows no classes, and classes shown beside it.
TEST(AttackOnTables, HidingThatKnowsNoClassesIsCaughtByTheAuditAndByTheAttacker) {
  const auto policy = ShippedPolicy("peer-classes");
  const auto members = Delivered(Towns(11));
  size_t careless = 0;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    auto measures = RegionTables(policy, ReleaseKind::kDefinitive, SchoolYear(), seed, 300 + seed);
    LinkedTables& with = measures.front();
    // The same figures without the class table, in a schema that has no classes.
    std::vector<stats::table::Dimension> flat;
    for (const auto& dimension : with.schema().dimensions()) {
      if (dimension.name != "sizeClass") flat.push_back({dimension.name, dimension.codes});
    }
    std::vector<stats::table::TableShape> shapes;
    const stats::table::Schema schema(flat);
    for (const auto& shape : with.tables()) {
      if (shape.id == "sizeClass-kind") continue;
      shapes.push_back({shape.id, *schema.SetOf(with.schema().Names(shape.attributes))});
    }
    LinkedTables without(with.measure(), schema, shapes);
    for (const auto set : schema.Residuals({stats::table::WholeSet(schema)})) {
      without.residuals().push_back({set, 400});
    }
    std::vector<std::pair<size_t, size_t>> same;  // cells without, with
    for (size_t t = 0, u = 0; t < with.tables().size(); ++t) {
      if (with.tables()[t].id == "sizeClass-kind") continue;
      const size_t cells = schema.CellCount(shapes[u].attributes);
      for (size_t c = 0; c < cells; ++c) same.emplace_back(without.Number(u, c), with.Number(t, c));
      ++u;
    }
    for (const auto& [to, from] : same) without.values()[to] = with.values()[from];
    std::vector<LinkedTables> hidden = {without};
    stats::suppress::Suppress(hidden, policy, ShippedCodebook(), SchoolYear(), members, {});
    stats::suppress::ApplyCellRules(with, {policy, ShippedCodebook(), SchoolYear(), members});
    for (const auto& [from, to] : same) {
      if (hidden[0].statuses()[from] == CellStatus::kHidden) {
        with.statuses()[to] = CellStatus::kHidden;
      }
    }
    const bool open = !stats::suppress::DeterminedCells(with).empty();
    careless += open;
    if (open) {
      EXPECT_THROW(stats::audit::Audit({SchoolYear(), {with}}, policy, {}), base::ProblemError);
    }
  }
  EXPECT_GE(careless, 3U) << "the warning has to come true for the test to mean anything";
}

TEST(AttackOnTables, TheAttackerRecoversASingleHiddenCell) {
  // Its teeth: of all hidden cells one stays hidden.
  const auto made = Publish(ShippedPolicy(), ReleaseKind::kDefinitive, 1, 1);
  auto json = nlohmann::json::parse(made.text);
  size_t left = 0;
  for (auto& measure : json["measures"]) {
    for (auto& table : measure["tables"]) {
      for (auto& cell : table["cells"]) {
        if (cell["status"] != "hidden") continue;
        if (table["id"] == "municipality-kind" && left++ == 0) continue;
        cell["value"] = 1;
      }
    }
  }
  ASSERT_GT(left, 1U);
  Attacker attacker;
  attacker.Read(json.dump());
  EXPECT_THAT(attacker.Recovered(), ::testing::SizeIs(1));
}

TEST(AttackOnTables, TheShippedPolicyPassesItsOwnAuditOverAllReleasesOfAYear) {
  const auto policy = ShippedPolicy();
  const auto provisional = Publish(policy, ReleaseKind::kProvisional, 7, 8);
  std::vector<PublishedRelease> earlier;
  earlier.push_back(PublishedRelease::Parse(provisional.text));
  const auto definitive = Publish(policy, ReleaseKind::kDefinitive, 7, 9, earlier);
  const auto certificate = nlohmann::json::parse(definitive.certificate);
  std::map<std::string, base::Rational> error;
  for (const auto& attacker : certificate["attackers"]) {
    error[attacker["class"]] =
        *base::ParseRational(attacker["smallestStandardError"].get<std::string>());
  }
  // Knowing more makes no estimate worse, and none beats the one who knows all but one pupil.
  EXPECT_GE(error.at("outsider"), error.at("member"));
  EXPECT_GE(error.at("member"), error.at("pair"));
  EXPECT_GE(error.at("pair"), error.at("anyKnowledge"));
  EXPECT_GE(error.at("anyKnowledge"), policy.audit().min_hidden_sd);
  // The provisional release alone tells less.
  const auto before = nlohmann::json::parse(provisional.certificate);
  EXPECT_GT(
      *base::ParseRational(before["attackers"][0]["smallestStandardError"].get<std::string>()),
      error.at("outsider"));
  RecordProperty("certificate", definitive.certificate);
}

TEST(AttackOnTables, ManyReleasesOfOnePeriodAreRefusedWhenTheyTellTooMuchTogether) {
  const auto policy = ShippedPolicy();
  std::vector<PublishedRelease> earlier;
  size_t made = 0;
  try {
    for (; made < 20; ++made) {
      const auto release = Publish(policy, ReleaseKind::kDefinitive, 7, 50 + made, earlier);
      earlier.push_back(PublishedRelease::Parse(release.text));
    }
  } catch (const base::ProblemError& error) {
    EXPECT_EQ(error.code(), "audit-failed");
  }
  EXPECT_GE(made, 1U);
  EXPECT_LE(made, 3U);
}

TEST(AttackOnTables, AHiddenNumberIsNowhereInTheBytes) {
  // Region-only figures are hidden however large, so they can be given numbers to look for.
  auto tables = RandomTables({});
  const auto& schema = tables.schema();
  size_t crossed = 0;
  while (tables.tables()[crossed].id != "municipality-kind") ++crossed;
  std::vector<int64_t> planted;
  int64_t sum = 0;
  for (size_t town = 0; town < 11; ++town) {
    int64_t& value = tables.values()[tables.Number(crossed, 6 * 11 + town)];
    const auto target = static_cast<int64_t>(7'310'007 + 911 * town);
    const int64_t moved = target - value;
    value = target;
    sum += moved;
    planted.push_back(target);
    tables.values()[tables.Number(crossed, 3 * 11 + town)] -= moved;  // the town's total stays
  }
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    const auto set = tables.tables()[t].attributes;
    if ((set & 1) == 0 || t == crossed) continue;
    const size_t rows = schema.CellCount(set) / 8;
    tables.values()[tables.Number(t, 6 * rows)] += sum;
    tables.values()[tables.Number(t, 3 * rows)] -= sum;
  }
  ASSERT_TRUE(tables.AddsUp());
  std::vector<LinkedTables> measures = {tables};
  const auto members = Delivered(Towns(11));
  stats::suppress::Suppress(measures, ShippedPolicy(), ShippedCodebook(), SchoolYear(), members,
                            {});
  const auto made = MakeExampleRelease(std::move(measures), SchoolYear(), members);
  for (const int64_t value : planted) {
    EXPECT_EQ(made.text.find(std::to_string(value)), std::string::npos);
  }
  EXPECT_NE(made.text.find("exemptionOther"), std::string::npos);
}

// --- Mutants of the suppressor.

TEST(SuppressorMutant, LeavingOutAnyComplementaryCellIsCaughtEveryTime) {
  const auto policy = ShippedPolicy();
  size_t mutants = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Example example;
    example.seed = 1000 + seed;
    example.towns = 3 + seed % 10;
    example.scale = seed % 2 == 0 ? 0.3 : 1.2;
    const auto members = Delivered(Towns(example.towns));
    std::vector<LinkedTables> measures = {RandomTables(example)};
    LinkedTables by_rule = measures.front();
    stats::suppress::ApplyCellRules(by_rule, {policy, ShippedCodebook(), SchoolYear(), members});
    stats::suppress::Suppress(measures, policy, ShippedCodebook(), SchoolYear(), members, {});
    EXPECT_NO_THROW(stats::audit::Audit({SchoolYear(), measures}, policy, {})) << seed;
    for (size_t cell = 0; cell < by_rule.cell_count(); ++cell) {
      if (measures[0].statuses()[cell] != CellStatus::kHidden ||
          by_rule.statuses()[cell] == CellStatus::kHidden) {
        continue;
      }
      ++mutants;
      auto mutant = measures;
      mutant[0].statuses()[cell] = by_rule.statuses()[cell];
      EXPECT_THROW(stats::audit::Audit({SchoolYear(), mutant}, policy, {}), base::ProblemError)
          << seed << " " << cell;
    }
  }
  EXPECT_GT(mutants, 150U);
}

TEST(SuppressorMutant, LeavingOutAComplementaryCellAroundClassesIsCaughtEveryTime) {
  const auto policy = ShippedPolicy("peer-classes");
  const auto members = Delivered(Towns(11));
  size_t mutants = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    auto all = RegionTables(policy, ReleaseKind::kDefinitive, SchoolYear(), seed, 400 + seed);
    std::vector<LinkedTables> measures = {std::move(all.front())};
    LinkedTables by_rule = measures.front();
    stats::suppress::ApplyCellRules(by_rule, {policy, ShippedCodebook(), SchoolYear(), members});
    stats::suppress::Suppress(measures, policy, ShippedCodebook(), SchoolYear(), members, {});
    EXPECT_NO_THROW(stats::audit::Audit({SchoolYear(), measures}, policy, {})) << seed;
    for (size_t cell = 0; cell < by_rule.cell_count(); ++cell) {
      if (measures[0].statuses()[cell] != CellStatus::kHidden ||
          by_rule.statuses()[cell] == CellStatus::kHidden) {
        continue;
      }
      ++mutants;
      auto mutant = measures;
      mutant[0].statuses()[cell] = by_rule.statuses()[cell];
      EXPECT_THROW(stats::audit::Audit({SchoolYear(), mutant}, policy, {}), base::ProblemError)
          << seed << " " << cell;
    }
  }
  EXPECT_GT(mutants, 30U);
}

// The same, once in each of many tables: hidden by chance of the seed, not by the choice of a few.
TEST(SuppressorMutant, OneComplementaryCellLeftOutIsCaughtInAThousandRandomTables) {
  const auto policy = ShippedPolicy();
  size_t mutants = 0;
  for (uint64_t seed = 1; mutants < 1000; ++seed) {
    ASSERT_LT(seed, 3000U) << "company is hidden too seldom for the test to mean anything";
    Example example;
    example.seed = 50'000 + seed;
    example.towns = 3 + seed % 10;
    example.scale = seed % 3 == 0 ? 0.3 : seed % 3 == 1 ? 0.7 : 1.2;
    example.spokes = seed % 4 == 0;
    const auto members = Delivered(Towns(example.towns));
    std::vector<LinkedTables> measures = {RandomTables(example)};
    LinkedTables by_rule = measures.front();
    stats::suppress::ApplyCellRules(by_rule, {policy, ShippedCodebook(), SchoolYear(), members});
    stats::suppress::Suppress(measures, policy, ShippedCodebook(), SchoolYear(), members, {});
    std::vector<size_t> company;
    for (size_t cell = 0; cell < by_rule.cell_count(); ++cell) {
      if (measures[0].statuses()[cell] == CellStatus::kHidden &&
          by_rule.statuses()[cell] != CellStatus::kHidden) {
        company.push_back(cell);
      }
    }
    if (company.empty()) continue;
    ASSERT_NO_THROW(stats::audit::Audit({SchoolYear(), measures}, policy, {})) << seed;
    ++mutants;
    const size_t left_out = company[seed % company.size()];
    measures[0].statuses()[left_out] = by_rule.statuses()[left_out];
    EXPECT_THROW(stats::audit::Audit({SchoolYear(), measures}, policy, {}), base::ProblemError)
        << seed << " " << left_out;
  }
}

TEST(SuppressorMutant, ShowingACellUnderItsThresholdIsCaughtEveryTime) {
  const auto policy = ShippedPolicy();
  std::vector<LinkedTables> measures = {RandomTables({.seed = 77})};
  const auto members = Delivered(Towns(11));
  LinkedTables by_rule = measures.front();
  stats::suppress::ApplyCellRules(by_rule, {policy, ShippedCodebook(), SchoolYear(), members});
  stats::suppress::Suppress(measures, policy, ShippedCodebook(), SchoolYear(), members, {});
  size_t mutants = 0;
  for (size_t cell = 0; cell < by_rule.cell_count(); ++cell) {
    if (by_rule.statuses()[cell] != CellStatus::kHidden) continue;
    ++mutants;
    auto mutant = measures;
    mutant[0].statuses()[cell] = CellStatus::kImprecise;
    EXPECT_THROW(stats::audit::Audit({SchoolYear(), mutant}, policy, {}), base::ProblemError)
        << cell;
  }
  EXPECT_GT(mutants, 20U);
}

TEST(SuppressorMutant, RulesAloneAreCaught) {
  const auto policy = ShippedPolicy();
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    LinkedTables tables = RandomTables({.seed = seed});
    stats::suppress::ApplyCellRules(
        tables, {policy, ShippedCodebook(), SchoolYear(), Delivered(Towns(11))});
    if (stats::suppress::DeterminedCells(tables).empty()) continue;
    EXPECT_THROW(stats::audit::Audit({SchoolYear(), {tables}}, policy, {}), base::ProblemError);
  }
}

}  // namespace
}  // namespace polder::tests
