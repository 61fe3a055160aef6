#include "server/govern/documents.h"

#include <set>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "policies/base/bytes.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/govern/leaf.h"

namespace polder::server::govern {

namespace {

store::DocumentRecord Find(const store::Reader& reader, std::string_view digest,
                           std::string_view kind) {
  auto document = reader.FindDocument(digest);
  if (!document || document->kind != kind) {
    throw base::ProblemError("not-found", "",
                             "There is no " + std::string(kind) + " with this digest.");
  }
  if (DocumentDigest(document->canonical) != digest) {
    throw base::ProblemError("store-damaged", "",
                             "A stored " + std::string(kind) +
                                 " does not have its own digest; restore the store from a backup.");
  }
  return *document;
}

// The budget is kept per region, so another region's codebook would open a fresh one for the same
// pupils.
void CheckSameRegion(const store::Reader& reader, const policies::codebook::Codebook& codebook) {
  for (const store::DocumentRecord& standing : reader.Documents("codebook")) {
    const auto other = policies::codebook::Codebook::FromJson(base::ParseJson(standing.canonical));
    if (other.region() == codebook.region()) continue;
    throw base::ProblemError("other-region", "/region",
                             "This store is another region's: its budget is kept under that "
                             "region's code. Use the codebook of the same region, or a new store.");
  }
}

}  // namespace

std::string DocumentDigest(std::string_view canonical) {
  return crypto::digest::Sha256Hex(base::AsBytes(canonical));
}

std::string InstallCodebook(store::Store& store, const policies::codebook::Codebook& codebook,
                            std::string_view author, const base::Clock& clock) {
  store::DocumentRecord document;
  document.digest = DocumentDigest(codebook.canonical());
  document.kind = "codebook";
  document.id = codebook.id();
  document.version = codebook.version();
  document.canonical = codebook.canonical();
  document.author = author;
  document.at = clock.Now();
  store.Write([&](store::Transaction& transaction) {
    if (transaction.FindDocument(document.digest)) return;
    CheckSameRegion(transaction, codebook);
    document.log_index = AppendLeaf(transaction, "codebook", clock,
                                    base::Json{{"digest", document.digest},
                                               {"id", document.id},
                                               {"version", document.version},
                                               {"officer", document.author}});
    transaction.AddDocument(document);
  });
  return document.digest;
}

policies::codebook::Codebook ReadCodebook(const store::Reader& reader, std::string_view digest) {
  return policies::codebook::Codebook::FromJson(
      base::ParseJson(Find(reader, digest, "codebook").canonical));
}

policies::disclosure::Policy ReadPolicy(const store::Reader& reader, std::string_view digest,
                                        const policies::codebook::Codebook& codebook) {
  return policies::disclosure::Policy::FromJson(
      base::ParseJson(Find(reader, digest, "policy").canonical), codebook);
}

std::vector<std::string> ApprovedPolicies(const store::Reader& reader,
                                          const policies::codebook::Codebook& codebook) {
  const std::string codebook_digest = DocumentDigest(codebook.canonical());
  std::vector<std::string> digests;
  for (const store::DocumentRecord& document : reader.Documents("policy")) {
    try {
      const auto policy = ReadPolicy(reader, document.digest, codebook);
      if (IsApproved(reader, document, policy, codebook_digest)) {
        digests.push_back(document.digest);
      }
    } catch (const base::ProblemError& error) {
      if (error.code() == "store-damaged") throw;
      // Written for an earlier codebook: not in force under this one.
    }
  }
  return digests;
}

std::string FreezeText(const store::FreezeRecord& freeze,
                       const std::vector<store::SeedCommitmentRecord>& commitments) {
  base::Json deliveries = base::Json::array();
  for (const store::PinnedDelivery& delivery : freeze.deliveries) {
    deliveries.push_back({{"municipality", delivery.municipality},
                          {"deliveryId", delivery.id},
                          {"digest", delivery.envelope_digest}});
  }
  base::Json seeds = base::Json::object();
  for (const store::SeedCommitmentRecord& commitment : commitments) {
    seeds[commitment.role] = base::ToHex(commitment.commitment);
  }
  return base::CanonicalJson(base::Json{{"format", "polder-freeze-1"},
                                        {"releaseId", freeze.release_id},
                                        {"period", freeze.period.Text()},
                                        {"kind", freeze.kind},
                                        {"policy", freeze.policy_digest},
                                        {"codebook", freeze.codebook_digest},
                                        {"seedCommitments", seeds},
                                        {"deliveries", deliveries},
                                        {"frozenAt", freeze.frozen_at.Text()},
                                        {"demo", freeze.simulated}});
}

bool IsApproved(const store::Reader& reader, const store::DocumentRecord& document,
                const policies::disclosure::Policy& policy, std::string_view codebook_digest) {
  const auto codebooks = reader.Documents("codebook");
  // What the officer could read when they approved: the newest codebook in the log before it.
  const auto codebook_of = [&](const store::ApprovalRecord& approval) {
    const store::DocumentRecord* newest = nullptr;
    for (const store::DocumentRecord& codebook : codebooks) {
      if (codebook.log_index > approval.log_index) continue;
      if (newest == nullptr || newest->log_index < codebook.log_index) newest = &codebook;
    }
    return newest == nullptr ? std::string_view() : std::string_view(newest->digest);
  };
  std::set<std::string> officers;
  for (const store::ApprovalRecord& approval : reader.Approvals(document.digest)) {
    if (approval.officer == document.author) continue;
    if (codebook_of(approval) == codebook_digest) officers.insert(approval.officer);
  }
  return officers.size() >= static_cast<size_t>(policy.approvals_needed());
}

}  // namespace polder::server::govern
