#include <utility>

#include "crypto/digest/digest.h"
#include "crypto/seal/seal.h"
#include "crypto/seal/wrap.h"
#include "policies/base/problem.h"
#include "server/jobs/sealed_access.h"

namespace polder::server::jobs {
namespace {

using crypto::digest::SecretBytes;

std::string DigestOf(const SecretBytes& key, base::ByteView text) {
  return base::ToHex(crypto::digest::HmacSha256(key.view(), text));
}

}  // namespace

store::SealedAnswers SealAnswers(const SealedAccess& access, const std::string& release_id,
                                 const std::string& reservation_id, std::string_view text,
                                 base::Instant at) {
  const std::string id = store::AnswersKeyId(reservation_id);
  const std::string context = store::AnswersContext(release_id, reservation_id);
  auto wrapped = access.keys.Find(id);
  if (!wrapped) {
    const auto fresh = crypto::seal::NewWrappedKey(access.root, base::AsBytes(id));
    wrapped = access.keys.PutIfAbsent(id, fresh.wrapped, at);
  }
  const SecretBytes key = access.root.Unwrap(*wrapped, base::AsBytes(id));
  return {.reservation_id = reservation_id,
          .release_id = release_id,
          .digest = DigestOf(key, base::AsBytes(text)),
          .key_id = id,
          .sealed = crypto::seal::Seal(base::AsBytes(text), key, base::AsBytes(context)),
          .at = at};
}

std::optional<StoredAnswers> OpenAnswers(const SealedAccess& access, const std::string& release_id,
                                         const std::string& reservation_id) {
  std::optional<store::SealedAnswers> stored;
  access.store.Read(
      [&](const store::Reader& reader) { stored = reader.FindAnswers(reservation_id); });
  if (!stored) return std::nullopt;
  const std::string id = store::AnswersKeyId(reservation_id);
  const auto wrapped = access.keys.Find(id);
  if (!wrapped) {
    throw base::ProblemError("answers-key-missing", "",
                             "The key of the sealed answers is not in the key store. Was the key "
                             "store restored from an older copy than the data?");
  }
  const std::string context = store::AnswersContext(release_id, reservation_id);
  const SecretBytes key = access.root.Unwrap(*wrapped, base::AsBytes(id));
  SecretBytes text = crypto::seal::Unseal(stored->sealed, key, base::AsBytes(context));
  if (DigestOf(key, text.view()) != stored->digest) {
    throw base::ProblemError("unseal-failed", "",
                             "The digest of the sealed answers does not belong to them; check the "
                             "store.");
  }
  return StoredAnswers{.text = std::move(text), .at = stored->at};
}

}  // namespace polder::server::jobs
