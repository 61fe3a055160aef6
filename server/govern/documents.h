// Codebooks and policies as the region's own documents: stored under their digest, approved by four
// eyes.
#ifndef POLDER_SERVER_GOVERN_DOCUMENTS_H_
#define POLDER_SERVER_GOVERN_DOCUMENTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "policies/base/clock.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "server/store/store.h"

namespace polder::server::govern {

// SHA-256 of a canonical document, hex: its name in facts, leaves and releases.
std::string DocumentDigest(std::string_view canonical);

// Stores the codebook the service runs with, with its leaf, unless it is there. Returns its digest.
// Throws ProblemError "store-conflict" when this id and version stand for other content,
// "other-region" when the store's earlier codebooks are of another region: the budget stands under
// the region's code.
std::string InstallCodebook(store::Store& store, const policies::codebook::Codebook& codebook,
                            std::string_view author, const base::Clock& clock);

// Reads back what was stored. Throws ProblemError "not-found" when there is none, "store-damaged"
// when it is not what its digest names.
policies::codebook::Codebook ReadCodebook(const store::Reader& reader, std::string_view digest);
policies::disclosure::Policy ReadPolicy(const store::Reader& reader, std::string_view digest,
                                        const policies::codebook::Codebook& codebook);

// True when the policy has the approvals it asks for, by people who did not put it in and who
// approved it under this codebook: the newest in the log when they did. A threshold says little
// without the codes that it is for, so a new codebook needs a policy that is approved again (put in
// as a new version).
bool IsApproved(const store::Reader& reader, const store::DocumentRecord& document,
                const policies::disclosure::Policy& policy, std::string_view codebook_digest);

// Digests of every policy that is approved under this codebook (IsApproved), oldest first.
std::vector<std::string> ApprovedPolicies(const store::Reader& reader,
                                          const policies::codebook::Codebook& codebook);

// Canonical JSON, {"format":"polder-freeze-1", …}: everything that the noise will be bound to,
// before it is drawn. `commitments` are those that stood at the freeze.
std::string FreezeText(const store::FreezeRecord& freeze,
                       const std::vector<store::SeedCommitmentRecord>& commitments);

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_DOCUMENTS_H_
