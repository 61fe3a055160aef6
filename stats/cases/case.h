// One case and one delivery, as they exist in memory between the municipality and the tabulation.
//
// Privacy: this is the only room whose types hold something about one pupil. They are move-only,
// have no `operator<<` and no JSON form (the delivery file is written by server/member and read by
// `ReadDelivery`), and what ties them to a pupil, token and case key, is wiped when they die.
#ifndef POLDER_STATS_CASES_CASE_H_
#define POLDER_STATS_CASES_CASE_H_

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policies/base/period.h"

namespace polder::stats::cases {

// 32 opaque bytes that stand for a pupil in one (region, calendar, year). Equality is all it is
// for.
class PupilToken {
 public:
  PupilToken() = default;
  explicit PupilToken(const std::array<uint8_t, 32>& bytes) : bytes_(bytes) {}
  ~PupilToken();
  PupilToken(const PupilToken&) = default;
  PupilToken& operator=(const PupilToken&) = default;

  const std::array<uint8_t, 32>& bytes() const { return bytes_; }
  friend auto operator<=>(const PupilToken&, const PupilToken&) = default;

 private:
  std::array<uint8_t, 32> bytes_{};
};

// One episode of one pupil. Code fields are indexes into the codebook's lists, so that a million
// cases stay small.
struct Case {
  std::array<uint8_t, 16>
      case_key{};  // stable over deliveries of one municipality: a later delivery replaces the case
  PupilToken pupil;
  base::IsoWeek opened;
  std::optional<base::IsoWeek> closed;
  uint16_t kind = 0;      // Codebook::kinds()
  uint8_t age_band = 0;   // Codebook::age_bands()
  uint8_t level = 0;      // Codebook::levels()
  uint8_t group = 0;      // Codebook::groups()
  uint8_t opened_by = 0;  // Codebook::opened_by()
  uint8_t outcome = 0;    // Codebook::outcomes()
  uint8_t duration = 0;   // Codebook::durations()
  bool repeat = false;

  Case() = default;
  ~Case();
  Case(Case&&) = default;
  Case& operator=(Case&&) = default;
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;
};

// The manifest: everything about a delivery that is not about a pupil. Public inside the region.
struct Manifest {
  std::string format;        // "polder-delivery-1"
  std::string delivery_id;   // chosen by the sender, unique
  std::string municipality;  // GMnnnn
  base::Period period;       // one quarter of one calendar
  std::string recipient;     // OIN of the organisation whose service it is meant for
  std::string codebook_id;
  std::string codebook_version;
  std::string codebook_digest;  // SHA-256 of the codebook's canonical form, hex
  std::string policy_digest;    // likewise of the policy that it was made under
  std::string token_domain;     // "RMC10/absence/2022SJ"
  std::string source_system;
  std::string mapping_id;
  std::string replaces;     // delivery_id of the delivery this one corrects, or empty
  bool conversion = false;  // the case system was converted in this period: the series breaks here
  uint64_t cases = 0;       // case lines that follow
};

struct Delivery {
  Manifest manifest;
  std::vector<Case> cases;

  Delivery() = default;
  Delivery(Delivery&&) = default;
  Delivery& operator=(Delivery&&) = default;
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
};

}  // namespace polder::stats::cases

#endif  // POLDER_STATS_CASES_CASE_H_
