// The shape of the store's file, as numbered steps. A step that has shipped is never edited: a new
// one is added, and PRAGMA user_version says how many a file has seen.
#ifndef POLDER_SERVER_STORE_SCHEMA_H_
#define POLDER_SERVER_STORE_SCHEMA_H_

#include <string>
#include <vector>

#include "server/store/connection.h"

namespace polder::server::store {

const std::vector<std::string>& SchemaSteps();

// The triggers that keep a table of facts: no row is changed or removed, whoever writes the SQL.
std::string AppendOnly(const std::string& table);

// Applies the steps the file has not seen, each in a transaction of its own that also raises
// user_version; safe when several processes start at once. Throws "store-version" when the file has
// seen more steps than this program knows.
void Migrate(Connection& connection, const std::vector<std::string>& steps);

}  // namespace polder::server::store

#endif  // POLDER_SERVER_STORE_SCHEMA_H_
