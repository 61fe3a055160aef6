#include "stats/table/count_history.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "policies/base/problem.h"

namespace polder::stats::table {
namespace {

// Reads one release: which of its finest cells are leaves, and which leaf each is.
class ReleaseReader {
 public:
  explicit ReleaseReader(const CountedRelease& release)
      : release_(release),
        schema_(release.tables.schema()),
        all_(WholeSet(schema_)),
        municipality_(schema_.IndexOf("municipality")),
        kind_(schema_.IndexOf("kind")) {
    if (release.cells.size() != schema_.CellCount(all_) * release.parts.size()) {
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

  bool CountsNowhere(const std::vector<size_t>& place) const {
    const Member* member = MemberOf(place);
    return municipality_ && (member == nullptr || !member->delivered);
  }
  bool ShownNought(size_t cell) const {
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

  // A finest count of this release by what it is of: its part, its codes with `municipality` for
  // its own, and which of the municipalities that went up in that one `borders` counts apart.
  std::string NameOf(size_t part, const std::vector<size_t>& place, const std::string& municipality,
                     const std::vector<std::string>& went_up, const ReleaseReader& borders) const {
    std::string name = release_.parts[part] + "/";
    for (size_t i = 0; i < place.size(); ++i) {
      const Dimension& dimension = schema_.dimensions()[i];
      name += dimension.name + "=";
      name += (municipality_ == i ? municipality : dimension.codes[place[i]]) + "/";
    }
    for (const std::string& code : went_up) {
      if (borders.HasMunicipality(code)) name += code + "/";
    }
    return name;
  }
  std::string MunicipalityOf(const std::vector<size_t>& place) const {
    return municipality_ ? schema_.dimensions()[*municipality_].codes[place[*municipality_]] : "";
  }
  bool HasMunicipality(const std::string& code) const {
    if (!municipality_) return false;
    const auto& codes = schema_.dimensions()[*municipality_].codes;
    return std::find(codes.begin(), codes.end(), code) != codes.end();
  }
  bool HasPart(const std::string& part) const {
    return std::find(release_.parts.begin(), release_.parts.end(), part) != release_.parts.end();
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

  const CountedRelease& release() const { return release_; }
  const Schema& schema() const { return schema_; }
  AttributeSet all() const { return all_; }
  size_t size() const { return schema_.CellCount(all_); }

 private:
  const CountedRelease& release_;
  const Schema& schema_;
  const AttributeSet all_;
  const std::optional<size_t> municipality_;
  const std::optional<size_t> kind_;
};

// Municipalities that went up in `code`, by any number of steps.
std::vector<std::string> WentUpIn(const std::string& code, const Redivisions& redivisions) {
  std::vector<std::string> found;
  for (const auto& [from, into] : redivisions) {
    std::string at = into;
    // no longer way than there are steps, should the document go round in a circle
    for (size_t step = 0; step < redivisions.size() && at != code; ++step) {
      const auto next = redivisions.find(at);
      if (next == redivisions.end()) break;
      at = next->second;
    }
    if (at == code && from != code) found.push_back(from);
  }
  return found;
}

// Names every finest count of every release once, and says which leaves each is made of.
class LeafFinder {
 public:
  LeafFinder(const std::vector<ReleaseReader>& readers, const Redivisions& redivisions)
      : readers_(readers), redivisions_(redivisions) {
    for (const ReleaseReader& reader : readers) {
      for (size_t cell = 0; cell < reader.size(); ++cell) {
        const std::string code = reader.MunicipalityOf(reader.schema().Place(reader.all(), cell));
        if (!went_up_.contains(code)) went_up_[code] = WentUpIn(code, redivisions);
      }
    }
    for (const ReleaseReader& reader : readers) NoteNoughts(reader);
  }

  // Releases in which more municipalities are counted apart come first: their leaves are parts of
  // the others'.
  std::vector<size_t> Order() const {
    std::vector<size_t> order(readers_.size());
    std::vector<size_t> apart(readers_.size());
    for (size_t r = 0; r < readers_.size(); ++r) {
      order[r] = r;
      for (const auto& [code, went_up] : went_up_) {
        for (const std::string& old : went_up) apart[r] += readers_[r].HasMunicipality(old);
      }
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return apart[a] > apart[b]; });
    return order;
  }

  // The leaves of a finest count of release `r`, made with `make` when it is one by itself.
  template <class Make>
  std::vector<size_t> Find(size_t r, size_t part, size_t cell, Make make) {
    const ReleaseReader& reader = readers_[r];
    const std::vector<size_t> place = reader.schema().Place(reader.all(), cell);
    const int64_t count = reader.release().cells[part * reader.size() + cell];
    const std::string code = reader.MunicipalityOf(place);
    const std::vector<std::string>& went_up = went_up_[code];
    const std::string name = reader.NameOf(part, place, code, went_up, reader);
    Seen seen{.release = r, .count = count, .leaves = {}};
    if (count == 0 && (reader.CountsNowhere(place) || noughts_.contains(name))) {
      seen_[name].push_back(seen);
      return {};
    }
    const std::vector<Seen>& before = seen_[name];
    const auto same = std::find_if(before.begin(), before.end(), [&](const Seen& one) {
      return one.count == count && (count > 0 || !one.leaves.empty());
    });
    if (same != before.end()) {
      seen.leaves = same->leaves;
    } else if (auto sum = SumOfThoseThatWentUp(reader, part, place, code, count)) {
      seen.leaves = std::move(*sum);
    } else {
      seen.leaves = {make(count, code)};
    }
    seen_[name].push_back(seen);
    return seen.leaves;
  }

 private:
  struct Seen {
    size_t release;
    int64_t count;
    std::vector<size_t> leaves;
  };

  // A nought shown in one release is known in all, and so is one of whatever went up in it.
  void NoteNoughts(const ReleaseReader& reader) {
    for (size_t part = 0; part < reader.release().parts.size(); ++part) {
      for (size_t cell = 0; cell < reader.size(); ++cell) {
        if (reader.release().cells[part * reader.size() + cell] != 0) continue;
        const std::vector<size_t> place = reader.schema().Place(reader.all(), cell);
        if (reader.CountsNowhere(place) || !reader.ShownNought(cell)) continue;
        const std::string code = reader.MunicipalityOf(place);
        noughts_.insert(reader.NameOf(part, place, code, went_up_[code], reader));
        for (const ReleaseReader& other : readers_) {
          for (const std::string& old : went_up_[code]) {
            if (reader.HasMunicipality(old) || !other.HasMunicipality(old)) continue;
            noughts_.insert(reader.NameOf(part, place, old, went_up_[old], other));
            noughts_.insert(reader.NameOf(part, place, code, went_up_[code], other));
          }
        }
      }
    }
  }

  // When the count is that of an earlier reading of the same municipality and of those that went up
  // in it since, taken together: their leaves.
  std::optional<std::vector<size_t>> SumOfThoseThatWentUp(const ReleaseReader& reader, size_t part,
                                                          const std::vector<size_t>& place,
                                                          const std::string& code, int64_t count) {
    std::vector<std::string> gone;
    for (const std::string& old : went_up_[code]) {
      if (!reader.HasMunicipality(old) && HolderOf(old, reader) == code) gone.push_back(old);
    }
    if (gone.empty()) return std::nullopt;
    for (size_t r = 0; r < readers_.size(); ++r) {
      const ReleaseReader& other = readers_[r];
      if (!other.HasPart(reader.release().parts[part])) continue;
      int64_t sum = 0;
      std::vector<size_t> leaves;
      bool any = false;
      std::vector<std::string> codes = gone;
      codes.push_back(code);
      for (const std::string& one : codes) {
        if (!other.HasMunicipality(one)) continue;
        const auto found = seen_.find(reader.NameOf(part, place, one, went_up_[one], other));
        if (found == seen_.end()) continue;
        for (const Seen& before : found->second) {
          if (before.release != r) continue;
          sum += before.count;
          leaves.insert(leaves.end(), before.leaves.begin(), before.leaves.end());
          any = any || one != code;
        }
      }
      if (any && sum == count) return leaves;
    }
    return std::nullopt;
  }

  // The first municipality of the release's that holds what was counted of `old`; empty when none.
  std::string HolderOf(const std::string& old, const ReleaseReader& reader) const {
    std::string at = old;
    for (size_t step = 0; step < redivisions_.size(); ++step) {
      const auto next = redivisions_.find(at);
      if (next == redivisions_.end()) return "";
      at = next->second;
      if (reader.HasMunicipality(at)) return at;
    }
    return "";
  }

  const std::vector<ReleaseReader>& readers_;
  const Redivisions& redivisions_;
  std::map<std::string, std::vector<std::string>> went_up_;  // by the municipality they went up in
  std::set<std::string> noughts_;                            // names
  std::map<std::string, std::vector<Seen>> seen_;            // by name
};

}  // namespace

bool UnderShownNought(const LinkedTables& tables, size_t table, size_t cell_in_table) {
  if (!tables.exact) return false;
  const AttributeSet set = tables.tables()[table].attributes;
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    const AttributeSet fewer = tables.tables()[t].attributes;
    if (fewer == set || (fewer & ~set) != 0) continue;
    const size_t over = tables.Number(t, tables.schema().Project(set, cell_in_table, fewer));
    if (HasNumber(tables.statuses()[over]) && tables.values()[over] == 0) return true;
  }
  return false;
}

std::vector<base::Period> CountedParts(policies::disclosure::Unit unit,
                                       const base::Period& period) {
  if (!period.IsYear() || unit == policies::disclosure::Unit::kPersons) return {period};
  std::vector<base::Period> parts;
  for (int quarter = 1; quarter <= 4; ++quarter) parts.emplace_back(period.year(), quarter);
  return parts;
}

std::vector<bool> SpeakOfTheSame(policies::disclosure::Unit unit, const base::Period& period,
                                 const std::vector<base::Period>& earlier) {
  const auto is_year = [&](const base::Period& one) {
    return one.year() == period.year() && one.IsYear();
  };
  const bool add_up = unit != policies::disclosure::Unit::kPersons &&
                      (period.IsYear() || std::any_of(earlier.begin(), earlier.end(), is_year));
  std::vector<bool> same;
  for (const base::Period& one : earlier) {
    same.push_back(one == period || (add_up && one.year() == period.year()));
  }
  return same;
}

CountHistory::CountHistory(const std::vector<CountedRelease>& releases,
                           const Redivisions& redivisions)
    : releases_(releases.size()) {
  std::vector<ReleaseReader> readers;
  for (const CountedRelease& release : releases) readers.emplace_back(release);
  LeafFinder finder(readers, redivisions);
  std::map<std::string, size_t> member_of;
  const auto make_leaf = [&](int64_t count, const std::string& municipality) {
    Leaf leaf{.count = count, .member = {}};
    if (!municipality.empty()) {
      const auto [at, named] = member_of.emplace(municipality, members_.size());
      if (named) members_.push_back(municipality);
      leaf.member = at->second;
    }
    leaves_.push_back(leaf);
    return leaves_.size() - 1;
  };
  // Per release and finest count.
  std::vector<std::vector<std::vector<size_t>>> leaves_at(releases.size());
  for (const size_t r : finder.Order()) {
    for (size_t part = 0; part < releases[r].parts.size(); ++part) {
      for (size_t cell = 0; cell < readers[r].size(); ++cell) {
        leaves_at[r].push_back(finder.Find(r, part, cell, make_leaf));
      }
    }
  }
  for (size_t r = 0; r < releases.size(); ++r) AddRelease(releases[r], r, leaves_at[r]);
  for (size_t m = 0; m < members_.size(); ++m) {
    archives_.push_back({m});
    for (const std::string& old : WentUpIn(members_[m], redivisions)) {
      const auto found = member_of.find(old);
      if (found != member_of.end()) archives_.back().push_back(found->second);
    }
    std::sort(archives_.back().begin(), archives_.back().end());
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

void CountHistory::AddRelease(const CountedRelease& release, size_t number,
                              const std::vector<std::vector<size_t>>& leaves_at) {
  const ReleaseReader reader(release);
  const auto gather = [&](const auto& belongs, std::vector<size_t>& leaves) {
    int64_t count = 0;
    for (size_t i = 0; i < leaves_at.size(); ++i) {
      if (!belongs(i % reader.size())) continue;
      leaves.insert(leaves.end(), leaves_at[i].begin(), leaves_at[i].end());
      count += release.cells[i];
    }
    std::sort(leaves.begin(), leaves.end());
    return count;
  };
  const LinkedTables& tables = release.tables;
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    const AttributeSet set = tables.tables()[t].attributes;
    const size_t first = cells_.size();
    for (size_t c = 0; c < reader.schema().CellCount(set); ++c) {
      cells_.push_back(reader.CellOf(t, c));
      cells_.back().release = number;
    }
    for (size_t i = 0; i < leaves_at.size(); ++i) {
      const size_t over = reader.schema().Project(reader.all(), i % reader.size(), set);
      auto& leaves = cells_[first + over].leaves;
      leaves.insert(leaves.end(), leaves_at[i].begin(), leaves_at[i].end());
    }
  }
  for (const KnownFigure& figure : release.known) {
    KnownSum sum{.leaves = {},
                 .count = 0,
                 .low = figure.low,
                 .high = figure.high.value_or(std::numeric_limits<int64_t>::max())};
    sum.count = gather(
        [&](size_t cell) {
          return reader.schema().Project(reader.all(), cell, figure.attributes) == figure.cell;
        },
        sum.leaves);
    if (sum.leaves.empty()) continue;
    if (!sum.Allows(sum.count)) sum.low = sum.high = sum.count;
    known_.push_back(std::move(sum));
  }
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
