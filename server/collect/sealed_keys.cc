#include "server/collect/sealed_keys.h"

#include "crypto/seal/wrap.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"
#include "server/store/records.h"

namespace polder::server::collect {

using crypto::digest::SecretBytes;

SecretBytes SealedKeys::FindOrMake(const std::string& id, const SecretBytes& kek,
                                   base::Instant at) {
  auto wrapped = keys_.Find(id);
  if (!wrapped) {
    // Whoever comes first makes it; the others' keys never sealed anything.
    const auto made = crypto::seal::NewWrappedKey(kek, base::AsBytes(id));
    wrapped = keys_.PutIfAbsent(id, made.wrapped, at);
  }
  return crypto::seal::UnwrapKey(*wrapped, kek, base::AsBytes(id));
}

DeliveryKey SealedKeys::MakeDeliveryKey(const std::string& municipality, const base::Year& year,
                                        const std::string& envelope_digest, base::Instant at) {
  const SecretBytes year_key = FindOrMake(store::YearKeyId(municipality, year), root_, at);
  DeliveryKey made;
  made.id = store::DeliveryKeyId(municipality, envelope_digest);
  made.key = FindOrMake(made.id, year_key, at);
  return made;
}

SecretBytes SealedKeys::OpenDeliveryKey(const std::string& municipality, const base::Year& year,
                                        const std::string& id) const {
  const std::string year_id = store::YearKeyId(municipality, year);
  const auto wrapped_year = keys_.Find(year_id);
  const auto wrapped = keys_.Find(id);
  if (!wrapped_year || !wrapped) {
    throw base::ProblemError("not-found", "",
                             "The key of this delivery is not in the key store. Was the key store "
                             "restored from an older copy than the data?");
  }
  const SecretBytes year_key =
      crypto::seal::UnwrapKey(*wrapped_year, root_, base::AsBytes(year_id));
  return crypto::seal::UnwrapKey(*wrapped, year_key, base::AsBytes(id));
}

}  // namespace polder::server::collect
