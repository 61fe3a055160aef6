// SQLite, behind two small classes: a connection and its prepared statements. Private to this room.
//
// Values are bound, never pasted; text columns are read with their length, so that a NUL is data.
#ifndef POLDER_SERVER_STORE_CONNECTION_H_
#define POLDER_SERVER_STORE_CONNECTION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "policies/base/bytes.h"
#include "policies/base/clock.h"
#include "server/store/records.h"

struct sqlite3;
struct sqlite3_stmt;

namespace polder::server::store {

struct ConnectionCloser {
  void operator()(sqlite3* handle) const;
};
struct StatementFinalizer {
  void operator()(sqlite3_stmt* handle) const;
};

// One use of a prepared statement: bind in order, step, read in order. Resets itself when it dies.
class Statement {
 public:
  Statement(sqlite3* connection, sqlite3_stmt* statement);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(std::string_view text);
  Statement& Bind(const std::string& text) { return Bind(std::string_view(text)); }
  Statement& Bind(const char* text) { return Bind(std::string_view(text)); }
  Statement& Bind(int64_t value);
  Statement& Bind(uint64_t value);
  Statement& Bind(int value) { return Bind(static_cast<int64_t>(value)); }
  Statement& Bind(bool value) { return Bind(static_cast<int64_t>(value)); }
  Statement& Bind(base::Instant value) { return Bind(value.seconds); }
  Statement& Bind(base::ByteView blob);
  Statement& Bind(const Hash& hash) { return Bind(base::ByteView(hash)); }

  // True when there is a row to read. Throws ProblemError: "store-conflict" for a violated
  // constraint, "store-unavailable" for everything that the disk or the lock refuses.
  bool Step();
  // For statements without rows.
  void Run();

  std::string Text();
  int64_t Int();
  uint64_t Unsigned();
  bool Bool() { return Int() != 0; }
  base::Instant Time() { return base::Instant{Int()}; }
  base::Bytes Blob();
  Hash Hash32();
  base::Period PeriodText();

 private:
  sqlite3* connection_;
  sqlite3_stmt* statement_;
  int next_bind_ = 1;
  int next_column_ = 0;
};

// Not thread-safe; used by one transaction at a time.
class Connection {
 public:
  // Throws "store-unavailable".
  Connection(const std::string& path, bool read_only, int busy_timeout_ms);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `sql` is a literal of this room: it is the key under which the statement is kept.
  Statement Prepare(std::string_view sql);
  // One or more statements without parameters.
  void Execute(const std::string& sql);
  int64_t LastRowId() const;
  int64_t Changes() const;
  bool InTransaction() const;
  // While set, a statement outside a transaction is refused: after a full disk SQLite may end the
  // transaction by itself, and what follows must not be stored piece by piece.
  void ExpectTransaction(bool expected) { expects_transaction_ = expected; }
  sqlite3* handle() const { return handle_.get(); }

 private:
  std::unique_ptr<sqlite3, ConnectionCloser> handle_;
  bool expects_transaction_ = false;
  std::map<std::string, std::unique_ptr<sqlite3_stmt, StatementFinalizer>, std::less<>> statements_;
};

// Throws the ProblemError that belongs to an SQLite result code. SQLite's own text is not passed
// on: it may quote values.
[[noreturn]] void ThrowStoreError(int code, sqlite3* connection);

}  // namespace polder::server::store

#endif  // POLDER_SERVER_STORE_CONNECTION_H_
