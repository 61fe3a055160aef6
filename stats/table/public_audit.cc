#include "stats/table/public_audit.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/json_reader.h"
#include "policies/base/rational.h"

namespace polder::stats::table {
namespace {

using base::ObjectReader;
using base::Rational;

constexpr std::array<const char*, 4> kClasses = {"outsider", "member", "pair", "anyKnowledge"};

// Information about one pupil with one case, all else known, in every residual of the measure: the
// squared length of its column, over gamma squared. Where classes are uneven, of the pupil about
// whom most is told.
Rational InformationOf(const PublishedMeasure& measure) {
  Rational most = 0;
  for (const std::vector<size_t>& sizes : measure.schema.ClassSizesOfCells()) {
    Rational information = 0;
    for (const MeasuredResidual& residual : measure.residuals) {
      Rational term = 1 / residual.gamma_squared;
      for (const size_t dimension : measure.schema.Members(residual.attributes)) {
        const Rational scale(base::ToInteger(measure.schema.Scale(dimension)));
        const auto size = static_cast<int64_t>(sizes[dimension]);
        term *= scale * scale * (1 - 1 / Rational(base::ToInteger(size)));
      }
      information += term;
    }
    most = std::max(most, information);
  }
  return most;
}

Rational InformationOf(const PublishedRelease& release) {
  Rational information = 0;
  for (const PublishedMeasure& measure : release.measures()) {
    if (!measure.exact) information += InformationOf(measure);
  }
  return information;
}

bool SameTime(const base::Period& a, const base::Period& b) {
  return a.calendar() == b.calendar() && a.First() <= b.Last() && b.First() <= a.Last();
}

class Checker {
 public:
  Checker(const PublishedRelease& release, const std::vector<const PublishedRelease*>& earlier,
          base::Problems& problems)
      : release_(release), earlier_(earlier), problems_(problems) {}

  void Check(const base::Json& json) {
    ObjectReader document(json, "/audit", problems_);
    if (document.Text("format") != "polder-audit-1") {
      document.Fault("wrong-format", "format", "must be \"polder-audit-1\"");
    }
    if (document.Text("period") != release_.header().period.Text()) {
      Contradicts(document, "period", "speaks of another period");
    }
    const auto hidden = static_cast<size_t>(document.Integer("hiddenCells", 0, INT64_MAX));
    if (hidden != HiddenCells()) {
      Contradicts(document, "hiddenCells", "the release has another number of hidden cells");
    }
    if (document.Integer("determinedCells", 0, INT64_MAX) != 0) {
      Contradicts(document, "determinedCells", "a hidden cell can be computed");
    }
    document.Integer("earlierReleases", 0, INT64_MAX);
    const Rational least = document.Fraction("minHiddenSd");
    std::map<std::string, std::optional<Rational>> errors;
    document.Objects("attackers", [&](ObjectReader& attacker) {
      const std::string name = attacker.Text("class");
      errors[name] = std::nullopt;
      if (attacker.Has("smallestStandardError")) {
        errors[name] = attacker.Fraction("smallestStandardError");
        if (*errors[name] < least) {
          Contradicts(attacker, "smallestStandardError", "is under the policy's minHiddenSd");
        }
      }
    });
    CheckErrors(document, errors);
    document.Object(
        "known",
        [&](ObjectReader& known) {
          known.Integer("figures", 1, INT64_MAX);
          known.Integer("hiddenCellsTheyGiveAway", 0, INT64_MAX);
        },
        false);
    std::set<std::string> counted;
    if (document.Has("counts")) {
      document.Objects("counts", [&](ObjectReader& counts) { CheckCounts(counts, counted); });
    }
    for (const PublishedMeasure& measure : release_.measures()) {
      if (measure.exact != counted.contains(measure.id)) {
        Contradicts(document, "counts",
                    "proofs are stated for exactly the measures of exact counts; not so here");
      }
    }
    document.Finish();
  }

 private:
  static void Contradicts(ObjectReader& object, const char* name, const char* why) {
    object.Fault("audit-contradicts", name, why);
  }

  size_t HiddenCells() const {
    size_t hidden = 0;
    for (const PublishedMeasure& measure : release_.measures()) {
      for (const PublishedTable& table : measure.tables) {
        for (const PublishedCell& cell : table.cells) hidden += cell.status == CellStatus::kHidden;
      }
    }
    return hidden;
  }

  void CheckErrors(ObjectReader& document,
                   const std::map<std::string, std::optional<Rational>>& errors) {
    std::optional<Rational> smallest;
    std::optional<Rational> before;
    for (const char* name : kClasses) {
      const auto found = errors.find(name);
      if (found == errors.end() || errors.size() != kClasses.size()) {
        Contradicts(document, "attackers", "must name outsider, member, pair and anyKnowledge");
        return;
      }
      const bool any = std::string_view(name) == "anyKnowledge";
      const std::optional<Rational>& error = found->second;
      if (!error) continue;
      // Whoever knows more estimates no worse; known tables tell some attackers all about a cell,
      // which then is no longer among those that they estimate.
      if (before && *error > *before && !document.Has("known")) {
        Contradicts(document, "attackers", "someone who knows more is said to estimate worse");
      }
      before = error;
      if (!any && (!smallest || *error < *smallest)) smallest = error;
      if (any) CheckAnyKnowledge(document, *error);
    }
    const std::string& stated = release_.header().min_hidden_sd;
    const auto parsed = base::ParseRational(stated);
    if (!stated.empty() && (!parsed || !smallest || *parsed != *smallest)) {
      Contradicts(document, "attackers", "the release's header states another smallest error");
    }
  }

  // Rounded down, so the square may not pass one over the information.
  void CheckAnyKnowledge(ObjectReader& document, const Rational& error) {
    Rational information = InformationOf(release_);
    for (const PublishedRelease* other : earlier_) {
      if (SameTime(other->header().period, release_.header().period)) {
        information += InformationOf(*other);
      }
    }
    if (error * error * information > 1) {
      Contradicts(document, "attackers",
                  "the residuals tell more about one pupil than anyKnowledge says");
    }
  }

  void CheckCounts(ObjectReader& counts, std::set<std::string>& counted) {
    counted.insert(counts.Code("measure"));
    const int64_t width = counts.Integer("width", 1, INT64_MAX);
    counts.Integer("earlierReleases", 0, INT64_MAX);
    counts.Integer("knownFigures", 0, INT64_MAX);
    counts.Integer("countsTheyGiveAway", 0, INT64_MAX);
    const std::string digest = counts.Text("certificate", 64, 64);
    if (digest.find_first_not_of("0123456789abcdef") != std::string::npos) {
      Contradicts(counts, "certificate", "must be a SHA-256 in hexadecimal");
    }
    counts.Objects("attackers", [&](ObjectReader& attacker) {
      const std::string name = attacker.Text("class");
      if (name != "alone" &&
          std::find(kClasses.begin(), kClasses.end() - 1, name) == kClasses.end() - 1) {
        Contradicts(attacker, "class", "must be outsider, member, pair or alone");
      }
      const auto narrowest = attacker.OptionalInteger("smallestWidth", 0, INT64_MAX);
      if (narrowest && *narrowest < width) {
        Contradicts(attacker, "smallestWidth", "is under the policy's width");
      }
    });
  }

  const PublishedRelease& release_;
  const std::vector<const PublishedRelease*>& earlier_;
  base::Problems& problems_;
};

}  // namespace

void CheckPublicAudit(std::string_view document, const PublishedRelease& release,
                      const std::vector<const PublishedRelease*>& earlier,
                      base::Problems& problems) {
  try {
    const base::Json json = base::ParseJson(document);
    if (base::CanonicalJson(json) != document) {
      problems.Add("not-canonical", "/audit", "the audit is not in canonical form");
    }
    Checker(release, earlier, problems).Check(json);
  } catch (const base::ProblemError& error) {
    for (const base::Problem& problem : error.problems()) {
      problems.Add(problem.code, "/audit" + problem.pointer, problem.detail);
    }
  }
}

}  // namespace polder::stats::table
