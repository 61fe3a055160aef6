// Where secrets become public on purpose: "equal or not", "opened or not", an output.
//
// The check in tests/side_channels lets valgrind watch every branch and address that depends on a
// secret. It is told here, and only here, what everybody may know. In a program this does nothing.
#ifndef POLDER_CRYPTO_DIGEST_DECLASSIFY_H_
#define POLDER_CRYPTO_DIGEST_DECLASSIFY_H_

#ifdef POLDER_SIDE_CHANNEL_CHECK
#include <valgrind/memcheck.h>
#endif

namespace polder::crypto::digest {

// `value`, for all to know.
template <typename T>
constexpr T Declassified(T value) {
#ifdef POLDER_SIDE_CHANNEL_CHECK
  VALGRIND_MAKE_MEM_DEFINED(&value, sizeof value);
#endif
  return value;
}

}  // namespace polder::crypto::digest

#endif  // POLDER_CRYPTO_DIGEST_DECLASSIFY_H_
