// Tokens: what the key holder and the client do for each, beside one multiplication of a point by
// the library (what `openssl speed ecdhp256` measures).
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "crypto/oprf/group.h"
#include "crypto/oprf/hash_to_curve.h"
#include "crypto/oprf/oprf.h"
#include "tests/bench/counters.h"

namespace polder {
namespace {

using namespace crypto::oprf;  // NOLINT: one room, one file

constexpr size_t kBatch = 1000;

// As the client frames a citizen number: a label, a zero and nine digits.
std::vector<std::string> Identifiers() {
  std::vector<std::string> identifiers;
  for (size_t i = 0; i < kBatch; ++i) {
    identifiers.push_back(std::string("NL-BSN\0", 7) + std::to_string(100000000 + i));
  }
  return identifiers;
}

std::vector<base::ByteView> Views(const std::vector<std::string>& texts) {
  std::vector<base::ByteView> views;
  for (const std::string& text : texts) views.push_back(base::AsBytes(text));
  return views;
}

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

void PlainEcdhP256(benchmark::State& state) {
  const std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>> mine(EVP_EC_gen("P-256"));
  const std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>> theirs(EVP_EC_gen("P-256"));
  const std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>> context(
      EVP_PKEY_CTX_new(mine.get(), nullptr));
  EVP_PKEY_derive_init(context.get());
  EVP_PKEY_derive_set_peer(context.get(), theirs.get());
  for ([[maybe_unused]] auto run : state) {
    std::array<uint8_t, 32> secret;
    size_t size = secret.size();
    EVP_PKEY_derive(context.get(), secret.data(), &size);
    benchmark::DoNotOptimize(secret);
  }
  bench::PerItem(state, 1);
}
BENCHMARK(PlainEcdhP256);

void PlainDecompress(benchmark::State& state) {
  const std::unique_ptr<EC_GROUP, Free<EC_GROUP_free>> group(
      EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const std::unique_ptr<EC_POINT, Free<EC_POINT_free>> point(EC_POINT_new(group.get()));
  const Element element = OprfKey::Generate().public_key();
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(
        EC_POINT_oct2point(group.get(), point.get(), element.data(), element.size(), nullptr));
  }
  bench::PerItem(state, 1);
}
BENCHMARK(PlainDecompress);

void DecodeElement(benchmark::State& state) {
  const Element element = OprfKey::Generate().public_key();
  for ([[maybe_unused]] auto run : state) benchmark::DoNotOptimize(Decode(element));
  bench::PerItem(state, 1);
}
BENCHMARK(DecodeElement);

void HashToCurveBatch(benchmark::State& state) {
  const std::vector<std::string> identifiers = Identifiers();
  const std::vector<base::ByteView> views = Views(identifiers);
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(HashToCurve(views, "HashToGroup-benchmark"));
  }
  bench::PerItem(state, kBatch);
}
BENCHMARK(HashToCurveBatch);

void HolderEvaluateAndProve(benchmark::State& state) {
  const OprfKey key = OprfKey::Generate();
  const std::vector<std::string> identifiers = Identifiers();
  const Blinding blinding(Views(identifiers));
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(BlindEvaluate(key, blinding.elements()));
  }
  bench::PerItem(state, kBatch);
}
BENCHMARK(HolderEvaluateAndProve);

void HolderEvaluateUnproven(benchmark::State& state) {
  const OprfKey key = OprfKey::Generate();
  const std::vector<std::string> identifiers = Identifiers();
  const Blinding blinding(Views(identifiers));
  for ([[maybe_unused]] auto run : state) {
    benchmark::DoNotOptimize(BlindEvaluateUnproven(key, blinding.elements()));
  }
  bench::PerItem(state, kBatch);
}
BENCHMARK(HolderEvaluateUnproven);

void ClientBlind(benchmark::State& state) {
  const std::vector<std::string> identifiers = Identifiers();
  const std::vector<base::ByteView> views = Views(identifiers);
  for ([[maybe_unused]] auto run : state) benchmark::DoNotOptimize(Blinding(views).elements());
  bench::PerItem(state, kBatch);
}
BENCHMARK(ClientBlind);

void ClientVerifyAndFinalizeTwoHolders(benchmark::State& state) {
  const OprfKey first = OprfKey::Generate(), second = OprfKey::Generate();
  const std::vector<std::string> identifiers = Identifiers();
  const Blinding blinding(Views(identifiers));
  const std::vector<Holder> holders = {
      {first.public_key(), BlindEvaluate(first, blinding.elements())},
      {second.public_key(), BlindEvaluate(second, blinding.elements())}};
  for ([[maybe_unused]] auto run : state) benchmark::DoNotOptimize(blinding.Finalize(holders));
  bench::PerItem(state, kBatch);
}
BENCHMARK(ClientVerifyAndFinalizeTwoHolders);

// The whole client without the network: blind, then verify and finalise the answers of two holders.
// The holders' own time is not counted.
void ClientWholeTwoHolders(benchmark::State& state) {
  const OprfKey first = OprfKey::Generate(), second = OprfKey::Generate();
  const std::vector<std::string> identifiers = Identifiers();
  const std::vector<base::ByteView> views = Views(identifiers);
  for ([[maybe_unused]] auto run : state) {
    const Blinding blinding(views);
    state.PauseTiming();
    const std::vector<Holder> holders = {
        {first.public_key(), BlindEvaluate(first, blinding.elements())},
        {second.public_key(), BlindEvaluate(second, blinding.elements())}};
    state.ResumeTiming();
    benchmark::DoNotOptimize(blinding.Finalize(holders));
  }
  bench::PerItem(state, kBatch);
}
BENCHMARK(ClientWholeTwoHolders);

}  // namespace
}  // namespace polder
