#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "crypto/digest/declassify.h"
#include "crypto/digest/digest.h"
#include "crypto/oprf/fixed_scalars.h"
#include "crypto/oprf/group.h"
#include "crypto/oprf/hash_to_curve.h"
#include "crypto/oprf/oprf.h"
#include "crypto/oprf/proof.h"
#include "policies/base/problem.h"

namespace polder::crypto::oprf {
namespace {

using Columns = std::vector<std::vector<Affine>>;  // per holder, the evaluated points

std::string HolderPointer(size_t holder) { return "/holders/" + std::to_string(holder); }

void RequireHolders(size_t count) {
  if (count == 0) {
    throw base::ProblemError("oprf-holders", "/holders", "At least one key holder must answer.");
  }
}

// The evaluated points of one holder; adds what is wrong with them.
std::vector<Affine> ReadEvaluated(std::span<const Element> elements, size_t expected, size_t holder,
                                  base::Problems& problems) {
  std::vector<Affine> points;
  if (elements.size() != expected) {
    problems.Add("oprf-count", HolderPointer(holder),
                 "The key holder did not answer with one element for each that was sent.");
    return points;
  }
  points.reserve(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    if (const std::optional<Affine> point = Decode(elements[i])) {
      points.push_back(*point);
    } else {
      problems.Add("oprf-element",
                   HolderPointer(holder) + "/evaluatedElements/" + std::to_string(i),
                   "Not a compressed point of P-256 (33 bytes, first byte 02 or 03).");
    }
  }
  return points;
}

// 1/blind for every blind. The scalars are wiped.
class InverseBlinds {
 public:
  explicit InverseBlinds(const digest::SecretBytes& blinds)
      : inverses_(blinds.size() / kScalarBytes), scratch_(inverses_.size()) {
    for (size_t i = 0; i < inverses_.size(); ++i) {
      inverses_[i] =
          Scalar::FromBytes(blinds.view().subspan(kScalarBytes * i).first<kScalarBytes>());
    }
    InvertAll<Scalar>(inverses_, scratch_);
  }
  ~InverseBlinds() {
    for (std::vector<Scalar>* scalars : {&inverses_, &scratch_}) {
      digest::SecureWipe(
          {reinterpret_cast<uint8_t*>(scalars->data()), scalars->size() * sizeof(Scalar)});
    }
  }
  InverseBlinds(const InverseBlinds&) = delete;
  InverseBlinds& operator=(const InverseBlinds&) = delete;
  const Scalar& operator[](size_t i) const { return inverses_[i]; }

 private:
  std::vector<Scalar> inverses_, scratch_;
};

std::vector<base::ByteView> Views(base::ByteView inputs, std::span<const size_t> ends) {
  std::vector<base::ByteView> views;
  views.reserve(ends.size());
  size_t begin = 0;
  for (const size_t end : ends) {
    views.push_back(inputs.subspan(begin, end - begin));
    begin = end;
  }
  return views;
}

void RequireInputs(std::span<const base::ByteView> inputs) {
  if (inputs.empty() || inputs.size() > kMaxBatch) {
    throw base::ProblemError("oprf-batch", "/inputs", "A batch has 1 to 65535 inputs; divide it.");
  }
  base::Problems problems;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].empty() || inputs[i].size() > kMaxInputBytes) {
      problems.Add("oprf-input", "/inputs/" + std::to_string(i), "An input has 1 to 65535 bytes.");
    }
  }
  problems.ThrowIfAny();
}

std::array<uint8_t, 2> Be16(size_t value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

std::vector<Output> Unblind(const Columns& columns, const digest::SecretBytes& blinds,
                            std::span<const base::ByteView> inputs) {
  const InverseBlinds inverses(blinds);
  digest::Hasher hasher;
  std::vector<Output> outputs;
  outputs.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    Point sum(columns.front()[i]);
    for (size_t holder = 1; holder < columns.size(); ++holder) sum.Add(Point(columns[holder][i]));
    const SecretScalar inverse(inverses[i]);
    const std::optional<Affine> point = Multiply(sum, inverse);
    if (!point) {
      throw base::ProblemError("oprf-cancelled", "/holders",
                               "The key holders' keys cancel each other out; nothing was made. "
                               "Make new keys.");
    }
    Element unblinded = Encode(*point);
    outputs.push_back(hasher.Update(Be16(inputs[i].size()))
                          .Update(inputs[i])
                          .Update(Be16(kElementBytes))
                          .Update(unblinded)
                          .Update(base::AsBytes("Finalize"))
                          .Finish());
    digest::SecureWipe(unblinded);
  }
  return outputs;
}

}  // namespace

Blinding::Blinding(std::span<const base::ByteView> inputs, Mode mode)
    : Blinding(inputs, mode, (RequireInputs(inputs), RandomScalars(inputs.size()))) {}

Blinding::Blinding(std::span<const base::ByteView> inputs, Mode mode, digest::SecretBytes blinds)
    : mode_(mode), blinds_(std::move(blinds)) {
  RequireInputs(inputs);
  size_t total = 0;
  for (const base::ByteView input : inputs) ends_.push_back(total += input.size());
  inputs_ = digest::SecretBytes(total);
  auto target = inputs_.writable().begin();
  for (const base::ByteView input : inputs) target = std::copy(input.begin(), input.end(), target);

  std::vector<std::optional<Affine>> points = HashToCurve(inputs, Label("HashToGroup-", mode));
  elements_.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!points[i]) {
      throw base::ProblemError("oprf-input", "/inputs/" + std::to_string(i),
                               "This input cannot be blinded.");
    }
    const SecretScalar blind(
        Scalar::FromBytes(blinds_.view().subspan(kScalarBytes * i).first<kScalarBytes>()));
    elements_.push_back(digest::Declassified(Encode(Multiply(Point(*points[i]), blind).value())));
  }
  digest::SecureWipe(
      {reinterpret_cast<uint8_t*>(points.data()), points.size() * sizeof(std::optional<Affine>)});
}

Blinding BlindWith(std::span<const base::ByteView> inputs, Mode mode, digest::SecretBytes blinds) {
  return Blinding(inputs, mode, std::move(blinds));
}

std::vector<Output> Blinding::Finalize(std::span<const Holder> holders) const {
  if (mode_ != Mode::kVoprf) throw std::logic_error("Finalize belongs to mode kVoprf");
  RequireHolders(holders.size());
  base::Problems problems;
  std::vector<Affine> blinded;
  for (const Element& element : elements_) blinded.push_back(Decode(element).value());
  Columns columns;
  for (size_t i = 0; i < holders.size(); ++i) {
    const Holder& holder = holders[i];
    const size_t found = problems.size();
    columns.push_back(ReadEvaluated(holder.evaluation.elements, elements_.size(), i, problems));
    if (!IsElement(holder.public_key)) {
      problems.Add("oprf-public-key", HolderPointer(i),
                   "The public key is not a compressed point of P-256.");
    }
    for (size_t j = 0; j < i; ++j) {
      if (holders[j].public_key == holder.public_key) {
        problems.Add("oprf-holders", HolderPointer(i),
                     "Two key holders have the same public key: each must have a key of its own.");
        break;
      }
    }
    if (problems.size() != found) continue;
    if (!Verify(holder.public_key, {elements_, blinded, holder.evaluation.elements, columns.back()},
                holder.evaluation.proof)) {
      problems.Add("oprf-proof", HolderPointer(i),
                   "The key holder did not prove that it used its published key. Nothing was "
                   "made; ask the key holder.");
    }
  }
  problems.ThrowIfAny();
  return Unblind(columns, blinds_, Views(inputs_.view(), ends_));
}

std::vector<Output> Blinding::FinalizeUnproven(
    std::span<const std::vector<Element>> evaluated) const {
  if (mode_ != Mode::kOprf) throw std::logic_error("FinalizeUnproven belongs to mode kOprf");
  RequireHolders(evaluated.size());
  base::Problems problems;
  Columns columns;
  for (size_t i = 0; i < evaluated.size(); ++i) {
    columns.push_back(ReadEvaluated(evaluated[i], elements_.size(), i, problems));
  }
  problems.ThrowIfAny();
  return Unblind(columns, blinds_, Views(inputs_.view(), ends_));
}

}  // namespace polder::crypto::oprf
