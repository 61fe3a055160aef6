#include "crypto/random/keystream.h"

#include <array>
#include <cstdint>

#include <openssl/evp.h>

#include "crypto/digest/algorithms.h"
#include "crypto/digest/digest.h"
#include "crypto/digest/failure.h"
#include "crypto/random/seed.h"
#include "policies/base/problem.h"

namespace polder::crypto::random {
namespace {

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

digest::SecretBytes Framed(std::span<const digest::SecretBytes> seeds) {
  if (seeds.empty()) {
    throw base::ProblemError("seed-missing", "", "The noise needs at least one revealed seed.");
  }
  base::Bytes framed;
  size_t size = 0;
  for (const digest::SecretBytes& seed : seeds) size += 8 + seed.size();
  framed.reserve(size);  // so that no copy of a seed stays behind in memory given back
  for (const digest::SecretBytes& seed : seeds) {
    if (seed.size() < kMinSeedBytes) {
      throw base::ProblemError("seed-too-short", "",
                               "A seed needs at least 32 random bytes; draw a new one.");
    }
    base::AppendFramed(framed, seed.view());
  }
  return digest::SecretBytes::Taking(std::move(framed));
}

void PutBe64(uint8_t* out, uint64_t value) {
  for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<uint8_t>(value);
}

// Counter mode is the block cipher applied to the counters. Doing that directly spares setting an
// initial counter per block of 64 bytes, and is bit for bit the same.
class CounterLane : public base::RandomLane {
 public:
  explicit CounterLane(const digest::SecretBytes& key) : context_(EVP_CIPHER_CTX_new()) {
    if (!context_) digest::ThrowCryptoFailure("AES-256-CTR");
    digest::Require(EVP_EncryptInit_ex2(context_.get(), digest::FetchedAes256Ecb(),
                                        key.view().data(), nullptr, nullptr),
                    "AES-256-CTR");
    digest::Require(EVP_CIPHER_CTX_set_padding(context_.get(), 0), "AES-256-CTR");
  }

  void Block(uint64_t position, uint64_t block, base::RandomBlock& out) override {
    if (block >> 62 != 0) {
      throw base::ProblemError("keystream-exhausted", "",
                               "One position holds 2^62 blocks; the drawing does not end.");
    }
    std::array<uint8_t, sizeof(base::RandomBlock)> counters;
    for (size_t i = 0; i < 4; ++i) {
      PutBe64(&counters[16 * i], position);
      PutBe64(&counters[16 * i + 8], 4 * block + i);
    }
    int written = 0;
    digest::Require(EVP_EncryptUpdate(context_.get(), out.data(), &written, counters.data(),
                                      static_cast<int>(counters.size())),
                    "AES-256-CTR");
    if (written != static_cast<int>(out.size())) digest::ThrowCryptoFailure("AES-256-CTR");
  }

 private:
  std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context_;
};

}  // namespace

Keystream::Keystream(std::span<const digest::SecretBytes> seeds, base::ByteView salt)
    : extracted_(digest::HkdfExtractSha256(Framed(seeds).view(), salt)) {}

std::unique_ptr<base::RandomLane> Keystream::Open(std::string_view info) const {
  return std::make_unique<CounterLane>(
      digest::HkdfExpandSha256(extracted_.view(), base::AsBytes(info), 32));
}

}  // namespace polder::crypto::random
