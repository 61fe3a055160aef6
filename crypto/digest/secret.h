// Bytes that must not outlive their use: keys, seeds, opened deliveries.
#ifndef POLDER_CRYPTO_DIGEST_SECRET_H_
#define POLDER_CRYPTO_DIGEST_SECRET_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "policies/base/bytes.h"

namespace polder::crypto::digest {

// Overwrites memory in a way that the compiler may not drop.
void SecureWipe(std::span<uint8_t> memory);
void SecureWipe(std::string& text);  // the whole capacity, then empties it
void SecureWipe(base::Bytes& bytes);

// True when equal. Takes the same time for all contents of one length; a difference in length
// shows.
bool ConstantTimeEqual(base::ByteView a, base::ByteView b);

// A fixed number of bytes, wiped when it dies or is moved over.
// Privacy: move-only, no comparison (see ConstantTimeEqual), no stream output, no conversion to
// text other than the views, which must not be stored. A moved-from SecretBytes is empty.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(size_t size);  // zeros
  static SecretBytes CopyOf(base::ByteView bytes);
  static SecretBytes CopyOf(std::string_view text);
  // Takes the bytes and wipes where they were.
  static SecretBytes Taking(base::Bytes&& bytes);
  ~SecretBytes();
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;

  base::ByteView view() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  std::span<uint8_t> writable() { return {data_, size_}; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Keeps the first `size` bytes and wipes the rest. Does nothing when there are no more than that.
  void Shrink(size_t size);

 private:
  void Clear() noexcept;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace polder::crypto::digest

#endif  // POLDER_CRYPTO_DIGEST_SECRET_H_
