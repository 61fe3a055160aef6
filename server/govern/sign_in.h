// People who sign in with the region's own identity provider (OpenID Connect) instead of a
// certificate: what they send is an access token, in `Authorization: Bearer`.
//
// A token says who (its subject) and which roles (a claim, mapped by the configuration). Who acts
// is still a person of the configuration: an entry there names the subject, so that one human being
// is one name in facts and leaves however they come, and four eyes stay four. The roles are those
// that both the entry and the token give. Source: RFC 6750, RFC 9068, docs/adr/0018.
#ifndef POLDER_SERVER_GOVERN_SIGN_IN_H_
#define POLDER_SERVER_GOVERN_SIGN_IN_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "crypto/jws/key_ring.h"
#include "policies/base/clock.h"
#include "server/govern/people.h"
#include "server/http/message.h"

namespace polder::server::govern {

struct SignInRules {
  std::string issuer;      // exact
  std::string audience;    // this service
  std::string role_claim;  // a text or a list of texts
  std::map<std::string, Role> roles;
};

// Thread-safe. `clock` must outlive it.
class SignIn {
 public:
  SignIn(SignInRules rules, crypto::jws::KeyRing::Fetch fetch, const base::Clock& clock);

  // Fills subject and granted roles of the request's peer when the request brings a token; leaves
  // a request without one as it is. Throws http::ResponseError: 400 "bad-authorization" for another
  // scheme or form, 401 with WWW-Authenticate for a token that is not believed. The answer names
  // the code of the fault and nothing of the token.
  void Identify(http::Request& request) const;

 private:
  SignInRules rules_;
  const base::Clock& clock_;
  mutable crypto::jws::KeyRing ring_;
};

// Fetches the issuer's key set over HTTPS: at most 64 KiB, 5 seconds in all, one certificate
// authority. nullopt for any other answer than 200 or when it cannot be had. Throws ProblemError
// "wrong-url" unless `url` is https with a path.
crypto::jws::KeyRing::Fetch FetchKeysFrom(const std::string& url, const std::string& authority,
                                          const base::Clock& clock);

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_SIGN_IN_H_
