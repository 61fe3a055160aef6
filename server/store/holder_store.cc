#include "server/store/holder_store.h"

#include <mutex>
#include <utility>

#include "server/store/connection.h"
#include "server/store/private_file.h"
#include "server/store/schema.h"

namespace polder::server::store {

namespace {

std::string FirstStep() {
  return R"sql(
CREATE TABLE holder_keys (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  domain TEXT NOT NULL UNIQUE,
  public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 33),
  created_at INTEGER NOT NULL,
  destroyable_from INTEGER NOT NULL
) STRICT;
CREATE TABLE holder_key_ends (
  id TEXT PRIMARY KEY REFERENCES holder_keys (id),
  at INTEGER NOT NULL
) STRICT;
CREATE TABLE batches (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  key_id TEXT NOT NULL REFERENCES holder_keys (id),
  member TEXT NOT NULL,
  period TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size > 0 AND size % 64 = 0),
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  at INTEGER NOT NULL,
  UNIQUE (key_id, member, digest)
) STRICT;
CREATE INDEX batches_of_period ON batches (key_id, member, period, size);
)sql" + AppendOnly("holder_keys") +
         AppendOnly("holder_key_ends") + AppendOnly("batches");
}

const std::vector<std::string>& HolderSteps() {
  static const std::vector<std::string> steps = {FirstStep()};
  return steps;
}

constexpr std::string_view kKeys =
    "SELECT holder_keys.id, domain, public_key, created_at, destroyable_from, "
    "holder_key_ends.at IS NOT NULL, coalesce(holder_key_ends.at, 0) "
    "FROM holder_keys LEFT JOIN holder_key_ends ON holder_key_ends.id = holder_keys.id "
    "ORDER BY sequence";

HolderStore::Key ReadKey(Statement& row) {
  HolderStore::Key key;
  key.id = row.Text();
  key.domain = row.Text();
  key.public_key = row.Blob();
  key.created_at = row.Time();
  key.destroyable_from = row.Time();
  const bool destroyed = row.Bool();
  const base::Instant at = row.Time();
  if (destroyed) key.destroyed_at = at;
  return key;
}

uint64_t Sum(Connection& connection, std::string_view key_id, std::string_view member,
             std::string_view period) {
  Statement sum = connection.Prepare(
      "SELECT coalesce(sum(size), 0) FROM batches WHERE key_id = ? AND member = ? AND period = ?");
  sum.Bind(key_id).Bind(member).Bind(period).Step();
  return sum.Unsigned();
}

}  // namespace

class HolderStore::State {
 public:
  explicit State(const std::string& path) : connection(path, false, 10'000) {}

  std::mutex mutex;
  Connection connection;
};

HolderStore::HolderStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
HolderStore::~HolderStore() = default;

std::unique_ptr<HolderStore> HolderStore::Open(const std::string& path) {
  MakePrivateFile(path);
  auto state = std::make_unique<State>(path);
  state->connection.Execute(
      "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
      "PRAGMA cell_size_check = ON;");
  UseWriteAheadLog(state->connection, 10'000);
  Migrate(state->connection, HolderSteps());
  return std::unique_ptr<HolderStore>(new HolderStore(std::move(state)));
}

void HolderStore::AddKey(const Key& key) {
  std::lock_guard lock(state_->mutex);
  Statement insert = state_->connection.Prepare(
      "INSERT INTO holder_keys (id, domain, public_key, created_at, destroyable_from) "
      "VALUES (?, ?, ?, ?, ?)");
  insert.Bind(key.id).Bind(key.domain).Bind(base::ByteView(key.public_key));
  insert.Bind(key.created_at).Bind(key.destroyable_from).Run();
}

std::vector<HolderStore::Key> HolderStore::Keys() const {
  std::lock_guard lock(state_->mutex);
  Statement rows = state_->connection.Prepare(kKeys);
  std::vector<Key> keys;
  while (rows.Step()) keys.push_back(ReadKey(rows));
  return keys;
}

std::optional<HolderStore::Key> HolderStore::FindKey(std::string_view id) const {
  for (Key& key : Keys()) {
    if (key.id == id) return std::move(key);
  }
  return std::nullopt;
}

bool HolderStore::MarkDestroyed(std::string_view id, base::Instant at) {
  std::lock_guard lock(state_->mutex);
  Statement insert = state_->connection.Prepare(
      "INSERT INTO holder_key_ends (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING");
  insert.Bind(id).Bind(at).Run();
  return state_->connection.Changes() > 0;
}

HolderStore::Charge HolderStore::ChargeBatch(const Batch& batch, uint64_t quota, base::Instant at) {
  std::lock_guard lock(state_->mutex);
  Connection& connection = state_->connection;
  // Another process may write too: what is read here must still hold when it is written.
  connection.Execute("BEGIN IMMEDIATE");
  try {
    Charge charge = Charge::kCharged;
    {
      Statement earlier = connection.Prepare(
          "SELECT 1 FROM batches WHERE key_id = ? AND member = ? AND digest = ?");
      if (earlier.Bind(batch.key_id).Bind(batch.member).Bind(batch.digest).Step()) {
        charge = Charge::kRepeated;
      }
    }
    if (charge == Charge::kCharged) {
      const uint64_t used = Sum(connection, batch.key_id, batch.member, batch.period);
      if (used > quota || batch.size > quota - used) charge = Charge::kExhausted;
    }
    if (charge != Charge::kCharged) {
      connection.Execute("ROLLBACK");
      return charge;
    }
    {
      Statement insert = connection.Prepare(
          "INSERT INTO batches (key_id, member, period, size, digest, at) "
          "VALUES (?, ?, ?, ?, ?, ?)");
      insert.Bind(batch.key_id).Bind(batch.member).Bind(batch.period).Bind(batch.size);
      insert.Bind(batch.digest).Bind(at).Run();
    }
    connection.Execute("COMMIT");
    return charge;
  } catch (...) {
    if (connection.InTransaction()) connection.Execute("ROLLBACK");
    throw;
  }
}

uint64_t HolderStore::Charged(std::string_view key_id, std::string_view member,
                              std::string_view period) const {
  std::lock_guard lock(state_->mutex);
  return Sum(state_->connection, key_id, member, period);
}

}  // namespace polder::server::store
