#include "server/store/store.h"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "server/store/connection.h"
#include "server/store/integrity.h"
#include "server/store/private_file.h"
#include "server/store/schema.h"

namespace polder::server::store {

// Connections that wait for their next transaction. One is never used by two threads at once.
class Store::Pool {
 public:
  Pool(std::string path, StoreOptions options) : path_(std::move(path)), options_(options) {}

  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    ~Lease() { pool_.Return(std::move(connection_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Connection& connection() { return *connection_; }

   private:
    Pool& pool_;
    std::unique_ptr<Connection> connection_;
  };

  Lease Take() {
    {
      std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return Lease(*this, std::move(connection));
      }
    }
    return Lease(*this, Connect());
  }

  std::unique_ptr<Connection> Connect() const {
    auto connection =
        std::make_unique<Connection>(path_, options_.read_only, options_.busy_timeout_ms);
    connection->Execute(
        "PRAGMA foreign_keys = ON;"
        "PRAGMA synchronous = FULL;"
        "PRAGMA temp_store = MEMORY;"
        "PRAGMA cell_size_check = ON;");
    if (options_.max_pages > 0) {
      connection->Execute("PRAGMA max_page_count = " + std::to_string(options_.max_pages));
    }
    return connection;
  }

  const std::string& path() const { return path_; }
  const StoreOptions& options() const { return options_; }

 private:
  void Return(std::unique_ptr<Connection> connection) {
    // One that is stuck inside a transaction is closed, which rolls it back.
    if (connection->InTransaction()) return;
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }

  const std::string path_;
  const StoreOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

namespace {

// The stores whose transaction this thread is inside.
thread_local std::vector<const void*> inside;

class Nesting {
 public:
  explicit Nesting(const void* store) {
    if (std::find(inside.begin(), inside.end(), store) != inside.end()) {
      throw std::logic_error("a transaction of the store was begun inside another");
    }
    inside.push_back(store);
  }
  ~Nesting() { inside.pop_back(); }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
};

void RollBack(Connection& connection) noexcept {
  connection.ExpectTransaction(false);
  try {
    if (connection.InTransaction()) connection.Execute("ROLLBACK");
  } catch (const base::ProblemError&) {
    // The pool closes a connection that is still inside its transaction.
  }
}

}  // namespace

Store::Store(std::unique_ptr<Pool> pool) : pool_(std::move(pool)) {}
Store::~Store() = default;

const std::string& Store::path() const { return pool_->path(); }

std::unique_ptr<Store> Store::Open(const std::string& path, const StoreOptions& options) {
  if (!options.read_only) MakePrivateFile(path);
  auto pool = std::make_unique<Pool>(path, options);
  {
    Pool::Lease lease = pool->Take();
    if (!options.read_only) {
      UseWriteAheadLog(lease.connection(), options.busy_timeout_ms);
      Migrate(lease.connection(), SchemaSteps());
    }
  }
  return std::unique_ptr<Store>(new Store(std::move(pool)));
}

void Store::Read(const std::function<void(const Reader&)>& work) const {
  Nesting nesting(this);
  Pool::Lease lease = pool_->Take();
  Connection& connection = lease.connection();
  connection.Execute("BEGIN");
  try {
    connection.ExpectTransaction(true);
    work(Reader(connection));
  } catch (...) {
    RollBack(connection);
    throw;
  }
  RollBack(connection);
}

void Store::Write(const std::function<void(Transaction&)>& work) {
  Nesting nesting(this);
  Pool::Lease lease = pool_->Take();
  Connection& connection = lease.connection();
  connection.Execute("BEGIN IMMEDIATE");
  try {
    connection.ExpectTransaction(true);
    Transaction transaction(connection);
    work(transaction);
    connection.ExpectTransaction(false);
    connection.Execute("COMMIT");
  } catch (...) {
    RollBack(connection);
    throw;
  }
}

std::vector<base::Problem> Store::Check() const {
  Nesting nesting(this);
  Pool::Lease lease = pool_->Take();
  return CheckIntegrity(lease.connection());
}

void Store::BackupTo(const std::string& path) const {
  Nesting nesting(this);
  Pool::Lease lease = pool_->Take();
  MakeNewPrivateFile(path);
  {
    Statement statement = lease.connection().Prepare("VACUUM INTO ?");
    statement.Bind(path).Run();
  }
  SyncFile(path);
}

}  // namespace polder::server::store
