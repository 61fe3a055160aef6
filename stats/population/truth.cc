#include "stats/population/truth.h"

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/problem.h"

namespace polder::stats::population {
namespace {

using base::IsoWeek;
using base::Period;
using base::Year;
using policies::codebook::Codebook;
using policies::disclosure::Attribute;
using policies::disclosure::Measure;
using policies::disclosure::TableSpec;
using policies::disclosure::Unit;

// A case as finally known, in codebook positions.
struct Known {
  Identity pupil;
  base::Date week;  // Monday
  size_t municipality, kind, kind_group, age_band, level, group;
  bool administrative, report;

  auto Order() const { return std::tie(pupil, week, municipality, kind, age_band, level, group); }
};

// What one pupil contributes: attributes of the first case, and a count per kept kind group.
struct Contribution {
  size_t municipality, age_band, level, group;
  struct PerGroup {
    size_t kind_group = 0;
    bool administrative = true;
    int64_t processes = 0, reports = 0;
  };
  std::vector<PerGroup> kept;
  size_t groups_beyond = 0;
};

class Counter {
 public:
  Counter(const World& world, const Codebook& codebook, const Period& period,
          const TruthRules& rules)
      : world_(world), codebook_(codebook), period_(period), rules_(rules) {
    for (const auto& municipality : world.profile.municipalities) {
      municipality_order_.push_back(MunicipalityPlace(municipality.code));
    }
  }

  base::Json Count(const std::vector<const ExportFile*>& files) {
    std::vector<Known> cases = LatestCases(files);
    std::sort(cases.begin(), cases.end(),
              [](const Known& a, const Known& b) { return a.Order() < b.Order(); });
    std::vector<Contribution> contributions;
    for (size_t from = 0; from < cases.size();) {
      size_t to = from;
      while (to < cases.size() && cases[to].pupil == cases[from].pupil) ++to;
      contributions.push_back(Bound(cases, from, to));
      from = to;
    }
    base::Json result = base::Json::object();
    for (const Measure& measure : rules_.measures) {
      base::Json tables = base::Json::object();
      for (const TableSpec& table : measure.tables) {
        tables[table.id] = Table(measure, table, contributions);
      }
      result[measure.id] = std::move(tables);
    }
    return result;
  }

 private:
  size_t MunicipalityPlace(const std::string& code) const {
    const auto* found = codebook_.FindMunicipality(code);
    if (found == nullptr) {
      throw base::ProblemError("unknown-code", "municipality", code + " is not in the codebook");
    }
    return static_cast<size_t>(found - codebook_.municipalities().data());
  }

  // The last delivered version of every case of the period, per number under which its pupil was
  // delivered: a newcomer who gets a citizen number meanwhile is two pupils to the region.
  std::vector<Known> LatestCases(const std::vector<const ExportFile*>& files) const {
    struct Version {
      uint32_t episode;
      bool duplicate;
      Identity pupil;
      Period period;
      const ExportRow* row;
    };
    std::vector<Version> versions;
    for (const ExportFile* file : files) {
      if (file->period.year() != period_.year()) continue;
      // A quarter is told from what had been delivered when it ended.
      if (!period_.IsYear() && period_ < file->period) continue;
      for (const ExportRow& row : file->rows) {
        const Identity pupil = IdentityOf(world_, world_.episodes[row.episode], file->period);
        versions.push_back({row.episode, row.duplicate, pupil, file->period, &row});
      }
    }
    std::sort(versions.begin(), versions.end(), [](const Version& a, const Version& b) {
      return std::tie(a.episode, a.duplicate, a.pupil, a.period) <
             std::tie(b.episode, b.duplicate, b.pupil, b.period);
    });
    std::vector<Known> cases;
    for (size_t i = 0; i < versions.size(); ++i) {
      const bool superseded = i + 1 < versions.size() &&
                              versions[i + 1].episode == versions[i].episode &&
                              versions[i + 1].duplicate == versions[i].duplicate &&
                              versions[i + 1].pupil == versions[i].pupil;
      if (superseded) continue;
      const Episode& episode = world_.episodes[versions[i].episode];
      if (!period_.Contains(IsoWeek::Of(episode.opened).Monday().Plus(3))) continue;
      cases.push_back(Read(episode, *versions[i].row, versions[i].period));
    }
    return cases;
  }

  Known Read(const Episode& episode, const ExportRow& row, const Period& exported) const {
    const Person& person = world_.persons[episode.person];
    const auto* kind = codebook_.FindKind(CodebookCode(row.kind));
    const auto* band = codebook_.BandOfAge(episode.opened.AgeOf(person.born));
    const auto* kind_group = codebook_.FindKindGroup(kind->group);
    Known known;
    known.pupil = IdentityOf(world_, episode, exported);
    known.week = IsoWeek::Of(episode.opened).Monday();
    known.municipality = municipality_order_[episode.municipality];
    known.kind = static_cast<size_t>(kind - codebook_.kinds().data());
    known.kind_group = static_cast<size_t>(kind_group - codebook_.kind_groups().data());
    known.age_band = static_cast<size_t>(band - codebook_.age_bands().data());
    known.level = codebook_.levels().IndexOf(CodebookCode(episode.level)).value();
    known.group = codebook_.groups().IndexOf(CodebookCode(person.group)).value();
    known.administrative =
        codebook_.IsAdministrative(CodebookCode(episode.opener), CodebookCode(row.outcome));
    known.report = episode.opener == Opener::kSchool || episode.opener == Opener::kDuoSignal;
    return known;
  }

  Contribution Bound(const std::vector<Known>& cases, size_t from, size_t to) const {
    const Known& first = cases[from];
    Contribution pupil{first.municipality, first.age_band, first.level, first.group, {}, 0};
    std::vector<size_t> beyond;
    for (size_t i = from; i < to; ++i) {
      const Known& one = cases[i];
      auto place = std::find_if(pupil.kept.begin(), pupil.kept.end(), [&](const auto& kept) {
        return kept.kind_group == one.kind_group;
      });
      if (place == pupil.kept.end()) {
        if (pupil.kept.size() == static_cast<size_t>(rules_.max_kinds)) {
          if (std::find(beyond.begin(), beyond.end(), one.kind_group) == beyond.end()) {
            beyond.push_back(one.kind_group);
          }
          continue;
        }
        pupil.kept.push_back({});
        place = pupil.kept.end() - 1;
        place->kind_group = one.kind_group;
      }
      place->administrative = place->administrative && one.administrative;
      ++place->processes;
      if (one.report) ++place->reports;
    }
    pupil.groups_beyond = beyond.size();
    return pupil;
  }

  int64_t Units(const Measure& measure, const Contribution::PerGroup& group) const {
    switch (measure.unit) {
      case Unit::kPersons:
        return 1;
      case Unit::kReports:
        return std::min(group.reports, measure.clamp);
      case Unit::kProcesses:
        return std::min(group.processes, measure.clamp);
    }
    return 0;
  }

  std::string Cell(const TableSpec& table, const Contribution& pupil,
                   const Contribution::PerGroup& group) const {
    std::string key;
    for (const Attribute attribute : table.attributes) {
      if (!key.empty()) key += '|';
      key += CodeOf(attribute, pupil, group);
    }
    return key;
  }

  const std::string& CodeOf(Attribute attribute, const Contribution& pupil,
                            const Contribution::PerGroup& group) const {
    switch (attribute) {
      case Attribute::kKind:
        return codebook_.kind_groups().at(group.kind_group).code.code;
      case Attribute::kMunicipality:
        return codebook_.municipalities().at(pupil.municipality).code.code;
      case Attribute::kLevel:
        return codebook_.levels().at(pupil.level).code;
      case Attribute::kAgeBand:
        return codebook_.age_bands().at(pupil.age_band).code.code;
      case Attribute::kGroup:
        return codebook_.groups().at(pupil.group).code;
      case Attribute::kAdministrative:
        break;
      case Attribute::kSizeClass:
        throw std::logic_error("a size class is a sum of municipalities");
    }
    static const std::string yes = "yes", no = "no";
    return group.administrative ? yes : no;
  }

  base::Json Table(const Measure& measure, const TableSpec& table,
                   const std::vector<Contribution>& contributions) const {
    std::map<std::string, int64_t> cells;
    for (const Contribution& pupil : contributions) {
      if (measure.counts_dropped) {
        int64_t dropped = static_cast<int64_t>(pupil.groups_beyond);
        for (const auto& group : pupil.kept) {
          dropped += std::max<int64_t>(group.reports - rules_.report_clamp, 0);
        }
        if (dropped > 0) cells[""] += std::min(dropped, measure.clamp);
        continue;
      }
      for (const auto& group : pupil.kept) {
        const int64_t units = Units(measure, group);
        if (units > 0) cells[Cell(table, pupil, group)] += units;
      }
    }
    base::Json json = base::Json::object();
    for (const auto& [key, count] : cells) json[key] = count;
    return json;
  }

  const World& world_;
  const Codebook& codebook_;
  const Period period_;
  const TruthRules& rules_;
  std::vector<size_t> municipality_order_;
};

}  // namespace

TruthRules RulesOf(const policies::disclosure::Policy& policy) {
  TruthRules rules;
  rules.measures = policy.measures();
  rules.max_kinds = policy.max_kinds();
  for (const Measure& measure : rules.measures) {
    if (measure.unit == Unit::kReports && !measure.counts_dropped) {
      rules.report_clamp = measure.clamp;
    }
  }
  return rules;
}

TruthRules DefaultRules() {
  const auto table = [](std::string id, std::vector<Attribute> attributes) {
    return TableSpec{std::move(id), std::move(attributes), 1};
  };
  const TableSpec total = table("total", {});
  const TableSpec kind = table("kind", {Attribute::kKind});
  const TableSpec both = table("municipality-kind", {Attribute::kMunicipality, Attribute::kKind});
  const auto measure = [](std::string id, Unit unit, int64_t clamp, std::vector<TableSpec> tables) {
    Measure result;
    result.id = std::move(id);
    result.unit = unit;
    result.clamp = clamp;
    result.tables = std::move(tables);
    return result;
  };
  TruthRules rules;
  rules.measures.push_back(
      measure("persons", Unit::kPersons, 1,
              {total, kind, table("municipality", {Attribute::kMunicipality}), both,
               table("kind-ageBand", {Attribute::kKind, Attribute::kAgeBand}),
               table("kind-group", {Attribute::kKind, Attribute::kGroup}),
               table("kind-administrative", {Attribute::kKind, Attribute::kAdministrative})}));
  rules.measures.push_back(measure("reports", Unit::kReports, 6, {kind, both}));
  rules.measures.push_back(measure("processes", Unit::kProcesses, 3, {kind}));
  rules.measures.push_back(measure("dropped", Unit::kReports, 4, {total}));
  rules.measures.back().counts_dropped = true;
  return rules;
}

base::Json CountTruth(const World& world, const std::vector<const ExportFile*>& files,
                      const Codebook& codebook, const Period& period, const TruthRules& rules) {
  return Counter(world, codebook, period, rules).Count(files);
}

std::vector<const ExportFile*> Replace(const std::vector<ExportFile>& files,
                                       const std::vector<ExportFile>& instead) {
  std::map<std::pair<uint16_t, Period>, const ExportFile*> others;
  for (const ExportFile& file : instead) others[{file.municipality, file.period}] = &file;
  std::vector<const ExportFile*> result;
  for (const ExportFile& file : files) {
    const auto found = others.find({file.municipality, file.period});
    result.push_back(found == others.end() ? &file : found->second);
  }
  return result;
}

}  // namespace polder::stats::population
