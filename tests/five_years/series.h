// Years of a made-up region and releases of it one after the other, as the service would make them.
#ifndef POLDER_TESTS_FIVE_YEARS_SERIES_H_
#define POLDER_TESTS_FIVE_YEARS_SERIES_H_

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "crypto/digest/secret.h"
#include "crypto/random/keystream.h"
#include "policies/base/problem.h"
#include "server/jobs/pipeline.h"
#include "stats/cases/delivery.h"
#include "stats/table/public_audit.h"
#include "tests/support/count_regions.h"
#include "tests/support/prepared_deliveries.h"

namespace polder::tests {

using base::Json;
using base::Period;
using base::Year;
using policies::disclosure::Policy;
using policies::disclosure::ReleaseKind;
using server::jobs::Answers;
using server::jobs::CountedBefore;
using server::jobs::PlannedRelease;
using server::jobs::PublishedText;
using server::jobs::Question;
using stats::cases::Delivery;
using stats::table::CountedRelease;
using stats::table::CountHistory;
using stats::table::PublishedRelease;

constexpr int kFirstYear = 2021;
constexpr uint64_t kSeed = 4011;

inline int Years() {
  const char* given = std::getenv("POLDER_YEARS");
  return given == nullptr ? 5 : std::atoi(given);
}
inline double Size() { return Years() >= 5 ? 1.0 : 0.35; }

// What every municipality delivers, as text by file, and the corrections: of the generator's own
// and one in every year.
class Region {
 public:
  Region()
      : world_(stats::population::Populate(
            stats::population::ProfileOf(stats::population::TheCodebook(), Size()), kFirstYear,
            Years(), kSeed)) {
    const auto exports =
        stats::population::PlanExports(world_, stats::population::UsualMishaps(), kSeed);
    for (const auto& file : exports.files) Add(file, first_);
    for (const auto& file : exports.corrections) Add(file, corrected_);
    for (int year = kFirstYear; year < kFirstYear + Years(); ++year) CorrectOne(year);
  }

  // In order of arrival. A corrected file stands in the place of the one that it replaces.
  // With `merged`, the cases of its first stand in the deliveries of its second.
  std::vector<Delivery> Deliveries(const Period& period, bool corrected,
                                   const std::pair<std::string, std::string>& merged = {}) const {
    std::vector<Delivery> deliveries;
    for (const auto& [key, text] : first_) {
      const Period& quarter = key.first;
      if (quarter.year() != period.year()) continue;
      if (!period.IsYear() && quarter != period) continue;
      const auto instead = corrected_.find(key);
      const bool replaced = corrected && instead != corrected_.end();
      deliveries.push_back(stats::cases::ReadDelivery(replaced ? instead->second : text,
                                                      stats::population::TheCodebook()));
    }
    for (Delivery& from : deliveries) {
      for (Delivery& to : deliveries) {
        if (from.manifest.municipality != merged.first) continue;
        if (to.manifest.municipality != merged.second) continue;
        if (from.manifest.period != to.manifest.period) continue;
        for (auto& item : from.cases) to.cases.push_back(std::move(item));
        from.cases.clear();
        to.manifest.cases = to.cases.size();
        to.manifest.delivery_id += "-merged";
      }
    }
    return deliveries;
  }
  size_t corrections() const { return corrected_.size(); }

 private:
  using Key = std::pair<Period, std::string>;

  void Add(const stats::population::ExportFile& file, std::map<Key, std::string>& to) {
    const std::string& code = world_.profile.municipalities[file.municipality].code;
    to[{file.period, code}] = std::string(Prepared(world_, file, kSeed).ndjson.view());
  }

  // A few cases that should not have been there, found out after the provisional release.
  // A member takes up to sixty cases of a quarter back: enough that releases which do not know of
  // one another show what lies between.
  void CorrectOne(int start) {
    const Year year(base::Calendar::kAbsence, start);
    const auto members = stats::population::TheCodebook().MembersIn(Period(year));
    const Key key{Period(year, 1 + start % 4),
                  members[static_cast<size_t>(start) % members.size()]};
    Delivery delivery =
        stats::cases::ReadDelivery(first_.at(key), stats::population::TheCodebook());
    for (size_t i = 0; i < 60 && delivery.cases.size() > 8; ++i) delivery.cases.pop_back();
    delivery.manifest.cases = delivery.cases.size();
    delivery.manifest.delivery_id += "-again";
    std::string text = stats::cases::WriteManifest(delivery.manifest) + "\n";
    for (const auto& item : delivery.cases) {
      text += stats::cases::WriteCaseLine(item, stats::population::TheCodebook()) + "\n";
    }
    corrected_[key] = text;
  }

  stats::population::World world_;
  std::map<Key, std::string> first_, corrected_;
};

inline const Region& TheRegion() {
  static const Region region;
  return region;
}

// One release with all that is needed to make later ones.
struct Made {
  PlannedRelease planned;
  Answers answers;
  PublishedText text;
  std::unique_ptr<PublishedRelease> release;
};

class Series {
 public:
  explicit Series(Policy policy) : policy_(std::move(policy)) {}

  // `together`: with everything made before in view, as the service does.
  void Release(ReleaseKind kind, const Period& period, bool corrected, bool together = true,
               const policies::codebook::Codebook& codebook = stats::population::TheCodebook(),
               const std::pair<std::string, std::string>& merged = {}) {
    redivisions_.merge(codebook.Redivisions());
    const Question question{&codebook, &policy_, period, kind};
    Made made{
        .planned = server::jobs::PlanRelease(question), .answers = {}, .text = {}, .release = {}};
    server::jobs::ReleaseFacts facts;
    facts.release_id = period.Text() + "-" + std::string(policies::disclosure::ToText(kind)) + "-" +
                       std::to_string(made_.size() + 1);
    facts.origin = "region";
    facts.freeze_digest = crypto::digest::Sha256Hex(base::AsBytes(facts.release_id));
    facts.reservation_id = "R" + std::to_string(made_.size() + 1);
    facts.seed_commitments = {std::string(64, 'b'), std::string(64, 'c')};
    std::vector<Delivery> deliveries = TheRegion().Deliveries(period, corrected, merged);
    std::vector<stats::cases::Manifest> manifests;
    for (const Delivery& delivery : deliveries) manifests.push_back(delivery.manifest);
    facts.members = server::jobs::MembersOf(question, manifests);
    std::vector<crypto::digest::SecretBytes> seeds;
    for (const char* holder : {"operator", "auditor"}) {
      seeds.push_back(crypto::digest::SecretBytes::CopyOf(
          crypto::digest::Sha256(base::AsBytes(holder + facts.release_id))));
    }
    const crypto::random::Keystream source(seeds, base::AsBytes(facts.release_id));
    made.answers =
        server::jobs::DrawAndMeasure(question, made.planned, std::move(deliveries), source);
    std::vector<PublishedRelease> earlier;
    std::vector<CountedBefore> counted;
    for (const Made& before : made_) {
      if (!together) break;
      earlier.push_back(*before.release);
    }
    for (size_t i = 0; together && i < made_.size(); ++i) {
      if (made_[i].planned.counted.empty()) continue;
      if (earlier[i].header().period.year() != period.year()) continue;
      counted.push_back(
          {.planned = &made_[i].planned, .answers = &made_[i].answers, .release = &earlier[i]});
    }
    made.text =
        server::jobs::PublishRelease(question, made.planned, made.answers, facts, earlier, counted);
    made.release = std::make_unique<PublishedRelease>(PublishedRelease::Parse(made.text.release));
    made_.push_back(std::move(made));
  }

  const std::vector<Made>& made() const { return made_; }
  const Policy& policy() const { return policy_; }
  const stats::table::Redivisions& redivisions() const { return redivisions_; }

  // The public part of every audit fits its release and what came before.
  void ExpectPublicAuditsToFit() const {
    std::vector<const PublishedRelease*> earlier;
    for (const Made& one : made_) {
      base::Problems problems;
      stats::table::CheckPublicAudit(one.text.audit, *one.release, earlier, problems);
      for (const auto& problem : problems.found()) {
        ADD_FAILURE() << one.release->header().release_id << " " << base::ToLine(problem);
      }
      EXPECT_EQ(one.release->header().audit_digest,
                crypto::digest::Sha256Hex(base::AsBytes(one.text.audit)));
      earlier.push_back(one.release.get());
    }
  }

 private:
  Policy policy_;
  stats::table::Redivisions redivisions_;
  std::vector<Made> made_;
};

inline Policy Shipped(const std::string& name, const std::string& least_sd = "") {
  Json json = stats::population::ReadJson("policies/data/policies/" + name + ".json");
  if (!least_sd.empty()) json["audit"]["minHiddenSd"] = least_sd;
  return Policy::FromJson(json, stats::population::TheCodebook());
}

// The counts behind a release with the statuses as published: what the attacker's sums are made of.
inline CountedRelease CountedOf(const Made& made) {
  const auto& counted = made.planned.counted.front();
  const auto& cells = made.answers.counts.front().cells();
  stats::table::LinkedTables tables(counted.measure, counted.schema, counted.tables);
  tables.exact = true;
  const auto all = stats::table::WholeSet(counted.schema);
  for (size_t cell = 0; cell < cells.size(); ++cell) {
    for (size_t t = 0; t < counted.tables.size(); ++t) {
      const size_t over = counted.schema.Project(all, cell % counted.schema.CellCount(all),
                                                 counted.tables[t].attributes);
      tables.values()[tables.Number(t, over)] += cells[cell];
    }
  }
  std::vector<std::string> parts;
  for (const Period& part : counted.parts) parts.push_back(part.Text());
  size_t number = 0;
  for (const auto& table : made.release->FindMeasure(counted.measure)->tables) {
    for (const auto& cell : table.cells) tables.statuses().at(number++) = cell.status;
  }
  return {std::move(tables), cells, made.release->header().members, {}, std::move(parts)};
}

inline std::map<Year, std::vector<CountedRelease>> ByYear(const Series& series) {
  std::map<Year, std::vector<CountedRelease>> by_year;
  for (const Made& one : series.made()) {
    by_year[one.release->header().period.year()].push_back(CountedOf(one));
  }
  return by_year;
}

// What an attacker recovers who subtracts the releases of each year from one another.
inline size_t RecoveredFrom(const Series& series) {
  size_t recovered = 0;
  for (const auto& [year, releases] : ByYear(series)) {
    recovered += Recovered(CountHistory(releases, series.redivisions()));
  }
  return recovered;
}

// Shown cells, over all years, without which nothing could be proved of the releases together.
inline size_t ShownTooMuch(const Series& series) {
  size_t shown = 0;
  for (const auto& [year, releases] : ByYear(series)) {
    try {
      const CountHistory history(releases, series.redivisions());
      shown += stats::suppress::HideCounts(history, series.policy()).hidden.size();
    } catch (const base::ProblemError& error) {
      EXPECT_EQ(error.code(), "cannot-protect");
      ++shown;
    }
  }
  return shown;
}

}  // namespace polder::tests

#endif  // POLDER_TESTS_FIVE_YEARS_SERIES_H_
