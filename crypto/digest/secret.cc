#include "crypto/digest/secret.h"

#include <cstring>
#include <new>
#include <utility>

#include <openssl/crypto.h>

#include "crypto/digest/declassify.h"

namespace polder::crypto::digest {

void SecureWipe(std::span<uint8_t> memory) {
  if (!memory.empty()) OPENSSL_cleanse(memory.data(), memory.size());
}

void SecureWipe(std::string& text) {
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

void SecureWipe(base::Bytes& bytes) {
  bytes.resize(bytes.capacity());
  if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
  bytes.clear();
}

bool ConstantTimeEqual(base::ByteView a, base::ByteView b) {
  if (a.size() != b.size()) return false;
  return a.empty() || Declassified(CRYPTO_memcmp(a.data(), b.data(), a.size())) == 0;
}

SecretBytes::SecretBytes(size_t size) : size_(size), capacity_(size) {
  if (size == 0) return;
  data_ = static_cast<uint8_t*>(OPENSSL_zalloc(size));
  if (data_ == nullptr) throw std::bad_alloc();
}

SecretBytes SecretBytes::CopyOf(base::ByteView bytes) {
  SecretBytes copy(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.data_, bytes.data(), bytes.size());
  return copy;
}

SecretBytes SecretBytes::CopyOf(std::string_view text) { return CopyOf(base::AsBytes(text)); }

SecretBytes SecretBytes::Taking(base::Bytes&& bytes) {
  SecretBytes taken = CopyOf(base::ByteView(bytes));
  SecureWipe(bytes);
  return taken;
}

SecretBytes::~SecretBytes() { Clear(); }

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    Clear();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
  }
  return *this;
}

void SecretBytes::Shrink(size_t size) {
  if (size >= size_) return;
  OPENSSL_cleanse(data_ + size, size_ - size);
  size_ = size;
}

void SecretBytes::Clear() noexcept {
  OPENSSL_clear_free(data_, capacity_);
  data_ = nullptr;
  size_ = 0;
  capacity_ = 0;
}

}  // namespace polder::crypto::digest
