#include "crypto/random/seed.h"

#include <string_view>

#include "policies/base/problem.h"

namespace polder::crypto::random {

digest::Digest SeedCommitment(const digest::SecretBytes& seed, base::ByteView context) {
  if (seed.size() < kMinSeedBytes) {
    throw base::ProblemError("seed-too-short", "",
                             "A seed needs at least 32 random bytes; draw a new one.");
  }
  constexpr std::string_view kLabel{"polder/seed-commitment/v1\0", 26};
  base::Bytes sizes;
  base::AppendBe64(sizes, context.size());
  base::AppendBe64(sizes, seed.size());
  const base::ByteView framed(sizes);
  digest::Hasher hasher;
  hasher.Update(base::AsBytes(kLabel)).Update(framed.first(8)).Update(context);
  return hasher.Update(framed.last(8)).Update(seed.view()).Finish();
}

bool OpensCommitment(const digest::Digest& commitment, const digest::SecretBytes& seed,
                     base::ByteView context) {
  return seed.size() >= kMinSeedBytes &&
         digest::ConstantTimeEqual(SeedCommitment(seed, context), commitment);
}

}  // namespace polder::crypto::random
