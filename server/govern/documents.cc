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
  return *document;
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

bool IsApproved(const store::Reader& reader, const store::DocumentRecord& document,
                const policies::disclosure::Policy& policy) {
  std::set<std::string> officers;
  for (const store::ApprovalRecord& approval : reader.Approvals(document.digest)) {
    if (approval.officer != document.author) officers.insert(approval.officer);
  }
  return officers.size() >= static_cast<size_t>(policy.approvals_needed());
}

}  // namespace polder::server::govern
