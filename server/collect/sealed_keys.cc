#include "server/collect/sealed_keys.h"

#include "crypto/seal/wrap.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"
#include "server/store/records.h"

namespace polder::server::collect {

using crypto::digest::SecretBytes;

// Whoever comes first makes it; the others' keys never sealed anything.
SecretBytes SealedKeys::YearKey(const std::string& id, base::Instant at) {
  auto wrapped = keys_.Find(id);
  if (!wrapped) {
    const auto made = crypto::seal::NewWrappedKey(root_, base::AsBytes(id));
    wrapped = keys_.PutIfAbsent(id, made.wrapped, at);
  }
  return root_.Unwrap(*wrapped, base::AsBytes(id));
}

DeliveryKey SealedKeys::MakeDeliveryKey(const std::string& municipality, const base::Year& year,
                                        const std::string& envelope_digest, base::Instant at) {
  const SecretBytes year_key = YearKey(store::YearKeyId(municipality, year), at);
  DeliveryKey made;
  made.id = store::DeliveryKeyId(municipality, envelope_digest);
  auto wrapped = keys_.Find(made.id);
  if (!wrapped) {
    const auto fresh = crypto::seal::NewWrappedKey(year_key, base::AsBytes(made.id));
    wrapped = keys_.PutIfAbsent(made.id, fresh.wrapped, at);
  }
  made.key = crypto::seal::UnwrapKey(*wrapped, year_key, base::AsBytes(made.id));
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
  const SecretBytes year_key = root_.Unwrap(*wrapped_year, base::AsBytes(year_id));
  return crypto::seal::UnwrapKey(*wrapped, year_key, base::AsBytes(id));
}

}  // namespace polder::server::collect
