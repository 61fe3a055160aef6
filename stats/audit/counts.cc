#include "stats/audit/counts.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "stats/audit/borders.h"
#include "stats/audit/count_proofs.h"
#include "stats/audit/findings.h"

namespace polder::stats::audit {
namespace {

// Whether the counts handed in are those that the release shows.
bool IsThePublished(const table::CountedRelease& counted, const table::PublishedMeasure& published,
                    const std::vector<table::Member>& members) {
  const table::LinkedTables shown = AsTables(published);
  if (shown.schema() != counted.tables.schema() || shown.tables() != counted.tables.tables() ||
      shown.statuses() != counted.tables.statuses()) {
    return false;
  }
  for (size_t cell = 0; cell < shown.cell_count(); ++cell) {
    if (table::HasNumber(shown.statuses()[cell]) &&
        shown.values()[cell] != counted.tables.values()[cell]) {
      return false;
    }
  }
  return std::equal(members.begin(), members.end(), counted.members.begin(), counted.members.end(),
                    [](const table::Member& a, const table::Member& b) {
                      return a.municipality == b.municipality && a.delivered == b.delivered &&
                             a.deliveries_digest == b.deliveries_digest;
                    });
}

std::vector<std::string> NamesOf(const table::Schema& schema) {
  std::vector<std::string> names;
  for (const auto& dimension : schema.dimensions()) names.push_back(dimension.name);
  return names;
}

// What speaks of the same cases as the candidate, of what was released before.
class Before {
 public:
  Before(const base::Period& period, const std::string& measure, policies::disclosure::Unit unit,
         const std::vector<table::PublishedRelease>& earlier) {
    std::vector<base::Period> periods;
    for (const table::PublishedRelease& release : earlier) {
      const auto* published = release.FindMeasure(measure);
      if (published == nullptr || !published->exact) continue;
      all_.push_back(&release);
      periods.push_back(release.header().period);
    }
    const std::vector<bool> same = table::SpeakOfTheSame(unit, period, periods);
    for (size_t i = 0; i < all_.size(); ++i) {
      if (same[i]) {
        linked_.push_back(all_[i]);
      } else {
        unlinked_overlap_ = unlinked_overlap_ || Overlaps(*all_[i], period);
      }
    }
  }
  const std::vector<const table::PublishedRelease*>& linked() const { return linked_; }
  bool unlinked_overlap() const { return unlinked_overlap_; }

 private:
  std::vector<const table::PublishedRelease*> all_, linked_;
  bool unlinked_overlap_ = false;
};

// Every release that shows counts of the same cases must stand in the evidence, as it was made.
void CheckEarlier(const CountEvidence& evidence, const Before& before, const table::Schema& now,
                  const std::string& pointer, base::Problems& findings) {
  if (before.unlinked_overlap()) {
    findings.Add("audit-failed", pointer,
                 "exact counts of persons of a part of this period, or of a period that it is part "
                 "of, were released before; a pupil counts once in a year and once in each of its "
                 "quarters, so no equation says what the two tell of each other. Leave the measure "
                 "out of one of them");
  }
  if (before.linked().size() != evidence.earlier.size()) {
    findings.Add("audit-failed", pointer,
                 before.linked().size() < evidence.earlier.size()
                     ? "the evidence speaks of a release that was not made"
                     : "the counts behind an earlier release are not at hand, so nothing can be "
                       "proved about the two together");
    return;
  }
  for (size_t i = 0; i < evidence.earlier.size(); ++i) {
    const table::PublishedRelease& release = *before.linked()[i];
    const auto* published = release.FindMeasure(evidence.measure);
    if (evidence.earlier[i].release_id != release.header().release_id ||
        !IsThePublished(evidence.earlier[i].counted, *published, release.header().members)) {
      findings.Add("audit-failed", pointer,
                   "the counts behind an earlier release are not at hand, so nothing can be proved "
                   "about the two together");
    } else if (NamesOf(published->schema) != NamesOf(now)) {
      findings.Add("audit-failed", pointer,
                   "an earlier release counted the same cases by other attributes, so that its "
                   "finest counts and these are not made of each other. Release the period by the "
                   "attributes of before");
    }
  }
}

base::Json ClassOf(const char* name, const std::optional<int64_t>& width) {
  base::Json json = {{"class", name}};
  if (width) json["smallestWidth"] = *width;
  return json;
}

}  // namespace

base::Json CheckCounts(const Candidate& candidate, size_t measure,
                       const policies::disclosure::Policy& policy,
                       const std::vector<table::PublishedRelease>& earlier,
                       base::Problems& findings) {
  const table::LinkedTables& tables = candidate.measures[measure];
  const std::string pointer = base::Pointer("/measures", measure);
  const auto evidence =
      std::find_if(candidate.counts.begin(), candidate.counts.end(),
                   [&](const CountEvidence& one) { return one.measure == tables.measure(); });
  if (evidence == candidate.counts.end()) {
    findings.Add("audit-failed", pointer, "exact counts come without proof");
    return {};
  }
  const auto* rule = policy.FindMeasure(tables.measure());
  if (rule == nullptr) {
    findings.Add("audit-failed", pointer, "the policy has no such measure");
    return {};
  }
  const size_t so_far = findings.size();
  const Before before(candidate.period, tables.measure(), rule->unit, earlier);
  CheckEarlier(*evidence, before, tables.schema(), pointer, findings);
  if (findings.size() > so_far) return {};
  std::vector<table::CountedRelease> releases;
  for (const auto& one : evidence->earlier) releases.push_back(one.counted);
  releases.push_back({tables, evidence->cells, evidence->members});
  // Whoever gathered the evidence is not trusted with what attackers know.
  for (size_t i = 0; i < releases.size(); ++i) {
    const base::Period& period =
        i < before.linked().size() ? before.linked()[i]->header().period : candidate.period;
    releases[i].known = table::KnownFigures(
        policy, tables.measure(), period, table::KnownOf::kThisPeriod, releases[i].tables.schema());
    releases[i].parts.clear();
    for (const base::Period& part : table::CountedParts(rule->unit, period)) {
      releases[i].parts.push_back(part.Text());
    }
  }
  for (size_t i = 0; i + 1 < releases.size(); ++i) {
    CheckBorders(releases[i], releases.back(), candidate.redivisions, pointer, findings);
  }
  if (findings.size() > so_far) return {};
  const table::CountHistory history(releases, candidate.redivisions);
  const SmallestWidths widths =
      CheckCountProofs(history, evidence->proofs, policy, pointer, findings);
  return {{"measure", tables.measure()},
          {"width", policy.suppression().width},
          {"earlierReleases", evidence->earlier.size()},
          {"knownFigures", releases.back().known.size()},
          {"countsTheyGiveAway", widths.known_elsewhere},
          {"certificate", evidence->certificate_digest},
          {"attackers", base::Json::array(
                            {ClassOf("outsider", widths.outsider), ClassOf("member", widths.member),
                             ClassOf("pair", widths.pair), ClassOf("alone", widths.alone)})}};
}

void CheckOneMechanism(const Candidate& candidate, const policies::disclosure::Policy& policy,
                       const std::vector<table::PublishedRelease>& earlier,
                       base::Problems& findings) {
  for (size_t m = 0; m < candidate.measures.size(); ++m) {
    const table::LinkedTables& tables = candidate.measures[m];
    const auto* measure = policy.FindMeasure(tables.measure());
    if (measure == nullptr || measure->counts_dropped) continue;
    for (const table::PublishedRelease& release : earlier) {
      if (!Overlaps(release, candidate.period)) continue;
      for (const table::PublishedMeasure& other : release.measures()) {
        const auto* known = policy.FindMeasure(other.id);
        const bool dropped = known != nullptr && known->counts_dropped;
        const bool same_cells =
            !dropped && other.unit == policies::disclosure::ToText(measure->unit);
        if (same_cells && other.exact != tables.exact) {
          findings.Add("audit-failed", base::Pointer("/measures", m),
                       "the same cells were released under the other mechanism before; exact "
                       "counts would give the noise away");
        }
      }
    }
  }
}

}  // namespace polder::stats::audit
