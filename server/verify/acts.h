// The story that the leaves of a log tell of each release, and whether it is in order.
//
// Nothing here needs the region: whoever has the log's files and its checkpoints can ask.
// Source: docs/formats/log-leaf.md.
#ifndef POLDER_SERVER_VERIFY_ACTS_H_
#define POLDER_SERVER_VERIFY_ACTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crypto/log/log_policy.h"
#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"

namespace polder::server::verify {

// A checkpoint as it was given out: how many leaves it covers, and the note with what witnesses
// added.
struct GivenOut {
  uint64_t size = 0;
  std::string note;
};

// Feed it every leaf in order, then ask. Not thread-safe.
class Acts {
 public:
  void Add(uint64_t index, base::ByteView leaf);

  // What is out of order, each with the index of the leaf: "act-malformed", "act-missing",
  // "act-out-of-order", "act-differs" (a digest is not that of the act it names),
  // "not-witnessed-in-time" (only when the policy needs witnesses), "seed-reused",
  // "public-after-veto".
  std::vector<base::Problem> Problems(const std::vector<GivenOut>& given_out,
                                      const crypto::log::LogPolicy& policy) const;
  size_t releases() const { return releases_; }

 private:
  struct Leaf {
    uint64_t index = 0;
    base::Instant at;
    std::map<std::string, std::string> fields;  // those that are text
    std::set<std::string> seeds;                // of a ledger entry
  };
  // Of one release, by kind; in order.
  using Story = std::map<std::string, std::vector<Leaf>>;
  class Judge;

  std::map<std::string, Story> stories_;               // by release id
  std::map<std::string, std::vector<Leaf>> policy_;    // "policy" and "approval" leaves by digest
  std::map<std::string, std::vector<Leaf>> erasures_;  // those of proposals, by digest
  std::vector<base::Problem> malformed_;
  std::map<std::string, std::string> seed_of_;  // commitment to release id
  std::vector<base::Problem> reused_;
  size_t releases_ = 0;
};

}  // namespace polder::server::verify

#endif  // POLDER_SERVER_VERIFY_ACTS_H_
