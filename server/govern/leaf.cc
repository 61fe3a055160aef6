#include "server/govern/leaf.h"

#include <string>

#include <nlohmann/json.hpp>

#include "crypto/log/merkle.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"

namespace polder::server::govern {

uint64_t AppendLeaf(store::Transaction& transaction, std::string_view kind,
                    const base::Clock& clock, const base::Json& fields) {
  base::Json leaf = fields;
  leaf["format"] = "polder-leaf-1";
  leaf["kind"] = std::string(kind);
  leaf["at"] = clock.Now().Text();
  if (clock.simulated()) leaf["demo"] = true;
  const std::string canonical = base::CanonicalJson(leaf);
  // The length of an entry is two bytes in a bundle (c2sp.org/tlog-tiles).
  if (canonical.size() > 65'535) {
    throw base::ProblemError("leaf-size", "", "A leaf of the log has at most 65535 bytes.");
  }
  return transaction.AddLeaf(crypto::log::LeafHash(base::AsBytes(canonical)), canonical);
}

}  // namespace polder::server::govern
