// Is the store's file what it was? Pages, references, and everything that is addressed by its own
// digest.
#ifndef POLDER_SERVER_STORE_INTEGRITY_H_
#define POLDER_SERVER_STORE_INTEGRITY_H_

#include <vector>

#include "policies/base/problem.h"
#include "server/store/connection.h"

namespace polder::server::store {

// Codes: "damaged-page", "dangling-reference", "log-gap", "wrong-leaf-hash", "wrong-digest". Reads
// every row once.
std::vector<base::Problem> CheckIntegrity(Connection& connection);

}  // namespace polder::server::store

#endif  // POLDER_SERVER_STORE_INTEGRITY_H_
