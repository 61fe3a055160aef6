// A region's tables made as the service makes them: counts, a plan from the shipped policy, noise,
// reconciliation. For attacks, which must run against the real thing.
#ifndef POLDER_TESTS_SUPPORT_REGION_TABLES_H_
#define POLDER_TESTS_SUPPORT_REGION_TABLES_H_

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "stats/noise/answers.h"
#include "stats/noise/design.h"
#include "stats/noise/plan.h"
#include "stats/reconcile/reconcile.h"
#include "tests/support/example_tables.h"

namespace polder::tests {

class SeededSource : public base::RandomSource {
 public:
  explicit SeededSource(uint64_t seed) : seed_(seed) {}
  std::unique_ptr<base::RandomLane> Open(std::string_view info) const override {
    return std::make_unique<Lane>(seed_ ^ std::hash<std::string_view>()(info));
  }

 private:
  class Lane : public base::RandomLane {
   public:
    explicit Lane(uint64_t seed) : seed_(seed) {}
    void Block(uint64_t position, uint64_t block, base::RandomBlock& out) override {
      std::mt19937_64 random(seed_ + position * 0x9e3779b97f4a7c15ULL +
                             block * 0xbf58476d1ce4e5b9ULL);
      for (size_t i = 0; i < out.size(); i += 8) {
        const uint64_t word = random();
        for (size_t b = 0; b < 8; ++b) out[i + b] = static_cast<uint8_t>(word >> (8 * b));
      }
    }

   private:
    uint64_t seed_;
  };
  uint64_t seed_;
};

// The measures of one release of the kind, statuses not yet set. The counts depend on `data_seed`
// only, the noise on `noise_seed`.
inline std::vector<stats::table::LinkedTables> RegionTables(
    const policies::disclosure::Policy& policy, policies::disclosure::ReleaseKind kind,
    const base::Period& period, uint64_t data_seed, uint64_t noise_seed) {
  const auto& codebook = ShippedCodebook();
  const auto* line = policy.FindBudget(kind);
  std::vector<stats::table::LinkedTables> measures;
  for (const auto& content : line->content) {
    const auto request = stats::noise::MakePlanRequest(policy, codebook, period, content,
                                                       line->per_release.rho() * content.share,
                                                       codebook.MembersIn(period));
    const auto plan = stats::noise::Plan::Make(request);
    std::vector<size_t> sizes;
    std::optional<size_t> town, kind_at;  // classes of municipalities are not counted
    for (const size_t i : request.schema.Base()) {
      const auto& dimension = request.schema.dimensions()[i];
      if (dimension.name == "municipality") town = sizes.size();
      if (dimension.name == "kind") kind_at = sizes.size();
      sizes.push_back(dimension.codes.size());
    }
    stats::tabulate::Cube cube(sizes);
    std::mt19937_64 random(data_seed);
    // Towns of different sizes, kinds from frequent to rare, everything else by chance.
    for (size_t pupil = 0; pupil < 2500; ++pupil) {
      std::vector<size_t> place;
      for (const size_t size : sizes) place.push_back(random() % size);
      if (town) place[*town] = random() % (1 + random() % sizes[*town]);
      if (kind_at) place[*kind_at] = random() % (1 + random() % (1 + random() % sizes[*kind_at]));
      cube.Add(place, 1);
    }
    const auto answers = stats::noise::NoisyAnswers::Measure(
        cube, plan, stats::noise::Noise::Draw(plan, SeededSource(noise_seed)));
    measures.push_back(stats::reconcile::Reconcile(answers, plan));
  }
  return measures;
}

}  // namespace polder::tests

#endif  // POLDER_TESTS_SUPPORT_REGION_TABLES_H_
