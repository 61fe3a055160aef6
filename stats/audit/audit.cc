#include "stats/audit/audit.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "stats/audit/counts.h"
#include "stats/audit/findings.h"
#include "stats/table/interval.h"

namespace polder::stats::audit {
namespace {

base::Json Attacker(std::string_view name, const std::optional<base::Rational>& variance) {
  base::Json json = {{"class", name}};
  if (variance) json["smallestStandardError"] = table::DeviationTextDown(*variance);
  return json;
}

Certificate Certify(size_t hidden, size_t hidden_counts, base::Json counts,
                    const SmallestVariances& smallest, const policies::disclosure::Policy& policy,
                    const base::Period& period, size_t earlier) {
  Certificate certificate;
  certificate.hidden_cells = hidden + hidden_counts;
  std::optional<base::Rational> worst;
  for (const auto& one : {smallest.outsider, smallest.member, smallest.pair}) {
    if (one) smallest.Lower(worst, *one);
  }
  if (hidden > 0 && worst) certificate.smallest_standard_error = table::DeviationTextDown(*worst);
  base::Json document = {
      {"format", "polder-audit-1"},
      {"period", period.Text()},
      {"hiddenCells", hidden + hidden_counts},
      {"earlierReleases", earlier},
      {"minHiddenSd", base::ToText(policy.audit().min_hidden_sd)},
      {"determinedCells", 0},
      {"attackers",
       base::Json::array({Attacker("outsider", smallest.outsider),
                          Attacker("member", smallest.member), Attacker("pair", smallest.pair),
                          Attacker("anyKnowledge", smallest.any_knowledge)})}};
  if (smallest.known_figures > 0) {
    document["known"] = {{"figures", smallest.known_figures},
                         {"hiddenCellsTheyGiveAway", smallest.known_elsewhere}};
  }
  if (!counts.empty()) document["counts"] = std::move(counts);
  certificate.document = base::CanonicalJson(document);
  return certificate;
}

}  // namespace

AuditedTables Audit(Candidate candidate, const policies::disclosure::Policy& policy,
                    const std::vector<table::PublishedRelease>& earlier) {
  base::Problems findings;
  size_t hidden = 0;         // under noise
  size_t hidden_counts = 0;  // of exact counts
  base::Json counts = base::Json::array();
  for (size_t m = 0; m < candidate.measures.size(); ++m) {
    const std::string pointer = base::Pointer("/measures", m);
    CheckRules(candidate.measures[m], policy, candidate.members, pointer, findings);
    const size_t found = CheckDetermined(candidate.measures[m], pointer, findings);
    if (candidate.measures[m].exact) {
      hidden_counts += found;
      counts.push_back(CheckCounts(candidate, m, policy, earlier, findings));
    } else {
      hidden += found;
    }
  }
  CheckOneMechanism(candidate, policy, earlier, findings);
  size_t used = 0;
  for (size_t e = 0; e < earlier.size(); ++e) {
    if (!Overlaps(earlier[e], candidate.period)) continue;
    ++used;
    // Every release has noise of its own, so no equation links the numbers of two: each is
    // eliminated by itself, the earlier ones again.
    for (size_t m = 0; m < earlier[e].measures().size(); ++m) {
      const std::string pointer = base::Pointer(base::Pointer("/earlier", e) + "/measures", m);
      CheckDetermined(AsTables(earlier[e].measures()[m]), pointer, findings);
    }
  }
  SmallestVariances smallest;
  if (hidden > 0) {
    try {
      CheckEstimates(candidate, policy, earlier, smallest, findings);
    } catch (const base::ProblemError& error) {
      for (const base::Problem& problem : error.problems()) {
        findings.Add("audit-failed", problem.pointer, problem.detail);
      }
    }
  }
  findings.ThrowIfAny();
  Certificate certificate =
      Certify(hidden, hidden_counts, std::move(counts), smallest, policy, candidate.period, used);
  return AuditedTables(std::move(candidate), std::move(certificate));
}

}  // namespace polder::stats::audit
