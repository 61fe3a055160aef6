#include "server/store/schema.h"

#include "policies/base/problem.h"

namespace polder::server::store {

std::string AppendOnly(const std::string& table) {
  return "CREATE TRIGGER " + table + "_keep_update BEFORE UPDATE ON " + table +
         " BEGIN SELECT RAISE(ABORT, 'append-only'); END;"
         "CREATE TRIGGER " +
         table + "_keep_delete BEFORE DELETE ON " + table +
         " BEGIN SELECT RAISE(ABORT, 'append-only'); END;";
}

namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE leaves (
  idx INTEGER PRIMARY KEY,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  canonical TEXT NOT NULL CHECK (length(CAST(canonical AS BLOB)) <= 65535)
) STRICT;
-- No gap: a leaf needs the one before it.
CREATE TRIGGER leaves_in_order BEFORE INSERT ON leaves
  WHEN NEW.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM leaves)
  BEGIN SELECT RAISE(ABORT, 'gap'); END;

CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY,
  root BLOB NOT NULL CHECK (length(root) = 32),
  note TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE documents (
  digest TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('codebook', 'policy')),
  id TEXT NOT NULL,
  version TEXT NOT NULL,
  canonical TEXT NOT NULL,
  author TEXT NOT NULL,
  at INTEGER NOT NULL,
  log_index INTEGER NOT NULL REFERENCES leaves (idx),
  UNIQUE (kind, id, version)
) STRICT;

CREATE TABLE approvals (
  document TEXT NOT NULL REFERENCES documents (digest),
  officer TEXT NOT NULL,
  at INTEGER NOT NULL,
  log_index INTEGER NOT NULL REFERENCES leaves (idx),
  PRIMARY KEY (document, officer)
) STRICT;

CREATE TABLE deliveries (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  municipality TEXT NOT NULL,
  id TEXT NOT NULL,
  period TEXT NOT NULL,
  year TEXT NOT NULL,
  replaces TEXT,
  envelope_digest TEXT NOT NULL UNIQUE,
  manifest TEXT NOT NULL,
  codebook_digest TEXT NOT NULL REFERENCES documents (digest),
  key_id TEXT NOT NULL UNIQUE,
  received_at INTEGER NOT NULL,
  late INTEGER NOT NULL,
  simulated INTEGER NOT NULL,
  log_index INTEGER NOT NULL UNIQUE REFERENCES leaves (idx),
  receipt TEXT NOT NULL,
  signed_note TEXT NOT NULL,
  UNIQUE (municipality, id),
  UNIQUE (municipality, period, id),
  UNIQUE (municipality, replaces),
  -- What is replaced is of the same municipality and period.
  FOREIGN KEY (municipality, period, replaces) REFERENCES deliveries (municipality, period, id)
) STRICT;
CREATE UNIQUE INDEX one_first_delivery ON deliveries (municipality, period) WHERE replaces IS NULL;
CREATE INDEX deliveries_by_year ON deliveries (year, period, sequence);

CREATE TABLE delivery_blobs (
  sequence INTEGER PRIMARY KEY REFERENCES deliveries (sequence),
  sealed BLOB NOT NULL
) STRICT;

CREATE TABLE seed_commitments (
  release_id TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('operator', 'auditor')),
  officer TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  at INTEGER NOT NULL,
  log_index INTEGER NOT NULL REFERENCES leaves (idx),
  PRIMARY KEY (release_id, role),
  UNIQUE (release_id, officer)
) STRICT;

CREATE TABLE seed_reveals (
  release_id TEXT NOT NULL,
  role TEXT NOT NULL,
  officer TEXT NOT NULL,
  sealed BLOB NOT NULL,
  at INTEGER NOT NULL,
  log_index INTEGER NOT NULL REFERENCES leaves (idx),
  PRIMARY KEY (release_id, role),
  FOREIGN KEY (release_id, role) REFERENCES seed_commitments (release_id, role)
) STRICT;

CREATE TABLE freezes (
  release_id TEXT PRIMARY KEY,
  period TEXT NOT NULL,
  year TEXT NOT NULL,
  kind TEXT NOT NULL,
  policy_digest TEXT NOT NULL REFERENCES documents (digest),
  codebook_digest TEXT NOT NULL REFERENCES documents (digest),
  canonical TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  officer TEXT NOT NULL,
  frozen_at INTEGER NOT NULL,
  simulated INTEGER NOT NULL,
  log_index INTEGER NOT NULL REFERENCES leaves (idx)
) STRICT;

CREATE TABLE pins (
  release_id TEXT NOT NULL REFERENCES freezes (release_id),
  position INTEGER NOT NULL,
  sequence INTEGER NOT NULL REFERENCES deliveries (sequence),
  PRIMARY KEY (release_id, position),
  UNIQUE (release_id, sequence)
) STRICT;

CREATE TABLE ledger (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  population TEXT NOT NULL,
  json TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX ledger_by_population ON ledger (population, sequence);

CREATE TABLE answers (
  reservation_id TEXT PRIMARY KEY,
  release_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  key_id TEXT NOT NULL,
  sealed BLOB NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE releases (
  id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL UNIQUE,
  period TEXT NOT NULL,
  kind TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  canonical TEXT NOT NULL,
  note TEXT NOT NULL,
  proof TEXT NOT NULL,
  certificate TEXT NOT NULL,
  policy_digest TEXT NOT NULL REFERENCES documents (digest),
  codebook_digest TEXT NOT NULL REFERENCES documents (digest),
  freeze_digest TEXT NOT NULL REFERENCES freezes (digest),
  reservation_id TEXT NOT NULL UNIQUE,
  made_at INTEGER NOT NULL,
  public_at INTEGER NOT NULL,
  simulated INTEGER NOT NULL,
  log_index INTEGER NOT NULL UNIQUE REFERENCES leaves (idx)
) STRICT;

-- A release leaves its embargo once, one way or the other.
CREATE TABLE release_ends (
  release_id TEXT PRIMARY KEY REFERENCES releases (id),
  state TEXT NOT NULL CHECK (state IN ('public', 'withheld')),
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE vetoes (
  release_id TEXT PRIMARY KEY REFERENCES releases (id),
  officer TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  log_index INTEGER NOT NULL REFERENCES leaves (idx)
) STRICT;

CREATE TABLE jobs (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  parameters TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  worker TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  progress TEXT NOT NULL,
  message TEXT NOT NULL,
  officer TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_live_job ON jobs (kind, subject) WHERE state <> 'failed';
-- A fence never goes back, and a job that ended stays ended.
CREATE TRIGGER jobs_fence BEFORE UPDATE ON jobs
  WHEN NEW.fence < OLD.fence OR OLD.state IN ('done', 'failed') OR NEW.id <> OLD.id
  BEGIN SELECT RAISE(ABORT, 'fence'); END;
CREATE TRIGGER jobs_keep_delete BEFORE DELETE ON jobs BEGIN SELECT RAISE(ABORT, 'append-only'); END;
)sql";

constexpr const char* kFacts[] = {
    "leaves",         "checkpoints",      "documents",    "approvals",    "deliveries",
    "delivery_blobs", "seed_commitments", "seed_reveals", "freezes",      "pins",
    "ledger",         "answers",          "releases",     "release_ends", "vetoes"};

std::string FirstStep() {
  std::string sql = kTables;
  for (const char* table : kFacts) sql += AppendOnly(table);
  return sql;
}

// Checkpoints with the cosignatures of a quorum of witnesses: what is shown outside.
std::string CosignedStep() {
  return R"sql(
CREATE TABLE cosigned (
  size INTEGER PRIMARY KEY REFERENCES checkpoints (size),
  note TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
)sql" + AppendOnly("cosigned");
}

// When members deliver until, so that seeds are seen to be committed before; and revealed seeds as
// they are encrypted to the replay auditor.
std::string DeadlinesStep() {
  return R"sql(
CREATE TABLE deadlines (
  release_id TEXT NOT NULL,
  deliver_by INTEGER NOT NULL,
  officer TEXT NOT NULL,
  at INTEGER NOT NULL,
  log_index INTEGER NOT NULL REFERENCES leaves (idx),
  PRIMARY KEY (release_id, deliver_by)
) STRICT;
CREATE TABLE seed_escrows (
  release_id TEXT NOT NULL,
  role TEXT NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (release_id, role),
  FOREIGN KEY (release_id, role) REFERENCES seed_reveals (release_id, role)
) STRICT;
)sql" + AppendOnly("deadlines") +
         AppendOnly("seed_escrows");
}

// Erasing that a privacy officer asks for: another one approves it, or it is withdrawn.
std::string ErasuresStep() {
  return R"sql(
CREATE TABLE erasure_proposals (
  digest TEXT PRIMARY KEY,
  canonical TEXT NOT NULL,
  officer TEXT NOT NULL,
  at INTEGER NOT NULL,
  log_index INTEGER NOT NULL UNIQUE REFERENCES leaves (idx)
) STRICT;
CREATE TABLE erasure_ends (
  digest TEXT PRIMARY KEY REFERENCES erasure_proposals (digest),
  state TEXT NOT NULL CHECK (state IN ('approved', 'withdrawn')),
  officer TEXT NOT NULL,
  at INTEGER NOT NULL,
  log_index INTEGER NOT NULL UNIQUE REFERENCES leaves (idx)
) STRICT;
CREATE TRIGGER erasure_four_eyes BEFORE INSERT ON erasure_ends
  WHEN NEW.state = 'approved'
    AND NEW.officer = (SELECT officer FROM erasure_proposals WHERE digest = NEW.digest)
  BEGIN SELECT RAISE(ABORT, 'four eyes'); END;
)sql" + AppendOnly("erasure_proposals") +
         AppendOnly("erasure_ends");
}

int64_t UserVersion(Connection& connection) {
  Statement statement = connection.Prepare("PRAGMA user_version");
  statement.Step();
  return statement.Int();
}

}  // namespace

const std::vector<std::string>& SchemaSteps() {
  static const std::vector<std::string> steps = {FirstStep(), CosignedStep(), DeadlinesStep(),
                                                 ErasuresStep()};
  return steps;
}

void Migrate(Connection& connection, const std::vector<std::string>& steps) {
  for (;;) {
    // The version is read under the write lock: two processes that start at once apply a step once.
    connection.Execute("BEGIN IMMEDIATE");
    try {
      int64_t version = UserVersion(connection);
      if (version < 0 || static_cast<size_t>(version) > steps.size()) {
        throw base::ProblemError("store-version", "",
                                 "The store was written by a newer version of Polder. Install that "
                                 "version, or restore a backup made by this one.");
      }
      if (static_cast<size_t>(version) == steps.size()) {
        connection.Execute("ROLLBACK");
        return;
      }
      connection.Execute(steps[static_cast<size_t>(version)]);
      connection.Execute("PRAGMA user_version = " + std::to_string(version + 1));
      connection.Execute("COMMIT");
    } catch (...) {
      if (connection.InTransaction()) connection.Execute("ROLLBACK");
      throw;
    }
  }
}

}  // namespace polder::server::store
