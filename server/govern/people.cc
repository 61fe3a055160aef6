#include "server/govern/people.h"

#include <algorithm>
#include <utility>

#include "policies/base/json.h"
#include "policies/base/problem.h"

namespace polder::server::govern {

namespace {

constexpr Role kRoles[] = {Role::kSteward,  Role::kCoordinator, Role::kPrivacyOfficer,
                           Role::kAuditor,  Role::kOperator,    Role::kReplayAuditor,
                           Role::kKeyHolder};

bool IsFingerprint(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string_view ToText(Role role) {
  switch (role) {
    case Role::kSteward:
      return "steward";
    case Role::kCoordinator:
      return "coordinator";
    case Role::kPrivacyOfficer:
      return "privacyOfficer";
    case Role::kAuditor:
      return "auditor";
    case Role::kOperator:
      return "operator";
    case Role::kReplayAuditor:
      return "replayAuditor";
    case Role::kKeyHolder:
      break;
  }
  return "keyHolder";
}

std::optional<Role> ParseRole(std::string_view text) {
  for (Role role : kRoles) {
    if (ToText(role) == text) return role;
  }
  return std::nullopt;
}

People::People(std::vector<Person> people) : people_(std::move(people)) {
  base::Problems problems;
  std::set<std::string> names;
  for (size_t i = 0; i < people_.size(); ++i) {
    const Person& person = people_[i];
    const std::string at = base::Pointer("/officers", i);
    if (person.name.empty() || !names.insert(person.name).second) {
      problems.Add("duplicate", at + "/name", "Every person needs a name of their own.");
    }
    // A municipality erases its own data under its code: nobody may be called like one.
    if (person.name.size() == 6 && person.name.starts_with("GM") &&
        person.name.find_first_not_of("0123456789", 2) == std::string::npos) {
      problems.Add("wrong-name", at + "/name", "A person is not called as a municipality's code.");
    }
    if (!IsFingerprint(person.fingerprint)) {
      problems.Add("wrong-fingerprint", at + "/fingerprint",
                   "Write the SHA-256 of the certificate as 64 lower-case hexadecimal digits.");
    } else if (!by_fingerprint_.emplace(person.fingerprint, i).second) {
      problems.Add("duplicate", at + "/fingerprint",
                   "Two people share this certificate. Each needs their own.");
    }
    if (person.Has(Role::kOperator) && person.Has(Role::kAuditor)) {
      problems.Add("role-conflict", at + "/roles",
                   "Operator and auditor hold one seed each, so they must be two people.");
    }
    if (person.Has(Role::kOperator) && person.Has(Role::kReplayAuditor)) {
      problems.Add("role-conflict", at + "/roles",
                   "Who replays releases checks the operator, so they must be two people.");
    }
    if (person.Has(Role::kOperator) && person.Has(Role::kKeyHolder)) {
      problems.Add("role-conflict", at + "/roles",
                   "Whoever holds half of a key must not be the one who holds the tokens.");
    }
  }
  problems.ThrowIfAny();
}

const Person* People::Find(const http::Peer& peer) const {
  if (!peer.verified()) return nullptr;
  auto found = by_fingerprint_.find(peer.fingerprint);
  return found == by_fingerprint_.end() ? nullptr : &people_[found->second];
}

bool People::Any(Role role) const {
  return std::any_of(people_.begin(), people_.end(),
                     [role](const Person& person) { return person.Has(role); });
}

const Person& People::Require(const http::Peer& peer, const std::set<Role>& roles) const {
  const Person* person = Find(peer);
  if (person == nullptr) {
    throw http::ResponseError(http::Response::Problem(
        403, "unknown-person", "Forbidden",
        "This act needs the certificate of a registered person. Ask the operator to register "
        "yours."));
  }
  std::string wanted;
  for (Role role : roles) {
    if (person->Has(role)) return *person;
    wanted += (wanted.empty() ? "" : " or ") + std::string(ToText(role));
  }
  throw http::ResponseError(
      http::Response::Problem(403, "wrong-role", "Forbidden",
                              "This act is for the role " + wanted + ", which you do not have."));
}

}  // namespace polder::server::govern
