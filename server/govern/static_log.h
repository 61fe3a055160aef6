// The log as the files that anyone may copy: the checkpoint, tiles and bundles of entries.
// Source: c2sp.org/tlog-tiles.
#ifndef POLDER_SERVER_GOVERN_STATIC_LOG_H_
#define POLDER_SERVER_GOVERN_STATIC_LOG_H_

#include <string>

#include "crypto/log/tiles.h"
#include "policies/base/bytes.h"
#include "server/store/store.h"

namespace polder::server::govern {

// The bytes of one tile or bundle. Throws ProblemError "not-found" when the log is too small for
// it.
base::Bytes ReadTile(const store::Reader& reader, const crypto::log::Tile& tile);

// Writes the log up to `checkpoint` into `directory`: "tile/…", then "checkpoint"; and every
// checkpoint that was signed before as "checkpoints/<size>", with the cosignatures of a quorum
// where it has them: they date the acts that it covers. Tiles that are there stay: their bytes
// never change. Throws ProblemError "cannot-write".
void ExportLog(const store::Reader& reader, const store::CheckpointRecord& checkpoint,
               const std::string& directory);

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_STATIC_LOG_H_
