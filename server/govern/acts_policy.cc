// Proposing and approving a policy: four eyes, kept by people and not by words in the document.
#include <nlohmann/json.hpp>

#include "server/govern/act.h"
#include "server/govern/acts.h"
#include "server/govern/documents.h"
#include "server/govern/leaf.h"

namespace polder::server::govern {

using policies::disclosure::Policy;

http::Response ProposePolicy(const GovernContext& context, const http::Request& request) {
  const Person& officer = context.people.Require(request.peer, {Role::kPrivacyOfficer});
  const Policy policy = Policy::FromJson(base::ParseJson(request.Text()), context.codebook);
  store::DocumentRecord document;
  document.digest = DocumentDigest(policy.canonical());
  document.kind = "policy";
  document.id = policy.id();
  document.version = policy.version();
  document.canonical = policy.canonical();
  document.author = officer.name;
  document.at = context.clock.Now();
  context.store.Write([&](store::Transaction& transaction) {
    if (transaction.FindDocument(document.digest)) {
      Refuse(409, "policy-exists", "This policy was put in before. It only needs its approvals.");
    }
    if (transaction.FindDocument("policy", document.id, document.version)) {
      Refuse(409, "version-used",
             "Another policy has this id and version. Raise the version and put it in again.");
    }
    document.log_index = AppendLeaf(transaction, "policy", context.clock,
                                    base::Json{{"digest", document.digest},
                                               {"id", document.id},
                                               {"version", document.version},
                                               {"officer", officer.name}});
    transaction.AddDocument(document);
  });
  return http::Response::Json(201, base::Json{{"digest", document.digest},
                                              {"id", document.id},
                                              {"version", document.version},
                                              {"approvalsNeeded", policy.approvals_needed()},
                                              {"logIndex", document.log_index}});
}

http::Response ApprovePolicy(const GovernContext& context, const http::Request& request) {
  const Person& officer = context.people.Require(request.peer, {Role::kPrivacyOfficer});
  store::ApprovalRecord approval;
  approval.document = request.Param("digest");
  approval.officer = officer.name;
  approval.at = context.clock.Now();
  bool approved = false;
  context.store.Write([&](store::Transaction& transaction) {
    const auto document = transaction.FindDocument(approval.document);
    if (!document || document->kind != "policy") {
      Refuse(404, "not-found", "There is no policy with this digest.");
    }
    if (document->author == officer.name) {
      Refuse(409, "own-policy",
             "Nobody approves what they put in themselves. Ask another privacy officer.");
    }
    for (const store::ApprovalRecord& given : transaction.Approvals(approval.document)) {
      if (given.officer == officer.name) {
        Refuse(409, "approved-already", "You approved this policy before.");
      }
    }
    approval.log_index =
        AppendLeaf(transaction, "approval", context.clock,
                   base::Json{{"digest", approval.document}, {"officer", officer.name}});
    transaction.AddApproval(approval);
    approved = IsApproved(transaction, *document,
                          ReadPolicy(transaction, approval.document, context.codebook),
                          DocumentDigest(context.codebook.canonical()));
  });
  return http::Response::Json(201, base::Json{{"digest", approval.document},
                                              {"approved", approved},
                                              {"logIndex", approval.log_index}});
}

}  // namespace polder::server::govern
