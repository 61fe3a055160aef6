#include "stats/table/count_history.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "policies/base/problem.h"

namespace polder::stats::table {
namespace {

constexpr size_t kNoLeaf = SIZE_MAX;

// Reads one release: which of its finest cells are leaves, and which leaf each is.
class ReleaseReader {
 public:
  explicit ReleaseReader(const CountedRelease& release)
      : release_(release),
        schema_(release.tables.schema()),
        all_(WholeSet(schema_)),
        municipality_(schema_.IndexOf("municipality")),
        kind_(schema_.IndexOf("kind")) {
    if (release.cells.size() != schema_.CellCount(all_)) {
      throw base::ProblemError("counts-do-not-fit", "/cells",
                               "there must be one count for each combination of all attributes");
    }
  }

  const Member* MemberOf(const std::vector<size_t>& place) const {
    if (!municipality_) return nullptr;
    const std::string& code = schema_.dimensions()[*municipality_].codes[place[*municipality_]];
    const auto found =
        std::find_if(release_.members.begin(), release_.members.end(),
                     [&](const Member& member) { return member.municipality == code; });
    return found == release_.members.end() ? nullptr : &*found;
  }

  bool KnownNought(size_t cell, const std::vector<size_t>& place) const {
    if (release_.cells[cell] != 0) return false;
    const Member* member = MemberOf(place);
    if (municipality_ && (member == nullptr || !member->delivered)) return true;
    const LinkedTables& tables = release_.tables;
    for (size_t t = 0; t < tables.tables().size(); ++t) {
      const size_t over =
          tables.Number(t, schema_.Project(all_, cell, tables.tables()[t].attributes));
      const CellStatus status = tables.statuses()[over];
      if (status == CellStatus::kNotApplicable) return true;
      if (HasNumber(status) && tables.values()[over] == 0) return true;
    }
    return false;
  }

  // The same text for the same leaf in two releases.
  std::string KeyOf(size_t cell, const std::vector<size_t>& place) const {
    std::string key;
    for (size_t i = 0; i < place.size(); ++i) {
      key += schema_.dimensions()[i].name + "=" + schema_.dimensions()[i].codes[place[i]] + "/";
    }
    const Member* member = MemberOf(place);
    key += member == nullptr ? "" : member->deliveries_digest;
    // Equal deliveries, another count: somebody moved, so that it is another figure.
    return key + "/" + std::to_string(release_.cells[cell]);
  }

  CountHistory::Cell CellOf(size_t table, size_t cell) const {
    const LinkedTables& tables = release_.tables;
    CountHistory::Cell made;
    made.number = tables.Number(table, cell);
    made.count = tables.values()[made.number];
    made.status = tables.statuses()[made.number];
    const AttributeSet set = tables.tables()[table].attributes;
    const std::vector<size_t> dimensions = schema_.Members(set);
    const std::vector<size_t> place = schema_.Place(set, cell);
    for (size_t j = 0; j < dimensions.size(); ++j) {
      if (kind_ == dimensions[j]) made.kind = schema_.dimensions()[*kind_].codes[place[j]];
      made.municipal = made.municipal || municipality_ == dimensions[j];
    }
    return made;
  }

  const Schema& schema() const { return schema_; }
  AttributeSet all() const { return all_; }

 private:
  const CountedRelease& release_;
  const Schema& schema_;
  const AttributeSet all_;
  const std::optional<size_t> municipality_;
  const std::optional<size_t> kind_;
};

}  // namespace

CountHistory::CountHistory(const std::vector<CountedRelease>& releases)
    : releases_(releases.size()) {
  std::map<std::string, size_t> leaf_of;
  std::map<std::string, size_t> member_of;
  std::set<std::string> noughts;  // shown in one release, known in all
  for (const CountedRelease& release : releases) {
    const ReleaseReader reader(release);
    for (size_t cell = 0; cell < release.cells.size(); ++cell) {
      const std::vector<size_t> place = reader.schema().Place(reader.all(), cell);
      if (reader.KnownNought(cell, place)) noughts.insert(reader.KeyOf(cell, place));
    }
  }
  for (size_t r = 0; r < releases.size(); ++r) {
    const CountedRelease& release = releases[r];
    const ReleaseReader reader(release);
    std::vector<size_t> leaf_at(release.cells.size(), kNoLeaf);
    for (size_t cell = 0; cell < release.cells.size(); ++cell) {
      const std::vector<size_t> place = reader.schema().Place(reader.all(), cell);
      const std::string key = reader.KeyOf(cell, place);
      if (noughts.contains(key)) continue;
      const auto [found, made] = leaf_of.emplace(key, leaves_.size());
      leaf_at[cell] = found->second;
      if (!made) continue;
      Leaf leaf{.count = release.cells[cell], .member = {}};
      if (const Member* member = reader.MemberOf(place)) {
        const auto [at, named] = member_of.emplace(member->municipality, members_.size());
        if (named) members_.push_back(member->municipality);
        leaf.member = at->second;
      }
      leaves_.push_back(leaf);
    }
    const LinkedTables& tables = release.tables;
    for (size_t t = 0; t < tables.tables().size(); ++t) {
      const AttributeSet set = tables.tables()[t].attributes;
      const size_t first = cells_.size();
      for (size_t c = 0; c < reader.schema().CellCount(set); ++c) {
        cells_.push_back(reader.CellOf(t, c));
        cells_.back().release = r;
      }
      for (size_t cell = 0; cell < release.cells.size(); ++cell) {
        if (leaf_at[cell] == kNoLeaf) continue;
        cells_[first + reader.schema().Project(reader.all(), cell, set)].leaves.push_back(
            leaf_at[cell]);
      }
    }
    for (const KnownFigure& figure : release.known) {
      KnownSum sum{.leaves = {},
                   .count = 0,
                   .low = figure.low,
                   .high = figure.high.value_or(std::numeric_limits<int64_t>::max())};
      for (size_t cell = 0; cell < release.cells.size(); ++cell) {
        if (leaf_at[cell] == kNoLeaf) continue;
        if (reader.schema().Project(reader.all(), cell, figure.attributes) != figure.cell) continue;
        sum.leaves.push_back(leaf_at[cell]);
        sum.count += release.cells[cell];
      }
      if (sum.leaves.empty()) continue;
      std::sort(sum.leaves.begin(), sum.leaves.end());
      if (!sum.Allows(sum.count)) sum.low = sum.high = sum.count;
      known_.push_back(std::move(sum));
    }
  }
  for (Cell& cell : cells_) {
    int64_t sum = 0;
    for (const size_t leaf : cell.leaves) sum += leaves_[leaf].count;
    if (sum != cell.count) {
      throw base::ProblemError("counts-do-not-fit", "/cells",
                               "a table is not the sum of the counts that it is made of");
    }
    std::sort(cell.leaves.begin(), cell.leaves.end());
  }
  std::erase_if(cells_, [](const Cell& cell) { return cell.leaves.empty(); });
}

const CountHistory::KnownSum* CountHistory::FindKnown(const std::vector<size_t>& leaves) const {
  const KnownSum* narrowest = nullptr;
  for (const KnownSum& sum : known_) {
    if (sum.leaves != leaves) continue;
    if (narrowest == nullptr || sum.high - sum.low < narrowest->high - narrowest->low) {
      narrowest = &sum;
    }
  }
  return narrowest;
}

CountHistory::~CountHistory() {
  for (Leaf& leaf : leaves_) *const_cast<volatile int64_t*>(&leaf.count) = 0;
  for (Cell& cell : cells_) *const_cast<volatile int64_t*>(&cell.count) = 0;
  for (KnownSum& sum : known_) *const_cast<volatile int64_t*>(&sum.count) = 0;
}

}  // namespace polder::stats::table
