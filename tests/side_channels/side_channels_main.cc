// Does a branch or an address depend on a secret? Run under valgrind's memcheck.
//
// A secret is declared undefined; memcheck then reports every jump and every address that depends
// on it, in our code and in the library's. The controls leak on purpose and must be reported, or
// the check itself is broken.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <valgrind/memcheck.h>

#include "crypto/digest/declassify.h"
#include "crypto/digest/digest.h"
#include "crypto/oprf/fixed_scalars.h"
#include "crypto/oprf/group.h"
#include "crypto/oprf/hash_to_curve.h"
#include "crypto/oprf/oprf.h"
#include "crypto/random/random.h"
#include "crypto/random/seed.h"
#include "crypto/seal/seal.h"
#include "crypto/seal/wrap.h"
#include "policies/base/problem.h"

namespace polder {
namespace {

using crypto::digest::ConstantTimeEqual;
using crypto::digest::Declassified;
using crypto::digest::SecretBytes;
using namespace crypto::oprf;  // NOLINT: one program, one file

void Poison(std::span<const uint8_t> secret) {
  VALGRIND_MAKE_MEM_UNDEFINED(secret.data(), secret.size());
}

template <typename T>
void PoisonValue(const T& secret) {
  VALGRIND_MAKE_MEM_UNDEFINED(&secret, sizeof secret);
}

SecretBytes Secret(size_t size) {
  SecretBytes secret = crypto::random::RandomSecret(size);
  Poison(secret.view());
  return secret;
}

template <typename Number>
Number SecretNumber() {
  Number number = Number::FromBytes(crypto::random::RandomSecret(32).view().first<32>());
  PoisonValue(number);
  return number;
}

// What becomes of a result, so that no computation is left out; looks at nothing.
template <typename T>
void Use(const T& value) {
  asm volatile("" : : "m"(value) : "memory");
}

// --- Controls: each must be reported -------------------------------------------------------------

void ComparesByteByByte() {
  const SecretBytes secret = Secret(32);
  const std::array<uint8_t, 32> guess{};
  for (size_t i = 0; i < 32; ++i) {
    if (secret.view()[i] != guess[i]) {
      Use(i);
      return;
    }
  }
}

void LooksUpInATable() {
  static const std::array<uint8_t, 256> kTable = {1, 2, 3};
  const SecretBytes secret = Secret(1);
  const uint8_t found = kTable[secret.view()[0]];
  Use(found);
}

void ComparesByMemcmp() {
  const SecretBytes secret = Secret(32);
  const std::array<uint8_t, 32> guess{};
  const bool equal = std::memcmp(secret.view().data(), guess.data(), 32) == 0;
  if (equal) std::puts("equal");
}

void MultipliesBitByBit() {
  const SecretBytes secret = Secret(1);
  const Point base(Decode(OprfKey::Generate().public_key()).value());
  Point product;
  for (int bit = 7; bit >= 0; --bit) {
    product.Add(product);
    if (secret.view()[0] >> bit & 1) product.Add(base);
  }
  Use(product);
}

// --- Our arithmetic ------------------------------------------------------------------------------

template <typename Number>
void Arithmetic() {
  const Number a = SecretNumber<Number>(), b = SecretNumber<Number>();
  Use(a + b);
  Use(a - b);
  Use(-a);
  Use(a * b);
  Use(a.Squared(5));
  Use(a.Inverse());
  Use(Select(MaskIfEqual(a, b), a, b));
  Use(a.MaskIfZero());
  Use(a.ToBytes());
  Use(Number::FromBytes(Secret(32).view().template first<32>()));
  Use(Number::FromWideBytes(Secret(48).view().template first<48>()));
  Use(Number::IsCanonical(Secret(32).view().template first<32>()));
  std::array<Number, 5> many = {a, b, a * b, a + b, a - b}, scratch;
  InvertAll<Number>(many, scratch);
  Use(many);
}

void SecretInputsToTheCurve() {
  const SecretBytes first = Secret(16), second = Secret(16);
  const std::vector<base::ByteView> inputs = {first.view(), second.view()};
  Use(HashToCurve(inputs, "HashToGroup-side-channels"));
}

// --- The library's multiplications, as our wrappers call them
// -------------------------------------

void MultipliesTheBase() { Use(MultiplyBase(SecretScalar(SecretNumber<Scalar>()))); }

void MultipliesAPoint() {
  const Point point(Decode(OprfKey::Generate().public_key()).value());
  Use(Multiply(point, SecretScalar(SecretNumber<Scalar>())));
}

// --- Whole operations
// -----------------------------------------------------------------------------

void MakesAKey() { Use(OprfKey::FromBytes(Secret(32)).public_key()); }

std::vector<Element> SomeElements() {
  const std::string one = "one", two = "two", three = "three";
  const std::vector<base::ByteView> inputs = {base::AsBytes(one), base::AsBytes(two),
                                              base::AsBytes(three)};
  return Blinding(inputs).elements();
}

void HolderEvaluatesAndProves() {
  const std::vector<Element> blinded = SomeElements();
  const OprfKey key = OprfKey::Generate();
  const SecretBytes nonce = Secret(32);
  Poison(key.bytes().view());
  Use(BlindEvaluateWith(key, blinded, nonce.view().first<32>()));
}

void ComparesInConstantTime() {
  const SecretBytes secret = Secret(32), other = Secret(32);
  Use(ConstantTimeEqual(secret.view(), other.view()));
  if (ConstantTimeEqual(secret.view(), other.view())) std::puts("equal");
}

void Hashes() {
  const SecretBytes key = Secret(32), message = Secret(100);
  Use(crypto::digest::Sha256(message.view()));
  Use(crypto::digest::HmacSha256(key.view(), message.view()));
  Use(crypto::digest::HkdfSha256Secret(key.view(), {}, {}, 64));
  Use(crypto::digest::HkdfExpandSha512(key.view(), {}, 100));
}

void OpensASeedCommitment() {
  const SecretBytes seed = Secret(32);
  Use(crypto::random::OpensCommitment({}, seed, {}));
}

void WrapsAndUnwrapsAKey() {
  const SecretBytes key = Secret(32), kek = Secret(32), wrong = Secret(32);
  const base::Bytes wrapped = crypto::seal::WrapKey(key, kek, {});
  Use(crypto::seal::UnwrapKey(wrapped, kek, {}));
  try {
    crypto::seal::UnwrapKey(wrapped, wrong, {});
    std::puts("a wrong key opened");
    std::exit(1);
  } catch (const base::ProblemError&) {
  }
}

struct Case {
  const char* name;
  std::function<void()> run;
  bool leaks;
};

int Run() {
  const std::vector<Case> cases = {
      {"control: compares byte by byte", ComparesByteByByte, true},
      {"control: looks up in a table", LooksUpInATable, true},
      {"control: compares by memcmp", ComparesByMemcmp, true},
      {"control: multiplies bit by bit", MultipliesBitByBit, true},
      {"arithmetic modulo p", Arithmetic<Field>, false},
      {"arithmetic modulo n", Arithmetic<Scalar>, false},
      {"secret inputs to the curve", SecretInputsToTheCurve, false},
      {"multiplies the base", MultipliesTheBase, false},
      {"multiplies a point", MultipliesAPoint, false},
      {"makes a key", MakesAKey, false},
      {"holder evaluates and proves", HolderEvaluatesAndProves, false},
      {"compares in constant time", ComparesInConstantTime, false},
      {"hashes, HMAC, HKDF", Hashes, false},
      {"opens a seed commitment", OpensASeedCommitment, false},
      {"wraps and unwraps a key", WrapsAndUnwrapsAKey, false},
  };
  if (!RUNNING_ON_VALGRIND) {
    std::fputs("run this under valgrind\n", stderr);
    return 2;
  }
  int wrong = 0;
  for (const Case& c : cases) {
    const auto before = VALGRIND_COUNT_ERRORS;
    c.run();
    const bool leaked = VALGRIND_COUNT_ERRORS != before;
    std::printf("%s: %s%s\n", c.name, leaked ? "reported" : "clean",
                leaked == c.leaks ? "" : "  <-- WRONG");
    std::fflush(stdout);
    wrong += leaked != c.leaks;
  }
  if (wrong != 0)
    std::puts("valgrind's log (side-channels.log in the build folder) has the places");
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace polder

int main() { return polder::Run(); }
