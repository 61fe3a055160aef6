#include "crypto/keys/memory_bio.h"

#include <limits>

#include <openssl/bio.h>

#include "crypto/digest/failure.h"

namespace polder::crypto::keys {
namespace {

BioHandle Checked(BIO* bio) {
  if (bio == nullptr) digest::ThrowCryptoFailure("memory");
  return BioHandle(bio);
}

}  // namespace

void FreeBio::operator()(bio_st* bio) const { BIO_free_all(bio); }

BioHandle ReadingBio(std::string_view text) {
  if (text.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    digest::ThrowCryptoFailure("memory");
  }
  return Checked(BIO_new_mem_buf(text.empty() ? "" : text.data(), static_cast<int>(text.size())));
}

BioHandle WritingBio() { return Checked(BIO_new(BIO_s_mem())); }
BioHandle SecretWritingBio() { return Checked(BIO_new(BIO_s_secmem())); }

std::string_view Written(bio_st* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string_view(data, static_cast<size_t>(size)) : std::string_view();
}

}  // namespace polder::crypto::keys
