// The rules again, written down another way, on thousands of random cases.

#include <algorithm>
#include <tuple>

#include <gtest/gtest.h>

#include "tests/stats/tabulate/counted.h"

namespace polder::stats::tabulate::testing {
namespace {

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

}  // namespace
}  // namespace polder::stats::tabulate::testing
