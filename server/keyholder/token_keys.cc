#include "server/keyholder/token_keys.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "crypto/seal/seal.h"
#include "policies/base/bytes.h"
#include "policies/base/json_reader.h"
#include "policies/base/problem.h"

namespace polder::server::keyholder {
namespace {

using crypto::oprf::OprfKey;

base::Bytes ContextOf(std::string_view id) {
  return crypto::seal::Context({"polder/token-key/v1", id});
}

[[noreturn]] void Damaged() {
  throw base::ProblemError("key-damaged", "",
                           "The stored key is not the one that was published, or the root key is "
                           "not the one that wrapped it. Restore the key store or the root key.");
}

}  // namespace

std::string Domain::Text() const {
  return region + "/" + std::string(base::ToText(year.calendar())) + "/" + year.Text();
}

std::optional<Domain> Domain::Parse(std::string_view text) {
  const size_t first = text.find('/');
  const size_t last = text.rfind('/');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const auto year = base::Year::Parse(text.substr(last + 1));
  if (!year || !base::IsCode(text.substr(0, first))) return std::nullopt;
  Domain domain{std::string(text.substr(0, first)), *year};
  if (domain.Text() != text) return std::nullopt;
  return domain;
}

std::string KeyId(const Domain& domain, const crypto::oprf::Element& public_key) {
  std::string id = domain.Text();
  std::replace(id.begin(), id.end(), '/', '.');
  return id + "." + crypto::digest::Sha256Hex(public_key).substr(0, 16);
}

base::Json PublicLine(const store::HolderStore::Key& key) {
  return {
      {"domain", key.domain}, {"keyId", key.id}, {"publicKey", base::ToBase64Url(key.public_key)}};
}

store::HolderStore::Key TokenKeys::Create(const Domain& domain, int64_t correction_days,
                                          base::Instant now) {
  for (const auto& other : store_.Keys()) {
    if (other.domain != domain.Text()) continue;
    throw base::ProblemError(
        "domain-used", "--domain",
        domain.Text() + (other.destroyed_at ? " had a key, which was destroyed: it stays "
                                              "closed."
                                            : " has a key already: " + other.id + "."));
  }
  const OprfKey made = OprfKey::Generate();
  store::HolderStore::Key key;
  key.id = KeyId(domain, made.public_key());
  key.domain = domain.Text();
  key.public_key.assign(made.public_key().begin(), made.public_key().end());
  key.created_at = now;
  key.destroyable_from =
      base::Instant{domain.year.Last().Plus(correction_days + 1).days() * 86'400};
  // The secret first: what is listed can be used.
  keys_.PutIfAbsent(key.id, root_.Wrap(made.bytes(), ContextOf(key.id)), now);
  store_.AddKey(key);
  return key;
}

OprfKey TokenKeys::Open(const store::HolderStore::Key& key) const {
  if (key.destroyed_at) {
    throw base::ProblemError("key-destroyed", "/keyId",
                             "This key was destroyed after its correction window. Nothing can be "
                             "delivered for its year any more.");
  }
  const auto wrapped = keys_.Find(key.id);
  if (!wrapped) Damaged();
  std::optional<OprfKey> opened;
  try {
    opened = OprfKey::FromBytes(root_.Unwrap(*wrapped, ContextOf(key.id)));
  } catch (const base::ProblemError&) {
    Damaged();
  }
  if (!std::equal(key.public_key.begin(), key.public_key.end(), opened->public_key().begin(),
                  opened->public_key().end())) {
    Damaged();
  }
  return std::move(*opened);
}

store::HolderStore::Key TokenKeys::Destroy(std::string_view id, base::Instant now) {
  const auto key = store_.FindKey(id);
  if (!key) throw base::ProblemError("not-found", "--key", "There is no such key.");
  if (now < key->destroyable_from) {
    throw base::ProblemError("too-early", "--key",
                             "Corrections of " + key->domain + " are taken until " +
                                 key->destroyable_from.Text() +
                                 "; destroying its key before would leave no way to make them.");
  }
  // Marked first: from here on nobody uses it, also when the overwriting must be done again.
  store_.MarkDestroyed(id, now);
  keys_.Shred(id, now);
  return *store_.FindKey(id);
}

}  // namespace polder::server::keyholder
