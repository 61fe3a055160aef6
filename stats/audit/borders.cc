#include "stats/audit/borders.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace polder::stats::audit {
namespace {

// Counts of one municipality by part and the other attributes; noughts left out.
using Counts = std::map<std::string, int64_t>;

std::map<std::string, Counts> ByMunicipality(const table::CountedRelease& release,
                                             const std::set<std::string>& parts) {
  const table::Schema& schema = release.tables.schema();
  const auto municipality = schema.IndexOf("municipality");
  std::map<std::string, Counts> found;
  if (!municipality) return found;
  for (const std::string& code : schema.dimensions()[*municipality].codes) found[code];
  const table::AttributeSet all = table::WholeSet(schema);
  const size_t size = schema.CellCount(all);
  for (size_t i = 0; i < release.cells.size(); ++i) {
    const std::string& part = release.parts.at(i / size);
    if (release.cells[i] == 0 || !parts.contains(part)) continue;
    const std::vector<size_t> place = schema.Place(all, i % size);
    std::string name = part;
    for (size_t d = 0; d < place.size(); ++d) {
      if (d != *municipality) name += "/" + schema.dimensions()[d].codes[place[d]];
    }
    found[schema.dimensions()[*municipality].codes[place[*municipality]]][name] = release.cells[i];
  }
  return found;
}

Counts Sum(Counts one, const Counts& other) {
  for (const auto& [name, count] : other) one[name] += count;
  return one;
}

// Some municipality's counts are `less`'s and `part` together in `more`.
bool MakesUpADifference(const Counts& part, const std::map<std::string, Counts>& less,
                        const std::map<std::string, Counts>& more) {
  return std::any_of(more.begin(), more.end(), [&](const auto& one) {
    const auto before = less.find(one.first);
    return before != less.end() && one.second == Sum(before->second, part);
  });
}

}  // namespace

void CheckBorders(const table::CountedRelease& before, const table::CountedRelease& now,
                  const table::Redivisions& redivisions, const std::string& pointer,
                  base::Problems& findings) {
  std::set<std::string> parts;
  for (const std::string& part : before.parts) {
    if (std::find(now.parts.begin(), now.parts.end(), part) != now.parts.end()) parts.insert(part);
  }
  const auto old_counts = ByMunicipality(before, parts);
  const auto new_counts = ByMunicipality(now, parts);
  const auto went_up = [&](const std::string& code) {
    const auto stated = redivisions.find(code);
    return stated != redivisions.end() &&
           (old_counts.contains(stated->second) || new_counts.contains(stated->second));
  };
  for (const auto& [code, counts] : old_counts) {
    if (counts.empty() || new_counts.contains(code) || went_up(code)) continue;
    if (!redivisions.contains(code)) {
      findings.Add("audit-failed", pointer,
                   "a municipality of an earlier release of these cases is not in the region any "
                   "more, and the codebook does not state where its cases went (memberships, "
                   "into); the figures that they went into would give the old ones away. State it, "
                   "or release this period by its old borders");
    } else if (MakesUpADifference(counts, old_counts, new_counts)) {
      findings.Add("audit-failed", pointer,
                   "a municipality that is stated to have left the region with its cases makes up "
                   "the growth of another one; state in the codebook that it went up in that one");
    }
  }
  for (const auto& [code, counts] : new_counts) {
    if (counts.empty() || old_counts.contains(code) || went_up(code)) continue;
    if (MakesUpADifference(counts, new_counts, old_counts)) {
      findings.Add("audit-failed", pointer,
                   "a municipality that joined makes up exactly what another one has less than in "
                   "an earlier release; that it was split off cannot be stated. Release this "
                   "period by its old borders");
    }
  }
}

}  // namespace polder::stats::audit
