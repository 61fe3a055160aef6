#include "stats/audit/counts.h"

#include <algorithm>

#include <nlohmann/json.hpp>

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

// A municipality that left since, or went up in another: its old counts are part of figures that no
// equation here links them to. One that joined is a difference of totals like any other.
bool SomeoneLeft(const table::Schema& before, const table::Schema& now) {
  const auto codes = [](const table::Schema& schema) {
    const auto at = schema.IndexOf("municipality");
    return at ? schema.dimensions()[*at].codes : std::vector<std::string>();
  };
  const auto present = codes(now);
  const auto former = codes(before);
  return std::any_of(former.begin(), former.end(), [&](const std::string& code) {
    return std::find(present.begin(), present.end(), code) == present.end();
  });
}

// Every release of the period that shows the measure must stand in the evidence, as it was made.
void CheckEarlier(const Candidate& candidate, const CountEvidence& evidence,
                  const std::vector<table::PublishedRelease>& earlier, const table::Schema& now,
                  const std::string& pointer, base::Problems& findings) {
  size_t used = 0;
  for (const table::PublishedRelease& release : earlier) {
    const table::PublishedMeasure* published = release.FindMeasure(evidence.measure);
    if (published == nullptr || !Overlaps(release, candidate.period)) continue;
    if (release.header().period != candidate.period) {
      findings.Add("audit-failed", pointer,
                   "exact counts of a part of this period were released before; the two would give "
                   "each other away. Leave the measure out of one of them");
      continue;
    }
    if (SomeoneLeft(published->schema, now)) {
      findings.Add("audit-failed", pointer,
                   "a municipality of an earlier release of this period is not in the region any "
                   "more; the figures that its counts went into would give the old ones away. "
                   "Release this period by its old borders");
    }
    const bool same =
        used < evidence.earlier.size() &&
        evidence.earlier[used].release_id == release.header().release_id &&
        IsThePublished(evidence.earlier[used].counted, *published, release.header().members);
    if (!same) {
      findings.Add(
          "audit-failed", pointer,
          "the counts behind an earlier release of this period are not at hand, so nothing "
          "can be proved about the two together");
    }
    ++used;
  }
  if (used != evidence.earlier.size()) {
    findings.Add("audit-failed", pointer, "the evidence speaks of a release that was not made");
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
  const size_t before = findings.size();
  CheckEarlier(candidate, *evidence, earlier, tables.schema(), pointer, findings);
  if (findings.size() > before) return {};
  std::vector<table::CountedRelease> releases;
  for (const auto& one : evidence->earlier) releases.push_back(one.counted);
  releases.push_back({tables, evidence->cells, evidence->members});
  // Whoever gathered the evidence is not trusted with what attackers know.
  for (table::CountedRelease& release : releases) {
    release.known = table::KnownFigures(policy, tables.measure(), candidate.period,
                                        table::KnownOf::kThisPeriod, release.tables.schema());
  }
  const table::CountHistory history(releases);
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
