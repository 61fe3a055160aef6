#include "server/store/key_store.h"

#include <mutex>
#include <utility>

#include "policies/base/problem.h"
#include "server/store/connection.h"
#include "server/store/private_file.h"
#include "server/store/schema.h"

namespace polder::server::store {

namespace {

// A destroyed key keeps its row, without its bytes: the same id is never used again.
const std::vector<std::string>& KeySteps() {
  static const std::vector<std::string> steps = {
      "CREATE TABLE keys ("
      "  id TEXT PRIMARY KEY,"
      "  wrapped BLOB,"
      "  at INTEGER NOT NULL,"
      "  destroyed_at INTEGER,"
      "  CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))"
      ") STRICT;"
      "CREATE TRIGGER keys_only_shred BEFORE UPDATE ON keys"
      "  WHEN OLD.wrapped IS NULL OR NEW.wrapped IS NOT NULL OR NEW.id <> OLD.id"
      "  BEGIN SELECT RAISE(ABORT, 'append-only'); END;"
      "CREATE TRIGGER keys_keep BEFORE DELETE ON keys"
      "  BEGIN SELECT RAISE(ABORT, 'append-only'); END;",
      // A key may also be wrapped anew under another root: each time is counted.
      "ALTER TABLE keys ADD COLUMN times INTEGER NOT NULL DEFAULT 1;"
      "DROP TRIGGER keys_only_shred;"
      "CREATE TRIGGER keys_only_shred_or_rewrap BEFORE UPDATE ON keys"
      "  WHEN OLD.wrapped IS NULL OR NEW.id <> OLD.id OR NEW.at <> OLD.at"
      "    OR (NEW.wrapped IS NOT NULL AND NEW.times <> OLD.times + 1)"
      "  BEGIN SELECT RAISE(ABORT, 'append-only'); END;",
      // How far the log had come when this file was last seen to be as the log says.
      "CREATE TABLE marks ("
      "  size INTEGER PRIMARY KEY,"
      "  root BLOB NOT NULL CHECK (length(root) = 32),"
      "  at INTEGER NOT NULL"
      ") STRICT;"
      "CREATE TRIGGER marks_only_rise BEFORE INSERT ON marks"
      "  WHEN NEW.size <= (SELECT coalesce(max(size), -1) FROM marks)"
      "  BEGIN SELECT RAISE(ABORT, 'append-only'); END;" +
          AppendOnly("marks")};
  return steps;
}

[[noreturn]] void Destroyed() {
  throw base::ProblemError("key-destroyed", "",
                           "The key was destroyed on purpose: what it sealed is erased.");
}

void CheckMark(Connection& connection, uint64_t required) {
  if (required == 0) return;
  Statement statement = connection.Prepare("SELECT coalesce(max(size), 0) FROM marks");
  statement.Step();
  if (statement.Unsigned() >= required) return;
  throw base::ProblemError("keys-behind", "",
                           "The key store is an older copy: the log says that keys in it were "
                           "destroyed since. Nothing of it is used before they are destroyed "
                           "again.");
}

// The write-ahead log still holds the pages with what was overwritten: copy them back and cut the
// log to nothing. When another process reads just now, that is refused, and the caller must not
// believe that they are gone.
void CutLog(Connection& connection) {
  Statement checkpoint = connection.Prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  if (checkpoint.Step() && checkpoint.Bool()) {
    throw base::ProblemError("store-unavailable", "",
                             "The change is made but a copy of what stood there may be in the "
                             "write-ahead log. Do it again when no backup is running.");
  }
}

}  // namespace

class KeyStore::State {
 public:
  explicit State(const std::string& path) : connection(path, false, 10'000) {}

  std::mutex mutex;
  Connection connection;
  uint64_t required = 0;  // leaves of the log that the mark must have reached
};

KeyStore::KeyStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
KeyStore::~KeyStore() = default;

std::unique_ptr<KeyStore> KeyStore::Open(const std::string& path) {
  MakePrivateFile(path);
  auto state = std::make_unique<State>(path);
  // Pages that held a key are overwritten, not only freed.
  state->connection.Execute(
      "PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;");
  UseWriteAheadLog(state->connection, 10'000);
  Migrate(state->connection, KeySteps());
  return std::unique_ptr<KeyStore>(new KeyStore(std::move(state)));
}

base::Bytes KeyStore::PutIfAbsent(std::string_view id, base::ByteView wrapped, base::Instant at) {
  {
    std::lock_guard lock(state_->mutex);
    CheckMark(state_->connection, state_->required);
    Statement statement = state_->connection.Prepare(
        "INSERT INTO keys (id, wrapped, at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING");
    statement.Bind(id).Bind(wrapped).Bind(at).Run();
  }
  return *Find(id);
}

std::optional<base::Bytes> KeyStore::Find(std::string_view id) const {
  std::lock_guard lock(state_->mutex);
  CheckMark(state_->connection, state_->required);
  Statement statement =
      state_->connection.Prepare("SELECT destroyed_at IS NOT NULL, wrapped FROM keys WHERE id = ?");
  statement.Bind(id);
  if (!statement.Step()) return std::nullopt;
  if (statement.Bool()) Destroyed();
  return statement.Blob();
}

bool KeyStore::Shred(std::string_view id, base::Instant at) {
  std::lock_guard lock(state_->mutex);
  bool found = false;
  {
    Statement statement = state_->connection.Prepare(
        "UPDATE keys SET wrapped = NULL, destroyed_at = ? WHERE id = ? AND wrapped IS NOT NULL");
    statement.Bind(at).Bind(id).Run();
    found = state_->connection.Changes() > 0;
  }
  CutLog(state_->connection);
  return found;
}

size_t KeyStore::Rewrap(const Rewrapping& rewrap) {
  std::lock_guard lock(state_->mutex);
  Connection& connection = state_->connection;
  CheckMark(connection, state_->required);
  size_t replaced = 0;
  connection.Execute("BEGIN IMMEDIATE");
  try {
    std::vector<std::pair<std::string, base::Bytes>> made;
    {
      Statement all =
          connection.Prepare("SELECT id, wrapped FROM keys WHERE wrapped IS NOT NULL ORDER BY id");
      while (all.Step()) {
        const std::string id = all.Text();
        if (auto wrapped = rewrap(id, all.Blob())) made.emplace_back(id, std::move(*wrapped));
      }
    }
    for (const auto& [id, wrapped] : made) {
      Statement update =
          connection.Prepare("UPDATE keys SET wrapped = ?, times = times + 1 WHERE id = ?");
      update.Bind(base::ByteView(wrapped)).Bind(id).Run();
    }
    replaced = made.size();
    connection.Execute("COMMIT");
  } catch (...) {
    if (connection.InTransaction()) connection.Execute("ROLLBACK");
    throw;
  }
  CutLog(connection);
  return replaced;
}

std::optional<KeyStore::LogMark> KeyStore::Mark() const {
  std::lock_guard lock(state_->mutex);
  Statement statement =
      state_->connection.Prepare("SELECT size, root FROM marks ORDER BY size DESC LIMIT 1");
  if (!statement.Step()) return std::nullopt;
  LogMark mark;
  mark.size = statement.Unsigned();
  mark.root = statement.Hash32();
  return mark;
}

void KeyStore::RaiseMark(const LogMark& mark, base::Instant at) {
  std::lock_guard lock(state_->mutex);
  Connection& connection = state_->connection;
  // Several processes raise it: what is compared must still be true when it is written.
  connection.Execute("BEGIN IMMEDIATE");
  try {
    bool rises = true;
    {
      Statement latest =
          connection.Prepare("SELECT size, root FROM marks ORDER BY size DESC LIMIT 1");
      if (latest.Step()) {
        const uint64_t size = latest.Unsigned();
        if (size == mark.size && latest.Hash32() != mark.root) {
          throw base::ProblemError("store-conflict", "",
                                   "The key store knows another log of this size.");
        }
        rises = mark.size > size;
      }
    }
    if (rises) {
      Statement add = connection.Prepare("INSERT INTO marks (size, root, at) VALUES (?, ?, ?)");
      add.Bind(mark.size).Bind(mark.root).Bind(at).Run();
    }
    connection.Execute("COMMIT");
  } catch (...) {
    if (connection.InTransaction()) connection.Execute("ROLLBACK");
    throw;
  }
}

void KeyStore::RequireMark(uint64_t leaves) {
  std::lock_guard lock(state_->mutex);
  state_->required = leaves;
}

std::vector<std::string> KeyStore::Ids(std::string_view prefix) const {
  std::lock_guard lock(state_->mutex);
  Statement statement = state_->connection.Prepare(
      "SELECT id FROM keys WHERE wrapped IS NOT NULL AND substr(id, 1, length(?1)) = ?1 ORDER BY "
      "id");
  statement.Bind(prefix);
  std::vector<std::string> ids;
  while (statement.Step()) ids.push_back(statement.Text());
  return ids;
}

}  // namespace polder::server::store
