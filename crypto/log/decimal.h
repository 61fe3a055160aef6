// Numbers and lines as the log's texts write them. Internal to crypto/log.
#ifndef POLDER_CRYPTO_LOG_DECIMAL_H_
#define POLDER_CRYPTO_LOG_DECIMAL_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "crypto/log/merkle.h"

namespace polder::crypto::log {

// Decimal without sign or leading zeros, at most 2^63 - 1; nullopt for every other text.
std::optional<uint64_t> ParseDecimal(std::string_view text);
// Exactly 32 bytes in canonical base64.
std::optional<Digest> ParseDigest(std::string_view base64);
// Takes the text up to the next newline off `rest`; nullopt when no newline follows.
std::optional<std::string_view> TakeLine(std::string_view& rest);

}  // namespace polder::crypto::log

#endif  // POLDER_CRYPTO_LOG_DECIMAL_H_
