// A small made-up region for the tests of jobs: the shipped codebook and policies, and deliveries
// of all members whose contents follow from a seed.
#ifndef POLDER_TESTS_SERVER_JOBS_SMALL_REGION_H_
#define POLDER_TESTS_SERVER_JOBS_SMALL_REGION_H_

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "policies/base/json.h"
#include "policies/base/random_bits.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "stats/cases/case.h"
#include "stats/cases/delivery.h"
#include "tests/support/places.h"

namespace polder::server::jobs {

inline std::string CodebookPath() {
  return polder::tests::SourceDir() + "/policies/data/codebooks/nl-leerplicht-2026.1.json";
}
inline std::string PolicyPath() {
  return polder::tests::SourceDir() + "/policies/data/policies/default.json";
}
inline std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline const policies::codebook::Codebook& TestCodebook() {
  static const auto codebook =
      policies::codebook::Codebook::FromJson(base::ParseJson(Slurp(CodebookPath())));
  return codebook;
}
inline const policies::disclosure::Policy& TestPolicy() {
  static const auto policy =
      policies::disclosure::Policy::FromJson(base::ParseJson(Slurp(PolicyPath())), TestCodebook());
  return policy;
}

class TestClock : public base::Clock {
 public:
  explicit TestClock(std::string_view text, bool made_up = false)
      : now(*base::Instant::Parse(text)), simulated_(made_up) {}
  base::Instant Now() const override { return now; }
  bool simulated() const override { return simulated_; }

  base::Instant now;

 private:
  bool simulated_;
};

// A small generator of the tests' own: what it gives must never depend on the product's code.
class Lot {
 public:
  explicit Lot(uint64_t seed) : state_(seed * 2862933555777941757u + 3037000493u) {}
  uint64_t Below(uint64_t bound) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ % bound;
  }

 private:
  uint64_t state_;
};

inline stats::cases::PupilToken TokenOf(uint64_t pupil) {
  std::array<uint8_t, 32> bytes{};
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<uint8_t>(pupil >> (8 * i));
  return stats::cases::PupilToken(bytes);
}

// One quarter of one municipality: `count` cases of AV, R16, LRV and EX5A, one pupil in three with
// two of them.
inline stats::cases::Delivery MakeDelivery(const std::string& municipality,
                                           const base::Period& quarter, size_t count,
                                           uint64_t seed) {
  const auto& codebook = TestCodebook();
  stats::cases::Delivery delivery;
  auto& manifest = delivery.manifest;
  manifest.format = "polder-delivery-1";
  manifest.delivery_id = municipality + "-" + quarter.Text();
  manifest.municipality = municipality;
  manifest.period = quarter;
  manifest.codebook_id = codebook.id();
  manifest.codebook_version = codebook.version();
  manifest.recipient = "00000001999900000010";
  manifest.codebook_digest = crypto::digest::Sha256Hex(base::AsBytes(codebook.canonical()));
  manifest.policy_digest = crypto::digest::Sha256Hex(base::AsBytes(TestPolicy().canonical()));
  manifest.token_domain = codebook.region() + "/" + std::string(base::ToText(quarter.calendar())) +
                          "/" + quarter.year().Text();
  manifest.source_system = "test";
  manifest.mapping_id = "test-1";
  manifest.cases = count;
  Lot lot(seed + std::hash<std::string>{}(manifest.delivery_id));
  const std::vector<std::string> kinds{"AV", "AV", "R16", "LRV", "EX5A"};
  uint64_t pupil = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i % 3 != 2) pupil = lot.Below(uint64_t{1} << 60);
    stats::cases::Case item;
    for (size_t b = 0; b < 8; ++b) {
      item.case_key[b] =
          static_cast<uint8_t>((i * 256 + static_cast<size_t>(quarter.quarter())) >> (8 * b));
    }
    item.pupil = TokenOf(pupil);
    // a week whose Thursday lies in the quarter
    item.opened = base::IsoWeek::Of(quarter.First().Plus(7 + static_cast<int64_t>(lot.Below(70))));
    const std::string kind = kinds[lot.Below(kinds.size())];
    for (size_t k = 0; k < codebook.kinds().size(); ++k) {
      if (codebook.kinds()[k].code.code == kind) item.kind = static_cast<uint16_t>(k);
    }
    item.age_band = 1;  // 12-15
    item.level = static_cast<uint8_t>(*codebook.levels().IndexOf("vo"));
    item.group = static_cast<uint8_t>(lot.Below(codebook.groups().size()));
    item.opened_by = static_cast<uint8_t>(*codebook.opened_by().IndexOf("school"));
    item.outcome = static_cast<uint8_t>(*codebook.outcomes().IndexOf("returned"));
    item.duration = 0;
    delivery.cases.push_back(std::move(item));
  }
  return delivery;
}

// Every member's four quarters, in order of (quarter, member).
inline std::vector<stats::cases::Delivery> MakeYear(const base::Year& year, size_t per_quarter = 60,
                                                    uint64_t seed = 1) {
  std::vector<stats::cases::Delivery> deliveries;
  for (int quarter = 1; quarter <= 4; ++quarter) {
    for (const std::string& member : TestCodebook().MembersIn(base::Period(year))) {
      deliveries.push_back(MakeDelivery(member, base::Period(year, quarter), per_quarter, seed));
    }
  }
  return deliveries;
}

// Pupils with at least one case of a kind group in the year; a pupil has at most two kind groups
// here only when it has at most two cases, which MakeDelivery sees to.
inline int64_t CountPersons(const std::vector<stats::cases::Delivery>& deliveries,
                            const std::string& group) {
  std::set<std::array<uint8_t, 32>> pupils;
  for (const auto& delivery : deliveries) {
    for (const auto& item : delivery.cases) {
      if (TestCodebook().kinds()[item.kind].group == group) pupils.insert(item.pupil.bytes());
    }
  }
  return static_cast<int64_t>(pupils.size());
}

inline std::string NdjsonOf(const stats::cases::Delivery& delivery) {
  std::string text = stats::cases::WriteManifest(delivery.manifest) + "\n";
  for (const auto& item : delivery.cases) {
    text += stats::cases::WriteCaseLine(item, TestCodebook()) + "\n";
  }
  return text;
}

// Bits that follow from a seed by SHA-256, and remember whether anyone asked.
class HashSource : public base::RandomSource {
 public:
  explicit HashSource(std::string seed) : seed_(std::move(seed)) {}
  std::unique_ptr<base::RandomLane> Open(std::string_view info) const override {
    return std::make_unique<HashLane>(seed_ + "/" + std::string(info));
  }

 private:
  class HashLane : public base::RandomLane {
   public:
    explicit HashLane(std::string prefix) : prefix_(std::move(prefix)) {}
    void Block(uint64_t position, uint64_t block, base::RandomBlock& out) override {
      for (size_t half = 0; half < 2; ++half) {
        const auto digest = crypto::digest::Sha256(
            base::AsBytes(prefix_ + "/" + std::to_string(position) + "/" + std::to_string(block) +
                          "/" + std::to_string(half)));
        std::copy(digest.begin(), digest.end(), out.begin() + static_cast<long>(32 * half));
      }
    }

   private:
    std::string prefix_;
  };

  std::string seed_;
};

}  // namespace polder::server::jobs

#endif  // POLDER_TESTS_SERVER_JOBS_SMALL_REGION_H_
