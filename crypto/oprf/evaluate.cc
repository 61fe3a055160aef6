#include <optional>
#include <string>
#include <vector>

#include "crypto/digest/declassify.h"
#include "crypto/oprf/fixed_scalars.h"
#include "crypto/oprf/group.h"
#include "crypto/oprf/oprf.h"
#include "crypto/oprf/proof.h"
#include "policies/base/problem.h"

namespace polder::crypto::oprf {
namespace {

// Every element is checked before the key touches one.
std::vector<Affine> Parse(std::span<const Element> blinded) {
  if (blinded.empty() || blinded.size() > kMaxBatch) {
    throw base::ProblemError("oprf-batch", "/blindedElements",
                             "A batch has 1 to 65535 elements; divide it.");
  }
  base::Problems problems;
  std::vector<Affine> points;
  points.reserve(blinded.size());
  for (size_t i = 0; i < blinded.size(); ++i) {
    if (const std::optional<Affine> point = Decode(blinded[i])) {
      points.push_back(*point);
    } else {
      problems.Add("oprf-element", "/blindedElements/" + std::to_string(i),
                   "Not a compressed point of P-256 (33 bytes, first byte 02 or 03).");
    }
  }
  problems.ThrowIfAny();
  return points;
}

std::vector<Element> Evaluate(const SecretScalar& key, std::span<const Affine> points) {
  std::vector<Element> evaluated;
  evaluated.reserve(points.size());
  // The group has prime order: neither factor is zero, so the product is never the identity.
  for (const Affine& point : points) {
    evaluated.push_back(digest::Declassified(Encode(Multiply(Point(point), key).value())));
  }
  return evaluated;
}

}  // namespace

Evaluation BlindEvaluateWith(const OprfKey& key, std::span<const Element> blinded,
                             std::span<const uint8_t, kScalarBytes> proof_scalar) {
  const std::vector<Affine> points = Parse(blinded);
  const SecretScalar scalar(key.bytes());
  const SecretScalar nonce(Scalar::FromBytes(proof_scalar));
  Evaluation evaluation;
  evaluation.elements = Evaluate(scalar, points);
  evaluation.proof =
      Prove(scalar, key.public_key(), {blinded, points, evaluation.elements, {}}, nonce);
  return evaluation;
}

Evaluation BlindEvaluate(const OprfKey& key, std::span<const Element> blinded) {
  const digest::SecretBytes nonce = RandomScalars(1);
  return BlindEvaluateWith(key, blinded, nonce.view().first<kScalarBytes>());
}

std::vector<Element> BlindEvaluateUnproven(const OprfKey& key, std::span<const Element> blinded) {
  return Evaluate(SecretScalar(key.bytes()), Parse(blinded));
}

}  // namespace polder::crypto::oprf
