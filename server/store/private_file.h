// Files that only the service's own user may read, made before SQLite opens them: its WAL and
// shared-memory files take over the mode.
#ifndef POLDER_SERVER_STORE_PRIVATE_FILE_H_
#define POLDER_SERVER_STORE_PRIVATE_FILE_H_

#include <string>

#include "server/store/connection.h"

namespace polder::server::store {

// Makes an empty file of mode 0600 unless there is a file already. Throws "store-unavailable".
void MakePrivateFile(const std::string& path);
// The same, but a file that exists is refused ("file-exists").
void MakeNewPrivateFile(const std::string& path);
// Forces a file and its folder's entry to disk.
void SyncFile(const std::string& path);
// Turns the write-ahead log on. SQLite does not call its busy handler for this step, so that
// several processes that start at once must try again themselves.
void UseWriteAheadLog(Connection& connection, int timeout_ms);

}  // namespace polder::server::store

#endif  // POLDER_SERVER_STORE_PRIVATE_FILE_H_
