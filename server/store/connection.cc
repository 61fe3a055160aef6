#include "server/store/connection.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include <sqlite3.h>

#include "policies/base/problem.h"

namespace polder::server::store {

void ConnectionCloser::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
void StatementFinalizer::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

void ThrowStoreError(int code, sqlite3* connection) {
  // The extended code tells our own triggers (append-only) from a constraint.
  int extended = connection != nullptr ? sqlite3_extended_errcode(connection) : code;
  if ((extended & 0xff) != (code & 0xff)) extended = code;
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      if (extended == SQLITE_CONSTRAINT_TRIGGER) {
        throw base::ProblemError("append-only", "",
                                 "A stored fact may not be changed or removed. Add a new fact that "
                                 "corrects it.");
      }
      throw base::ProblemError(
          "store-conflict", "",
          "The store already holds a fact that excludes this one, or lacks one it refers to. Read "
          "the current state and decide again.");
    case SQLITE_FULL:
      throw base::ProblemError(
          "store-unavailable", "",
          "The store is full: nothing was stored. Free disk space or raise the "
          "limit, then send again.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw base::ProblemError("store-unavailable", "",
                               "The store was busy for too long: nothing was stored. Try again.");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw base::ProblemError("store-unavailable", "",
                               "The store's file is damaged or is no store. Stop the service and "
                               "restore the last backup.");
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw base::ProblemError(
          "store-unavailable", "",
          "The store's file cannot be opened or written. Check that its folder "
          "exists and belongs to the service's user.");
    default:
      throw base::ProblemError("store-unavailable", "",
                               "The store refused the operation (SQLite result " +
                                   std::to_string(extended) + "): nothing was stored.");
  }
}

namespace {

void Check(int code, sqlite3* connection) {
  if (code != SQLITE_OK) ThrowStoreError(code, connection);
}

}  // namespace

Statement::Statement(sqlite3* connection, sqlite3_stmt* statement)
    : connection_(connection), statement_(statement) {}

Statement::~Statement() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::Bind(std::string_view text) {
  // A null pointer would bind NULL: an empty text is not an absent one.
  const char* data = text.data() != nullptr ? text.data() : "";
  Check(sqlite3_bind_text64(statement_, next_bind_++, data, text.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8),
        connection_);
  return *this;
}

Statement& Statement::Bind(int64_t value) {
  Check(sqlite3_bind_int64(statement_, next_bind_++, value), connection_);
  return *this;
}

Statement& Statement::Bind(uint64_t value) {
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    throw std::out_of_range("number too large for the store");
  }
  return Bind(static_cast<int64_t>(value));
}

Statement& Statement::Bind(base::ByteView blob) {
  if (blob.empty()) {
    Check(sqlite3_bind_zeroblob(statement_, next_bind_++, 0), connection_);
  } else {
    Check(sqlite3_bind_blob64(statement_, next_bind_++, blob.data(), blob.size(), SQLITE_TRANSIENT),
          connection_);
  }
  return *this;
}

bool Statement::Step() {
  next_column_ = 0;
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  ThrowStoreError(code, connection_);
}

void Statement::Run() {
  while (Step()) {
  }
}

std::string Statement::Text() {
  int column = next_column_++;
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  int size = sqlite3_column_bytes(statement_, column);
  return text == nullptr ? std::string() : std::string(text, static_cast<size_t>(size));
}

int64_t Statement::Int() { return sqlite3_column_int64(statement_, next_column_++); }

uint64_t Statement::Unsigned() { return static_cast<uint64_t>(Int()); }

base::Bytes Statement::Blob() {
  int column = next_column_++;
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement_, column));
  int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? base::Bytes() : base::Bytes(data, data + size);
}

Hash Statement::Hash32() {
  base::Bytes bytes = Blob();
  Hash hash{};
  if (bytes.size() != hash.size()) ThrowStoreError(SQLITE_CORRUPT, nullptr);
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

base::Period Statement::PeriodText() {
  auto period = base::Period::Parse(Text());
  if (!period) ThrowStoreError(SQLITE_CORRUPT, nullptr);
  return *period;
}

Connection::Connection(const std::string& path, bool read_only, int busy_timeout_ms) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
              (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* raw = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  handle_.reset(raw);
  Check(code, raw);
  sqlite3_busy_timeout(raw, busy_timeout_ms);
  // A file from elsewhere must not bring code along in its schema.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
}

Connection::~Connection() = default;

Statement Connection::Prepare(std::string_view sql) {
  if (expects_transaction_ && !InTransaction()) ThrowStoreError(SQLITE_ABORT, nullptr);
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* raw = nullptr;
    Check(sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                             SQLITE_PREPARE_PERSISTENT, &raw, nullptr),
          handle_.get());
    found = statements_
                .emplace(std::string(sql), std::unique_ptr<sqlite3_stmt, StatementFinalizer>(raw))
                .first;
  }
  if (sqlite3_stmt_busy(found->second.get()) != 0) {
    throw std::logic_error("a statement of the store was used inside itself");
  }
  return Statement(handle_.get(), found->second.get());
}

void Connection::Execute(const std::string& sql) {
  int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) ThrowStoreError(code, handle_.get());
}

int64_t Connection::LastRowId() const { return sqlite3_last_insert_rowid(handle_.get()); }
int64_t Connection::Changes() const { return sqlite3_changes64(handle_.get()); }
bool Connection::InTransaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

}  // namespace polder::server::store
