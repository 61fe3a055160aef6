// What privacy officers propose to erase, and how each proposal ended.
#include "server/store/connection.h"
#include "server/store/store.h"

namespace polder::server::store {

namespace {

const std::string kProposal =
    "SELECT digest, canonical, officer, at, log_index FROM erasure_proposals ";

ErasureProposalRecord ReadProposal(Statement& row) {
  ErasureProposalRecord proposal;
  proposal.digest = row.Text();
  proposal.canonical = row.Text();
  proposal.officer = row.Text();
  proposal.at = row.Time();
  proposal.log_index = row.Unsigned();
  return proposal;
}

}  // namespace

std::optional<ErasureProposalRecord> Reader::FindErasureProposal(std::string_view digest) const {
  Statement statement = connection_.Prepare(kProposal + "WHERE digest = ?");
  statement.Bind(digest);
  if (!statement.Step()) return std::nullopt;
  return ReadProposal(statement);
}

std::vector<ErasureProposalRecord> Reader::ErasureProposals() const {
  Statement statement = connection_.Prepare(kProposal + "ORDER BY log_index");
  std::vector<ErasureProposalRecord> proposals;
  while (statement.Step()) proposals.push_back(ReadProposal(statement));
  return proposals;
}

std::optional<ErasureEndRecord> Reader::FindErasureEnd(std::string_view digest) const {
  Statement statement = connection_.Prepare(
      "SELECT digest, state = 'approved', officer, at, log_index FROM erasure_ends WHERE digest = "
      "?");
  statement.Bind(digest);
  if (!statement.Step()) return std::nullopt;
  ErasureEndRecord end;
  end.digest = statement.Text();
  end.approved = statement.Bool();
  end.officer = statement.Text();
  end.at = statement.Time();
  end.log_index = statement.Unsigned();
  return end;
}

void Transaction::AddErasureProposal(const ErasureProposalRecord& proposal) {
  Statement statement = connection_.Prepare(
      "INSERT INTO erasure_proposals (digest, canonical, officer, at, log_index) VALUES (?, ?, ?, "
      "?, ?)");
  statement.Bind(proposal.digest)
      .Bind(proposal.canonical)
      .Bind(proposal.officer)
      .Bind(proposal.at)
      .Bind(proposal.log_index)
      .Run();
}

void Transaction::AddErasureEnd(const ErasureEndRecord& end) {
  Statement statement = connection_.Prepare(
      "INSERT INTO erasure_ends (digest, state, officer, at, log_index) VALUES (?, ?, ?, ?, ?)");
  statement.Bind(end.digest)
      .Bind(end.approved ? "approved" : "withdrawn")
      .Bind(end.officer)
      .Bind(end.at)
      .Bind(end.log_index)
      .Run();
}

}  // namespace polder::server::store
