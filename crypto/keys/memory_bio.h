// Text in and out of the library, for the rooms of crypto that hold its objects.
#ifndef POLDER_CRYPTO_KEYS_MEMORY_BIO_H_
#define POLDER_CRYPTO_KEYS_MEMORY_BIO_H_

#include <memory>
#include <string>
#include <string_view>

#include "crypto/digest/secret.h"

struct bio_st;

namespace polder::crypto::keys {

struct FreeBio {
  void operator()(bio_st* bio) const;
};
using BioHandle = std::unique_ptr<bio_st, FreeBio>;

// Reads from `text`, which must outlive it.
BioHandle ReadingBio(std::string_view text);
BioHandle WritingBio();
// Wipes its memory when it grows and when it dies.
BioHandle SecretWritingBio();
// What was written so far. The view lives until the next write.
std::string_view Written(bio_st* bio);

}  // namespace polder::crypto::keys

#endif  // POLDER_CRYPTO_KEYS_MEMORY_BIO_H_
