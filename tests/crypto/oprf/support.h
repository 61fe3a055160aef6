// Short ways to elements, keys and inputs.
#ifndef POLDER_TESTS_CRYPTO_OPRF_SUPPORT_H_
#define POLDER_TESTS_CRYPTO_OPRF_SUPPORT_H_

#include <algorithm>
#include <string>
#include <vector>

#include "crypto/oprf/oprf.h"

namespace polder::crypto::oprf {

inline Element ElementOf(const std::string& hex) {
  const base::Bytes bytes = base::FromHex(hex).value();
  Element element{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), element.size()), element.begin());
  return element;
}

inline OprfKey KeyOf(const std::string& hex) {
  return OprfKey::FromBytes(digest::SecretBytes::Taking(base::FromHex(hex).value()));
}

inline std::vector<base::ByteView> ViewsOf(const std::vector<std::string>& texts) {
  std::vector<base::ByteView> views;
  for (const std::string& text : texts) views.push_back(base::AsBytes(text));
  return views;
}

inline Holder Answer(const OprfKey& key, const Blinding& blinding) {
  return {key.public_key(), BlindEvaluate(key, blinding.elements())};
}

}  // namespace polder::crypto::oprf

#endif  // POLDER_TESTS_CRYPTO_OPRF_SUPPORT_H_
