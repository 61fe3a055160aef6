#include "server/verify/verify_release.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "crypto/log/merkle.h"
#include "crypto/log/note.h"
#include "crypto/log/proof.h"
#include "policies/base/json.h"
#include "policies/base/rational.h"
#include "stats/table/linked_tables.h"
#include "stats/table/public_audit.h"

namespace polder::server::verify {

namespace table = stats::table;

namespace {

// One equation over the cells without a number: their factors. What is on the other side is known.
using Row = std::map<size_t, base::Rational>;

// The reduced row echelon form, exact. A cell is determined when a row has no other cell left.
std::map<size_t, Row> Reduce(const std::vector<Row>& equations) {
  std::map<size_t, Row> pivots;  // by the row's own cell, which no other row holds
  const auto subtract = [](Row& row, const Row& other, const base::Rational& times) {
    for (const auto& [cell, factor] : other) {
      base::Rational& held = row[cell];
      held -= times * factor;
      if (held == 0) row.erase(cell);
    }
  };
  for (Row row : equations) {
    for (const auto& [cell, pivot] : pivots) {
      if (const auto found = row.find(cell); found != row.end()) {
        subtract(row, pivot, base::Rational(found->second));
      }
    }
    if (row.empty()) continue;
    const size_t first = row.begin()->first;
    const base::Rational lead = row.begin()->second;
    for (auto& [cell, factor] : row) factor /= lead;
    for (auto& [cell, pivot] : pivots) {
      if (const auto found = pivot.find(first); found != pivot.end()) {
        subtract(pivot, row, base::Rational(found->second));
      }
    }
    pivots.emplace(first, std::move(row));
  }
  return pivots;
}

// Whether sums give back a cell that was hidden. Cells without a number for a public reason (no
// delivery, cannot occur) are unknown here as well, but giving those back is no harm: nobody is in
// them.
bool HiddenIsComputable(const table::PublishedMeasure& measure) {
  std::vector<table::TableShape> shapes;
  std::vector<const table::PublishedCell*> cells;
  for (const auto& one : measure.tables) {
    shapes.push_back({one.id, one.attributes});
    for (const auto& cell : one.cells) cells.push_back(&cell);
  }
  std::vector<Row> equations;
  for (const auto& equation :
       table::LinkedTables(measure.id, measure.schema, std::move(shapes)).Equations()) {
    Row row;
    if (!cells.at(equation.total)->value) row[equation.total] = -1;
    for (const size_t part : equation.parts) {
      if (!cells.at(part)->value) row[part] = 1;
    }
    if (!row.empty()) equations.push_back(std::move(row));
  }
  const auto pivots = Reduce(equations);
  return std::any_of(pivots.begin(), pivots.end(), [&](const auto& pivot) {
    return pivot.second.size() == 1 && cells.at(pivot.first)->status == table::CellStatus::kHidden;
  });
}

}  // namespace

void CheckHidden(const table::PublishedRelease& release, base::Problems& problems) {
  for (const auto& measure : release.measures()) {
    if (HiddenIsComputable(measure)) {
      problems.Add(
          "hidden-cell-computable", "/measures",
          "a hidden cell of measure " + measure.id + " follows from the numbers that are shown");
    }
  }
}

void CheckProof(const table::PublishedRelease& release, const std::string& proof_text,
                const crypto::log::LogPolicy& policy, base::Problems& problems) {
  const auto proof = crypto::log::ParseProof(proof_text);
  if (!proof || !proof->extra) {
    problems.Add("malformed-proof", "", "the proof file is not a tlog-proof with its leaf");
    return;
  }
  const auto verdict =
      crypto::log::VerifyProof(proof_text, crypto::log::LeafHash(*proof->extra), policy);
  if (!verdict.ok) problems.Add(verdict.code, "", verdict.detail);
  const std::string digest = crypto::digest::Sha256Hex(base::AsBytes(release.canonical()));
  try {
    const base::Json leaf = base::ParseJson(base::AsText(*proof->extra));
    const auto says = [&](const char* name, const std::string& value) {
      return leaf.is_object() && leaf.contains(name) && leaf[name] == value;
    };
    if (!says("kind", "release") || !says("releaseId", release.header().release_id) ||
        !says("digest", digest)) {
      problems.Add("other-release", "",
                   "the log's leaf does not speak of this file; it was altered, or the proof is of "
                   "another release");
    }
  } catch (const base::ProblemError&) {
    problems.Add("malformed-proof", "", "the proof's leaf is not JSON");
  }
}

void CheckNote(const table::PublishedRelease& release, const std::string& note,
               const crypto::log::LogPolicy& policy, base::Problems& problems) {
  const auto verified = crypto::log::VerifyNote(note, policy.logs());
  const std::string text = "polder-release-1\n" + release.header().release_id + "\n" +
                           crypto::digest::Sha256Hex(base::AsBytes(release.canonical())) + "\n";
  if (!verified || verified->text != text) {
    problems.Add("wrong-signature", "",
                 "the signed note is not of this file, or no log of the policy signed it");
  }
}

void CheckEarlier(const table::PublishedRelease& release, const table::PublishedRelease& earlier,
                  const std::string& name, base::Problems& problems) {
  const auto& header = release.header();
  const auto& other = earlier.header();
  if (earlier.canonical() == release.canonical()) return;
  if (other.region != header.region) {
    problems.Add("other-region", "", name + ": a release of another region");
    return;
  }
  if (other.release_id == header.release_id) {
    problems.Add("two-versions", "", name + ": has the same id and other content");
  }
  if (other.origin == header.origin && other.reservation_id == header.reservation_id) {
    problems.Add("reservation-reused", "", name + ": was drawn under the same reservation");
  }
  for (const std::string& commitment : other.seed_commitments) {
    if (std::find(header.seed_commitments.begin(), header.seed_commitments.end(), commitment) !=
        header.seed_commitments.end()) {
      problems.Add("seed-reused", "", name + ": was drawn with the same seed");
      break;
    }
  }
}

void CheckAudit(const table::PublishedRelease& release, const std::string& audit,
                const std::vector<table::PublishedRelease>& earlier, base::Problems& problems) {
  if (crypto::digest::Sha256Hex(base::AsBytes(audit)) != release.header().audit_digest) {
    problems.Add("other-audit", "/audit", "is not the audit that the release names");
    return;
  }
  std::vector<const table::PublishedRelease*> others;
  for (const auto& one : earlier) {
    if (one.canonical() != release.canonical()) others.push_back(&one);
  }
  table::CheckPublicAudit(audit, release, others, problems);
}

}  // namespace polder::server::verify
