// Files of the member program: read whole, written whole or not at all.
#ifndef POLDER_SERVER_MEMBER_FILES_H_
#define POLDER_SERVER_MEMBER_FILES_H_

#include <string>
#include <string_view>

#include "crypto/digest/secret.h"
#include "policies/base/bytes.h"

namespace polder::server::member {

// Throw ProblemError "cannot-read" or "cannot-write" with the path. A reader of a written file sees
// the old one or the new one. `secret`: only the owner may read it.
std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, std::string_view content, bool secret = false);

// A key file: hexadecimal on one line, at least 32 bytes. Throws ProblemError "bad-key-file".
crypto::digest::SecretBytes ReadKeyFile(const std::string& path);

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_FILES_H_
