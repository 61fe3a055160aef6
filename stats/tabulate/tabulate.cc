#include "stats/tabulate/tabulate.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "policies/base/problem.h"

namespace polder::stats::tabulate {
namespace {

using policies::codebook::Codebook;
using policies::disclosure::Attribute;
using policies::disclosure::Measure;
using policies::disclosure::Policy;
using policies::disclosure::Unit;

constexpr size_t kNowhere = static_cast<size_t>(-1);

// What one pupil's cases of one kind group come to.
struct Tally {
  size_t kind_group = 0;  // Codebook::kind_groups()
  int64_t processes = 0;
  int64_t reports = 0;
  bool administrative = true;
};

template <class Items, class CodeOf>
std::vector<size_t> PlacesOf(const Items& items, const std::vector<std::string>& codes,
                             CodeOf code_of) {
  std::vector<size_t> places;
  for (const auto& item : items) {
    const auto found = std::find(codes.begin(), codes.end(), code_of(item));
    places.push_back(found == codes.end() ? kNowhere : static_cast<size_t>(found - codes.begin()));
  }
  return places;
}

}  // namespace

Bounds BoundsOf(const Policy& policy) {
  Bounds bounds;
  bounds.max_kinds = policy.max_kinds();
  for (const Measure& measure : policy.measures()) {
    if (measure.unit == Unit::kReports && !measure.counts_dropped) {
      bounds.reports_clamp = measure.clamp;
      break;
    }
  }
  return bounds;
}

Bounds Unbounded() { return {.max_kinds = std::numeric_limits<int>::max(), .reports_clamp = {}}; }

class Tabulator {
 public:
  Tabulator(const LinkedCases& linked, const Measure& measure, const Bounds& bounds,
            const std::vector<CubeDimension>& dimensions, const Codebook& codebook)
      : linked_(linked), measure_(measure), bounds_(bounds), dimensions_(dimensions) {
    for (const auto& kind : codebook.kinds()) {
      const auto& groups = codebook.kind_groups();
      const auto found = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
        return group.code.code == kind.group;
      });
      group_of_kind_.push_back(static_cast<size_t>(found - groups.begin()));
    }
    for (const auto& opened_by : codebook.opened_by().codes()) {
      is_report_.push_back(codebook.IsReport(opened_by.code));
      is_administrative_.emplace_back();
      for (const auto& outcome : codebook.outcomes().codes()) {
        is_administrative_.back().push_back(
            codebook.IsAdministrative(opened_by.code, outcome.code));
      }
    }
    for (const CubeDimension& dimension : dimensions) {
      places_.push_back(Places(dimension, codebook));
    }
  }

  Cube Run() {
    std::vector<size_t> sizes;
    for (const CubeDimension& dimension : dimensions_) sizes.push_back(dimension.codes.size());
    Cube cube(sizes);
    std::vector<size_t> place(dimensions_.size());
    for (size_t pupil = 0; pupil + 1 < linked_.first_.size(); ++pupil) {
      Count(linked_.first_[pupil], linked_.first_[pupil + 1]);
      const Episode& first = linked_.episodes_[linked_.first_[pupil]];
      if (measure_.counts_dropped) {
        if (const int64_t count = Dropped(); count > 0) {
          Locate(first, tallies_.front(), place);
          cube.Add(place, count);
        }
        continue;
      }
      if (measure_.counts_pupils) {
        Locate(first, AllTogether(), place);
        cube.Add(place, 1);
        continue;
      }
      for (size_t i = 0; i < Kept(); ++i) {
        const int64_t count = Units(tallies_[i]);
        if (count == 0) continue;
        Locate(first, tallies_[i], place);
        cube.Add(place, count);
      }
    }
    return cube;
  }

 private:
  // Per code of the codebook's list, its place in the dimension.
  static std::vector<size_t> Places(const CubeDimension& dimension, const Codebook& codebook) {
    const auto inner = [](const auto& item) -> std::string_view { return item.code.code; };
    const auto plain = [](const auto& item) -> std::string_view { return item.code; };
    switch (dimension.attribute) {
      case Attribute::kKind:
        return PlacesOf(codebook.kind_groups(), dimension.codes, inner);
      case Attribute::kMunicipality:
        return PlacesOf(codebook.municipalities(), dimension.codes, inner);
      case Attribute::kLevel:
        return PlacesOf(codebook.levels().codes(), dimension.codes, plain);
      case Attribute::kAgeBand:
        return PlacesOf(codebook.age_bands(), dimension.codes, inner);
      case Attribute::kGroup:
        return PlacesOf(codebook.groups().codes(), dimension.codes, plain);
      case Attribute::kAdministrative:
        return PlacesOf(std::vector<std::string_view>{"no", "yes"}, dimension.codes,
                        [](std::string_view code) { return code; });
      case Attribute::kSizeClass:
        break;  // a sum of municipalities, which are counted
    }
    return {};
  }

  // Fills tallies_ with the pupil's kind groups in bounding order.
  void Count(size_t from, size_t to) {
    tallies_.clear();
    for (size_t i = from; i < to; ++i) {
      const Episode& episode = linked_.episodes_[i];
      const size_t group = group_of_kind_.at(episode.kind);
      auto tally = std::find_if(tallies_.begin(), tallies_.end(),
                                [&](const Tally& item) { return item.kind_group == group; });
      if (tally == tallies_.end()) {
        tallies_.push_back({group});
        tally = tallies_.end() - 1;
      }
      ++tally->processes;
      tally->reports += is_report_.at(episode.opened_by);
      tally->administrative =
          tally->administrative && is_administrative_.at(episode.opened_by).at(episode.outcome);
    }
  }

  size_t Kept() const { return std::min(tallies_.size(), static_cast<size_t>(bounds_.max_kinds)); }

  // All that the pupil has, of whatever kind.
  Tally AllTogether() const {
    Tally all = tallies_.front();
    for (const Tally& tally : tallies_)
      all.administrative = all.administrative && tally.administrative;
    return all;
  }

  int64_t Units(const Tally& tally) const {
    switch (measure_.unit) {
      case Unit::kPersons:
        return 1;
      case Unit::kReports:
        return std::min(tally.reports, measure_.clamp);
      case Unit::kProcesses:
        return std::min(tally.processes, measure_.clamp);
    }
    return 0;
  }

  int64_t Dropped() const {
    auto dropped = static_cast<int64_t>(tallies_.size() - Kept());
    if (bounds_.reports_clamp) {
      for (size_t i = 0; i < Kept(); ++i) {
        dropped += std::max<int64_t>(0, tallies_[i].reports - *bounds_.reports_clamp);
      }
    }
    return std::min(dropped, measure_.clamp);
  }

  void Locate(const Episode& first, const Tally& tally, std::vector<size_t>& place) const {
    for (size_t i = 0; i < dimensions_.size(); ++i) {
      const std::vector<size_t>& places = places_[i];
      switch (dimensions_[i].attribute) {
        case Attribute::kKind:
          place[i] = places.at(tally.kind_group);
          break;
        case Attribute::kMunicipality:
          place[i] = places.at(first.municipality);
          break;
        case Attribute::kLevel:
          place[i] = places.at(first.level);
          break;
        case Attribute::kAgeBand:
          place[i] = places.at(first.age_band);
          break;
        case Attribute::kGroup:
          place[i] = places.at(first.group);
          break;
        case Attribute::kAdministrative:
          place[i] = places.at(tally.administrative ? 1 : 0);
          break;
        case Attribute::kSizeClass:
          place[i] = kNowhere;
          break;
      }
      if (place[i] == kNowhere) {
        throw base::ProblemError(
            "code-outside-schema",
            "/dimensions/" + std::string(policies::disclosure::ToText(dimensions_[i].attribute)),
            "A case holds a code that the tables of this period have no place for; use the "
            "codebook under which the deliveries were checked, and the period's members.");
      }
    }
  }

  const LinkedCases& linked_;
  const Measure& measure_;
  const Bounds& bounds_;
  const std::vector<CubeDimension>& dimensions_;
  std::vector<size_t> group_of_kind_;
  std::vector<bool> is_report_;
  std::vector<std::vector<bool>> is_administrative_;
  std::vector<std::vector<size_t>> places_;  // per dimension
  std::vector<Tally> tallies_;
};

Cube Tabulate(const LinkedCases& linked, const Measure& measure, const Bounds& bounds,
              const std::vector<CubeDimension>& dimensions, const Codebook& codebook) {
  return Tabulator(linked, measure, bounds, dimensions, codebook).Run();
}

}  // namespace polder::stats::tabulate
