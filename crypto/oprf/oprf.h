// The verifiable oblivious function that turns a pupil's number into a token: P256-SHA256.
//
// The client blinds its inputs and sends points that tell nothing; a key holder multiplies each by
// its key and proves, once for the batch, that it used the key it published; the client checks the
// proof, takes the blinding away and hashes. The holder learns no input and no output, the client
// learns no key, and nobody without the key can compute an output.
//
// The key is the sum of the holders' keys (one or more, in different organisations). The client
// asks each for the same blinded elements, checks each proof against that holder's own public key,
// and adds what comes back. No holder alone can compute or invert a token.
//
// Source: RFC 9497 (modes 0 and 1), RFC 9380 (P256_XMD:SHA-256_SSWU_RO_).
// Security: secrets meet only arithmetic without branches or addresses that depend on them, see
// README.md for what that covers. Whoever holds all keys inverts every token by trying all numbers;
// an evaluation is such a try, so a holder counts them.
#ifndef POLDER_CRYPTO_OPRF_OPRF_H_
#define POLDER_CRYPTO_OPRF_OPRF_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crypto/digest/secret.h"
#include "policies/base/bytes.h"

namespace polder::crypto::oprf {

// A point as it travels: SEC 1 compressed. Wherever one is read it must be 02 or 03 and a
// coordinate below p that lies on the curve; the identity has no such form.
inline constexpr size_t kElementBytes = 33;
using Element = std::array<uint8_t, kElementBytes>;
using Output = std::array<uint8_t, 32>;
using Proof = std::array<uint8_t, 64>;  // c || s

inline constexpr size_t kScalarBytes = 32;
// The number of an element in its batch is hashed as 16 bits.
inline constexpr size_t kMaxBatch = 65535;
inline constexpr size_t kMaxInputBytes = 65535;

// RFC 9497 §3.1. Polder uses kVoprf; kOprf has no proof and serves keys in hardware that cannot
// make one.
enum class Mode : uint8_t { kOprf = 0, kVoprf = 1 };

// True when `bytes` are an Element as above: exactly 33 bytes and a point of the curve.
bool IsElement(base::ByteView bytes);

// A holder's secret scalar, 1 to n - 1. Wiped when it dies. Thread-safe once made.
class OprfKey {
 public:
  static OprfKey Generate();
  // RFC 9497 §3.2.1 DeriveKeyPair. Throws ProblemError "oprf-seed" unless the seed has 32 bytes and
  // `info` at most 65535.
  static OprfKey Derive(base::ByteView seed, base::ByteView info, Mode mode);
  // Throws ProblemError "oprf-key" unless it is 32 bytes, big-endian, of 1 to n - 1.
  static OprfKey FromBytes(digest::SecretBytes bytes);

  digest::SecretBytes ToBytes() const;
  const digest::SecretBytes& bytes() const { return secret_; }
  const Element& public_key() const { return public_key_; }

 private:
  explicit OprfKey(digest::SecretBytes secret);
  digest::SecretBytes secret_;
  Element public_key_;
};

struct Evaluation {
  std::vector<Element> elements;  // in the order of what was blinded
  Proof proof;                    // of the whole batch

  friend bool operator==(const Evaluation&, const Evaluation&) = default;
};

// The holder's step, mode kVoprf. 1 to 65535 elements, else ProblemError "oprf-batch". Throws
// ProblemError with every element that is none ("oprf-element", "/blindedElements/<i>"), and then
// evaluates nothing. About 50 microseconds an element. Thread-safe.
Evaluation BlindEvaluate(const OprfKey& key, std::span<const Element> blinded);

// The same without a proof, mode kOprf.
std::vector<Element> BlindEvaluateUnproven(const OprfKey& key, std::span<const Element> blinded);

// One holder's answer and the public key that it is checked against. The key comes from where the
// client trusts it (the log), never from the answer.
struct Holder {
  Element public_key;
  Evaluation evaluation;
};

// The client's state between asking and receiving: inputs and blinds, wiped when it dies. It has no
// form on disk; whoever is interrupted blinds anew.
// Privacy: elements() tell nothing about the inputs, not even that two are equal.
class Blinding {
 public:
  // 1 to 65535 inputs of 1 to 65535 bytes each; throws ProblemError "oprf-batch", or "oprf-input"
  // with every "/inputs/<i>" that is none. About 60 microseconds an input.
  explicit Blinding(std::span<const base::ByteView> inputs, Mode mode = Mode::kVoprf);

  Mode mode() const { return mode_; }
  const std::vector<Element>& elements() const { return elements_; }

  // Mode kVoprf. Verifies every holder's proof, adds the evaluated elements, unblinds and hashes:
  // outputs in the order of the inputs. Throws ProblemError naming every holder that is at fault by
  // "/holders/<i>", and then gives nothing: "oprf-holders" (none, or a public key twice),
  // "oprf-public-key" (not an element), "oprf-count" (not one element for each),
  // "oprf-element" ("/holders/<i>/evaluatedElements/<j>"), "oprf-proof" (the proof does not hold),
  // "oprf-cancelled" (the holders' keys add up to nothing). About 30 microseconds an input and 25
  // for each holder. May be called again.
  std::vector<Output> Finalize(std::span<const Holder> holders) const;

  // Mode kOprf: the same, and nothing shows that the holders used the keys they should.
  std::vector<Output> FinalizeUnproven(std::span<const std::vector<Element>> evaluated) const;

 private:
  friend Blinding BlindWith(std::span<const base::ByteView>, Mode, digest::SecretBytes);
  Blinding(std::span<const base::ByteView> inputs, Mode mode, digest::SecretBytes blinds);

  Mode mode_;
  std::vector<size_t> ends_;    // of each input in inputs_
  digest::SecretBytes inputs_;  // one after another
  digest::SecretBytes blinds_;  // 32 bytes each
  std::vector<Element> elements_;
};

}  // namespace polder::crypto::oprf

#endif  // POLDER_CRYPTO_OPRF_OPRF_H_
