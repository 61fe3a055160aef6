#include "server/store/integrity.h"

#include <algorithm>
#include <string>

#include "crypto/digest/digest.h"
#include "policies/base/bytes.h"
#include "policies/base/json.h"

namespace polder::server::store {

namespace {

constexpr size_t kMostFindings = 100;

void CheckPages(Connection& connection, base::Problems& problems) {
  Statement statement = connection.Prepare("PRAGMA integrity_check(1)");
  while (statement.Step()) {
    if (statement.Text() != "ok") {
      problems.Add("damaged-page", "",
                   "The store's file is damaged. Stop the service and restore the last backup.");
    }
  }
}

void CheckReferences(Connection& connection, base::Problems& problems) {
  Statement statement = connection.Prepare("PRAGMA foreign_key_check");
  while (statement.Step()) {
    problems.Add("dangling-reference", "/" + statement.Text(),
                 "A row refers to one that is not there. Restore the last backup.");
  }
}

void CheckLog(Connection& connection, base::Problems& problems) {
  Statement statement = connection.Prepare("SELECT idx, hash, canonical FROM leaves ORDER BY idx");
  uint64_t expected = 0;
  while (statement.Step()) {
    uint64_t index = statement.Unsigned();
    Hash hash = statement.Hash32();
    std::string canonical = statement.Text();
    if (index != expected) {
      problems.Add("log-gap", base::Pointer("/leaves", expected),
                   "The log misses a leaf: it is no longer evidence. Restore the last backup.");
    }
    expected = index + 1;
    base::Bytes framed{0x00};  // RFC 6962 §2.1: a leaf's prefix
    framed.insert(framed.end(), canonical.begin(), canonical.end());
    if (crypto::digest::Sha256(framed) != hash) {
      problems.Add("wrong-leaf-hash", base::Pointer("/leaves", index),
                   "A leaf of the log is not the one that was hashed. Restore the last backup.");
    }
  }
}

void CheckDigests(Connection& connection, const char* sql, const std::string& table,
                  base::Problems& problems) {
  Statement statement = connection.Prepare(sql);
  while (statement.Step()) {
    std::string digest = statement.Text();
    if (crypto::digest::Sha256Hex(base::AsBytes(statement.Text())) != digest) {
      problems.Add("wrong-digest", base::Pointer("/" + table, digest),
                   "A stored document is not the one its digest names. Restore the last backup.");
    }
  }
}

}  // namespace

std::vector<base::Problem> CheckIntegrity(Connection& connection) {
  base::Problems problems(kMostFindings);
  try {
    CheckPages(connection, problems);
    CheckReferences(connection, problems);
    CheckLog(connection, problems);
    CheckDigests(connection, "SELECT digest, canonical FROM documents", "documents", problems);
    CheckDigests(connection, "SELECT digest, canonical FROM freezes", "freezes", problems);
    CheckDigests(connection, "SELECT digest, canonical FROM releases", "releases", problems);
  } catch (const base::ProblemError& error) {
    for (const base::Problem& problem : error.problems()) problems.Add(problem);
  }
  return problems.found();
}

}  // namespace polder::server::store
