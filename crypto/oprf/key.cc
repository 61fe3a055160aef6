#include <array>
#include <utility>

#include "crypto/digest/declassify.h"
#include "crypto/oprf/group.h"
#include "crypto/oprf/hash_to_curve.h"
#include "crypto/oprf/oprf.h"
#include "crypto/oprf/proof.h"
#include "policies/base/problem.h"

namespace polder::crypto::oprf {

OprfKey::OprfKey(digest::SecretBytes secret)
    : secret_(std::move(secret)),
      public_key_(digest::Declassified(Encode(MultiplyBase(SecretScalar(secret_)).value()))) {}

OprfKey OprfKey::Generate() { return OprfKey(RandomScalars(1)); }

OprfKey OprfKey::Derive(base::ByteView seed, base::ByteView info, Mode mode) {
  if (seed.size() != 32 || info.size() > 65535) {
    throw base::ProblemError("oprf-seed", "",
                             "A key is derived from a seed of 32 bytes and at most 65535 bytes of "
                             "information; give these.");
  }
  const std::string label = Label("DeriveKeyPair", mode);
  const std::array<uint8_t, 2> size = {static_cast<uint8_t>(info.size() >> 8),
                                       static_cast<uint8_t>(info.size())};
  for (unsigned counter = 0; counter < 256; ++counter) {
    const std::array<uint8_t, 1> last = {static_cast<uint8_t>(counter)};
    const std::array<base::ByteView, 4> parts = {seed, size, info, last};
    const SecretScalar scalar(HashToScalar(parts, label));
    if (digest::Declassified(scalar.value().MaskIfZero()) != 0) continue;
    digest::SecretBytes bytes(kScalarBytes);
    scalar.value().ToBytes(bytes.writable().first<kScalarBytes>());
    return OprfKey(std::move(bytes));
  }
  throw base::ProblemError("oprf-seed", "", "No key follows from this seed; draw another.");
}

OprfKey OprfKey::FromBytes(digest::SecretBytes bytes) {
  const auto is_scalar = [&] {
    const auto view = bytes.view().first<kScalarBytes>();
    return digest::Declassified(Scalar::IsCanonical(view)) &&
           digest::Declassified(SecretScalar(bytes).value().MaskIfZero()) == 0;
  };
  if (bytes.size() != kScalarBytes || !is_scalar()) {
    throw base::ProblemError("oprf-key", "",
                             "This is no key of a token domain: 32 bytes, a number from 1 to the "
                             "order of P-256. Restore the key from its backup.");
  }
  return OprfKey(std::move(bytes));
}

digest::SecretBytes OprfKey::ToBytes() const { return digest::SecretBytes::CopyOf(secret_.view()); }

}  // namespace polder::crypto::oprf
