// The handlers behind routes.h, one function an act. Each throws what `Answer` (act.h) turns into a
// response.
#ifndef POLDER_SERVER_GOVERN_ACTS_H_
#define POLDER_SERVER_GOVERN_ACTS_H_

#include "server/govern/routes.h"
#include "server/http/message.h"

namespace polder::server::govern {

http::Response ProposePolicy(const GovernContext& context, const http::Request& request);
http::Response ApprovePolicy(const GovernContext& context, const http::Request& request);

http::Response AnnounceDeadline(const GovernContext& context, const http::Request& request);
http::Response PublishTokenKey(const GovernContext& context, const http::Request& request);
http::Response EndTokenKey(const GovernContext& context, const http::Request& request);
http::Response GetTokenKeys(const GovernContext& context, const http::Request& request);

http::Response CommitSeed(const GovernContext& context, const http::Request& request);
http::Response RevealSeed(const GovernContext& context, const http::Request& request);
http::Response ReadSeedEscrow(const GovernContext& context, const http::Request& request);

http::Response Freeze(const GovernContext& context, const http::Request& request);
http::Response StartRelease(const GovernContext& context, const http::Request& request);
http::Response VetoRelease(const GovernContext& context, const http::Request& request);

http::Response AskErasure(const GovernContext& context, const http::Request& request);
http::Response ApproveErasure(const GovernContext& context, const http::Request& request);
http::Response WithdrawErasure(const GovernContext& context, const http::Request& request);
http::Response GetErasures(const GovernContext& context, const http::Request& request);

http::Response GetJob(const GovernContext& context, const http::Request& request);
http::Response GetBudget(const GovernContext& context, const http::Request& request);
http::Response GetPolicy(const GovernContext& context, const http::Request& request);
http::Response GetCodebook(const GovernContext& context, const http::Request& request);
http::Response GetHealth(const GovernContext& context, const http::Request& request);
http::Response GetCheckpoint(const GovernContext& context, const http::Request& request);
http::Response GetLeaves(const GovernContext& context, const http::Request& request);
http::Response GetTile(const GovernContext& context, const http::Request& request);
http::Response GetProof(const GovernContext& context, const http::Request& request);

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_ACTS_H_
