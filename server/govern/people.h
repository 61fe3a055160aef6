// People who act for the region, known by the certificate they come with or by the subject of an
// access token (sign_in.h). One person is one entry, however they come.
#ifndef POLDER_SERVER_GOVERN_PEOPLE_H_
#define POLDER_SERVER_GOVERN_PEOPLE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.h"

namespace polder::server::govern {

enum class Role {
  kSteward,
  kCoordinator,
  kPrivacyOfficer,
  kAuditor,
  kOperator,
  kReplayAuditor,
  kKeyHolder
};

// "steward", "coordinator", "privacyOfficer", "auditor", "operator", "replayAuditor",
// "keyHolder".
std::string_view ToText(Role role);
std::optional<Role> ParseRole(std::string_view text);

struct Person {
  std::string name;  // unique; stands in facts and leaves
  std::set<Role> roles;
  std::string fingerprint;   // SHA-256 of the certificate, lower-case hex; empty for none
  std::string subject = {};  // of the region's sign-in; empty for none

  bool Has(Role role) const { return roles.contains(role); }
};

// Immutable; thread-safe.
class People {
 public:
  // Throws ProblemError with every fault: "duplicate" (name, fingerprint or subject),
  // "wrong-fingerprint", "wrong-name" (a municipality's code), "missing" (neither fingerprint nor
  // subject), "role-conflict" (operator and auditor, operator and replay auditor, or operator and
  // key holder in one person).
  explicit People(std::vector<Person> people);

  // nullptr when the peer came with neither a registered certificate nor a registered subject, or
  // with those of two people.
  const Person* Find(const http::Peer& peer) const;
  // Whether the peer is a person with the role; one who signed in needs it of the token as well.
  bool May(const http::Peer& peer, Role role) const;
  // Whether anyone has the role.
  bool Any(Role role) const;
  // Throws http::ResponseError 403 unless the peer is a person with one of the roles.
  const Person& Require(const http::Peer& peer, const std::set<Role>& roles) const;

 private:
  std::vector<Person> people_;
  std::map<std::string, size_t, std::less<>> by_fingerprint_;
  std::map<std::string, size_t, std::less<>> by_subject_;
};

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_PEOPLE_H_
