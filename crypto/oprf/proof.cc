#include "crypto/oprf/proof.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "crypto/digest/declassify.h"
#include "crypto/digest/digest.h"
#include "crypto/oprf/hash_to_curve.h"

namespace polder::crypto::oprf {
namespace {

std::array<uint8_t, 2> Be16(size_t value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

constexpr std::array<uint8_t, 2> kElementSize = {0, kElementBytes};

// The batch's weights: nobody can know them before all its elements are fixed.
std::vector<Scalar> Weights(const Element& public_key, const Batch& batch) {
  const std::string seed_label = Label("Seed-", Mode::kVoprf);
  const digest::Digest seed = digest::Hasher()
                                  .Update(kElementSize)
                                  .Update(public_key)
                                  .Update(Be16(seed_label.size()))
                                  .Update(base::AsBytes(seed_label))
                                  .Finish();
  const std::string label = Label("HashToScalar-", Mode::kVoprf);
  std::array<uint8_t, 2 + 32 + 2 + 2 + kElementBytes + 2 + kElementBytes + 9> transcript;
  const auto put = [&](size_t at, base::ByteView bytes) {
    std::copy(bytes.begin(), bytes.end(), transcript.begin() + static_cast<ptrdiff_t>(at));
  };
  put(0, Be16(seed.size()));
  put(2, seed);
  put(36, kElementSize);
  put(38 + kElementBytes, kElementSize);
  put(40 + 2 * kElementBytes, base::AsBytes("Composite"));
  std::vector<Scalar> weights;
  weights.reserve(batch.blinded.size());
  const base::ByteView view(transcript);
  for (size_t i = 0; i < batch.blinded.size(); ++i) {
    put(34, Be16(i));
    put(38, batch.blinded[i]);
    put(40 + kElementBytes, batch.evaluated[i]);
    weights.push_back(HashToScalar({&view, 1}, label));
  }
  return weights;
}

using Terms = std::array<Element, 4>;  // m, z, t2, t3

// The terms travel or can be computed from what does.
Scalar Challenge(const Element& public_key, const Terms& terms) {
  base::Bytes transcript;
  const auto add = [&](const Element& element) {
    transcript.insert(transcript.end(), kElementSize.begin(), kElementSize.end());
    transcript.insert(transcript.end(), element.begin(), element.end());
  };
  add(public_key);
  for (const Element& term : terms) add(term);
  const base::ByteView end = base::AsBytes("Challenge");
  transcript.insert(transcript.end(), end.begin(), end.end());
  const base::ByteView view(transcript);
  return HashToScalar({&view, 1}, Label("HashToScalar-", Mode::kVoprf));
}

}  // namespace

std::string Label(std::string_view prefix, Mode mode) {
  std::string label(prefix);
  label += "OPRFV1-";
  label += static_cast<char>(mode);
  return label + "-P256-SHA256";
}

Proof Prove(const SecretScalar& key, const Element& public_key, const Batch& batch,
            const SecretScalar& nonce) {
  // Not the identity: the weights come from a hash of everything that is weighed.
  const Affine m =
      SumOfProducts(Weights(public_key, batch), batch.blinded_points).ToAffine().value();
  const Point point(m);
  const Terms terms = {Encode(m), Encode(Multiply(point, key).value()),
                       Encode(MultiplyBase(nonce).value()), Encode(Multiply(point, nonce).value())};
  const Scalar c = Challenge(public_key, digest::Declassified(terms));
  Proof proof;
  c.ToBytes(std::span(proof).first<32>());
  (nonce.value() - c * key.value()).ToBytes(std::span(proof).last<32>());
  return digest::Declassified(proof);
}

bool Verify(const Element& public_key, const Batch& batch, const Proof& proof) {
  const std::optional<Affine> key = Decode(public_key);
  const std::span<const uint8_t, 64> bytes(proof);
  if (!key || !Scalar::IsCanonical(bytes.first<32>()) || !Scalar::IsCanonical(bytes.last<32>())) {
    return false;
  }
  const Scalar c = Scalar::FromBytes(bytes.first<32>());
  const Scalar s = Scalar::FromBytes(bytes.last<32>());
  const std::vector<Scalar> weights = Weights(public_key, batch);
  const std::optional<Affine> m = SumOfProducts(weights, batch.blinded_points).ToAffine();
  const std::optional<Affine> z = SumOfProducts(weights, batch.evaluated_points).ToAffine();
  if (!m || !z) return false;
  const std::array<Scalar, 2> factors = {s, c};
  const std::array<Affine, 2> points = {*m, *z};
  const std::optional<Element> t2 = BaseAndPoint(s, Point(*key), c).ToElement();
  const std::optional<Element> t3 = SumOfProducts(factors, points).ToElement();
  if (!t2 || !t3) return false;
  return MaskIfEqual(c, Challenge(public_key, {Encode(*m), Encode(*z), *t2, *t3})) != 0;
}

}  // namespace polder::crypto::oprf
