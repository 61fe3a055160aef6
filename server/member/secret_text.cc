#include "server/member/secret_text.h"

#include <algorithm>
#include <utility>

#include "crypto/digest/secret.h"

namespace polder::server::member {

SecretText::SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) {
  other.Wipe();  // a short text lives inside the moved-from object
}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this != &other) {
    Wipe();
    text_ = std::move(other.text_);
    other.Wipe();
  }
  return *this;
}

void SecretText::Append(std::string_view text) {
  const size_t needed = text_.size() + text.size();
  if (needed > text_.capacity()) {
    std::string larger;
    larger.reserve(std::max(needed, 2 * text_.capacity()));
    larger.append(text_);
    Wipe();
    text_.swap(larger);
  }
  text_.append(text);
}

void SecretText::Wipe() { crypto::digest::SecureWipe(text_); }

}  // namespace polder::server::member
