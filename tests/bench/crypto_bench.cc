// Tokens beside the one keyed hash that they cannot do without, sealing beside the bare cipher.
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "crypto/digest/digest.h"
#include "crypto/log/merkle.h"
#include "crypto/log/tree_hasher.h"
#include "crypto/seal/seal.h"
#include "crypto/token/token.h"
#include "tests/bench/counters.h"

namespace polder {
namespace {

using crypto::digest::SecretBytes;

SecretBytes Key() { return SecretBytes::CopyOf("a key of 32 bytes for benchmarks"); }
const crypto::token::TokenDomain kDomain{"RMC10", "absence", "2022SJ"};

// The message of a re-keyed token: label, length, token.
constexpr size_t kMessage = 25 + 8 + 32;

void PlainHmac(benchmark::State& state) {
  const SecretBytes key = Key();
  std::array<uint8_t, kMessage> message{};
  for ([[maybe_unused]] auto run : state) {
    std::array<uint8_t, 32> out;
    unsigned size = 0;
    HMAC(EVP_sha256(), key.view().data(), 32, message.data(), message.size(), out.data(), &size);
    message[kMessage - 1] = out[0];
    benchmark::DoNotOptimize(out);
  }
  bench::PerItem(state, 1);
}
BENCHMARK(PlainHmac);

// SHA-256 of as many blocks as an HMAC with its key prepared: what no HMAC can be faster than.
void PlainSha256OfThreeBlocks(benchmark::State& state) {
  std::array<uint8_t, 3 * 64 - 9> message{};
  const auto free = [](EVP_MD_CTX* context) { EVP_MD_CTX_free(context); };
  const std::unique_ptr<EVP_MD_CTX, decltype(free)> context(EVP_MD_CTX_new(), free);
  const EVP_MD* sha256 = EVP_sha256();
  for ([[maybe_unused]] auto run : state) {
    std::array<uint8_t, 32> out;
    EVP_DigestInit_ex(context.get(), sha256, nullptr);
    EVP_DigestUpdate(context.get(), message.data(), message.size());
    EVP_DigestFinal_ex(context.get(), out.data(), nullptr);
    message[0] = out[0];
    benchmark::DoNotOptimize(out);
  }
  bench::PerItem(state, 1);
}
BENCHMARK(PlainSha256OfThreeBlocks);

void ReKey(benchmark::State& state) {
  const crypto::token::ReKeyer rekeyer(Key(), kDomain);
  crypto::token::Token token{};
  for ([[maybe_unused]] auto run : state) {
    token = rekeyer.ReKey(token);
    benchmark::DoNotOptimize(token);
  }
  bench::PerItem(state, 1);
}
BENCHMARK(ReKey);

void PlainAesGcm(benchmark::State& state) {
  const base::Bytes plain(static_cast<size_t>(state.range(0)), 'x');
  base::Bytes out(plain.size() + 16);
  const SecretBytes key = Key();
  const auto free = [](EVP_CIPHER_CTX* context) { EVP_CIPHER_CTX_free(context); };
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(free)> context(EVP_CIPHER_CTX_new(), free);
  const std::array<uint8_t, 12> nonce{};
  EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.view().data(), nonce.data());
  for ([[maybe_unused]] auto run : state) {
    int size = 0;
    EVP_EncryptInit_ex(context.get(), nullptr, nullptr, nullptr, nonce.data());
    EVP_EncryptUpdate(context.get(), out.data(), &size, plain.data(),
                      static_cast<int>(plain.size()));
    EVP_EncryptFinal_ex(context.get(), out.data() + size, &size);
    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, out.data() + plain.size());
    benchmark::DoNotOptimize(out.data());
  }
  bench::PerByte(state, plain.size());
}
BENCHMARK(PlainAesGcm)->ArgName("bytes")->Arg(40 << 10)->Arg(4 << 20);

void Seal(benchmark::State& state) {
  const base::Bytes plain(static_cast<size_t>(state.range(0)), 'x');
  const SecretBytes key = Key();
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(crypto::seal::Seal(plain, key, {}));
  }
  bench::PerByte(state, plain.size());
}
BENCHMARK(Seal)->ArgName("bytes")->Arg(40 << 10)->Arg(4 << 20);

void Unseal(benchmark::State& state) {
  const base::Bytes plain(static_cast<size_t>(state.range(0)), 'x');
  const SecretBytes key = Key();
  const base::Bytes sealed = crypto::seal::Seal(plain, key, {});
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(crypto::seal::Unseal(sealed, key, {}));
  }
  bench::PerByte(state, plain.size());
}
BENCHMARK(Unseal)->ArgName("bytes")->Arg(40 << 10)->Arg(4 << 20);

// One node of the log's tree, with nothing around it.
void PlainSha256OfANode(benchmark::State& state) {
  std::array<uint8_t, 65> node{};
  const auto free = [](EVP_MD_CTX* context) { EVP_MD_CTX_free(context); };
  const std::unique_ptr<EVP_MD_CTX, decltype(free)> context(EVP_MD_CTX_new(), free);
  EVP_DigestInit_ex2(context.get(), EVP_sha256(), nullptr);
  for ([[maybe_unused]] auto run : state) {
    EVP_DigestInit_ex2(context.get(), nullptr, nullptr);
    EVP_DigestUpdate(context.get(), node.data(), node.size());
    EVP_DigestFinal_ex(context.get(), node.data(), nullptr);
    benchmark::DoNotOptimize(node);
  }
  bench::PerItem(state, 1);
}
BENCHMARK(PlainSha256OfANode);

// A log of 2^20 entries of 300 bytes: every leaf hashed, then the root. One leaf costs one node.
void RebuildLogFromEntries(benchmark::State& state) {
  constexpr size_t kLeaves = size_t{1} << 20;
  const base::Bytes entry(300, 'x');
  for ([[maybe_unused]] auto run : state) {
    std::vector<crypto::digest::Digest> leaves;
    leaves.reserve(kLeaves);
    for (size_t i = 0; i < kLeaves; ++i) leaves.push_back(crypto::log::LeafHash(entry));
    benchmark::DoNotOptimize(crypto::log::RootHash(leaves));
  }
  bench::PerItem(state, kLeaves);
}
BENCHMARK(RebuildLogFromEntries)->Unit(benchmark::kMillisecond);

// The same from stored leaf hashes, as the service does when it starts.
void RebuildTreeOfStoredLeaves(benchmark::State& state) {
  constexpr size_t kLeaves = size_t{1} << 20;
  const crypto::digest::Digest leaf{};
  for ([[maybe_unused]] auto run : state) {
    crypto::log::TreeHasher tree;
    for (size_t i = 0; i < kLeaves; ++i) tree.Append(leaf);
    benchmark::DoNotOptimize(tree.Root());
  }
  bench::PerItem(state, kLeaves);
}
BENCHMARK(RebuildTreeOfStoredLeaves)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace polder
