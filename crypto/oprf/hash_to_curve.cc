#include "crypto/oprf/hash_to_curve.h"

#include <algorithm>
#include <array>

#include "crypto/digest/declassify.h"
#include "crypto/digest/digest.h"
#include "crypto/oprf/map_to_curve.h"

namespace polder::crypto::oprf {
namespace {

using digest::Digest;

constexpr size_t kBlock = 64;  // of SHA-256
constexpr size_t kWide = 48;   // bytes for one field element or scalar

template <typename T>
void Wipe(std::vector<T>& secrets) {
  digest::SecureWipe({reinterpret_cast<uint8_t*>(secrets.data()), secrets.size() * sizeof(T)});
}

}  // namespace

void ExpandMessage(std::span<const base::ByteView> parts, std::string_view label,
                   std::span<uint8_t> out) {
  static constexpr std::array<uint8_t, kBlock> kZeros{};
  thread_local digest::Hasher hasher;
  if (label.size() > 255) {
    // RFC 9380 §5.3.3
    const Digest shorter =
        hasher.Update(base::AsBytes("H2C-OVERSIZE-DST-")).Update(base::AsBytes(label)).Finish();
    return ExpandMessage(parts, base::AsText(shorter), out);
  }
  const std::array<uint8_t, 1> label_size = {static_cast<uint8_t>(label.size())};
  const std::array<uint8_t, 3> size = {static_cast<uint8_t>(out.size() >> 8),
                                       static_cast<uint8_t>(out.size()), 0};
  hasher.Update(kZeros);
  for (const base::ByteView part : parts) hasher.Update(part);
  Digest first = hasher.Update(size).Update(base::AsBytes(label)).Update(label_size).Finish();
  Digest block{};
  for (size_t at = 0, number = 1; at < out.size(); at += block.size(), ++number) {
    for (size_t i = 0; i < block.size(); ++i) block[i] ^= first[i];
    const std::array<uint8_t, 1> counter = {static_cast<uint8_t>(number)};
    block = hasher.Update(block)
                .Update(counter)
                .Update(base::AsBytes(label))
                .Update(label_size)
                .Finish();
    const std::span<uint8_t> rest = out.subspan(at);
    std::copy_n(block.begin(), std::min(block.size(), rest.size()), rest.begin());
  }
  digest::SecureWipe(first);
  digest::SecureWipe(block);
}

Scalar HashToScalar(std::span<const base::ByteView> parts, std::string_view label) {
  std::array<uint8_t, kWide> bytes;
  ExpandMessage(parts, label, bytes);
  return Scalar::FromWideBytes(bytes);
}

std::vector<std::optional<Affine>> HashToCurve(std::span<const base::ByteView> inputs,
                                               std::string_view label) {
  std::vector<Projective> points;
  std::vector<Field> inverses;
  points.reserve(inputs.size());
  inverses.reserve(inputs.size());
  for (const base::ByteView& input : inputs) {
    std::array<uint8_t, 2 * kWide> bytes;
    ExpandMessage({&input, 1}, label, bytes);
    const std::span<const uint8_t, 2 * kWide> view(bytes);
    points.push_back(Sum(MapToCurve(Field::FromWideBytes(view.first<kWide>())),
                         MapToCurve(Field::FromWideBytes(view.last<kWide>()))));
    digest::SecureWipe(bytes);
    // The identity's place in the common inversion is taken by a one.
    const Field& z = points.back().z;
    inverses.push_back(Select(z.MaskIfZero(), Field::One(), z));
  }
  std::vector<Field> scratch(inputs.size());
  InvertAll<Field>(inverses, scratch);
  std::vector<std::optional<Affine>> results(inputs.size());  // the caller's to wipe
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (digest::Declassified(points[i].z.MaskIfZero()) == 0) {
      results[i] = Affine{points[i].x * inverses[i], points[i].y * inverses[i]};
    }
  }
  // A point tells its input to whoever tries all inputs.
  Wipe(points);
  Wipe(inverses);
  Wipe(scratch);
  return results;
}

}  // namespace polder::crypto::oprf
