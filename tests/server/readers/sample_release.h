// A small region's releases, written by hand: two municipalities, two kinds, one hidden pair.
#ifndef POLDER_TESTS_SERVER_READERS_SAMPLE_RELEASE_H_
#define POLDER_TESTS_SERVER_READERS_SAMPLE_RELEASE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "policies/base/clock.h"
#include "policies/base/json.h"
#include "policies/base/rational.h"
#include "server/readers/shelf.h"
#include "stats/table/interval.h"
#include "stats/table/linked_tables.h"
#include "stats/table/published_release.h"
#include "stats/table/schema.h"

namespace polder::server::readers {

struct SampleOptions {
  std::string id = "RMC10-2022SJ-definitive";
  std::string period = "2022SJ";
  std::string kind = "definitive";
  std::string made_at = "2023-10-01T06:00:00Z";
  std::string public_at = "2023-10-08T06:00:00Z";
  int64_t more = 0;                               // added to the absolute figures of GM0518
  std::string deliveries = std::string(64, 'd');  // digest of each member's deliveries
};

inline base::Json SampleCell(std::vector<std::string> codes, int64_t value) {
  return {{"codes", std::move(codes)},
          {"status", "value"},
          {"value", value},
          {"low", value - 4},
          {"high", value + 4}};
}

inline base::Json HiddenCell(std::vector<std::string> codes) {
  return {{"codes", std::move(codes)}, {"status", "hidden"}};
}

// Its canonical text.
inline std::string SampleRelease(const SampleOptions& options = {}) {
  using stats::table::AttributeSet;
  const stats::table::Schema schema(
      {{"kind", {"absolute", "relative"}}, {"municipality", {"GM0518", "GM0637"}}});
  std::vector<stats::table::MeasuredResidual> residuals;
  base::Json residual_list = base::Json::array();
  for (AttributeSet set = 0; set < 4; ++set) {
    residuals.push_back({set, base::Rational(3)});
    residual_list.push_back({{"attributes", schema.Names(set)}, {"gammaSquared", "3"}});
  }
  const auto table = [&](const std::string& id, AttributeSet set, base::Json cells) {
    const base::Rational variance = stats::table::CellVariance(schema, residuals, set);
    return base::Json{{"id", id},
                      {"attributes", schema.Names(set)},
                      {"sd", stats::table::DeviationText(variance)},
                      {"variance", base::ToText(variance)},
                      {"cells", std::move(cells)}};
  };
  const int64_t absolute = 40 + options.more;
  const int64_t total = 131 + options.more;
  base::Json tables{
      table("total", 0, {SampleCell({}, total)}),
      table("kind", 1, {SampleCell({"absolute"}, absolute), SampleCell({"relative"}, 91)}),
      table("municipality", 2, {SampleCell({"GM0518"}, total - 30), SampleCell({"GM0637"}, 30)}),
      table("municipality-kind", 3,
            {HiddenCell({"absolute", "GM0518"}), HiddenCell({"absolute", "GM0637"}),
             HiddenCell({"relative", "GM0518"}), HiddenCell({"relative", "GM0637"})})};
  const std::string digest(64, 'a');
  const base::Json json{
      {"format", "polder-release-1"},
      {"header",
       {{"releaseId", options.id},
        {"region", "RMC10"},
        {"period", options.period},
        {"kind", options.kind},
        {"origin", "region"},
        {"demo", false},
        {"policy", {{"id", "default"}, {"version", "1"}, {"digest", digest}}},
        {"codebook", {{"id", "nl-leerplicht"}, {"version", "2026.1"}, {"digest", digest}}},
        {"freezeDigest", digest},
        {"planDigest", digest},
        {"reservationId", "R-" + options.id},
        {"seedCommitments", {std::string(64, 'b'), std::string(64, 'c')}},
        {"rho", "0.25"},
        {"epsilon", "3.5"},
        {"delta", "1/1000000"},
        {"madeAt", options.made_at},
        {"publicAt", options.public_at},
        {"members",
         {{{"municipality", "GM0518"},
           {"delivered", true},
           {"conversion", false},
           {"deliveriesDigest", options.deliveries}},
          {{"municipality", "GM0637"},
           {"delivered", true},
           {"conversion", false},
           {"deliveriesDigest", options.deliveries}}}},
        {"auditDigest", digest},
        {"minHiddenSd", "1.9"}}},
      {"measures",
       {{{"id", "persons"},
         {"unit", "persons"},
         {"clamp", 1},
         {"maxKinds", 2},
         {"dimensions",
          {{{"name", "kind"}, {"codes", {"absolute", "relative"}}},
           {{"name", "municipality"}, {"codes", {"GM0518", "GM0637"}}}}},
         {"residuals", residual_list},
         {"roundingDeviation", "1/2"},
         {"tables", tables}}}}};
  return base::CanonicalJson(json);
}

inline ItemPtr SampleItem(const SampleOptions& options = {}) {
  const std::string text = SampleRelease(options);
  return std::make_shared<const ShelfItem>(
      ShelfItem{.release = stats::table::PublishedRelease::Parse(text),
                .digest = crypto::digest::Sha256Hex(base::AsBytes(text)),
                .note = "note of " + options.id + "\n",
                .proof = "proof of " + options.id + "\n"});
}

class SetClock : public base::Clock {
 public:
  explicit SetClock(std::string_view text) : now(*base::Instant::Parse(text)) {}
  base::Instant Now() const override { return now; }
  bool simulated() const override { return true; }

  base::Instant now;
};

}  // namespace polder::server::readers

#endif  // POLDER_TESTS_SERVER_READERS_SAMPLE_RELEASE_H_
