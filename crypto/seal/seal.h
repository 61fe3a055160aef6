// What is kept at rest: C2SP chunked-encryption with AES-256-GCM and SHA-512 ("Cobblestone-256").
//
// sealed = salt (24 random bytes) || commitment (32) || chunks. key || base nonce || commitment =
// HKDF-Expand-SHA512(input key, "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM" 0x00 || salt ||
// context). Chunks hold 16 KiB, the last one less, perhaps nothing; chunk i is encrypted under the
// base nonce xor i. Any change, truncation, reordering, other key or other context is refused.
// Source: c2sp.org/chunked-encryption.
#ifndef POLDER_CRYPTO_SEAL_SEAL_H_
#define POLDER_CRYPTO_SEAL_SEAL_H_

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "crypto/digest/secret.h"
#include "policies/base/bytes.h"

namespace polder::crypto::seal {

inline constexpr size_t kKeyBytes = 32;

// Joins parts without ambiguity: be64 length, bytes, of each. What a sealed thing is and whose.
base::Bytes Context(std::initializer_list<std::string_view> parts);

// A fresh salt at every call. Throws ProblemError "seal-key" unless the key has 32 bytes.
// Thread-safe.
base::Bytes Seal(base::ByteView plaintext, const digest::SecretBytes& key, base::ByteView context);
// Throws ProblemError "unseal-failed", one text whatever the cause. Nothing is returned unless all
// chunks verify.
digest::SecretBytes Unseal(base::ByteView sealed, const digest::SecretBytes& key,
                           base::ByteView context);
// The size of a sealed plaintext of `size` bytes.
size_t SealedSize(size_t size);

// Sealing hides everything but the size, and the size of a list of lines tells how many there are.
// Text that pupils' lines make up is therefore filled with zero bytes to one of few sizes: 64 KiB
// times a power of two.
size_t PaddedSize(size_t size);
// The text without the zero bytes at its end; text that was never filled is returned whole.
std::string_view WithoutPadding(std::string_view text);

}  // namespace polder::crypto::seal

#endif  // POLDER_CRYPTO_SEAL_SEAL_H_
