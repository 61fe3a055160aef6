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
    if (!person.subject.empty() && !by_subject_.emplace(person.subject, i).second) {
      problems.Add("duplicate", at + "/subject",
                   "Two people share this sign-in. Each needs their own.");
    }
    if (!person.subject.empty() && person.Has(Role::kKeyHolder)) {
      problems.Add("role-conflict", at + "/roles",
                   "A key holder is a machine of an organisation: it acts with a certificate.");
    }
    if (person.fingerprint.empty() && !person.subject.empty()) {
      // known by signing in alone
    } else if (!IsFingerprint(person.fingerprint)) {
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
  const auto find = [&](const auto& known, const std::string& key) -> const Person* {
    const auto found = known.find(key);
    return found == known.end() ? nullptr : &people_[found->second];
  };
  const Person* by_certificate =
      peer.verified() ? find(by_fingerprint_, peer.fingerprint) : nullptr;
  if (peer.subject.empty()) return by_certificate;
  const Person* by_token = find(by_subject_, peer.subject);
  // Two people in one request are nobody: neither may be taken for the other.
  return by_certificate != nullptr && by_certificate != by_token ? nullptr : by_token;
}

bool People::May(const http::Peer& peer, Role role) const {
  const Person* person = Find(peer);
  return person != nullptr && person->Has(role) &&
         (peer.subject.empty() || peer.granted.contains(std::string(ToText(role))));
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
        "This act needs the certificate or the sign-in of a registered person. Ask the operator to "
        "register yours."));
  }
  std::string wanted;
  for (Role role : roles) {
    if (May(peer, role)) return *person;
    wanted += (wanted.empty() ? "" : " or ") + std::string(ToText(role));
  }
  auto refusal = http::Response::Problem(
      403, "wrong-role", "Forbidden",
      "This act is for the role " + wanted + ", which you do not have" +
          (peer.subject.empty() ? "." : " by both the configuration and your token."));
  if (!peer.subject.empty()) {
    refusal.headers["WWW-Authenticate"] = "Bearer error=\"insufficient_scope\"";
  }
  throw http::ResponseError(std::move(refusal));
}

}  // namespace polder::server::govern
