// Bytes and their three textual forms. Decoders are strict: exact alphabet, no white space,
// canonical padding.
#ifndef POLDER_POLICIES_BASE_BYTES_H_
#define POLDER_POLICIES_BASE_BYTES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace polder::base {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

Bytes ToBytes(std::string_view text);
ByteView AsBytes(std::string_view text);
std::string_view AsText(ByteView bytes);

std::string ToHex(ByteView bytes);                       // lower case
std::optional<Bytes> FromHex(std::string_view text);     // either case; nullopt when malformed
std::string ToBase64(ByteView bytes);                    // RFC 4648 §4, padded
std::optional<Bytes> FromBase64(std::string_view text);  // padded, canonical trailing bits only
std::string ToBase64Url(ByteView bytes);                 // RFC 4648 §5, unpadded
std::optional<Bytes> FromBase64Url(std::string_view text);

// Big-endian 8 bytes, the form in which lengths and counters enter hashes and nonces.
void AppendBe64(Bytes& out, uint64_t value);
// Be64(length) then the bytes: makes a concatenation of variable parts unambiguous.
void AppendFramed(Bytes& out, ByteView part);

// True when `text` is well-formed UTF-8 (no surrogates, no overlong forms).
bool IsUtf8(std::string_view text);

}  // namespace polder::base

#endif  // POLDER_POLICIES_BASE_BYTES_H_
