// Counting follows the bounding rules, whatever the order in which cases arrive.
#include "stats/tabulate/tabulate.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <tuple>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "tests/support/places.h"

namespace polder::stats::tabulate {
namespace {

using base::IsoWeek;
using base::Period;
using cases::Case;
using cases::Delivery;
using policies::codebook::Codebook;
using policies::disclosure::Attribute;
using policies::disclosure::Measure;
using policies::disclosure::Unit;

const Codebook& Book() {
  static const Codebook book = [] {
    std::ifstream file(polder::tests::SourceDir() +
                       "/policies/data/codebooks/nl-leerplicht-2026.1.json");
    std::stringstream text;
    text << file.rdbuf();
    return Codebook::FromJson(base::ParseJson(text.str()));
  }();
  return book;
}

const Period kYear = Period::Parse("2022SJ").value();

template <class Items>
uint8_t IndexOf(const Items& items, const std::string& code) {
  const auto found = items.IndexOf(code);
  EXPECT_TRUE(found.has_value()) << code;
  return static_cast<uint8_t>(found.value_or(0));
}

struct Spec {
  int pupil = 0;
  int key = 0;
  std::string kind = "AV";
  std::string opened = "2022-W45";
  std::string opened_by = "officer";
  std::string outcome = "returned";
  uint8_t age_band = 1;
  uint8_t level = 2;
  uint8_t group = 2;
};

Case CaseOf(const Spec& spec) {
  Case item;
  item.case_key[0] = static_cast<uint8_t>(spec.key);
  item.case_key[1] = static_cast<uint8_t>(spec.key >> 8);
  std::array<uint8_t, 32> token{};
  token[31] = static_cast<uint8_t>(spec.pupil);
  token[3] = static_cast<uint8_t>(spec.pupil * 7);
  item.pupil = cases::PupilToken(token);
  item.opened = IsoWeek::Parse(spec.opened).value();
  const auto& kinds = Book().kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                 [&](const auto& k) { return k.code.code == spec.kind; });
  EXPECT_NE(kind, kinds.end()) << spec.kind;
  item.kind = static_cast<uint16_t>(kind - kinds.begin());
  item.opened_by = IndexOf(Book().opened_by(), spec.opened_by);
  item.outcome = IndexOf(Book().outcomes(), spec.outcome);
  item.age_band = spec.age_band;
  item.level = spec.level;
  item.group = spec.group;
  return item;
}

Delivery DeliveryOf(const std::string& municipality, const std::string& period,
                    const std::vector<Spec>& specs) {
  Delivery delivery;
  delivery.manifest.municipality = municipality;
  delivery.manifest.period = Period::Parse(period).value();
  for (const Spec& spec : specs) delivery.cases.push_back(CaseOf(spec));
  return delivery;
}

std::vector<Delivery> Deliveries(Delivery one) {
  std::vector<Delivery> deliveries;
  deliveries.push_back(std::move(one));
  return deliveries;
}

Measure MeasureOf(Unit unit, int64_t clamp = 1, bool dropped = false) {
  Measure measure;
  measure.id = "m";
  measure.unit = unit;
  measure.clamp = clamp;
  measure.counts_dropped = dropped;
  return measure;
}

CubeDimension DimensionOf(Attribute attribute) {
  switch (attribute) {
    case Attribute::kKind:
      return {attribute, Book().KindGroupsIn(kYear)};
    case Attribute::kMunicipality:
      return {attribute, Book().MembersIn(kYear)};
    case Attribute::kAdministrative:
      return {attribute, {"no", "yes"}};
    default:
      break;
  }
  const auto& list = attribute == Attribute::kLevel     ? Book().levels()
                     : attribute == Attribute::kAgeBand ? Book().age_band_codes()
                                                        : Book().groups();
  CubeDimension dimension{attribute, {}};
  for (const auto& code : list.codes()) dimension.codes.push_back(code.code);
  return dimension;
}

// Counts by kind group, or by any attributes: code texts joined by a space, zeros left out.
std::map<std::string, int64_t> Count(std::vector<Delivery> deliveries, const Measure& measure,
                                     const std::vector<Attribute>& attributes, int max_kinds = 2,
                                     const Period& period = kYear) {
  std::vector<CubeDimension> dimensions;
  std::vector<size_t> all;
  for (const Attribute attribute : attributes) {
    all.push_back(dimensions.size());
    dimensions.push_back(DimensionOf(attribute));
  }
  const LinkedCases linked = Link(std::move(deliveries), Book(), period);
  const Cube cube = Tabulate(linked, measure, {max_kinds, 6}, dimensions, Book());
  const std::vector<int64_t> cells = CubeReader(cube).Marginal(all);
  std::map<std::string, int64_t> counts;
  for (size_t cell = 0; cell < cells.size(); ++cell) {
    if (cells[cell] == 0) continue;
    std::string name;
    size_t rest = cell;
    for (size_t i = dimensions.size(); i-- > 0;) {
      const auto& codes = dimensions[i].codes;
      name = codes[rest % codes.size()] + (name.empty() ? "" : " " + name);
      rest /= codes.size();
    }
    counts[name] = cells[cell];
  }
  return counts;
}

using Counts = std::map<std::string, int64_t>;
const std::vector<Attribute> kKind = {Attribute::kKind};

TEST(Tabulate, APupilCountsOncePerKindGroup) {
  auto counts = Count(Deliveries(DeliveryOf("GM0148", "2022SJ-Q2",
                                            {{.pupil = 1, .key = 1},
                                             {.pupil = 1, .key = 2, .opened = "2022-W46"},
                                             {.pupil = 1, .key = 3, .kind = "R16"},
                                             {.pupil = 1, .key = 4, .kind = "LRV"},
                                             {.pupil = 2, .key = 5}})),
                      MeasureOf(Unit::kPersons), kKind);
  EXPECT_EQ(counts, (Counts{{"absolute", 2}, {"relative", 1}}));
}

// Where pupils are counted apart from kinds: once, at the attributes of the first case, however
// many kinds and cases there are and whatever bounding leaves out.
TEST(Tabulate, InTheMeasureOfPupilsEveryPupilIsOneWhateverTheKinds) {
  const auto deliveries = [] {
    std::vector<Delivery> both;
    both.push_back(DeliveryOf("GM0148", "2022SJ-Q2",
                              {{.pupil = 1, .key = 1, .kind = "AV", .opened = "2022-W46"},
                               {.pupil = 1, .key = 2, .kind = "R16", .opened = "2022-W47"},
                               {.pupil = 1, .key = 3, .kind = "LUX", .opened = "2022-W48"},
                               {.pupil = 2, .key = 4, .kind = "R16", .opened = "2022-W46"}}));
    both.push_back(DeliveryOf("GM0193", "2022SJ-Q2",
                              {{.pupil = 1, .key = 5, .kind = "EX5A", .opened = "2022-W49"}}));
    return both;
  };
  Measure pupils = MeasureOf(Unit::kPersons);
  pupils.counts_pupils = true;
  for (int kinds = 1; kinds <= 3; ++kinds) {
    EXPECT_EQ(Count(deliveries(), pupils, {}, kinds), (Counts{{"", 2}}));
    EXPECT_EQ(Count(deliveries(), pupils, {Attribute::kMunicipality}, kinds),
              (Counts{{"GM0148", 2}}));
    EXPECT_EQ(Count(deliveries(), MeasureOf(Unit::kPersons), {}, kinds),
              (Counts{{"", kinds + 1}}));  // a pupil once per kind
  }
}

TEST(Tabulate, OnlyTheFirstKindGroupsInBoundingOrderAreKept) {
  const std::vector<Spec> specs = {{.pupil = 1, .key = 1, .kind = "LUX", .opened = "2022-W40"},
                                   {.pupil = 1, .key = 2, .kind = "R16", .opened = "2022-W45"},
                                   {.pupil = 1, .key = 3, .kind = "AV", .opened = "2022-W45"},
                                   {.pupil = 1, .key = 4, .kind = "OVR", .opened = "2022-W39"}};
  const auto count = [&](const Measure& measure, int kinds) {
    return Count(Deliveries(DeliveryOf("GM0148", "2022SJ-Q2", specs)), measure, kKind, kinds);
  };
  const Measure persons = MeasureOf(Unit::kPersons);
  EXPECT_EQ(count(persons, 1), (Counts{{"other", 1}}));
  EXPECT_EQ(count(persons, 2), (Counts{{"other", 1}, {"holiday", 1}}));
  // In the same week the codebook's order of kinds decides: AV before R16.
  EXPECT_EQ(count(persons, 3), (Counts{{"other", 1}, {"holiday", 1}, {"absolute", 1}}));
  EXPECT_EQ(count(persons, 4).size(), 4U);
}

TEST(Tabulate, PupilAttributesAreThoseOfTheFirstCase) {
  std::vector<Delivery> deliveries;
  deliveries.push_back(DeliveryOf(
      "GM0160", "2022SJ-Q2",
      {{.pupil = 1, .key = 1, .kind = "R16", .opened = "2022-W44", .age_band = 2, .level = 5}}));
  deliveries.push_back(DeliveryOf("GM0148", "2022SJ-Q2",
                                  {{.pupil = 1, .key = 1, .opened = "2022-W45", .age_band = 1}}));
  const auto persons = MeasureOf(Unit::kPersons);
  EXPECT_EQ(Count(std::move(deliveries), persons, {Attribute::kMunicipality, Attribute::kAgeBand}),
            (Counts{{"GM0160 16-17", 2}}));
  // In the same week: municipality order, then kind, age band, level, group.
  std::vector<Delivery> tied;
  tied.push_back(DeliveryOf("GM0160", "2022SJ-Q2", {{.pupil = 1, .key = 1, .kind = "AV"}}));
  tied.push_back(DeliveryOf("GM0148", "2022SJ-Q2",
                            {{.pupil = 1, .key = 1, .kind = "R16", .age_band = 2},
                             {.pupil = 1, .key = 2, .kind = "R16", .age_band = 1, .level = 4},
                             {.pupil = 1, .key = 3, .kind = "R16", .age_band = 1, .level = 3}}));
  EXPECT_EQ(Count(std::move(tied), persons,
                  {Attribute::kMunicipality, Attribute::kAgeBand, Attribute::kLevel}, 1),
            (Counts{{"GM0148 12-15 " + Book().levels().at(3).code, 1}}));
}

TEST(Tabulate, ACaseBelongsToThePeriodOfTheThursdayOfItsWeek) {
  // 2022-08-01 is a Monday; week 30 ends on Sunday 31 July. 2023-W31: Thursday 3 August.
  // First quarter of 2022SJ ends on Monday 31 October: week 44 has its Thursday on 3 November.
  const std::vector<Spec> specs = {{.pupil = 1, .key = 1, .opened = "2022-W30"},
                                   {.pupil = 2, .key = 2, .opened = "2022-W31"},
                                   {.pupil = 3, .key = 3, .opened = "2022-W44"},
                                   {.pupil = 4, .key = 4, .opened = "2023-W30"},
                                   {.pupil = 5, .key = 5, .opened = "2023-W31"}};
  const auto count = [&](const char* period) {
    return Count(Deliveries(DeliveryOf("GM0148", "2022SJ-Q1", specs)), MeasureOf(Unit::kPersons),
                 kKind, 2, Period::Parse(period).value());
  };
  EXPECT_EQ(count("2022SJ"), (Counts{{"absolute", 3}}));
  EXPECT_EQ(count("2022SJ-Q1"), (Counts{{"absolute", 1}}));
  EXPECT_EQ(count("2022SJ-Q2"), (Counts{{"absolute", 1}}));
  EXPECT_EQ(count("2022SJ-Q4"), (Counts{{"absolute", 1}}));
}

TEST(Tabulate, ReportsAndProcessesAreClampedPerKindGroup) {
  std::vector<Spec> specs;
  for (int i = 0; i < 9; ++i) {
    specs.push_back(
        {.pupil = 1, .key = i, .kind = "R16", .opened_by = i < 8 ? "school" : "officer"});
  }
  specs.push_back({.pupil = 1, .key = 20, .kind = "LRV", .opened_by = "duoSignal"});
  specs.push_back({.pupil = 1, .key = 21, .kind = "LUX", .opened_by = "school"});
  specs.push_back({.pupil = 1, .key = 22, .kind = "AV", .opened_by = "auto4w"});
  const auto count = [&](const Measure& measure, const std::vector<Attribute>& attributes,
                         int kinds) {
    return Count(Deliveries(DeliveryOf("GM0148", "2022SJ-Q2", specs)), measure, attributes, kinds);
  };
  EXPECT_EQ(count(MeasureOf(Unit::kReports, 6), kKind, 3),
            (Counts{{"relative", 6}, {"holiday", 1}}));
  EXPECT_EQ(count(MeasureOf(Unit::kReports, 20), kKind, 3),
            (Counts{{"relative", 9}, {"holiday", 1}}));
  EXPECT_EQ(count(MeasureOf(Unit::kProcesses, 3), kKind, 3),
            (Counts{{"absolute", 1}, {"relative", 3}, {"holiday", 1}}));
  // Dropped: one kind group beyond two, and 9 - 6 reports.
  EXPECT_EQ(count(MeasureOf(Unit::kReports, 9, true), {}, 2), (Counts{{"", 4}}));
  EXPECT_EQ(count(MeasureOf(Unit::kReports, 2, true), {}, 2), (Counts{{"", 2}}));
  EXPECT_EQ(count(MeasureOf(Unit::kReports, 9, true), {}, 3), (Counts{{"", 3}}));
}

TEST(Tabulate, AdministrativeOnlyWhenAllCasesOfTheKindGroupAre) {
  const auto counts =
      Count(Deliveries(DeliveryOf(
                "GM0148", "2022SJ-Q2",
                {{.pupil = 1, .key = 1, .opened_by = "auto4w", .outcome = "adminOnly"},
                 {.pupil = 1, .key = 2, .opened_by = "auto4w", .outcome = "adminOnly"},
                 {.pupil = 1, .key = 3, .kind = "LUX", .opened_by = "school"},
                 {.pupil = 2, .key = 4, .opened_by = "auto4w", .outcome = "adminOnly"},
                 {.pupil = 2, .key = 5, .opened_by = "auto4w", .outcome = "returned"},
                 {.pupil = 3, .key = 6, .opened_by = "officer", .outcome = "adminOnly"}})),
            MeasureOf(Unit::kPersons), {Attribute::kKind, Attribute::kAdministrative});
  EXPECT_EQ(counts, (Counts{{"absolute yes", 1}, {"absolute no", 2}, {"holiday no", 1}}));
}

TEST(Link, TheVersionOfTheLatestPeriodCountsAndOfEqualPeriodsTheLatestArrival) {
  const auto persons = MeasureOf(Unit::kPersons);
  std::vector<Delivery> deliveries;
  deliveries.push_back(DeliveryOf("GM0148", "2022SJ-Q3", {{.pupil = 1, .key = 1, .kind = "LUX"}}));
  deliveries.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1, .kind = "R16"}}));
  EXPECT_EQ(Count(std::move(deliveries), persons, kKind), (Counts{{"holiday", 1}}));
  std::vector<Delivery> twice;
  twice.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1, .kind = "LUX"}}));
  twice.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1, .kind = "R16"}}));
  EXPECT_EQ(Count(std::move(twice), persons, kKind), (Counts{{"relative", 1}}));
  // The same key of another municipality is another case.
  std::vector<Delivery> others;
  others.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1, .kind = "LUX"}}));
  others.push_back(DeliveryOf("GM0160", "2022SJ-Q2", {{.pupil = 2, .key = 1, .kind = "R16"}}));
  EXPECT_EQ(Count(std::move(others), persons, kKind), (Counts{{"holiday", 1}, {"relative", 1}}));
  // A version that moves the case out of the period takes it out of the count.
  std::vector<Delivery> moved;
  moved.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1}}));
  moved.push_back(
      DeliveryOf("GM0148", "2022SJ-Q3", {{.pupil = 1, .key = 1, .opened = "2021-W45"}}));
  EXPECT_EQ(Count(std::move(moved), persons, kKind), Counts{});
}

TEST(Link, AVersionFromTheNextYearKeepsTheTokenOfItsOwnYear) {
  const auto persons = MeasureOf(Unit::kPersons);
  // Pupil 1 of 2022SJ is pupil 9 in the tokens of 2023SJ.
  std::vector<Delivery> deliveries;
  deliveries.push_back(DeliveryOf("GM0148", "2022SJ-Q4",
                                  {{.pupil = 1, .key = 1, .kind = "R16", .opened = "2023-W20"},
                                   {.pupil = 1, .key = 2, .kind = "LRV", .opened = "2023-W21"}}));
  deliveries.push_back(DeliveryOf("GM0148", "2023SJ-Q1",
                                  {{.pupil = 9, .key = 1, .kind = "R16", .opened = "2023-W20"},
                                   {.pupil = 8, .key = 3, .kind = "LUX", .opened = "2023-W22"}}));
  EXPECT_EQ(Count(std::move(deliveries), persons, kKind), (Counts{{"relative", 1}}));
}

TEST(Link, TheOtherCalendarIsLeftAlone) {
  std::vector<Delivery> deliveries;
  deliveries.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1}}));
  deliveries.push_back(
      DeliveryOf("GM0148", "2022VSV-Q1", {{.pupil = 1, .key = 2, .kind = "VSVN"}}));
  EXPECT_EQ(Count(std::move(deliveries), MeasureOf(Unit::kPersons), kKind),
            (Counts{{"absolute", 1}}));
}

TEST(Link, AnUnknownMunicipalityIsRefused) {
  EXPECT_THROW(Link(Deliveries(DeliveryOf("GM9999", "2022SJ-Q2", {})), Book(), kYear),
               base::ProblemError);
}

TEST(Tabulate, ACodeWithoutAPlaceStopsEverything) {
  const LinkedCases linked =
      Link(Deliveries(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1}})), Book(), kYear);
  const auto persons = MeasureOf(Unit::kPersons);
  EXPECT_THROW(Tabulate(linked, persons, {2, 6}, {{Attribute::kMunicipality, {"GM0160"}}}, Book()),
               base::ProblemError);
}

// --- The rules again, written down another way, on thousands of random cases. ---

struct Plain {
  int pupil;
  size_t municipality;
  Spec spec;
};

Counts Recount(const std::vector<Plain>& cases, int max_kinds, Unit unit, int64_t clamp) {
  std::map<int, std::vector<Plain>> by_pupil;
  for (const Plain& item : cases) by_pupil[item.pupil].push_back(item);
  const auto& kinds = Book().kinds();
  const auto rank = [&](const std::string& code) {
    return std::find_if(kinds.begin(), kinds.end(),
                        [&](const auto& kind) { return kind.code.code == code; }) -
           kinds.begin();
  };
  const std::vector<std::string> members = Book().MembersIn(kYear);
  Counts counts;
  for (auto& [pupil, own] : by_pupil) {
    std::sort(own.begin(), own.end(), [&](const Plain& a, const Plain& b) {
      return std::tuple(a.spec.opened, a.municipality, rank(a.spec.kind), a.spec.age_band,
                        a.spec.level, a.spec.group) < std::tuple(b.spec.opened, b.municipality,
                                                                 rank(b.spec.kind), b.spec.age_band,
                                                                 b.spec.level, b.spec.group);
    });
    std::vector<std::string> groups;
    for (const Plain& item : own) {
      const std::string group = Book().FindKind(item.spec.kind)->group;
      if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
    }
    if (groups.size() > static_cast<size_t>(max_kinds))
      groups.resize(static_cast<size_t>(max_kinds));
    for (const std::string& group : groups) {
      int64_t reports = 0, processes = 0;
      bool administrative = true;
      for (const Plain& item : own) {
        if (Book().FindKind(item.spec.kind)->group != group) continue;
        ++processes;
        reports += item.spec.opened_by == "school" || item.spec.opened_by == "duoSignal";
        administrative &= item.spec.opened_by == "auto4w" && item.spec.outcome == "adminOnly";
      }
      const int64_t count = unit == Unit::kPersons   ? 1
                            : unit == Unit::kReports ? std::min(reports, clamp)
                                                     : std::min(processes, clamp);
      if (count == 0) continue;
      const Spec& first = own.front().spec;
      counts[members[own.front().municipality] + " " + group + " " +
             Book().age_bands()[first.age_band].code.code + " " +
             (administrative ? "yes" : "no")] += count;
    }
  }
  return counts;
}

TEST(Tabulate, AgreesWithAnIndependentRecountInAnyOrderOfArrival) {
  uint64_t state = 5;
  const auto random = [&](size_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<size_t>(state >> 33) % below;
  };
  const std::vector<std::string> members = Book().MembersIn(kYear);
  const std::vector<std::string> kinds = {"AV", "R16", "LRV", "LUX", "OVR", "P18"};
  const std::vector<std::string> opened_by = {"school", "duoSignal", "auto4w", "auto4w", "officer"};
  std::vector<Plain> cases;
  for (int key = 0; key < 4000; ++key) {
    Plain item{static_cast<int>(random(250)), random(3), {}};
    item.spec = {.pupil = item.pupil,
                 .key = key,
                 .kind = kinds[random(kinds.size())],
                 .opened = "2022-W" + std::to_string(45 + random(5)),
                 .opened_by = opened_by[random(opened_by.size())],
                 .outcome = random(3) > 0 ? "adminOnly" : "returned",
                 .age_band = static_cast<uint8_t>(random(4)),
                 .level = static_cast<uint8_t>(random(5)),
                 .group = static_cast<uint8_t>(random(4))};
    cases.push_back(item);
  }
  const std::vector<Attribute> attributes = {Attribute::kMunicipality, Attribute::kKind,
                                             Attribute::kAgeBand, Attribute::kAdministrative};
  for (int round = 0; round < 2; ++round) {
    for (const auto& [unit, clamp] : {std::pair{Unit::kPersons, 1}, std::pair{Unit::kReports, 2},
                                      std::pair{Unit::kProcesses, 3}}) {
      std::vector<Delivery> deliveries;
      for (size_t m = 0; m < 3; ++m) {
        std::vector<Spec> specs;
        for (const Plain& item : cases) {
          if (item.municipality == m) specs.push_back(item.spec);
        }
        if (round == 1) std::reverse(specs.begin(), specs.end());
        deliveries.push_back(DeliveryOf(members[m], "2022SJ-Q2", specs));
      }
      if (round == 1) std::reverse(deliveries.begin(), deliveries.end());
      EXPECT_EQ(Count(std::move(deliveries), MeasureOf(unit, clamp), attributes),
                Recount(cases, 2, unit, clamp));
    }
  }
}

// What the whole promise rests on: adding a pupil adds that pupil's bounded contribution, no more.
TEST(Tabulate, AddingAPupilChangesTheCubeByThatPupilAlone) {
  const std::vector<Spec> others = {{.pupil = 1, .key = 1}, {.pupil = 2, .key = 2, .kind = "LUX"}};
  std::vector<Spec> own;
  for (int i = 0; i < 12; ++i) {
    const char* kind = i % 3 == 0 ? "R16" : i % 3 == 1 ? "LUX" : "OVR";
    own.push_back({.pupil = 3, .key = 10 + i, .kind = kind, .opened_by = "school"});
  }
  std::vector<Spec> both = others;
  both.insert(both.end(), own.begin(), own.end());
  for (const Measure& measure :
       {MeasureOf(Unit::kPersons), MeasureOf(Unit::kReports, 3), MeasureOf(Unit::kProcesses, 2)}) {
    const auto count = [&](const std::vector<Spec>& specs) {
      return Count(Deliveries(DeliveryOf("GM0148", "2022SJ-Q2", specs)), measure, kKind);
    };
    Counts sum = count(others);
    int64_t added = 0;
    for (const auto& [cell, value] : count(own)) {
      sum[cell] += value;
      added += value;
    }
    EXPECT_EQ(count(both), sum);
    EXPECT_LE(added, 2 * measure.clamp);
  }
}

// A case that was delivered for the wrong pupil first, and for the right one a quarter later.
TEST(Tabulate, AddingAPupilUnderAnothersCaseKeyTakesNothingFromThatOther) {
  const auto persons = MeasureOf(Unit::kPersons);
  const auto count = [&](bool with_other, bool with_one) {
    const auto quarter = [&](const char* period, bool there, const Spec& spec) {
      return DeliveryOf("GM0148", period, there ? std::vector<Spec>{spec} : std::vector<Spec>{});
    };
    std::vector<Delivery> deliveries;
    deliveries.push_back(
        quarter("2022SJ-Q2", with_one, {.pupil = 1, .key = 1, .kind = "LUX", .age_band = 1}));
    deliveries.push_back(
        quarter("2022SJ-Q3", with_other, {.pupil = 2, .key = 1, .kind = "R16", .age_band = 2}));
    return Count(std::move(deliveries), persons, kKind);
  };
  Counts sum = count(false, true);
  for (const auto& [cell, value] : count(true, false)) sum[cell] += value;
  EXPECT_EQ(sum, (Counts{{"holiday", 1}, {"relative", 1}}));
  EXPECT_EQ(count(true, true), sum);
}

// A year is measured as such: quarters are no parts of it where a pupil counts once.
TEST(Tabulate, TheYearCountsAPupilOnceHoweverManyQuartersItIsIn) {
  const auto deliveries = [] {
    std::vector<Delivery> all;
    all.push_back(DeliveryOf("GM0148", "2022SJ-Q1",
                             {{.pupil = 1, .key = 1, .opened = "2022-W38"},
                              {.pupil = 2, .key = 2, .opened = "2022-W38"}}));
    all.push_back(DeliveryOf("GM0148", "2022SJ-Q2",
                             {{.pupil = 1, .key = 3, .opened = "2022-W48"},
                              {.pupil = 3, .key = 4, .opened = "2022-W48"}}));
    all.push_back(
        DeliveryOf("GM0148", "2022SJ-Q3", {{.pupil = 1, .key = 5, .opened = "2023-W10"}}));
    all.push_back(
        DeliveryOf("GM0148", "2022SJ-Q4", {{.pupil = 2, .key = 6, .opened = "2023-W21"}}));
    return all;
  };
  const auto persons = MeasureOf(Unit::kPersons);
  const auto processes = MeasureOf(Unit::kProcesses, 3);
  int64_t quarters = 0;
  int64_t cases_of_quarters = 0;
  for (int quarter = 1; quarter <= 4; ++quarter) {
    const Period period(kYear.year(), quarter);
    quarters += Count(deliveries(), persons, kKind, 2, period)["absolute"];
    cases_of_quarters += Count(deliveries(), processes, kKind, 2, period)["absolute"];
  }
  EXPECT_EQ(quarters, 6);
  EXPECT_EQ(Count(deliveries(), persons, kKind), (Counts{{"absolute", 3}}));  // pupils 1, 2 and 3
  // Cases do add up, below the clamp.
  EXPECT_EQ(cases_of_quarters, 6);
  EXPECT_EQ(Count(deliveries(), processes, kKind), (Counts{{"absolute", 6}}));
}

TEST(Tabulate, AMoverCountsOnceAndInTheMunicipalityOfTheFirstCase) {
  const auto deliveries = [](bool arrival_reversed) {
    std::vector<Delivery> all;
    all.push_back(DeliveryOf("GM0160", "2022SJ-Q1",
                             {{.pupil = 1, .key = 1, .kind = "LUX", .opened = "2022-W38"}}));
    all.push_back(DeliveryOf("GM0148", "2022SJ-Q3",
                             {{.pupil = 1, .key = 1, .kind = "LUX", .opened = "2023-W08"},
                              {.pupil = 1, .key = 2, .kind = "R16", .opened = "2023-W09"},
                              {.pupil = 1, .key = 3, .kind = "OVR", .opened = "2023-W10"}}));
    if (arrival_reversed) std::reverse(all.begin(), all.end());
    return all;
  };
  const auto persons = MeasureOf(Unit::kPersons);
  for (const bool reversed : {false, true}) {
    // All kinds at one place, and no more of them than someone who stays may count for.
    EXPECT_EQ(Count(deliveries(reversed), persons, {Attribute::kMunicipality, Attribute::kKind}),
              (Counts{{"GM0160 holiday", 1}, {"GM0160 relative", 1}}));
    EXPECT_EQ(Count(deliveries(reversed), MeasureOf(Unit::kProcesses, 3),
                    {Attribute::kMunicipality, Attribute::kKind}),
              (Counts{{"GM0160 holiday", 2}, {"GM0160 relative", 1}}));
  }
}

// Without an older delivery, the one that replaced it counts as if it had never been there: what
// left the newer one is gone, also for the pupil whose only case it was.
TEST(Tabulate, OfAReplacedDeliveryNothingIsLeft) {
  const auto old_one = [] {
    return DeliveryOf("GM0148", "2022SJ-Q2",
                      {{.pupil = 1, .key = 1}, {.pupil = 2, .key = 2, .kind = "LUX"}});
  };
  const auto new_one = [] {
    return DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1, .kind = "R16"}});
  };
  const auto persons = MeasureOf(Unit::kPersons);
  EXPECT_EQ(Count(Deliveries(new_one()), persons, kKind), (Counts{{"relative", 1}}));
  // Both in the room at once, which the caller must not let happen, counts what was withdrawn.
  std::vector<Delivery> both = Deliveries(old_one());
  both.push_back(new_one());
  EXPECT_NE(Count(std::move(both), persons, kKind), (Counts{{"relative", 1}}));
}

// The calendars are separate token domains with ledgers' charges of their own: one child can count
// in both, and neither knows of the other.
TEST(Tabulate, OnePupilInBothCalendarsCountsInEachByItself) {
  const auto deliveries = [] {
    std::vector<Delivery> all;
    all.push_back(DeliveryOf("GM0148", "2022SJ-Q2", {{.pupil = 1, .key = 1}}));
    all.push_back(DeliveryOf("GM0148", "2022VSV-Q1",
                             {{.pupil = 1, .key = 1, .kind = "VSVN"}}));  // token and key alike
    return all;
  };
  const auto count = [&](const Period& period) {
    const CubeDimension kinds{Attribute::kKind, Book().KindGroupsIn(period)};
    const Cube cube = Tabulate(Link(deliveries(), Book(), period), MeasureOf(Unit::kPersons),
                               {2, 6}, {kinds}, Book());
    const std::vector<int64_t> cells = CubeReader(cube).Marginal({0});
    return std::accumulate(cells.begin(), cells.end(), int64_t{0});
  };
  EXPECT_EQ(count(kYear), 1);
  EXPECT_EQ(count(Period::Parse("2022VSV").value()), 1);
}

// A child with two identifiers (a provisional number and later a BSN) has two tokens, and nothing
// in the region can tell: it counts as two pupils, each bounded by itself.
TEST(Tabulate, TwoTokensAreTwoPupilsEachBoundedByItself) {
  const auto persons = MeasureOf(Unit::kPersons);
  const std::vector<Spec> under_one = {{.pupil = 1, .key = 1, .kind = "AV"},
                                       {.pupil = 1, .key = 2, .kind = "LUX"},
                                       {.pupil = 1, .key = 3, .kind = "OVR"}};
  std::vector<Spec> under_two = under_one;
  for (const Spec& spec : under_one) {
    under_two.push_back({.pupil = 2, .key = spec.key + 10, .kind = spec.kind});
  }
  const auto count = [&](const std::vector<Spec>& specs) {
    return Count(Deliveries(DeliveryOf("GM0148", "2022SJ-Q2", specs)), persons, kKind);
  };
  EXPECT_EQ(count(under_one), (Counts{{"absolute", 1}, {"holiday", 1}}));
  EXPECT_EQ(count(under_two), (Counts{{"absolute", 2}, {"holiday", 2}}));
}

}  // namespace
}  // namespace polder::stats::tabulate
