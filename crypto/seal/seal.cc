#include "crypto/seal/seal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/digest/algorithms.h"
#include "crypto/digest/digest.h"
#include "crypto/digest/failure.h"
#include "crypto/random/random.h"
#include "policies/base/problem.h"

namespace polder::crypto::seal {
namespace {

constexpr size_t kSalt = 24;
constexpr size_t kCommitment = 32;
constexpr size_t kNonce = 12;
constexpr size_t kTag = 16;
constexpr size_t kChunk = 16384;
constexpr size_t kSmallestPadded = size_t{64} << 10;
constexpr std::string_view kLabel{"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0", 48};

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

[[noreturn]] void ThrowUnsealFailed() {
  ERR_clear_error();
  throw base::ProblemError("unseal-failed", "",
                           "What was sealed cannot be opened: it was changed or cut short, or "
                           "belongs to another key or place.");
}

void RequireKey(const digest::SecretBytes& key) {
  if (key.size() == kKeyBytes) return;
  throw base::ProblemError("seal-key", "", "A sealing key has 32 bytes; make a new one.");
}

// What is derived for one message, and the cipher that uses it chunk by chunk.
class Message {
 public:
  Message(base::ByteView salt, const digest::SecretBytes& key, base::ByteView context,
          bool sealing) {
    base::Bytes info = base::ToBytes(kLabel);
    info.insert(info.end(), salt.begin(), salt.end());
    info.insert(info.end(), context.begin(), context.end());
    derived_ = digest::HkdfExpandSha512(key.view(), info, kKeyBytes + kNonce + kCommitment);
    context_.reset(EVP_CIPHER_CTX_new());
    if (!context_) digest::ThrowCryptoFailure("AES-256-GCM");
    // The key schedule is made once; each chunk sets its nonce only.
    digest::Require(EVP_CipherInit_ex2(context_.get(), digest::FetchedAes256Gcm(),
                                       derived_.view().data(), nullptr, sealing ? 1 : 0, nullptr),
                    "AES-256-GCM");
  }

  base::ByteView commitment() const { return derived_.view().last(kCommitment); }

  // Writes plain.size() + kTag bytes.
  void SealChunk(uint64_t number, base::ByteView plain, uint8_t* out) {
    Begin(number, 1);
    Update(plain.data(), plain.size(), out);
    int rest = 0;
    digest::Require(EVP_CipherFinal_ex(context_.get(), out + plain.size(), &rest), "AES-256-GCM");
    digest::Require(
        EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kTag, out + plain.size()),
        "AES-256-GCM");
  }

  // `sealed` has at least kTag bytes. Writes sealed.size() - kTag bytes; false when it does not
  // verify.
  bool OpenChunk(uint64_t number, base::ByteView sealed, uint8_t* out) {
    Begin(number, 0);
    const base::ByteView body = sealed.first(sealed.size() - kTag);
    std::array<uint8_t, kTag> tag;
    std::copy_n(sealed.end() - kTag, kTag, tag.begin());
    Update(body.data(), body.size(), out);
    digest::Require(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()),
                    "AES-256-GCM");
    uint8_t nothing[kTag];
    int rest = 0;
    return EVP_CipherFinal_ex(context_.get(), nothing, &rest) == 1;
  }

 private:
  void Begin(uint64_t number, int sealing) {
    std::array<uint8_t, kNonce> nonce;
    std::copy_n(derived_.view().begin() + kKeyBytes, kNonce, nonce.begin());
    for (size_t i = 0; i < 8; ++i) {
      nonce[kNonce - 1 - i] ^= static_cast<uint8_t>(number >> (8 * i));
    }
    digest::Require(
        EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, nonce.data(), sealing, nullptr),
        "AES-256-GCM");
  }

  void Update(const uint8_t* in, size_t size, uint8_t* out) {
    int written = 0;
    if (size == 0) return;
    digest::Require(EVP_CipherUpdate(context_.get(), out, &written, in, static_cast<int>(size)),
                    "AES-256-GCM");
    if (static_cast<size_t>(written) != size) digest::ThrowCryptoFailure("AES-256-GCM");
  }

  digest::SecretBytes derived_;  // key || base nonce || commitment
  std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context_;
};

}  // namespace

base::Bytes Context(std::initializer_list<std::string_view> parts) {
  base::Bytes context;
  for (const std::string_view part : parts) base::AppendFramed(context, base::AsBytes(part));
  return context;
}

size_t SealedSize(size_t size) { return kSalt + kCommitment + size + (size / kChunk + 1) * kTag; }

size_t PaddedSize(size_t size) { return std::max(kSmallestPadded, std::bit_ceil(size)); }

std::string_view WithoutPadding(std::string_view text) {
  return text.substr(0, text.find_last_not_of('\0') + 1);
}

base::Bytes Seal(base::ByteView plaintext, const digest::SecretBytes& key, base::ByteView context) {
  RequireKey(key);
  base::Bytes sealed = random::RandomBytes(kSalt);
  Message message(sealed, key, context, true);
  sealed.reserve(SealedSize(plaintext.size()));
  sealed.insert(sealed.end(), message.commitment().begin(), message.commitment().end());
  sealed.resize(SealedSize(plaintext.size()));
  uint8_t* out = sealed.data() + kSalt + kCommitment;
  uint64_t number = 0;
  // The last chunk is always short, perhaps empty: that is how the end is known.
  for (bool last = false; !last; ++number) {
    const base::ByteView chunk = plaintext.first(std::min(kChunk, plaintext.size()));
    message.SealChunk(number, chunk, out);
    out += chunk.size() + kTag;
    plaintext = plaintext.subspan(chunk.size());
    last = chunk.size() < kChunk;
  }
  return sealed;
}

digest::SecretBytes Unseal(base::ByteView sealed, const digest::SecretBytes& key,
                           base::ByteView context) {
  RequireKey(key);
  if (sealed.size() < kSalt + kCommitment + kTag) ThrowUnsealFailed();
  Message message(sealed.first(kSalt), key, context, false);
  if (!digest::ConstantTimeEqual(message.commitment(), sealed.subspan(kSalt, kCommitment))) {
    ThrowUnsealFailed();
  }
  sealed = sealed.subspan(kSalt + kCommitment);
  const size_t last = sealed.size() % (kChunk + kTag);
  if (last < kTag) ThrowUnsealFailed();
  digest::SecretBytes plaintext(sealed.size() / (kChunk + kTag) * kChunk + last - kTag);
  uint8_t* out = plaintext.writable().data();
  for (uint64_t number = 0; !sealed.empty(); ++number) {
    const base::ByteView chunk = sealed.first(std::min(kChunk + kTag, sealed.size()));
    if (!message.OpenChunk(number, chunk, out)) ThrowUnsealFailed();
    if (out != nullptr) out += chunk.size() - kTag;
    sealed = sealed.subspan(chunk.size());
  }
  return plaintext;
}

}  // namespace polder::crypto::seal
