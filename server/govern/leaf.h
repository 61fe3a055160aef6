// A leaf of the log: who did what, when, as canonical JSON of public fields. It is added in the
// transaction of the fact that it attests, so that neither can exist without the other.
//
// Privacy: a leaf carries digests, names of officers and states; never a row, a size or a count of
// rows, and no digest of anything that could be guessed.
#ifndef POLDER_SERVER_GOVERN_LEAF_H_
#define POLDER_SERVER_GOVERN_LEAF_H_

#include <cstdint>
#include <string_view>

#include "policies/base/clock.h"
#include "policies/base/json.h"
#include "server/store/store.h"

namespace polder::server::govern {

// Kinds: "codebook", "policy", "approval", "token-key", "deadline", "seed-commitment", "delivery",
// "freeze", "seed-reveal", "seed-handed-out", "reservation", "commit", "release", "public", "veto",
// "erasure-proposal", "erasure-approval", "erasure-withdrawal", "erasure", "replay".
//
// Adds {"format":"polder-leaf-1","kind","at"} with `fields`, and "demo":true when the clock is
// simulated. Returns the leaf's index. Throws ProblemError "not-canonical" for fields that are not
// (docs/formats/log-leaf.md), "leaf-size" for one above 65535 bytes.
uint64_t AppendLeaf(store::Transaction& transaction, std::string_view kind,
                    const base::Clock& clock, const base::Json& fields);

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_LEAF_H_
